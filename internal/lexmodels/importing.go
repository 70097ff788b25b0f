package lexmodels

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2"
	"github.com/aws/aws-sdk-go-v2/service/lexmodelsv2/types"

	"lexline/internal/botdef"
)

// How long Lex may take for its own work, before we give it up. A large locale is
// built in minutes.
const (
	importTime  = 10 * time.Minute
	buildTime   = 30 * time.Minute
	versionTime = 10 * time.Minute
	aliasTime   = 10 * time.Minute
)

// Import makes a bot of an export, a zip of it with its definition, or replaces the
// draft of the bot of that name, and returns the bot's id when Lex has done it.
// role is the ARN of the role that Lex takes for the bot. No alias but the one for
// trying out serves the draft.
func (c *Client) Import(ctx context.Context, export []byte, bot *botdef.Bot, role string) (botID string, err error) {
	c.cfg.Progress("upload " + fmt.Sprintf("%d kB", (len(export)+1023)/1024))
	id, err := c.upload(ctx, export)
	if err != nil {
		return "", err
	}
	ttl := int32(bot.SessionTTL / time.Second) // at most a day
	_, err = do(ctx, request[*lexmodelsv2.StartImportOutput]{
		what: "start import",
		send: func(ctx context.Context) (*lexmodelsv2.StartImportOutput, error) {
			return c.models.StartImport(ctx, &lexmodelsv2.StartImportInput{
				ImportId: &id, MergeStrategy: types.MergeStrategyOverwrite,
				ResourceSpecification: &types.ImportResourceSpecification{BotImportSpecification: &types.BotImportSpecification{
					BotName: &bot.Name, RoleArn: &role, IdleSessionTTLInSeconds: &ttl,
					DataPrivacy: &types.DataPrivacy{ChildDirected: bot.ChildDirected},
				}},
			})
		},
	})
	if err != nil {
		return "", err
	}
	err = c.await(ctx, "import", importTime, func(ctx context.Context) (state, error) {
		job, err := c.models.DescribeImport(ctx, &lexmodelsv2.DescribeImportInput{ImportId: &id})
		if err != nil {
			return state{}, err
		}
		botID = aws.ToString(job.ImportedResourceId)
		return state{
			string(job.ImportStatus), job.ImportStatus == types.ImportStatusCompleted,
			job.ImportStatus == types.ImportStatusFailed, job.FailureReasons,
		}, nil
	})
	if err == nil && botID == "" {
		err = errors.New("import: is Completed, but of no bot")
	}
	return botID, err
}

// upload puts the zip where the import takes it from.
func (c *Client) upload(ctx context.Context, export []byte) (importID string, err error) {
	place, err := do(ctx, request[*lexmodelsv2.CreateUploadUrlOutput]{
		what: "create upload URL", safe: true, // one that nobody uses expires
		send: func(ctx context.Context) (*lexmodelsv2.CreateUploadUrlOutput, error) {
			return c.models.CreateUploadUrl(ctx, &lexmodelsv2.CreateUploadUrlInput{})
		},
	})
	if err != nil {
		return "", err
	}
	_, err = do(ctx, request[struct{}]{
		what: "upload the export", safe: true, time: uploadTime,
		send: func(ctx context.Context) (struct{}, error) {
			return struct{}{}, c.put(ctx, aws.ToString(place.UploadUrl), export)
		},
	})
	return aws.ToString(place.ImportId), err
}

// put sends the zip to an address that is a secret: errors do not show it.
func (c *Client) put(ctx context.Context, to string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, to, bytes.NewReader(body))
	if err != nil {
		return errors.New("the upload URL is none")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the upload was answered with HTTP %s", resp.Status)
	}
	return nil
}

// LocaleStatus is how far a locale of the draft is: "Built", "NotBuilt", "Building";
// and why, if it is "Failed".
func (c *Client) LocaleStatus(ctx context.Context, botID, locale string) (status string, reasons []string, err error) {
	return c.LocaleStatusOf(ctx, botID, Draft, locale)
}

// LocaleStatusOf is LocaleStatus of a version.
func (c *Client) LocaleStatusOf(ctx context.Context, botID, version, locale string) (status string, reasons []string, err error) {
	l, err := c.describeLocale(ctx, botID, version, locale)
	if err != nil {
		return "", nil, err
	}
	return string(l.BotLocaleStatus), l.FailureReasons, nil
}

// Build builds a locale of the draft and returns when that is done.
func (c *Client) Build(ctx context.Context, botID, locale string) error {
	draft := Draft
	_, err := do(ctx, request[*lexmodelsv2.BuildBotLocaleOutput]{
		what: "build " + locale, safe: true,
		send: func(ctx context.Context) (*lexmodelsv2.BuildBotLocaleOutput, error) {
			return c.models.BuildBotLocale(ctx, &lexmodelsv2.BuildBotLocaleInput{BotId: &botID, BotVersion: &draft, LocaleId: &locale})
		},
	})
	if err != nil {
		return err
	}
	return c.await(ctx, "build "+locale, buildTime, func(ctx context.Context) (state, error) {
		l, err := c.models.DescribeBotLocale(ctx, &lexmodelsv2.DescribeBotLocaleInput{BotId: &botID, BotVersion: &draft, LocaleId: &locale})
		if err != nil {
			return state{}, err
		}
		s := l.BotLocaleStatus
		return state{string(s), s == types.BotLocaleStatusBuilt, s == types.BotLocaleStatusFailed || s == types.BotLocaleStatusNotBuilt, l.FailureReasons}, nil
	})
}

// state is how far a piece of Lex's work is.
type state struct {
	text         string // "Building"
	done, failed bool
	reasons      []string // of a failure
}

// Pauses between looks at Lex's work: short for what is done at once.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 5 * time.Second
)

// await looks at a piece of work until it is done, and tells each change.
func (c *Client) await(ctx context.Context, what string, limit time.Duration, look func(ctx context.Context) (state, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done after %v", limit))
	defer cancel()
	told := ""
	for pause := firstLook; ; pause = min(pause*3/2, longestLook) {
		s, err := do(ctx, request[state]{what: "look at " + what, safe: true, send: look})
		switch {
		case err != nil:
			return err
		case s.done:
			return nil
		case s.failed:
			return fmt.Errorf("%s: %s: %s", what, s.text, strings.Join(s.reasons, "; "))
		}
		if s.text != told {
			c.cfg.Progress(what + ": " + s.text)
			told = s.text
		}
		if err := sleep(ctx, pause); err != nil {
			return fmt.Errorf("%s: %s: %w", what, s.text, err)
		}
	}
}
