package lexmodels

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"

	"lexline/internal/botdef"
	"lexline/internal/parity"
)

// Read returns the definition that callers of an alias meet: the version that it
// points at, with the given locales of it, or all if there are none, and its own
// settings of them. What the models API tells in the words of an export is read by
// the reader of exports, so that both have the same defaults.
func (c *Client) Read(ctx context.Context, botID, aliasID string, locales ...string) (parity.Definition, error) {
	alias, err := c.Alias(ctx, botID, aliasID)
	if err != nil {
		return parity.Definition{}, err
	}
	bot, err := c.ReadVersion(ctx, botID, alias.Version, locales...)
	if err != nil {
		return parity.Definition{}, err
	}
	return parity.Definition{Bot: bot, Alias: &alias}, nil
}

// Alias describes an alias.
func (c *Client) Alias(ctx context.Context, botID, aliasID string) (parity.Alias, error) {
	a, err := c.describeAlias(ctx, botID, aliasID)
	if err != nil {
		return parity.Alias{}, err
	}
	alias := parity.Alias{Name: aws.ToString(a.BotAliasName), Version: aws.ToString(a.BotVersion)}
	if s := a.SentimentAnalysisSettings; s != nil {
		alias.Sentiment = s.DetectSentiment
	}
	for _, id := range slices.Sorted(maps.Keys(a.BotAliasLocaleSettings)) {
		settings := a.BotAliasLocaleSettings[id]
		l := parity.AliasLocale{ID: id, Enabled: settings.Enabled}
		if hook := settings.CodeHookSpecification; hook != nil && hook.LambdaCodeHook != nil {
			l.Hook, l.HookVersion = aws.ToString(hook.LambdaCodeHook.LambdaARN), aws.ToString(hook.LambdaCodeHook.CodeHookInterfaceVersion)
		}
		alias.Locales = append(alias.Locales, l)
	}
	return alias, nil
}

func (c *Client) describeAlias(ctx context.Context, botID, aliasID string) (*lexmodelsv2.DescribeBotAliasOutput, error) {
	return do(ctx, request[*lexmodelsv2.DescribeBotAliasOutput]{
		what: "describe alias " + aliasID, safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.DescribeBotAliasOutput, error) {
			return c.models.DescribeBotAlias(ctx, &lexmodelsv2.DescribeBotAliasInput{BotId: &botID, BotAliasId: &aliasID})
		},
	})
}

// ReadVersion returns the definition of one version, which is Draft or a number.
func (c *Client) ReadVersion(ctx context.Context, botID, version string, locales ...string) (*botdef.Bot, error) {
	described, err := c.describeBot(ctx, botID)
	if err != nil {
		return nil, err
	}
	bot := plain(described)
	bot["version"] = version
	if version != Draft {
		if err := c.asVersioned(ctx, botID, version, bot); err != nil {
			return nil, err
		}
	}
	if len(locales) == 0 {
		if locales, err = c.localesOf(ctx, botID, version); err != nil {
			return nil, err
		}
	}
	r := &reader{c: c, bot: botID, version: version, files: map[string][]byte{
		"Manifest.json": []byte(`{"metaData": {"fileFormat": "LexJson", "resourceType": "BOT"}}`),
	}}
	if err := file(r.files, []string{"Bot", "Bot.json"}, bot); err != nil {
		return nil, err
	}
	for _, locale := range locales {
		if err := r.readLocale(ctx, locale); err != nil {
			return nil, fmt.Errorf("version %s, locale %s: %w", version, locale, err)
		}
	}
	return botdef.Read(aws.ToString(described.BotName), r.files)
}

// asVersioned puts what a version keeps of its own into the bot's description.
func (c *Client) asVersioned(ctx context.Context, botID, version string, bot map[string]any) error {
	v, err := c.describeVersion(ctx, botID, version)
	if err != nil {
		return err
	}
	own := plain(v)
	for _, key := range []string{"dataPrivacy", "idleSessionTTLInSeconds"} {
		if own[key] != nil {
			bot[key] = own[key]
		}
	}
	return nil
}

func (c *Client) describeVersion(ctx context.Context, botID, version string) (*lexmodelsv2.DescribeBotVersionOutput, error) {
	return do(ctx, request[*lexmodelsv2.DescribeBotVersionOutput]{
		what: "describe version " + version, safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.DescribeBotVersionOutput, error) {
			return c.models.DescribeBotVersion(ctx, &lexmodelsv2.DescribeBotVersionInput{BotId: &botID, BotVersion: &version})
		},
	})
}

func (c *Client) localesOf(ctx context.Context, botID, version string) ([]string, error) {
	found, err := pages(ctx, "list locales of version "+version, func(ctx context.Context, token *string) ([]types.BotLocaleSummary, *string, error) {
		page, err := c.models.ListBotLocales(ctx, &lexmodelsv2.ListBotLocalesInput{BotId: &botID, BotVersion: &version, MaxResults: aws.Int32(1000), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return page.BotLocaleSummaries, page.NextToken, nil
	})
	var ids []string
	for _, l := range found {
		ids = append(ids, aws.ToString(l.LocaleId))
	}
	return ids, err
}

// reader collects the definition of one version as the files of an export.
type reader struct {
	c            *Client
	bot, version string
	files        map[string][]byte
}

// readLocale reads a locale with its slot types and intents.
func (r *reader) readLocale(ctx context.Context, locale string) error {
	r.c.cfg.Progress("read " + locale + " of version " + r.version)
	described, err := r.c.describeLocale(ctx, r.bot, r.version, locale)
	if err != nil {
		return err
	}
	object := plain(described)
	object["localeId"] = locale
	dir := []string{"Bot", "BotLocales", locale}
	if err := file(r.files, append(dir, "BotLocale.json"), object); err != nil {
		return err
	}
	types, err := r.readSlotTypes(ctx, locale, dir)
	if err != nil {
		return err
	}
	return r.readIntents(ctx, locale, dir, types)
}

func (c *Client) describeLocale(ctx context.Context, botID, version, locale string) (*lexmodelsv2.DescribeBotLocaleOutput, error) {
	return do(ctx, request[*lexmodelsv2.DescribeBotLocaleOutput]{
		what: "describe locale " + locale, safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.DescribeBotLocaleOutput, error) {
			return c.models.DescribeBotLocale(ctx, &lexmodelsv2.DescribeBotLocaleInput{BotId: &botID, BotVersion: &version, LocaleId: &locale})
		},
	})
}

// readSlotTypes returns the names of the slot types by their ids.
func (r *reader) readSlotTypes(ctx context.Context, locale string, dir []string) (names map[string]string, err error) {
	found, err := pages(ctx, "list slot types", func(ctx context.Context, token *string) ([]types.SlotTypeSummary, *string, error) {
		page, err := r.c.models.ListSlotTypes(ctx, &lexmodelsv2.ListSlotTypesInput{
			BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, MaxResults: aws.Int32(1000), NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return page.SlotTypeSummaries, page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	names = map[string]string{}
	for _, t := range found {
		names[aws.ToString(t.SlotTypeId)] = aws.ToString(t.SlotTypeName)
	}
	for _, t := range found {
		described, err := do(ctx, request[*lexmodelsv2.DescribeSlotTypeOutput]{
			what: "describe slot type " + aws.ToString(t.SlotTypeName), safe: true,
			send: func(ctx context.Context) (*lexmodelsv2.DescribeSlotTypeOutput, error) {
				return r.c.models.DescribeSlotType(ctx, &lexmodelsv2.DescribeSlotTypeInput{BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, SlotTypeId: t.SlotTypeId})
			},
		})
		if err != nil {
			return nil, err
		}
		object := plain(described)
		object["name"], object["identifier"] = object["slotTypeName"], object["slotTypeId"]
		delete(object, "slotTypeName")
		delete(object, "slotTypeId")
		if err := file(r.files, append(dir, "SlotTypes", aws.ToString(t.SlotTypeName), "SlotType.json"), object); err != nil {
			return nil, err
		}
	}
	return names, nil
}

func (r *reader) readIntents(ctx context.Context, locale string, dir []string, slotTypes map[string]string) error {
	found, err := pages(ctx, "list intents", func(ctx context.Context, token *string) ([]types.IntentSummary, *string, error) {
		page, err := r.c.models.ListIntents(ctx, &lexmodelsv2.ListIntentsInput{
			BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, MaxResults: aws.Int32(1000), NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return page.IntentSummaries, page.NextToken, nil
	})
	if err != nil {
		return err
	}
	for _, in := range found {
		described, err := do(ctx, request[*lexmodelsv2.DescribeIntentOutput]{
			what: "describe intent " + aws.ToString(in.IntentName), safe: true,
			send: func(ctx context.Context) (*lexmodelsv2.DescribeIntentOutput, error) {
				return r.c.models.DescribeIntent(ctx, &lexmodelsv2.DescribeIntentInput{BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, IntentId: in.IntentId})
			},
		})
		if err != nil {
			return err
		}
		object := plain(described)
		object["identifier"] = aws.ToString(in.IntentId)
		folder := append(dir, "Intents", aws.ToString(in.IntentName))
		if err := file(r.files, append(folder, "Intent.json"), object); err != nil {
			return err
		}
		if err := r.readSlots(ctx, locale, in, folder, slotTypes); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readSlots(ctx context.Context, locale string, in types.IntentSummary, dir []string, slotTypes map[string]string) error {
	found, err := pages(ctx, "list slots of "+aws.ToString(in.IntentName), func(ctx context.Context, token *string) ([]types.SlotSummary, *string, error) {
		page, err := r.c.models.ListSlots(ctx, &lexmodelsv2.ListSlotsInput{
			BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, IntentId: in.IntentId, MaxResults: aws.Int32(1000), NextToken: token,
		})
		if err != nil {
			return nil, nil, err
		}
		return page.SlotSummaries, page.NextToken, nil
	})
	if err != nil {
		return err
	}
	for _, s := range found {
		described, err := do(ctx, request[*lexmodelsv2.DescribeSlotOutput]{
			what: "describe slot " + aws.ToString(s.SlotName) + " of " + aws.ToString(in.IntentName), safe: true,
			send: func(ctx context.Context) (*lexmodelsv2.DescribeSlotOutput, error) {
				return r.c.models.DescribeSlot(ctx, &lexmodelsv2.DescribeSlotInput{
					BotId: &r.bot, BotVersion: &r.version, LocaleId: &locale, IntentId: in.IntentId, SlotId: s.SlotId,
				})
			},
		})
		if err != nil {
			return err
		}
		object := plain(described)
		name(object, slotTypes)
		if err := file(r.files, append(dir, "Slots", aws.ToString(s.SlotName), "Slot.json"), object); err != nil {
			return err
		}
	}
	return nil
}
