package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lexline/internal/connect"
	"lexline/internal/lex"
)

// checkSettings is the environment of lexDRTest.
type checkSettings struct {
	table      tableSettings
	key        string // of the verdict item; empty: the home region's name
	own        string // the region that it runs in
	places     []lex.Place
	probe      lex.Probe
	expected   string // EXPECTED_RESPONSE: reported, nothing else
	putSession bool   // deep probes open a session and ask nothing
	sessions   string // how the ids of test sessions begin
	hold       time.Duration
}

// regions are those of the bot, home first.
func (s checkSettings) regions() (names []string) {
	for _, p := range s.places {
		names = append(names, p.Region)
	}
	return names
}

// readCheckSettings reads them, with an error that names every variable that is
// missing or wrong.
func readCheckSettings(env environment) (checkSettings, error) {
	s := checkSettings{
		key: env.get("TABLE_KEY"), own: env.get("AWS_REGION"), expected: env.get("EXPECTED_RESPONSE"),
		probe: lex.Probe{Text: env.get("SAMPLE_UTTERANCE"), Intent: env.get("EXPECTED_INTENT"), Slot: env.get("EXPECTED_SLOT")},
	}
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	var err error
	s.table, err = readTableSettings(env)
	fault(err)
	s.putSession, err = readMethod(env)
	fault(err)
	if s.probe.Text == "" && !s.putSession {
		fault(errors.New("SAMPLE_UTTERANCE is missing"))
	}
	s.hold, err = readHold(env)
	fault(err)
	s.places, err = readPlaces(env)
	fault(err)
	s.sessions = sessionPrefix(env.get("TEST_USER"))
	return s, errors.Join(faults...)
}

func readMethod(env environment) (putSession bool, err error) {
	switch method := env.get("TEST_METHOD"); method {
	case "put_session":
		return true, nil
	case "send_message", "":
		return false, nil
	default:
		return false, fmt.Errorf("TEST_METHOD: %.50q is neither put_session nor send_message", method)
	}
}

const longestHold = 24 * time.Hour

func readHold(env environment) (time.Duration, error) {
	text := env.get("HOLD")
	if text == "" {
		return 0, nil
	}
	hold, err := time.ParseDuration(text)
	if err != nil || hold <= 0 || hold > longestHold {
		return 0, fmt.Errorf("HOLD: %.50q is no time such as 90s or 5m, from above 0 to %v", text, longestHold)
	}
	return hold, nil
}

// sessionPrefix makes of TEST_USER what ids of sessions may begin with.
func sessionPrefix(user string) string {
	user = notOfSessions.ReplaceAllString(user, "-")
	if user = user[:min(len(user), 40)]; len(user) < 2 {
		return nameTest
	}
	return user
}

var notOfSessions = regexp.MustCompile(`[^0-9a-zA-Z._:-]`)

// namedRegion is a region and the variable that names it.
type namedRegion struct{ from, region string }

// regionNames are the regions of the bot as they are configured, home first:
// PRIMARY_REGION, then those of REGIONS, or else SECONDARY_REGION.
func regionNames(env environment) (names []namedRegion) {
	if primary := env.get("PRIMARY_REGION"); primary != "" {
		names = append(names, namedRegion{"PRIMARY_REGION", primary})
	}
	more := env.list("REGIONS")
	for _, name := range more {
		if len(names) == 0 || name != names[0].region {
			names = append(names, namedRegion{"REGIONS", name})
		}
	}
	if secondary := env.get("SECONDARY_REGION"); secondary != "" && len(more) == 0 {
		names = append(names, namedRegion{"SECONDARY_REGION", secondary})
	}
	return names
}

func checkRegion(variable, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s is missing", variable)
	case !connect.IsRegion(name):
		return fmt.Errorf("%s: %.50q is no AWS region such as us-east-1", variable, name)
	}
	return nil
}

// readPlaces reads where the bot is.
func readPlaces(env environment) (places []lex.Place, err error) {
	names := regionNames(env)
	bots, err := readBots(env)
	faults := []error{err}
	if len(env.list("REGIONS")) == 0 {
		for _, name := range []string{"PRIMARY_REGION", "SECONDARY_REGION"} {
			faults = append(faults, checkRegion(name, env.get(name)))
		}
	}
	if len(names) == 0 {
		_, err := readPlace(env, lex.Place{}, "") // what is missing in any region
		faults = append(faults, err)
	}
	for i, name := range names {
		if slices.ContainsFunc(names[:i], func(n namedRegion) bool { return n.region == name.region }) {
			faults = append(faults, fmt.Errorf("%s: region %s is named twice", name.from, name.region))
			continue
		}
		if name.from == "REGIONS" {
			faults = append(faults, checkRegion(name.from, name.region))
		}
		place, err := readPlace(env, bots[name.region], name.region)
		places, faults = append(places, place), append(faults, err)
		delete(bots, name.region)
	}
	for name := range bots {
		faults = append(faults, fmt.Errorf("BOTS: %.50q is none of the regions", name))
	}
	return places, unique(faults)
}

// readPlace completes what BOTS says of one region.
func readPlace(env environment, p lex.Place, name string) (lex.Place, error) {
	p.Region = name
	var faults []error
	for _, f := range []struct {
		value     *string
		variable  string
		otherwise string
	}{
		{&p.Bot, "BOTNAME", ""},
		{&p.Alias, "BOT_ALIAS", ""},
		{&p.Locale, "LOCALE", "en_US"},
	} {
		if *f.value == "" {
			*f.value = env.get(f.variable)
		}
		if *f.value == "" {
			*f.value = f.otherwise
		}
		if *f.value == "" {
			faults = append(faults, fmt.Errorf("%s is missing", f.variable))
		}
	}
	if !localeForm.MatchString(p.Locale) {
		faults = append(faults, fmt.Errorf("LOCALE: %.50q is no locale of a bot such as en_US", p.Locale))
	}
	for prefix, value := range map[string]*string{"LEX_RUNTIME_ENDPOINT_": &p.RuntimeURL, "LEX_MODELS_ENDPOINT_": &p.ModelsURL} {
		var full string
		full, *value = env.of(prefix, name)
		faults = append(faults, checkEndpoint(full, *value))
	}
	return p, errors.Join(faults...)
}

var localeForm = regexp.MustCompile(`^[a-z]{2,3}(_[A-Za-z0-9]{2,4})?$`)

// readBots reads BOTS: region=BOT/ALIAS/LOCALE for each region where the bot is not
// as BOTNAME, BOT_ALIAS and LOCALE say. Parts may be left empty or out.
func readBots(env environment) (map[string]lex.Place, error) {
	bots := map[string]lex.Place{}
	for _, entry := range env.list("BOTS") {
		name, text, ok := strings.Cut(entry, "=")
		parts := strings.Split(text, "/")
		if _, twice := bots[name]; !ok || len(parts) > 3 || twice {
			return nil, fmt.Errorf("BOTS: %.100q is not a region with its bot, such as us-west-2=BOTID/ALIASID/en_US", entry)
		}
		parts = append(parts, "", "")
		bots[name] = lex.Place{Bot: parts[0], Alias: parts[1], Locale: parts[2]}
	}
	return bots, nil
}

// unique joins errors and leaves out those that say the same as another one.
func unique(faults []error) error {
	var lines []string
	for _, err := range faults {
		if err == nil {
			continue
		}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if lines == nil {
		return nil
	}
	slices.Sort(lines)
	return errors.New(strings.Join(lines, "; "))
}
