package internal

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// typedLine is a command line in a code block of a document.
type typedLine struct {
	doc, line string
}

var (
	// ourCommand is a line that runs the program or make, with what may stand before it.
	ourCommand = regexp.MustCompile(`^\s*(?:\$ )?(?:[A-Za-z_]+=\S+ +)*(?:\./)?(?:bin/)?(lexline|make)((?: .*)?)$`)
	// oneOperand is the usage of a command that takes exactly one operand.
	oneOperand = regexp.MustCompile(`^usage: lexline ([a-z ]+) \[flags\] [A-Z]+\n`)
)

// typedLines lists the lines of fenced and indented code blocks, continued ones in one.
func typedLines(t *testing.T) []typedLine {
	t.Helper()
	var lines []typedLine
	for name, content := range textFiles(t) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		content = goesOn.ReplaceAllString(content, "")
		var code []string
		for _, block := range fence.FindAllStringSubmatch(content, -1) {
			code = append(code, strings.Split(block[1], "\n")...)
		}
		for _, line := range indented.FindAllStringSubmatch(fence.ReplaceAllString(content, ""), -1) {
			code = append(code, line[1])
		}
		for _, line := range code {
			lines = append(lines, typedLine{name, line})
		}
	}
	return lines
}

// shellWords splits a command line as a shell would, up to its end, a pipe or a
// redirection. Variables stay as they are written. With an error come the words before it.
func shellWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun := false
	end := func() {
		if begun {
			words = append(words, word.String())
		}
		word.Reset()
		begun = false
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == ' ' || c == '\t':
			end()
			continue
		case strings.IndexByte("|&;<>", c) >= 0, c == '#' && !begun:
			end()
			return words, nil
		case c == '\'' || c == '"':
			length := strings.IndexByte(line[i+1:], c)
			if length < 0 {
				end()
				return words, errors.New("a quote is not closed")
			}
			word.WriteString(line[i+1 : i+1+length])
			i += length + 1
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
		default:
			word.WriteByte(c)
		}
		begun = true
	}
	end()
	return words, nil
}

func TestShellWords(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{`serve --dev  --config dev.yml`, []string{"serve", "--dev", "--config", "dev.yml"}},
		{`pin --why "first test" x # why`, []string{"pin", "--why", "first test", "x"}},
		{`call --a='{"b": "c"}'"d"`, []string{"call", `--a={"b": "c"}d`}},
		{`show --json x | jq '.turns[]'`, []string{"show", "--json", "x"}},
		{`flow --x "" >flow.json`, []string{"flow", "--x", ""}},
		{`a b\ c#d`, []string{"a", "b c#d"}},
	}
	for _, test := range tests {
		if got, err := shellWords(test.line); err != nil || !slices.Equal(got, test.want) {
			t.Errorf("shellWords(%s): %q, %v; want %q", test.line, got, err, test.want)
		}
	}
	if got, err := shellWords(`a "b`); err == nil {
		t.Errorf("shellWords took an open quote: %q", got)
	}
}

// TestTypedCommands has every command line in a code block read by the program that it
// is for: all its words, with --help behind them, by which a command explains itself
// instead of running once it has taken all flags and their values before it.
func TestTypedCommands(t *testing.T) {
	runLexline(t, "version") // builds it
	folder := scratch(t)
	seen, read := map[string]bool{}, map[string]int{}
	for _, typed := range typedLines(t) {
		found := ourCommand.FindStringSubmatch(typed.line)
		if found == nil || seen[found[1]+found[2]] {
			continue
		}
		seen[found[1]+found[2]] = true
		read[found[1]]++
		var err error
		if found[1] == "make" {
			err = readByMake(found[2])
		} else {
			err = readByLexline(folder, found[2])
		}
		if err != nil {
			t.Errorf("%s says %q: %v", typed.doc, typed.line, err)
		}
	}
	if read["make"] < 20 || read["lexline"] < 40 {
		t.Errorf("found %d command lines for make and %d for lexline in documents; they have more", read["make"], read["lexline"])
	}
}

// TestTypedCommandsAreRefused plants mistakes that TestTypedCommands must notice.
func TestTypedCommandsAreRefused(t *testing.T) {
	runLexline(t, "version")
	folder := scratch(t)
	for _, line := range []string{
		"frobnicate", "region", "region stats", "serve --deve", "serve --dev=perhaps", "serve now", "region watch now", "bot serve --quota many",
		"phone call --n http://127.0.0.1:1/twiml", "bot check --fast bots/OrderFlowers", "bot check a b", "calls show", `region pin --why "x`,
	} {
		if readByLexline(folder, " "+line) == nil {
			t.Errorf("lexline %s was taken for right", line)
		}
	}
	for _, line := range []string{"everything", `demo ARGS="--speed 2"`, `bench ARGS="--round 3"`} {
		if readByMake(line) == nil {
			t.Errorf("make %s was taken for right", line)
		}
	}
}

// scratch is a folder with the files that a command opens while it reads its flags.
func scratch(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"lexDR.env": "", "goodbye.txt": "hangup\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// readByLexline has the program read one command line in a folder, without running it.
func readByLexline(folder, line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return errors.New("there is no command")
	}
	if words[0] == "COMMAND" || slices.Contains(words, "--help") || words[0] == "help" {
		return nil // it stands for any
	}
	help := func(at int) (string, error) {
		command := exec.Command(lexline.path, slices.Insert(slices.Clone(words), at, "--help")...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "usage: lexline "+words[0]) || strings.Contains(string(out), " COMMAND [flags]\n") {
			return "", errors.New(strings.TrimSpace(string(out)))
		}
		return string(out), nil
	}
	usage, err := help(len(words))
	if err != nil && len(words) > 1 {
		// Some commands take their one operand behind all flags only.
		var inTime error
		if usage, inTime = help(len(words) - 1); inTime == nil && oneOperand.MatchString(usage) {
			return nil
		}
		return err
	}
	if oneOperand.MatchString(usage) && len(words) == len(strings.Fields(oneOperand.FindStringSubmatch(usage)[1])) {
		return errors.New("an operand is missing")
	}
	return err
}

// readByMake has make look for the targets of one command line, and what its recipe
// would run read the flags in ARGS.
func readByMake(line string) error {
	words, err := shellWords(line)
	args := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "ARGS=") })
	switch {
	case args >= 0:
		words = words[:args+1] // bench/README.md says behind it what it is good for
	case err != nil:
		return err
	}
	dry := exec.Command("make", append([]string{"-n", "--no-print-directory"}, words...)...)
	dry.Dir = root
	out, err := dry.CombinedOutput()
	if err != nil {
		return errors.New(strings.TrimSpace(string(out)))
	}
	if args < 0 {
		return nil
	}
	for recipe := range strings.Lines(string(out)) {
		recipe = strings.TrimSpace(recipe)
		if args, ok := strings.CutPrefix(recipe, "bin/lexline "); ok {
			return readByLexline(root, args)
		}
		if args, ok := strings.CutPrefix(recipe, "go run ./bench/"); ok {
			name, flags, _ := strings.Cut(args, " ")
			words, err := shellWords(flags + " --help")
			if err != nil {
				return err
			}
			// Built once, beside the program: go run would look at all sources each time.
			path := filepath.Join(filepath.Dir(lexline.path), strings.ReplaceAll(name, "/", "-"))
			if _, err := os.Stat(path); err != nil {
				build := exec.Command("go", "build", "-o", path, "./bench/"+name)
				build.Dir = root
				build.Env = append(os.Environ(), "CGO_ENABLED=0")
				if out, err := build.CombinedOutput(); err != nil {
					return errors.New(strings.TrimSpace(string(out)))
				}
			}
			if out, err := exec.Command(path, words...).CombinedOutput(); err != nil {
				return errors.New(strings.TrimSpace(string(out)))
			}
			return nil
		}
	}
	return errors.New("nothing that it runs takes ARGS")
}

// TestPages asks that every page of docs can be reached from the README by links.
func TestPages(t *testing.T) {
	files := textFiles(t)
	reached := map[string]bool{}
	var follow func(name string)
	follow = func(name string) {
		if reached[name] {
			return
		}
		reached[name] = true
		for _, found := range link.FindAllStringSubmatch(fence.ReplaceAllString(files[name], ""), -1) {
			path, _, _ := strings.Cut(found[1]+found[2], "#")
			if target := filepath.ToSlash(filepath.Join(filepath.Dir(name), path)); strings.HasSuffix(target, ".md") && !strings.Contains(path, "://") {
				follow(target)
			}
		}
	}
	follow("README.md")
	for name := range files {
		if strings.HasPrefix(name, "docs/") && strings.HasSuffix(name, ".md") && !reached[name] {
			t.Errorf("%s is linked from no page that the README leads to", name)
		}
	}
}

// TestReferenceListsCommands asks for a row for each command in the reference, and for
// none that there is not.
func TestReferenceListsCommands(t *testing.T) {
	section := textFiles(t)["docs/4-reference.md"]
	_, section, _ = strings.Cut(section, "\n## Commands\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var want, got []string
	for _, row := range regexp.MustCompile(`(?m)^  ([a-z]+(?: [a-z]+)?)  `).FindAllStringSubmatch(runLexline(t, "help"), -1) {
		want = append(want, row[1])
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `lexline ([a-z ]+)` \\|").FindAllStringSubmatch(section, -1) {
		got = append(got, row[1])
	}
	if !slices.Equal(got, want) {
		t.Errorf("docs/4-reference.md lists the commands\n%q\nwant those of lexline help, in its order\n%q", got, want)
	}
}

// TestFigureOfCapacity holds the figure on which docs/2-operate/capacity.md builds
// against the measurement that it names. A tenth is what two runs differ by.
func TestFigureOfCapacity(t *testing.T) {
	files := textFiles(t)
	said := regexp.MustCompile(`<!-- operate: ([0-9.]+) us -->`).FindStringSubmatch(files["docs/2-operate/capacity.md"])
	if said == nil {
		t.Fatal("docs/2-operate/capacity.md does not say on which figure it builds")
	}
	figure, err := strconv.ParseFloat(said[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	var rounds []float64
	for _, round := range regexp.MustCompile(`(?m)^BenchmarkOperate/gateway=operated\S*\s+\d+\s+(\d+) cpu-ns/msg`).FindAllStringSubmatch(files["bench/results/operate.txt"], -1) {
		ns, err := strconv.ParseFloat(round[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		rounds = append(rounds, ns/1000)
	}
	if len(rounds) == 0 {
		t.Fatal("bench/results/operate.txt has no rounds")
	}
	slices.Sort(rounds)
	if measured := rounds[len(rounds)/2]; math.Abs(figure/measured-1) > 0.1 {
		t.Errorf("docs/2-operate/capacity.md builds on %.1f us a message, bench/results/operate.txt has %.1f us: work it out again", figure, measured)
	}
}
