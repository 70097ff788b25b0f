package connectsim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
)

// lookUpTime is how long one look-up of a bot may take.
const lookUpTime = 5 * time.Second

// LookUp asks a Lex that serves the models API at the URL endpoint for the ids of a
// bot and of its alias, both given by name. A flow has the ids of some account in
// it; on a local Lex the same bot has others.
func LookUp(ctx context.Context, endpoint, region, bot, alias string) (Bot, error) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	pool := newPool()
	defer pool.CloseIdleConnections()
	models := lexmodelsv2.New(lexmodelsv2.Options{
		Region: region, BaseEndpoint: &endpoint, Credentials: madeUp, Retryer: aws.NopRetryer{}, HTTPClient: &http.Client{Transport: pool},
	})
	found, err := findBot(ctx, models, bot, alias)
	if err != nil {
		return Bot{}, fmt.Errorf("look up the alias %s of the bot %s in %s: %w", alias, bot, region, err)
	}
	return found, nil
}

func findBot(ctx context.Context, models *lexmodelsv2.Client, bot, alias string) (Bot, error) {
	bots, err := models.ListBots(ctx, &lexmodelsv2.ListBotsInput{MaxResults: aws.Int32(pageSize)})
	if err != nil {
		return Bot{}, err
	}
	at := slices.IndexFunc(bots.BotSummaries, func(b types.BotSummary) bool { return aws.ToString(b.BotName) == bot })
	if at < 0 {
		return Bot{}, fmt.Errorf("there is no such bot; there is %s", names(bots.BotSummaries, func(b types.BotSummary) *string { return b.BotName }))
	}
	id := aws.ToString(bots.BotSummaries[at].BotId)
	aliases, err := models.ListBotAliases(ctx, &lexmodelsv2.ListBotAliasesInput{BotId: &id, MaxResults: aws.Int32(pageSize)})
	if err != nil {
		return Bot{}, err
	}
	at = slices.IndexFunc(aliases.BotAliasSummaries, func(a types.BotAliasSummary) bool { return aws.ToString(a.BotAliasName) == alias })
	if at < 0 {
		return Bot{}, fmt.Errorf("there is no such alias; there is %s", names(aliases.BotAliasSummaries, func(a types.BotAliasSummary) *string { return a.BotAliasName }))
	}
	return Bot{ID: id, Alias: aws.ToString(aliases.BotAliasSummaries[at].BotAliasId)}, nil
}

// pageSize is the most that a listing has at once. A local Lex has fewer bots.
const pageSize = 1000

func names[T any](all []T, name func(T) *string) string {
	var list []string
	for _, one := range all {
		list = append(list, aws.ToString(name(one)))
	}
	if len(list) == 0 {
		return "none at all"
	}
	return strings.Join(list, ", ")
}
