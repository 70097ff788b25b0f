package lexhook_test

import (
	"context"
	"fmt"
	"log"

	"lexline/lexhook"
)

// A function that orders flowers. In a Lambda function the handler is given to
// lambda.Start, and the table is one that all regions share.
func Example() {
	orders := 0
	once := &lexhook.Once{Table: lexhook.NewMemory(), Namespace: "flowers"}
	handler := once.Handler(func(_ context.Context, x lexhook.Execution, e lexhook.Event) (lexhook.Response, error) {
		// The shop gets x.Key as its idempotency key.
		orders++
		fmt.Printf("order of %s with key %s\n", e.SlotText("FlowerType"), x.Key)
		return lexhook.Close(e, "Fulfilled", fmt.Sprintf("Your order number is %d.", orders)), nil
	})

	event, err := lexhook.ParseEvent([]byte(`{
		"invocationSource": "FulfillmentCodeHook", "sessionId": "CA1",
		"requestAttributes": {"x-lexline-turn": "CA1/5"},
		"sessionState": {"intent": {"name": "OrderFlowers", "slots": {"FlowerType": {"value": {"interpretedValue": "roses"}}}}}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	for range 3 { // once, and two replays
		response, err := handler(context.Background(), event)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(response.Messages[0].Content)
	}
	// Output:
	// order of roses with key flowers/OrderFlowers/turn/CA1/5
	// Your order number is 1.
	// Your order number is 1.
	// Your order number is 1.
}
