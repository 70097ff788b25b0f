package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/lexmodels"
	"lexline/internal/parity"
)

// deployRegion is one region of a deploy. One goroutine at a time works on it.
type deployRegion struct {
	// Static.
	regionConfig
	hook   string // ARN; "": what is set stays
	client *lexmodels.Client
	d      *deploy

	state       deployState
	plan        deployPlan
	differences []parity.Difference // between what is served and the export
	step        string              // that is being done, or at which it failed
	changed     bool
	err         error
}

// look finds out what the region has, and plans. It changes nothing.
func (r *deployRegion) look(ctx context.Context) error {
	r.step = "look at what is there"
	if err := r.read(ctx); err != nil {
		return err
	}
	export := r.d.export
	r.plan = planDeploy(export, r.state, r.hook)
	if r.state.served != nil {
		r.differences = parity.Definitions(parity.Definition{Bot: r.state.served}, parity.Definition{Bot: export})
	}
	if r.plan.importing && r.role() == "" {
		return &hintError{errors.New("an import needs a role for the bot, which has none here"), "give the ARN of a role that Lex may take for the bot with --role; docs/2-operate.md tells which"}
	}
	return nil
}

func (r *deployRegion) read(ctx context.Context) (err error) {
	s := &r.state
	id, err := r.client.BotNamed(ctx, r.d.export.Name)
	if errors.Is(err, lexmodels.ErrMissing) {
		return nil
	}
	if err == nil {
		s.bot, err = r.client.Bot(ctx, id)
	}
	if err != nil {
		return err
	}
	if err := r.readAlias(ctx); err != nil || same(r.d.export, s.served) {
		return err
	}
	if s.version, err = r.client.NewestVersion(ctx, id); err != nil {
		return err
	}
	if s.version != "" && s.version != s.alias.Version {
		if s.newest, err = r.client.ReadVersion(ctx, id, s.version); err != nil || same(r.d.export, s.newest) {
			return err
		}
	}
	return r.readDraft(ctx)
}

// readAlias reads what callers have now.
func (r *deployRegion) readAlias(ctx context.Context) (err error) {
	s := &r.state
	s.aliasID, err = r.client.FindAlias(ctx, s.bot.ID, r.d.alias)
	if errors.Is(err, lexmodels.ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	served, err := r.client.Read(ctx, s.bot.ID, s.aliasID)
	if err != nil {
		return err
	}
	s.served, s.alias = served.Bot, *served.Alias
	return nil
}

// readDraft reads what an earlier deploy may have left.
func (r *deployRegion) readDraft(ctx context.Context) error {
	var locales []string
	for _, l := range r.d.export.Locales {
		status, _, err := r.client.LocaleStatus(ctx, r.state.bot.ID, l.ID)
		switch {
		case lexmodels.NotFound(err):
			return nil
		case err != nil:
			return err
		case status == "Built":
			r.state.built = append(r.state.built, l.ID)
		}
		locales = append(locales, l.ID)
	}
	draft, err := r.client.ReadVersion(ctx, r.state.bot.ID, lexmodels.Draft, locales...)
	r.state.draft = draft
	return err
}

// role is the one that Lex takes for the bot.
func (r *deployRegion) role() string {
	if r.d.role != "" {
		return r.d.role
	}
	return r.state.bot.RoleARN
}

// carryOut does what was planned. step says at any time what is being done.
func (r *deployRegion) carryOut(ctx context.Context) error {
	if r.plan.nothing() {
		return nil
	}
	r.changed = true
	bot := &r.state.bot
	if r.plan.importing {
		err := r.do("import the export", func() (err error) {
			bot.ID, err = r.client.Import(ctx, r.d.zip, r.d.export, r.role())
			return err
		})
		if err != nil {
			return err
		}
		bot.RoleARN = r.role()
	}
	for _, locale := range r.plan.build {
		if err := r.do("build "+locale, func() error { return r.client.Build(ctx, bot.ID, locale) }); err != nil {
			return err
		}
	}
	serving := lexmodels.Serving{Version: r.plan.existing, Locales: localeIDs(r.d.export), Hook: r.hook}
	if r.plan.version {
		err := r.do("make a version", func() (err error) {
			serving.Version, err = r.client.CreateVersion(ctx, bot.ID, serving.Locales)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := r.serve(ctx, serving); err != nil {
		return err
	}
	return r.do("wait for an answer", func() error { return r.awaitAnswer(ctx) })
}

// serve creates or moves the alias, and describes it as it is then.
func (r *deployRegion) serve(ctx context.Context, s lexmodels.Serving) error {
	bot := r.state.bot.ID
	return r.do("point alias "+r.d.alias+" at version "+s.Version, func() (err error) {
		if r.plan.alias == aliasIsMade {
			r.state.aliasID, err = r.client.CreateAlias(ctx, bot, r.d.alias, s)
		} else {
			err = r.client.MoveAlias(ctx, bot, r.state.aliasID, s)
		}
		if err == nil {
			r.state.alias, err = r.client.Alias(ctx, bot, r.state.aliasID)
		}
		return err
	})
}

// do does one step, and tells when it is done.
func (r *deployRegion) do(step string, f func() error) error {
	r.step = step
	r.d.tell.say(r.Name, step)
	begun := time.Now()
	if err := f(); err != nil {
		return err
	}
	r.d.printf("%7s  %-14s %s, %s\n", tenths(time.Since(r.d.begun)), r.Name, step, tenths(time.Since(begun)))
	return nil
}

func tenths(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// Times of the wait for an alias that was changed, which Lex needs some minutes
// for to tell everywhere.
const (
	answerTime  = 5 * time.Minute
	answerPause = 500 * time.Millisecond
)

// awaitAnswer has the alias answer each of the export's locales.
func (r *deployRegion) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerTime, errors.New("no good answer in time"))
	defer cancel()
	for _, l := range r.d.export.Locales {
		if err := r.awaitLocale(ctx, l); err != nil {
			return fmt.Errorf("locale %s: %w", l.ID, err)
		}
	}
	return nil
}

func (r *deployRegion) awaitLocale(ctx context.Context, l *botdef.Locale) error {
	greeting := []string{"hello"}
	if samples := parity.SampleUtterances([]*botdef.Locale{l}, time.Now()).Conversations; len(samples) > 0 {
		greeting = samples[0].Turns
	}
	for {
		answers, err := r.client.Converse(ctx, r.state.bot.ID, r.state.aliasID, l.ID, greeting)
		if err != nil {
			return err
		}
		answer := answers[len(answers)-1]
		if answer.Error == "" {
			return nil
		}
		r.d.tell.say(r.Name, answer.Error)
		select {
		case <-time.After(answerPause):
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", context.Cause(ctx), answer.Error)
		}
	}
}

// aliasARN is what other services call the alias.
func (r *deployRegion) aliasARN() string {
	if r.state.aliasID == "" {
		return ""
	}
	return fmt.Sprintf("arn:aws:lex:%s:%s:bot-alias/%s/%s", r.Name, r.account(), r.state.bot.ID, r.state.aliasID)
}

// account is the AWS account as the ARNs at hand name it; Lex itself does not say.
func (r *deployRegion) account() string {
	arns := []string{r.state.bot.RoleARN, r.d.role, r.hook}
	for _, l := range r.state.alias.Locales {
		arns = append(arns, l.Hook)
	}
	for _, arn := range arns {
		if account := parity.AccountOf(arn); account != "" {
			return account
		}
	}
	return "ACCOUNT"
}

// hooked reports whether the export wants a Lambda function where the alias has none.
func (r *deployRegion) hooked() bool {
	wanted := slices.ContainsFunc(r.d.export.Locales, func(l *botdef.Locale) bool {
		return slices.ContainsFunc(l.Intents, func(in *botdef.Intent) bool { return in.DialogHook || in.Fulfillment.Hook })
	})
	return !wanted || !slices.ContainsFunc(r.d.export.Locales, func(l *botdef.Locale) bool {
		settings, _ := r.state.alias.Locale(l.ID)
		return settings.Hook == ""
	})
}

func localeIDs(bot *botdef.Bot) (ids []string) {
	for _, l := range bot.Locales {
		ids = append(ids, l.ID)
	}
	return ids
}
