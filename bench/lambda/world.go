package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"lexline/internal/connectsim"
)

// lexSide is Lex in one region, that can be broken.
type lexSide interface {
	name() string
	client() lexClient
	set(ctx context.Context, fault lexFault) error
}

// world is everything that the functions talk to.
type world struct {
	bootstrap string
	regions   []lexSide // home, other
	table     *tableProxy
	words     string        // what the bot says to the utterance
	limit     time.Duration // of the article's functions: the model stands still for so long
}

// The time limits of our functions: those of the article, and Lambda's default.
const testLimit, regionLimit = 15 * time.Second, 3 * time.Second

// start starts one of our functions.
func (w *world) start(ctx context.Context, handler string, limit time.Duration, report func(connectsim.Report), more ...string) (*connectsim.Function, error) {
	vars := append([]string{
		"BOTNAME=" + botName, "BOT_ALIAS=" + aliasName, "SAMPLE_UTTERANCE=" + utterance, "EXPECTED_RESPONSE=" + w.words,
		"PRIMARY_REGION=" + home, "SECONDARY_REGION=" + other, "TABLE_NAME=" + tableName, "TEST_METHOD=send_message", "TEST_USER=lexDRTest",
		"AWS_ENDPOINT_URL_DYNAMODB=" + w.table.server.URL,
	}, more...)
	for _, r := range w.regions {
		suffix := strings.ToUpper(strings.ReplaceAll(r.name(), "-", "_"))
		vars = append(vars, "LEX_RUNTIME_ENDPOINT_"+suffix+"="+r.client().endpoint, "LEX_MODELS_ENDPOINT_"+suffix+"="+r.client().endpoint)
	}
	return connectsim.StartFunction(ctx, connectsim.FunctionConfig{
		Bootstrap: w.bootstrap, Handler: "lambda_function." + handler, Region: home, Env: vars, Timeout: limit, Report: report,
		InitTimeout: time.Minute, // this machine may be busy
	})
}

// set breaks everything at once, or mends it.
func (w *world) set(ctx context.Context, homeFault, otherFault lexFault, table tableFault) error {
	w.table.set(table)
	return errors.Join(w.regions[0].set(ctx, homeFault), w.regions[1].set(ctx, otherFault))
}

// mended mends everything and puts a row, or none.
func (w *world) mended(ctx context.Context, before string) error {
	if err := w.set(ctx, lexFine, lexFine, tableFine); err != nil {
		return err
	}
	return emptyTable(ctx, w.table.direct, before)
}

// result is what a case came to.
type result struct {
	name          string
	ours, article string // in words
	took, theirs  time.Duration
	wrong         string // how it differs from what it should be
}

// runTest runs lexDRTest through one case, and the article's after it.
func (w *world) runTest(ctx context.Context, c testCase) (result, error) {
	r := result{name: c.name}
	words := w.words
	if c.variant {
		words = "Which flowers may it be?"
	}
	after, took, err := w.ourTest(ctx, c, words)
	if err != nil {
		return r, err
	}
	r.took, r.ours = took, after.String()
	if after.failed != nil {
		r.ours += "; fails: " + short(after.failed)
	}
	if after.String() != c.want.String() || (after.failed != nil) != c.fails {
		r.wrong = fmt.Sprintf("ours: %s; should be %s, fails %v", r.ours, c.want, c.fails)
	}
	theirs, took, err := w.theirTest(ctx, c, words)
	if err != nil {
		return r, err
	}
	r.theirs, r.article = took, theirs.String()
	if theirs.failed != nil {
		r.article += "; fails: " + short(theirs.failed)
	}
	if theirs.String() != c.article.String() || (theirs.failed != nil) != c.theyFail {
		r.wrong += fmt.Sprintf(" the article's: %s; should be %s, fails %v", r.article, c.article, c.theyFail)
	}
	return r, nil
}

// tested is the row after a check, and how that ended.
type tested struct {
	row
	failed error
}

func (w *world) ourTest(ctx context.Context, c testCase, words string) (after tested, took time.Duration, err error) {
	if err := w.mended(ctx, c.before); err != nil {
		return after, 0, err
	}
	method := "send_message"
	if c.putSession {
		method = "put_session"
	}
	more := []string{"EXPECTED_RESPONSE=" + words, "TEST_METHOD=" + method}
	f, err := w.start(ctx, "lexDRTest", testLimit, nil, more...)
	if err != nil {
		return after, 0, err
	}
	defer f.Close()
	if err := w.set(ctx, c.home, c.other, c.table); err != nil {
		return after, 0, err
	}
	if c.first > 0 {
		killed, err := w.start(ctx, "lexDRTest", c.first, nil, more...)
		if err != nil {
			return after, 0, err
		}
		_, _ = killed.Invoke(ctx, []byte("{}")) // it may be killed, or give up just before
		_ = killed.Close()
	}
	runs := 1
	if c.twice {
		runs = 2
	}
	failures := make([]error, runs)
	begun := time.Now()
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() {
			var answer []byte
			if answer, failures[i] = f.Invoke(ctx, []byte("{}")); failures[i] == nil {
				failures[i] = checkSuccess(answer)
			}
		})
	}
	all.Wait()
	took = time.Since(begun)
	after.failed = errors.Join(failures...)
	w.table.set(tableFine)
	after.row, err = readRow(ctx, w.table.direct)
	return after, took, err
}

// checkSuccess looks for the article's two fields.
func checkSuccess(answer []byte) error {
	var a struct {
		StatusCode int
		Body       string
	}
	if err := json.Unmarshal(answer, &a); err != nil || a.StatusCode != 200 || a.Body != "Success" {
		return fmt.Errorf("answer %.100s", answer)
	}
	return nil
}

func (w *world) model(words string) *article {
	return &article{table: w.table.server.URL, regions: w.regions, expected: words, limit: w.limit}
}

func (w *world) theirTest(ctx context.Context, c testCase, words string) (after tested, took time.Duration, err error) {
	if err := w.mended(ctx, c.before); err != nil {
		return after, 0, err
	}
	if err := w.set(ctx, c.home, c.other, c.table); err != nil {
		return after, 0, err
	}
	begun := time.Now()
	after.failed = w.model(words).test(ctx)
	took = time.Since(begun)
	w.table.set(tableFine)
	after.row, err = readRow(ctx, w.table.direct)
	return after, took, err
}

// event is what a flow sends.
const event = `{"Name":"ContactFlowEvent","Details":{"ContactData":{"Channel":"VOICE"},"Parameters":{"region":"` + home + `"}}}`

// runRegion has lexDRGetRegion answer in one case, and the article's after it.
func (w *world) runRegion(ctx context.Context, c regionCase) (result, error) {
	r := result{name: c.name}
	before := c.row
	if c.warm {
		before = other
	}
	if err := w.mended(ctx, before); err != nil {
		return r, err
	}
	f, err := w.start(ctx, "lexDRGetRegion", regionLimit, nil)
	if err != nil {
		return r, err
	}
	defer f.Close()
	if c.warm {
		if _, err := f.Invoke(ctx, []byte(event)); err != nil {
			return r, err
		}
		if err := emptyTable(ctx, w.table.direct, c.row); err != nil {
			return r, err
		}
	}
	w.table.set(c.table)
	begun := time.Now()
	answer, err := f.Invoke(ctx, []byte(event))
	r.took = time.Since(begun)
	if r.ours = answered(answer, err); r.ours != c.want {
		r.wrong = fmt.Sprintf("ours: %s; should be %s", r.ours, c.want)
	}
	begun = time.Now()
	theirs, err := w.model("").getRegion(ctx)
	r.theirs = time.Since(begun)
	if r.article = theirs; err != nil {
		r.article = failed
	}
	if r.article != c.article {
		r.wrong += fmt.Sprintf(" the article's: %s; should be %s", r.article, c.article)
	}
	if err != nil {
		r.article = "fails: " + short(err)
	}
	return r, nil
}

// answered is the region in an answer, or what is wrong with it.
func answered(answer []byte, err error) string {
	var a map[string]string
	switch {
	case err != nil:
		return "fails: " + short(err)
	case json.Unmarshal(answer, &a) != nil || a["statusCode"] != "200":
		return fmt.Sprintf("answer %.100s", answer)
	}
	return a["primaryCode"]
}
