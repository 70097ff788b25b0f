package lexmodels

import (
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"
)

// CreateVersion makes a numbered version of locales of the draft, which are built,
// and returns its number when it can be used.
func (c *Client) CreateVersion(ctx context.Context, botID string, locales []string) (version string, err error) {
	sources := map[string]types.BotVersionLocaleDetails{}
	for _, l := range locales {
		sources[l] = types.BotVersionLocaleDetails{SourceBotVersion: aws.String(Draft)}
	}
	created, err := do(ctx, request[*lexmodelsv2.CreateBotVersionOutput]{
		what: "create version",
		send: func(ctx context.Context) (*lexmodelsv2.CreateBotVersionOutput, error) {
			return c.models.CreateBotVersion(ctx, &lexmodelsv2.CreateBotVersionInput{BotId: &botID, BotVersionLocaleSpecification: sources})
		},
	})
	if err != nil {
		return "", err
	}
	version = aws.ToString(created.BotVersion)
	return version, c.await(ctx, "version "+version, versionTime, func(ctx context.Context) (state, error) {
		v, err := c.models.DescribeBotVersion(ctx, &lexmodelsv2.DescribeBotVersionInput{BotId: &botID, BotVersion: &version})
		if NotFound(err) {
			return state{text: "not there yet"}, nil // the API is consistent in the end
		}
		if err != nil {
			return state{}, err
		}
		return state{string(v.BotStatus), v.BotStatus == types.BotStatusAvailable, v.BotStatus == types.BotStatusFailed, v.FailureReasons}, nil
	})
}

// Serving is what an alias is to serve.
type Serving struct {
	Version string
	Locales []string // to be enabled; locales that the version lacks are dropped
	Hook    string   // ARN of the Lambda function for these locales; "": what is set stays
}

// hookVersion is the only version of the event that a function gets.
// https://docs.aws.amazon.com/lexv2/latest/APIReference/API_LambdaCodeHook.html
const hookVersion = "1.0"

// apply puts what is to be served into an alias' settings.
func (s Serving) apply(settings map[string]types.BotAliasLocaleSettings) map[string]types.BotAliasLocaleSettings {
	all := map[string]types.BotAliasLocaleSettings{}
	maps.Copy(all, settings)
	for _, locale := range s.Locales {
		l := all[locale]
		l.Enabled = true
		if s.Hook != "" {
			l.CodeHookSpecification = &types.CodeHookSpecification{LambdaCodeHook: &types.LambdaCodeHook{
				LambdaARN: aws.String(s.Hook), CodeHookInterfaceVersion: aws.String(hookVersion),
			}}
		}
		all[locale] = l
	}
	return all
}

// CreateAlias makes an alias and returns its id when it can be used.
func (c *Client) CreateAlias(ctx context.Context, botID, name string, s Serving) (aliasID string, err error) {
	created, err := do(ctx, request[*lexmodelsv2.CreateBotAliasOutput]{
		what: "create alias " + name,
		send: func(ctx context.Context) (*lexmodelsv2.CreateBotAliasOutput, error) {
			return c.models.CreateBotAlias(ctx, &lexmodelsv2.CreateBotAliasInput{
				BotId: &botID, BotAliasName: &name, BotVersion: &s.Version, BotAliasLocaleSettings: s.apply(nil),
			})
		},
	})
	if err != nil {
		return "", err
	}
	aliasID = aws.ToString(created.BotAliasId)
	return aliasID, c.awaitAlias(ctx, botID, aliasID, s.Version)
}

// MoveAlias points an alias at a version, and keeps all its other settings. It
// returns when Lex says that it serves the version, which callers may see later.
func (c *Client) MoveAlias(ctx context.Context, botID, aliasID string, s Serving) error {
	a, err := c.describeAlias(ctx, botID, aliasID)
	if err != nil {
		return err
	}
	// The update replaces all settings: those left out are gone. A locale that the
	// version does not have would be refused.
	settings := map[string]types.BotAliasLocaleSettings{}
	for _, l := range s.Locales {
		if old, ok := a.BotAliasLocaleSettings[l]; ok {
			settings[l] = old
		}
	}
	_, err = do(ctx, request[*lexmodelsv2.UpdateBotAliasOutput]{
		what: "move alias " + aws.ToString(a.BotAliasName), safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.UpdateBotAliasOutput, error) {
			return c.models.UpdateBotAlias(ctx, &lexmodelsv2.UpdateBotAliasInput{
				BotId: &botID, BotAliasId: &aliasID, BotAliasName: a.BotAliasName, BotVersion: &s.Version, Description: a.Description,
				BotAliasLocaleSettings:  s.apply(settings),
				ConversationLogSettings: a.ConversationLogSettings, SentimentAnalysisSettings: a.SentimentAnalysisSettings,
			})
		},
	})
	if err != nil {
		return err
	}
	return c.awaitAlias(ctx, botID, aliasID, s.Version)
}

func (c *Client) awaitAlias(ctx context.Context, botID, aliasID, version string) error {
	return c.await(ctx, "alias "+aliasID, aliasTime, func(ctx context.Context) (state, error) {
		a, err := c.models.DescribeBotAlias(ctx, &lexmodelsv2.DescribeBotAliasInput{BotId: &botID, BotAliasId: &aliasID})
		if NotFound(err) {
			return state{text: "not there yet"}, nil
		}
		if err != nil {
			return state{}, err
		}
		s := a.BotAliasStatus
		serves := s == types.BotAliasStatusAvailable && aws.ToString(a.BotVersion) == version
		return state{fmt.Sprintf("%s, version %s", s, aws.ToString(a.BotVersion)), serves, s == types.BotAliasStatusFailed, nil}, nil
	})
}

// Replica is a copy of a bot that Lex Global Resiliency keeps in another region.
type Replica struct {
	Region string
	Status string // "Enabled"
}

// Replicas lists the copies that Lex keeps of a bot in other regions. served is
// false where the region or the account does not have them.
// https://docs.aws.amazon.com/lexv2/latest/dg/global-resiliency.html
func (c *Client) Replicas(ctx context.Context, botID string) (list []Replica, served bool) {
	out, err := do(ctx, request[*lexmodelsv2.ListBotReplicasOutput]{
		what: "list replicas", // asked once: a service that has none may answer anything
		send: func(ctx context.Context) (*lexmodelsv2.ListBotReplicasOutput, error) {
			return c.models.ListBotReplicas(ctx, &lexmodelsv2.ListBotReplicasInput{BotId: &botID})
		},
	})
	if err != nil {
		return nil, false
	}
	for _, r := range out.BotReplicaSummaries {
		list = append(list, Replica{aws.ToString(r.ReplicaRegion), string(r.BotReplicaStatus)})
	}
	return list, true
}
