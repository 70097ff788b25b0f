package connectsim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lexline/internal/connect"
)

// Config says what an instance of Amazon Connect has: one flow, and what its
// blocks reach.
type Config struct {
	Flow     *connect.Flow
	FlowName string // in the flow log; empty: "flow"
	Region   string // where the instance is: $.AwsRegion

	// Lex has the URL of the Lex V2 runtime endpoint of each region. A region that
	// is not in it is reached at AWS.
	Lex map[string]string

	// Bots has the bot that stands in for every alias of its region, whatever
	// alias the flow names there. A region that is not in it keeps what the flow
	// says.
	Bots map[string]Bot

	// Credentials sign the requests to Lex. nil signs them with made-up ones, which
	// a local Lex takes.
	Credentials aws.CredentialsProvider

	// Transport carries the requests to Lex; nil means a pool of connections that
	// Close closes.
	Transport http.RoundTripper

	// Functions has the Lambda functions by name; the one under "" stands in for
	// all that are not named.
	Functions map[string]Invoker

	Limits    Limits // zero fields mean Connect's own
	QueueFull bool   // TransferContactToQueue finds every queue at its capacity

	// Pace is how long prompts, speech and silence take: 1 is as on a telephone,
	// 0 is no time at all. What Lex and Lambda take is always real.
	Pace float64
}

// Bot names a Lex V2 bot and its alias by their ids.
type Bot struct{ ID, Alias string }

// Invoker runs one Lambda function. Invoke may be called by many contacts at
// once, and returns soon after ctx is done. An error is what Lambda would report: of
// the function, of its time-out, or of the service.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Limits are what Connect allows. Sources, where it documents them:
// https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html and
// https://docs.aws.amazon.com/connect/latest/adminguide/invoke-lambda-function-block.html.
type Limits struct {
	Lambda        time.Duration // of one Lambda block with its retries, at most; 0: 8 s
	LambdaDefault time.Duration // of one that names no time limit; 0: 3 s
	LambdaChain   time.Duration // of Lambda blocks without a prompt between them; 0: 20 s
	LambdaRetries int           // after an error, inside the time limit; 0: 3, negative: none
	RetryPause    time.Duration // between them, not documented; 0: 100 ms
	AnswerBytes   int           // a Lambda function's answer must have fewer; 0: 32 KB

	// Lex is how long a Lex bot may take for one turn. Connect does not document
	// its own limit. 0: 8 s.
	Lex time.Duration

	// Silence is how long a Lex block waits for a caller who says nothing, at Pace,
	// where its session attribute x-amz-lex:audio:start-timeout-ms:*:* says nothing
	// else (https://docs.aws.amazon.com/lexv2/latest/dg/session-attribs-speech.html).
	// 0: 4 s.
	Silence time.Duration

	// Steps bounds the actions and dialog turns between two prompts, and
	// StepsInAll those of a contact: a flow that runs in circles ends with a fault.
	// Connect documents no figures. 0: 250 and 5,000.
	Steps, StepsInAll int
}

func (l Limits) withDefaults() Limits {
	const second = time.Second
	orElse(&l.Lambda, 8*second)
	orElse(&l.LambdaDefault, 3*second)
	orElse(&l.LambdaChain, 20*second)
	orElse(&l.LambdaRetries, 3)
	orElse(&l.RetryPause, second/10)
	orElse(&l.AnswerBytes, 32<<10)
	orElse(&l.Lex, 8*second)
	orElse(&l.Silence, 4*second)
	orElse(&l.Steps, 250)
	orElse(&l.StepsInAll, 5000)
	return l
}

func (c Config) check() error {
	if c.Flow == nil {
		return errors.New("there is no flow")
	}
	if c.Region == "" {
		return errors.New("no region is named for the instance")
	}
	for _, region := range slices.Sorted(maps.Keys(c.Lex)) {
		u, err := url.Parse(c.Lex[region])
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("the Lex endpoint of %s, %q, is not an http or https URL", region, c.Lex[region])
		}
	}
	if c.Pace < 0 {
		return fmt.Errorf("the pace %g is below 0", c.Pace)
	}
	return nil
}
