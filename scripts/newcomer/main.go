// Command newcomer does what docs/1-start.md tells a newcomer to do, and the pages that
// have something to try on one machine, in a fresh clone of this repository: every
// command that needs no account is taken out of the page and run, in its order, in
// terminals as the page has them. It ends with status 1 at the first
// thing that is not as the page says.
//
//	make newcomer                  all of it, about four minutes
//	make newcomer ARGS=-list       what it would do
//
// It needs what the page needs, and the ports that the page's examples listen on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	blockTime = 10 * time.Minute // for a block to end: make demo may have to install and build
	wordTime  = 2 * time.Minute  // for a terminal to say what the page waits for
	closeTime = 30 * time.Second // for a terminal to end after Ctrl-C
)

// pages are done one after the other, in one clone.
var pages = []string{
	"docs/1-start.md", "docs/1-start/real-call.md", // the first makes the programs
	"docs/2-operate/transfer.md", "docs/2-operate/compatible-mode.md", "docs/2-operate/outbound.md",
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "newcomer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("newcomer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("list", false, "say what would be done, and do nothing")
	quiet := flags.Bool("quiet", false, "do not repeat what the commands print, unless one fails")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flags.Args())
	}
	if *list {
		return forEachPage(".", func(page string, steps []step) error {
			for _, s := range steps {
				fmt.Fprintf(stdout, "%s:%d  %s\n", page, s.line, s)
			}
			return nil
		})
	}
	folder, err := os.MkdirTemp("", "lexline-newcomer-")
	if err != nil {
		return fmt.Errorf("make a folder for the clone: %w", err)
	}
	defer os.RemoveAll(folder)
	clone := exec.CommandContext(ctx, "git", "clone", "--quiet", ".", folder)
	clone.Stderr = stderr
	if err := clone.Run(); err != nil {
		return fmt.Errorf("clone the repository: %w", err)
	}
	v := &visit{folder: folder, out: stdout, echo: stdout, began: time.Now(), terminals: map[string]*terminal{}}
	if *quiet {
		v.echo = io.Discard
	}
	if v.env, err = environment(folder); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.leave()) }()
	err = forEachPage(folder, func(page string, steps []step) error {
		for _, s := range steps {
			v.say("%s:%d  %s", page, s.line, s)
			if err := v.do(ctx, s); err != nil {
				return fmt.Errorf("%s:%d: %s: %w", page, s.line, s, err)
			}
		}
		return nil
	})
	if err == nil {
		v.say("every command of %s that needs no account did what the page says", strings.Join(pages, ", "))
	}
	return err
}

// forEachPage reads the pages below a folder.
func forEachPage(folder string, do func(page string, steps []step) error) error {
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(folder, page))
		if err != nil {
			return fmt.Errorf("read the page: %w", err)
		}
		steps, err := parse(string(text))
		if err != nil {
			return fmt.Errorf("%s, %w", page, err)
		}
		if err := do(page, steps); err != nil {
			return err
		}
	}
	return nil
}

// environment is what the shells get: ours, with the same orders in each demo, and
// Debian's AWS CLI before others, as an old one does not know Lex V2.
func environment(folder string) ([]string, error) {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		for _, prefix := range []string{"LEXLINE_", "AWS_", "TWILIO_", "MAKE", "MFLAGS=", "ARGS="} { // make's would go on into its make demo
			if strings.HasPrefix(v, prefix) {
				return true
			}
		}
		return false
	})
	env = append(env, "ARGS=--seed 1", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+filepath.Join(folder, "no-config"), "NO_PROXY=127.0.0.1")
	const debian = "/usr/bin/aws"
	if _, err := os.Stat(debian); err != nil {
		return env, nil
	}
	first := filepath.Join(folder, ".git", "newcomer") // where no command of the page looks
	if err := os.Mkdir(first, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for programs: %w", err)
	}
	if err := os.Symlink(debian, filepath.Join(first, "aws")); err != nil {
		return nil, fmt.Errorf("choose the AWS CLI: %w", err)
	}
	return append(env, "PATH="+first+":"+os.Getenv("PATH")), nil
}

// visit is one go through the pages.
type visit struct {
	folder    string
	env       []string
	out, echo io.Writer
	began     time.Time
	terminals map[string]*terminal // those that are open
}

func (v *visit) say(format string, args ...any) {
	fmt.Fprintf(v.out, "newcomer %4.0f s  %s\n", time.Since(v.began).Seconds(), fmt.Sprintf(format, args...))
}

func (v *visit) do(ctx context.Context, s step) error {
	switch s.action {
	case writes:
		return os.WriteFile(filepath.Join(v.folder, s.name), []byte(s.text+"\n"), 0o600)
	case opens:
		if v.terminals[s.name] != nil {
			return errors.New("there is a terminal of that name")
		}
		t, err := start(s.name, v.folder, s.text, v.env, v.echo)
		if err != nil {
			return err
		}
		v.terminals[s.name] = t
		return v.awaits(ctx, t, s)
	case runs:
		return v.runs(ctx, s)
	}
	t := v.terminals[s.name]
	if t == nil {
		return errors.New("there is no such terminal")
	}
	if s.action == reads {
		return v.awaits(ctx, t, s)
	}
	delete(v.terminals, s.name)
	return t.close(closeTime)
}

func (v *visit) awaits(ctx context.Context, t *terminal, s step) error {
	ctx, cancel := context.WithTimeout(ctx, wordTime)
	defer cancel()
	return v.shown(t, t.await(ctx, s.says))
}

// runs a block to its end, with what happens meanwhile.
func (v *visit) runs(ctx context.Context, s step) error {
	ctx, cancel := context.WithTimeout(ctx, blockTime)
	defer cancel()
	t, err := start("the block", v.folder, s.text, v.env, v.echo)
	if err != nil {
		return err
	}
	if s.once != nil {
		err = v.meanwhile(ctx, *s.once)
	}
	if err == nil {
		err = t.end(ctx)
	}
	err = errors.Join(err, t.close(closeTime))
	if found := s.says == nil; err == nil && !found {
		if found, _ = t.said.seen(s.says); !found {
			err = fmt.Errorf("it did not say %q", s.says)
		}
	}
	return v.shown(t, err)
}

func (v *visit) meanwhile(ctx context.Context, m moment) error {
	watched, closed := v.terminals[m.name], v.terminals[m.close]
	if watched == nil || closed == nil {
		return fmt.Errorf("there is no terminal %s, or none %s", m.name, m.close)
	}
	if err := watched.await(ctx, m.says); err != nil {
		return err
	}
	v.say("Ctrl-C in terminal %s", m.close)
	delete(v.terminals, m.close)
	return closed.close(closeTime)
}

// shown adds to an error what the terminal and all others printed, where that was not
// repeated.
func (v *visit) shown(t *terminal, err error) error {
	if err == nil || v.echo != io.Discard {
		return err
	}
	fmt.Fprintf(v.out, "%s printed:\n%s\n", t.name, t.said)
	for name, other := range v.terminals {
		if other != t {
			fmt.Fprintf(v.out, "terminal %s printed:\n%s\n", name, other.said)
		}
	}
	return err
}

// leave closes the terminals that the page left open.
func (v *visit) leave() error {
	var err error
	for _, t := range v.terminals {
		err = errors.Join(err, t.close(closeTime))
	}
	return err
}
