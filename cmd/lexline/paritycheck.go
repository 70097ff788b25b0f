package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"lexline/internal/botdef"
	"lexline/internal/lexmodels"
	"lexline/internal/parity"
)

// parityCheck compares a bot between regions.
type parityCheck struct {
	// Static.
	places               []*parityPlace // home first, at least two
	answers, definitions bool           // what is compared
	written              []parity.Conversation
	limit, concurrency   int
	now                  time.Time
	tell                 *teller

	report parityReport
}

// parityPlace is one region in a comparison. Its fields are set by the goroutine of
// the region, and read when that has ended.
type parityPlace struct {
	place
	client *lexmodels.Client

	botID, aliasID string
	definition     parity.Definition
	unread         error // why there is no definition, where that is no matter
	newest         string

	heard   [][]parity.Answer // by conversation; nil if it was not put
	silence atomic.Int32      // conversations in a row without any answer
}

// maxMute is how many conversations in a row a region may leave without any
// answer before it is asked no more.
const maxMute = 3

// run asks and compares. The error says why nothing could be compared.
func (c *parityCheck) run(ctx context.Context) (*parityReport, error) {
	if err := c.everywhere(func(p *parityPlace) error { return c.read(ctx, p) }); err != nil {
		return nil, err
	}
	for _, p := range c.places {
		c.report.Regions = append(c.report.Regions, parityRegion{p.Name, p.botID, p.aliasID, p.locale, p.version()})
		c.remarkOn(p)
	}
	if c.definitions {
		c.compareDefinitions()
	}
	if !c.answers {
		return &c.report, nil
	}
	conversations, err := c.conversations()
	if err != nil {
		return nil, err
	}
	if err := c.converse(ctx, conversations); err != nil {
		return nil, err
	}
	return &c.report, c.compareAnswers(conversations)
}

// everywhere does something in all regions at a time, and returns what went wrong.
func (c *parityCheck) everywhere(f func(p *parityPlace) error) error {
	errs := make([]error, len(c.places))
	var asking sync.WaitGroup
	for i, p := range c.places {
		asking.Go(func() {
			if err := f(p); err != nil {
				errs[i] = fmt.Errorf("%s: %w", p.Name, err)
			}
		})
	}
	asking.Wait()
	return errors.Join(errs...)
}

// read finds the bot in a region and reads its definition, from which the sample
// utterances and the variations of prompts are known, too.
func (c *parityCheck) read(ctx context.Context, p *parityPlace) (err error) {
	if p.botID, err = p.client.FindBot(ctx, p.bot); err != nil {
		return err
	}
	if p.aliasID, err = p.client.FindAlias(ctx, p.botID, p.alias); err != nil {
		return err
	}
	p.definition, err = p.client.Read(ctx, p.botID, p.aliasID, p.locale)
	if err == nil {
		p.newest, err = p.client.NewestVersion(ctx, p.botID)
	}
	if err != nil && !c.definitions && ctx.Err() == nil {
		p.unread, err = err, nil
	}
	return err
}

func (p *parityPlace) version() string {
	if p.definition.Alias == nil {
		return ""
	}
	return p.definition.Alias.Version
}

// remarkOn tells what is odd about one region, and no difference.
func (c *parityCheck) remarkOn(p *parityPlace) {
	remark := func(format string, args ...any) {
		c.report.Remarks = append(c.report.Remarks, p.Name+": "+fmt.Sprintf(format, args...))
	}
	if p.unread != nil {
		remark("the definition could not be read, so that another variation of a prompt may look like a difference: %v", p.unread)
		return
	}
	switch version := p.version(); {
	case version == lexmodels.Draft:
		remark("the alias serves the draft, which changes while it is worked on")
	case p.newest != "" && version != p.newest:
		remark("the alias serves version %s, the newest is %s", version, p.newest)
	}
	for _, w := range p.definition.Bot.Warnings {
		remark("not compared: %s", w)
	}
}

func (c *parityCheck) compareDefinitions() {
	home := c.places[0]
	for _, p := range c.places[1:] {
		c.report.Definitions = append(c.report.Definitions, parityPair{
			home.Name, p.Name, parity.Definitions(home.definition, p.definition),
		})
	}
}

// conversations are what is put to the regions.
func (c *parityCheck) conversations() ([]parity.Conversation, error) {
	var locales []*botdef.Locale
	for _, p := range c.places {
		if p.unread == nil {
			locales = append(locales, p.definition.Bot.Locales...)
		}
	}
	samples := parity.SampleUtterances(locales, c.now)
	if n := len(samples.Fulfilling); n > 0 {
		c.report.Remarks = append(c.report.Remarks, fmt.Sprintf(
			"%s left out, which would have the Lambda function fulfil an intent at once, such as %q of %s; --utterances puts what a file says",
			count(n, "sample utterance", "sample utterances"), samples.Fulfilling[0].Turns[0], samples.Fulfilling[0].Source))
	}
	kept := parity.Spread(samples.Conversations, c.limit)
	if len(kept) < len(samples.Conversations) {
		c.report.Remarks = append(c.report.Remarks, fmt.Sprintf("%d of %d sample utterances were put; --limit 0 puts all", len(kept), len(samples.Conversations)))
	}
	all := append(append([]parity.Conversation(nil), c.written...), kept...)
	if len(all) == 0 {
		return nil, &hintError{errors.New("there is nothing to ask: the bot has no sample utterances that could be put"), "give conversations with --utterances FILE"}
	}
	return all, nil
}

// converse puts the conversations to all regions, in each some at a time.
func (c *parityCheck) converse(ctx context.Context, list []parity.Conversation) error {
	var put atomic.Int64
	return c.everywhere(func(p *parityPlace) error {
		p.heard = make([][]parity.Answer, len(list))
		next := atomic.Int64{}
		var asking sync.WaitGroup
		for range c.workers(p) {
			asking.Go(func() {
				for i := next.Add(1) - 1; i < int64(len(list)) && ctx.Err() == nil && p.silence.Load() < maxMute; i = next.Add(1) - 1 {
					p.put(ctx, list, int(i))
					c.tell.count("conversations", put.Add(1), int64(len(list)*len(c.places)))
				}
			})
		}
		asking.Wait()
		return context.Cause(ctx)
	})
}

// workers is how many conversations a region gets at a time. The alias for trying
// out takes two at most: https://docs.aws.amazon.com/lexv2/latest/dg/quotas.html.
func (c *parityCheck) workers(p *parityPlace) int {
	if p.aliasID == "TSTALIASID" {
		return 1
	}
	return c.concurrency
}

// put has one conversation with a region.
func (p *parityPlace) put(ctx context.Context, list []parity.Conversation, i int) {
	answers, err := p.client.Converse(ctx, p.botID, p.aliasID, p.locale, list[i].Turns)
	if err != nil {
		return // ended by the context
	}
	p.heard[i] = answers
	if len(answers) == 1 && lexmodels.NoAnswer(answers[0]) {
		p.silence.Add(1)
		return
	}
	p.silence.Store(0)
}

// compareAnswers compares the conversations that both regions got.
func (c *parityCheck) compareAnswers(list []parity.Conversation) error {
	home := c.places[0]
	answered := false
	for _, p := range c.places {
		if p.silence.Load() >= maxMute {
			c.report.Remarks = append(c.report.Remarks, p.Name+": was asked no more after it kept silent several times in a row")
		}
	}
	for _, p := range c.places[1:] {
		pair := parityPair{Here: home.Name, There: p.Name}
		var wording parity.Wording
		if home.unread == nil && p.unread == nil {
			wording = parity.NewWording(home.definition.Bot, p.definition.Bot)
		}
		for i, conversation := range list {
			if home.heard[i] == nil || p.heard[i] == nil {
				continue
			}
			answered = answered || home.heard[i][0].Error == "" || p.heard[i][0].Error == ""
			found, remarks := parity.Answers(conversation, home.heard[i], p.heard[i], wording)
			pair.Differences = append(pair.Differences, found...)
			for _, r := range remarks {
				c.report.Remarks = append(c.report.Remarks, home.Name+" | "+p.Name+": "+r)
			}
			c.report.Conversations++
		}
		c.report.Answers = append(c.report.Answers, pair)
	}
	if !answered {
		return fmt.Errorf("no region answered anything: %s", home.failure())
	}
	return nil
}

// failure is the first error that a region answered.
func (p *parityPlace) failure() string {
	for _, answers := range p.heard {
		if len(answers) > 0 && answers[0].Error != "" {
			return answers[0].Error
		}
	}
	return "nothing was asked"
}
