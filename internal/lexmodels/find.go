package lexmodels

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
)

// ErrMissing says that a region has no bot or no alias of the given name.
var ErrMissing = errors.New("is not there")

// idForm is what an id looks like, and no name should.
var idForm = regexp.MustCompile(`^[0-9A-Z]{10}$`)

// maxPages bounds a list; a page has up to 1,000 entries.
const maxPages = 20

// errLong says that a list has no end.
var errLong = errors.New("the list has too many pages")

// pages collects the entries of a list of the models API.
func pages[T any](ctx context.Context, what string, page func(ctx context.Context, token *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	var token *string
	for range maxPages {
		var entries []T
		next, err := do(ctx, request[*string]{what: what, safe: true, send: func(ctx context.Context) (next *string, err error) {
			entries, next, err = page(ctx, token)
			return next, err
		}})
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
		if token = next; aws.ToString(token) == "" {
			return all, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", what, errLong)
}

// FindBot returns the id of a bot that is given by its name or its id. An error is
// ErrMissing if there is no bot of that name; an id is not looked up.
func (c *Client) FindBot(ctx context.Context, bot string) (id string, err error) {
	if idForm.MatchString(bot) {
		return bot, nil
	}
	return c.BotNamed(ctx, bot)
}

// BotNamed returns the id of the bot with a name, which may look like an id.
func (c *Client) BotNamed(ctx context.Context, bot string) (id string, err error) {
	found, err := pages(ctx, "list bots", func(ctx context.Context, token *string) ([]types.BotSummary, *string, error) {
		page, err := c.models.ListBots(ctx, &lexmodelsv2.ListBotsInput{
			MaxResults: aws.Int32(1000), NextToken: token,
			Filters: []types.BotFilter{{Name: types.BotFilterNameBotName, Operator: types.BotFilterOperatorEquals, Values: []string{bot}}},
		})
		if err != nil {
			return nil, nil, err
		}
		return page.BotSummaries, page.NextToken, nil
	})
	if err != nil {
		return "", err
	}
	for _, b := range found {
		if aws.ToString(b.BotName) == bot {
			return aws.ToString(b.BotId), nil
		}
	}
	return "", fmt.Errorf("bot %s %w in %s", bot, ErrMissing, c.cfg.Region)
}

// FindAlias returns the id of an alias that is given by its name or its id, as
// FindBot does. Lex has TSTALIASID as TestBotAlias.
func (c *Client) FindAlias(ctx context.Context, botID, alias string) (id string, err error) {
	if idForm.MatchString(alias) {
		return alias, nil
	}
	found, err := pages(ctx, "list aliases", func(ctx context.Context, token *string) ([]types.BotAliasSummary, *string, error) {
		page, err := c.models.ListBotAliases(ctx, &lexmodelsv2.ListBotAliasesInput{BotId: &botID, MaxResults: aws.Int32(1000), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.BotAliasSummaries, page.NextToken, nil
	})
	if err != nil {
		return "", err
	}
	var names []string
	for _, a := range found {
		if aws.ToString(a.BotAliasName) == alias {
			return aws.ToString(a.BotAliasId), nil
		}
		names = append(names, aws.ToString(a.BotAliasName))
	}
	return "", fmt.Errorf("alias %s of bot %s %w in %s; there is %s", alias, botID, ErrMissing, c.cfg.Region, strings.Join(names, ", "))
}

// Bot is what a region keeps of a bot beside its definition.
type Bot struct {
	ID, Name string
	RoleARN  string // the role that Lex takes for the bot
	Status   string // "Available"
}

// Bot describes a bot.
func (c *Client) Bot(ctx context.Context, botID string) (Bot, error) {
	b, err := c.describeBot(ctx, botID)
	if err != nil {
		return Bot{}, err
	}
	return Bot{ID: botID, Name: aws.ToString(b.BotName), RoleARN: aws.ToString(b.RoleArn), Status: string(b.BotStatus)}, nil
}

func (c *Client) describeBot(ctx context.Context, botID string) (*lexmodelsv2.DescribeBotOutput, error) {
	return do(ctx, request[*lexmodelsv2.DescribeBotOutput]{
		what: "describe bot " + botID, safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.DescribeBotOutput, error) {
			return c.models.DescribeBot(ctx, &lexmodelsv2.DescribeBotInput{BotId: &botID})
		},
	})
}

// NewestVersion is the newest numbered version of a bot, "" if it has none.
func (c *Client) NewestVersion(ctx context.Context, botID string) (string, error) {
	list, err := pages(ctx, "list versions", func(ctx context.Context, token *string) ([]types.BotVersionSummary, *string, error) {
		page, err := c.models.ListBotVersions(ctx, &lexmodelsv2.ListBotVersionsInput{BotId: &botID, MaxResults: aws.Int32(1000), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.BotVersionSummaries, page.NextToken, nil
	})
	if err != nil {
		return "", err
	}
	newest := ""
	for _, v := range list {
		if number := aws.ToString(v.BotVersion); number != Draft && newer(number, newest) {
			newest = number
		}
	}
	return newest, nil
}

// newer compares version numbers, which are written without zeros in front.
func newer(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

// Draft is the version of a bot that imports change.
const Draft = "DRAFT"
