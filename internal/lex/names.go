package lex

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
)

var (
	surelyID   = regexp.MustCompile(`^[0-9A-Z]{10}$`)
	possiblyID = regexp.MustCompile(`^[0-9A-Za-z]{10}$`)
)

// maxPages bounds a listing; a page has up to 1,000 entries.
const (
	maxPages = 20
	pageSize = 1000
)

// named is one entry of a listing of the models API.
type named struct{ id, name string }

// resolve returns the ids of a bot and of its alias, each given by id or by
// name as Config says.
func resolve(ctx context.Context, models *lexmodelsv2.Client, bot, alias string) (botID, aliasID string, err error) {
	botID, err = pick("bot", bot, func() ([]named, error) { return listBots(ctx, models) })
	if err != nil {
		return "", "", err
	}
	aliasID, err = pick("alias of the bot "+bot, alias, func() ([]named, error) { return listAliases(ctx, models, botID) })
	return botID, aliasID, err
}

// pick finds the id that wanted stands for.
func pick(what, wanted string, list func() ([]named, error)) (string, error) {
	if surelyID.MatchString(wanted) {
		return wanted, nil
	}
	entries, err := list()
	if err != nil {
		return "", fmt.Errorf("look up the %s by name: %w", what, err)
	}
	var names []string
	for _, e := range entries {
		if e.name == wanted {
			return e.id, nil
		}
		names = append(names, e.name)
	}
	if possiblyID.MatchString(wanted) {
		return wanted, nil
	}
	return "", &missingError{fmt.Sprintf("no %s has the name %q; there is %s", what, wanted, enumerate(names))}
}

func enumerate(names []string) string {
	const shown = 10
	slices.Sort(names)
	switch {
	case len(names) == 0:
		return "none at all"
	case len(names) > shown:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
	}
	return strings.Join(names, ", ")
}

func listBots(ctx context.Context, models *lexmodelsv2.Client) ([]named, error) {
	var all []named
	pages := lexmodelsv2.NewListBotsPaginator(models, &lexmodelsv2.ListBotsInput{MaxResults: aws.Int32(pageSize)})
	for n := 0; n < maxPages && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range page.BotSummaries {
			all = append(all, named{aws.ToString(b.BotId), aws.ToString(b.BotName)})
		}
	}
	return all, nil
}

func listAliases(ctx context.Context, models *lexmodelsv2.Client, botID string) ([]named, error) {
	var all []named
	pages := lexmodelsv2.NewListBotAliasesPaginator(models, &lexmodelsv2.ListBotAliasesInput{
		BotId:      aws.String(botID),
		MaxResults: aws.Int32(pageSize),
	})
	for n := 0; n < maxPages && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, a := range page.BotAliasSummaries {
			all = append(all, named{aws.ToString(a.BotAliasId), aws.ToString(a.BotAliasName)})
		}
	}
	return all, nil
}
