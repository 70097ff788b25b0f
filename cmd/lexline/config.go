package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"lexline/internal/dynamodb"
	"lexline/internal/vad"
)

// config is the whole configuration of `lexline serve`. lexline.yml explains
// every key; a test holds the two together. Only this command knows all
// settings: each package has a Config of its own.
type config struct {
	Listen    string `key:"listen"`
	PublicURL string `key:"public_url"`

	BehindProxy bool `key:"behind_proxy"`

	TLS      tlsConfig      `key:"tls"`
	Log      logConfig      `key:"log"`
	Twilio   twilioConfig   `key:"twilio"`
	AWS      awsConfig      `key:"aws"`
	Regions  []regionConfig `key:"regions"`
	Lines    []lineConfig   `key:"lines"`
	Failover failoverConfig `key:"failover"`
	Table    tableConfig    `key:"table"`
	Control  controlConfig  `key:"control"`
	Limits   limitsConfig   `key:"limits" live:"now"`
	Call     callConfig     `key:"call"`
	Sounds   []soundsConfig `key:"sounds" live:"calls"`

	Targets   []targetConfig   `key:"targets" live:"calls"`
	Redirects []redirectConfig `key:"redirects" live:"calls"`

	Recording recordingConfig `key:"recording"`
	Store     storeConfig     `key:"store"`
	Records   recordsConfig   `key:"records" live:"calls"`
}

type logConfig struct {
	Level  string `key:"level" live:"now"`
	Format string `key:"format"`

	// LoadEvery is how often a line says how the gateway stands.
	LoadEvery orOff `key:"load_every"`
}

type twilioConfig struct {
	AuthToken          string `key:"auth_token"`
	AuthTokenSecondary string `key:"auth_token_secondary"`
	AccountSID         string `key:"account_sid"`
	TokenKey           string `key:"token_key"`

	// Where and as whom Twilio's API is asked.
	APIKey    string `key:"api_key"`
	APISecret string `key:"api_secret"`
	RESTURL   string `key:"rest_url"`
	Region    string `key:"region"`
	Edge      string `key:"edge"`
}

type awsConfig struct {
	AccessKeyID     string `key:"access_key_id"`
	SecretAccessKey string `key:"secret_access_key"`
}

type regionConfig struct {
	Name            string `key:"name"`
	RuntimeEndpoint string `key:"runtime_endpoint"`
	ModelsEndpoint  string `key:"models_endpoint"`
}

type lineConfig struct {
	Name           string   `key:"name"`
	Numbers        []string `key:"numbers" live:"calls"`
	Greeting       string   `key:"greeting" live:"calls"`
	ResumeGreeting string   `key:"resume_greeting" live:"calls"`
	Voice          string   `key:"voice" live:"calls"`
	Language       string   `key:"language" live:"calls"`
	TwiML          string   `key:"twiml" live:"calls"`
	Bot            string   `key:"bot"`
	Alias          string   `key:"alias"`
	Locale         string   `key:"locale"`
	Quota          int      `key:"quota"`
	ExactlyOnce    bool     `key:"exactly_once"`
	Hedge          string   `key:"hedge"`

	// Mode is how the bot is heard, and GoodbyeIntent the intent that ends a call.
	Mode          string `key:"mode"`
	GoodbyeIntent string `key:"goodbye_intent" live:"calls"`
	Outbound      bool   `key:"outbound"`
	Machines      string `key:"machines" live:"calls"`

	// Export and Answers say what callers are expected to say.
	Export  string            `key:"export"`
	Answers map[string]string `key:"answers"`

	Transfer transferConfig `key:"transfer" live:"calls"`

	Regions []placeConfig `key:"regions"`
	Probe   probeConfig   `key:"probe"`
}

// placeConfig is a line's bot in one region, where it differs from the line's.
type placeConfig struct {
	Name   string `key:"name"`
	Bot    string `key:"bot"`
	Alias  string `key:"alias"`
	Locale string `key:"locale"`
}

type probeConfig struct {
	Text   string `key:"text"`
	Intent string `key:"intent"`
	Slot   string `key:"slot"`
}

type failoverConfig struct {
	Hold        time.Duration `key:"hold"`
	MaxHold     time.Duration `key:"max_hold"`
	ProbeEvery  time.Duration `key:"probe_every"`
	AttemptTime time.Duration `key:"attempt_time" live:"calls"`
	TurnTime    time.Duration `key:"turn_time" live:"calls"`
}

type tableConfig struct {
	File     string        `key:"file"`
	DynamoDB dynamoConfig  `key:"dynamodb"`
	Key      string        `key:"key"`
	Copy     string        `key:"copy"`
	Observer string        `key:"observer"`
	Region   string        `key:"region"`
	Refresh  time.Duration `key:"refresh"`
}

// dynamoConfig names a table in Amazon DynamoDB.
type dynamoConfig struct {
	Name     string `key:"name"`
	Region   string `key:"region"`
	Endpoint string `key:"endpoint"`
}

type recordingConfig struct {
	Folder string `key:"folder"`
}

// defaultConfig returns the settings in force when nothing is configured.
func defaultConfig() config {
	return config{
		Log:    logConfig{Level: "info", Format: "text", LoadEvery: off},
		Limits: defaultLimits(),
		Failover: failoverConfig{
			Hold:        time.Minute,
			MaxHold:     10 * time.Minute,
			ProbeEvery:  2 * time.Second,
			AttemptTime: 3 * time.Second,
			TurnTime:    6 * time.Second,
		},
		Table:   tableConfig{Refresh: 5 * time.Second},
		Control: controlConfig{Listen: "127.0.0.1:8471"},
		Call:    defaultCall(),
		Store:   storeConfig{Retention: retention(30 * 24 * time.Hour)},
		Records: recordsConfig{Progress: true},
	}
}

// defaultLine holds the settings of a line that leaves them out.
var defaultLine = lineConfig{
	Name:           "default",
	Greeting:       "Welcome. How can I help you?",
	ResumeGreeting: "Sorry, please go on.",
	Alias:          "TestBotAlias",
	Locale:         "en_US",
	Quota:          25,
	Hedge:          "auto",
	Machines:       "hang_up",
}

// loadConfig reads the file at path or, if path is empty, the text that the environment
// may hold in its place, and the environment over it, fills in defaults and checks the
// whole.
func loadConfig(path string, getenv func(string) string, dev bool) (config, error) {
	cfg, _, err := readWholeConfig(path, getenv, dev)
	return cfg, err
}

// readWholeConfig is loadConfig, and tells where the file's keys stand.
func readWholeConfig(path string, getenv func(string) string, dev bool) (_ config, lines keyLines, err error) {
	cfg := defaultConfig()
	path, lines, err = readConfigOf(path, getenv, &cfg)
	if err != nil {
		return config{}, nil, err
	}
	if err := cfg.takeEnvironment(getenv); err != nil {
		return config{}, nil, err
	}
	cfg.complete()
	locateSounds(cfg.Sounds, filepath.Dir(path))
	locateExports(cfg.Lines, filepath.Dir(path))
	if err := locate(cfg.check(dev), path, lines, getenv); err != nil {
		return config{}, nil, &hintError{err, "lexline.yml explains every key; `lexline serve --help` the flags"}
	}
	return cfg, lines, nil
}

// takeEnvironment lays the environment over the file: LEXLINE_SECTION_KEY for
// every single-valued key, and the names that the AWS sample server for Twilio
// and Lex used, so that its deployments go on working.
func (cfg *config) takeEnvironment(getenv func(string) string) error {
	if err := overrideFrom(getenv, "LEXLINE", reflect.ValueOf(cfg).Elem()); err != nil {
		return err
	}
	cfg.takeSampleEnvironment(getenv)
	return nil
}

func overrideFrom(getenv func(string) string, prefix string, v reflect.Value) error {
	for key, field := range keyedFields(v) {
		name := prefix + "_" + strings.ToUpper(key)
		switch field.Kind() {
		case reflect.Slice:
			continue
		case reflect.Struct:
			if err := overrideFrom(getenv, name, field); err != nil {
				return err
			}
			continue
		}
		text := getenv(name)
		if text == "" {
			continue
		}
		if err := setScalar(field, text); err != nil {
			return fmt.Errorf("environment variable %s: %w", name, err)
		}
	}
	return nil
}

func (cfg *config) takeSampleEnvironment(getenv func(string) string) {
	take := func(to *string, name string) {
		if text := getenv(name); text != "" && *to == "" {
			*to = text
		}
	}
	take(&cfg.PublicURL, "URL")
	take(&cfg.Twilio.AuthToken, "TWILIO_AUTH_TOKEN")
	take(&cfg.AWS.AccessKeyID, "ACCESS_KEY_ID")
	take(&cfg.AWS.SecretAccessKey, "SECRET_ACCESS_KEY")
	if port := getenv("CONTAINER_PORT"); port != "" && cfg.Listen == "" {
		cfg.Listen, cfg.BehindProxy = ":"+port, cfg.TLS == tlsConfig{} // the sample spoke plain http behind a proxy
	}
	if region := getenv("AWS_REGION"); region != "" && len(cfg.Regions) == 0 {
		cfg.Regions = []regionConfig{{Name: region}}
	}
	if bot := getenv("LEX_BOT_NAME"); bot != "" && len(cfg.Lines) == 0 {
		cfg.Lines = []lineConfig{{Bot: bot, Alias: getenv("LEX_BOT_ALIAS"), Quota: defaultLine.Quota}}
	}
	// The sample's URL was a bare host name or an https address.
	if cfg.PublicURL != "" && !strings.Contains(cfg.PublicURL, "://") {
		cfg.PublicURL = "https://" + cfg.PublicURL
	}
}

// complete fills the gaps: the address, and what the lines leave out.
func (cfg *config) complete() {
	cfg.completeListen()
	for i := range cfg.Lines {
		line := &cfg.Lines[i]
		fill(&line.Name, defaultLine.Name)
		if line.TwiML == "" {
			fill(&line.Greeting, defaultLine.Greeting)
		}
		fill(&line.ResumeGreeting, defaultLine.ResumeGreeting)
		fill(&line.Alias, defaultLine.Alias)
		fill(&line.Locale, defaultLine.Locale)
		fill(&line.Hedge, defaultLine.Hedge)
		line.completeMode()
		line.Transfer.complete()
		fill(&line.Machines, defaultLine.Machines)
		line.completeRegions(cfg.Regions)
	}
}

// completeRegions gives a line all regions if it names none, and each of them the
// line's bot where it has none of its own.
func (line *lineConfig) completeRegions(all []regionConfig) {
	if len(line.Regions) == 0 {
		for _, region := range all {
			line.Regions = append(line.Regions, placeConfig{Name: region.Name})
		}
	}
	for i := range line.Regions {
		place := &line.Regions[i]
		fill(&place.Bot, line.Bot)
		fill(&place.Alias, line.Alias)
		fill(&place.Locale, line.Locale)
	}
}

func fill(to *string, text string) {
	if *to == "" {
		*to = text
	}
}

// check returns every fault, each beginning with its key and a colon.
func (cfg *config) check(dev bool) (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	if err := checkPublicURL(cfg.PublicURL, dev); err != nil {
		fault("public_url: %w", err)
	}
	if _, err := logLevel(cfg.Log.Level); err != nil {
		fault("log.level: %w", err)
	}
	if cfg.Log.Format != "text" && cfg.Log.Format != "json" {
		fault("log.format: %q is neither text nor json", cfg.Log.Format)
	}
	if err := cfg.Log.checkLoadEvery(); err != nil {
		faults = append(faults, err)
	}
	if len(cfg.Call.KeyEnd) != 1 || !strings.Contains("0123456789ABCD*#", cfg.Call.KeyEnd) {
		fault("call.key_end: %q is not one telephone key", cfg.Call.KeyEnd)
	}
	if cfg.Call.MaxFailures < 1 {
		fault("call.max_failures: must be 1 or more")
	}
	if cfg.Call.FillerAfter < 500*time.Millisecond || cfg.Call.FillerAfter > maxSilence {
		fault("call.filler_after: %v is not between 500ms and %v", cfg.Call.FillerAfter, maxSilence)
	}
	if cfg.Call.FillerEvery < 500*time.Millisecond || cfg.Call.FillerEvery > maxSilence {
		fault("call.filler_every: %v is not between 500ms and %v", cfg.Call.FillerEvery, maxSilence)
	}
	faults = append(faults, cfg.Call.checkHearing()...)
	faults = append(faults, cfg.Call.checkSilence()...)
	faults = append(faults, cfg.Call.checkTime()...)
	faults = append(faults, cfg.checkTargets()...)
	faults = append(faults, checkSounds(cfg.Sounds)...)
	faults = append(faults, cfg.Twilio.check()...)
	faults = append(faults, cfg.checkListeners()...)
	faults = append(faults, cfg.Limits.check()...)
	faults = append(faults, cfg.checkFailover()...)
	faults = append(faults, cfg.checkStore()...)
	return append(faults, cfg.checkLines()...)
}

func (cfg *config) checkLines() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	regions := map[string]bool{}
	for i, region := range cfg.Regions {
		switch {
		case region.Name == "":
			fault("regions[%d].name: is missing", i)
		case regions[region.Name]:
			fault("regions[%d].name: %q is there twice", i, region.Name)
		}
		regions[region.Name] = true
	}
	if len(cfg.Regions) == 0 {
		fault("regions: is empty; name one there or in AWS_REGION")
	}
	if len(cfg.Lines) == 0 {
		fault("lines: is empty; a line says which bot answers which number")
	}
	names, numbers, defaults := map[string]bool{}, map[string]bool{}, 0
	for i, line := range cfg.Lines {
		if line.Bot == "" {
			fault("lines[%d].bot: is missing", i)
		}
		if line.TwiML != "" && line.Greeting != "" {
			fault("lines[%d].twiml: is a whole answer; a greeting beside it would not be said", i)
		}
		for j, place := range line.Regions {
			if !regions[place.Name] {
				fault("lines[%d].regions[%d].name: %q is not one of the regions", i, j, place.Name)
			}
		}
		if line.Hedge != "auto" && line.Hedge != "never" {
			fault("lines[%d].hedge: %q is neither auto nor never", i, line.Hedge)
		}
		if line.Machines != "hang_up" && line.Machines != "talk" {
			fault("lines[%d].machines: %q is neither hang_up nor talk", i, line.Machines)
		}
		if line.Outbound && len(line.Numbers) > 0 {
			fault("lines[%d].numbers: a line with outbound: true takes no calls that come in", i)
		}
		if line.Quota < 1 {
			fault("lines[%d].quota: must be 1 or more; Lex answers no more than its own quota allows", i)
		}
		if probe := line.Probe; probe.Text == "" && probe.Intent != "" {
			fault("lines[%d].probe.intent: is there without lines[%d].probe.text; no bot understands %q as an intent of its own", i, i, "hello")
		} else if probe.Text == "" && probe.Slot != "" {
			fault("lines[%d].probe.slot: is there without lines[%d].probe.text; no bot asks for a slot after %q", i, i, "hello")
		}
		faults = append(faults, line.checkMode(i, &cfg.Twilio)...)
		faults = append(faults, line.checkAnswers(fmt.Sprintf("lines[%d].answers", i))...)
		if names[line.Name] {
			fault("lines[%d].name: %q is there twice", i, line.Name)
		}
		names[line.Name] = true
		if len(line.Numbers) == 0 && !line.Outbound {
			defaults++
		}
		for _, number := range line.Numbers {
			if numbers[number] {
				fault("lines[%d].numbers: %s belongs to another line already", i, number)
			}
			numbers[number] = true
		}
	}
	if defaults > 1 {
		fault("lines: %d lines have no numbers; only one can be the default line; one that is only called from has outbound: true", defaults)
	}
	return faults
}

// observerForm is compiled when it is first needed: its bounded repetition is large.
var observerForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`)
})

// turnLeft is what is left of a turn's time when its end has been noticed, at the latest.
func (cfg *config) turnLeft() time.Duration { return cfg.Failover.TurnTime - cfg.longestStop() }

// longestStop is the silence that ends a turn of free text: no answer is waited for longer.
func (cfg *config) longestStop() time.Duration { return cfg.Call.hearing().Stop(vad.FreeAnswer) }

func (cfg *config) checkFailover() (faults []error) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	within := func(key string, d, least, most time.Duration) {
		if d < least || d > most {
			fault("failover.%s: %v is not between %v and %v", key, d, least, most)
		}
	}
	f := cfg.Failover
	within("hold", f.Hold, time.Second, time.Hour)
	if f.MaxHold < f.Hold {
		fault("failover.max_hold: %v must not be below failover.hold, %v", f.MaxHold, f.Hold)
	}
	if f.MaxHold > 24*time.Hour {
		fault("failover.max_hold: %v is more than %v", f.MaxHold, 24*time.Hour)
	}
	within("probe_every", f.ProbeEvery, 500*time.Millisecond, time.Minute)
	within("attempt_time", f.AttemptTime, 500*time.Millisecond, 30*time.Second)
	if least := cfg.longestStop() + f.AttemptTime; f.TurnTime < least {
		fault("failover.turn_time: %v must not be below %v, the sum of 1.4 times call.end_of_speech (where free text is expected) and failover.attempt_time: one attempt must fit in", f.TurnTime, least)
	}
	if f.TurnTime > time.Minute {
		fault("failover.turn_time: %v is more than %v", f.TurnTime, time.Minute)
	}
	if cfg.Table.Observer != "" && !observerForm().MatchString(cfg.Table.Observer) {
		fault("table.observer: %q is not a name of up to 64 letters, digits, dots, hyphens and underscores", cfg.Table.Observer)
	}
	if cfg.Table.Refresh < time.Second || cfg.Table.Refresh > 10*time.Minute {
		fault("table.refresh: %v is not between 1s and 10m", cfg.Table.Refresh)
	}
	return append(faults, cfg.checkDynamoDB()...)
}

// checkDynamoDB returns what is wrong with the table in DynamoDB.
func (cfg *config) checkDynamoDB() (faults []error) {
	return cfg.checkDynamoTable("table", cfg.Table.File, cfg.Table.DynamoDB)
}

// checkDynamoTable returns what is wrong with a table in DynamoDB that is configured in
// a section, where a file might be in its place.
func (cfg *config) checkDynamoTable(section, file string, d dynamoConfig) (faults []error) {
	for _, part := range []struct{ key, text string }{{"region", d.Region}, {"endpoint", d.Endpoint}} {
		if part.text != "" && d.Name == "" {
			faults = append(faults, fmt.Errorf("%s.dynamodb.%s: is there without %[1]s.dynamodb.name; no table is meant", section, part.key))
		}
	}
	switch {
	case d.Name == "" || len(cfg.Regions) == 0: // that there is no region is said elsewhere
	case file != "":
		faults = append(faults, fmt.Errorf("%s.dynamodb.name: is there beside %[1]s.file; a gateway has one %[1]s", section))
	default:
		if wrong, ok := errors.AsType[*dynamodb.SettingError](cfg.dynamoTable(d).Check()); ok {
			faults = append(faults, fmt.Errorf("%s.dynamodb.%s: %w", section, wrong.Setting, wrong))
		}
	}
	return faults
}

// dynamoDB is the table in DynamoDB, in the region where the gateway runs unless
// another one is configured.
func (cfg *config) dynamoDB() dynamodb.Config {
	d := cfg.Table.DynamoDB
	return cfg.dynamoTable(d)
}

// dynamoTable is a table in DynamoDB as it is configured. Commands that need no region
// of a bot may have none.
func (cfg *config) dynamoTable(d dynamoConfig) dynamodb.Config {
	first := ""
	if len(cfg.Regions) > 0 {
		first = cfg.Regions[0].Name
	}
	c := dynamodb.Config{Name: d.Name, Region: cmp.Or(d.Region, cfg.Table.Region, first), Endpoint: d.Endpoint}
	if a := cfg.AWS; a != (awsConfig{}) {
		c.Credentials = credentials.NewStaticCredentialsProvider(a.AccessKeyID, a.SecretAccessKey, "")
	}
	return c
}

// tableInDynamoDB names the table as region commands are told of it; empty for a
// gateway that has none there.
func (cfg *config) tableInDynamoDB() string {
	if cfg.Table.DynamoDB.Name == "" {
		return ""
	}
	c := cfg.dynamoDB()
	return c.Name + "@" + c.Region
}

// checkListen reports an address that is none, with advice that fits: host is what
// may stand in front of the colon, and port the usual one.
func checkListen(address, host, port string) error {
	_, given, err := net.SplitHostPort(address)
	if isPort(given) && err == nil {
		return nil
	}
	if isPort(address) {
		port = address // only the rest was forgotten
	}
	return fmt.Errorf("%q is no address with a port; write %s:%s", address, host, port)
}

func isPort(text string) bool {
	number, err := strconv.Atoi(text)
	return err == nil && number >= 0 && number <= 65535
}

func checkPublicURL(text string, dev bool) error {
	if text == "" {
		return errors.New("is missing; it is the address under which Twilio reaches this server")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return fmt.Errorf("%q is no address; write https://voice.example.com", text)
	case u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%q must end before any ? or #", text)
	case endsInEndpoint(u.Path):
		return fmt.Errorf("%q ends in the path of a webhook; give the address without it", text)
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("scheme %q is not https", u.Scheme)
	case !dev:
		return errors.New("is plain http; that is for `lexline serve --dev` on this machine only")
	case !isLoopback(u.Hostname()):
		return fmt.Errorf("plain http is for loopback addresses only, and %s is none", u.Hostname())
	}
	return nil
}

// endsInEndpoint reports whether a path is that of the webhook that Twilio is
// given, and not of the server that it belongs to.
func endsInEndpoint(path string) bool {
	path = strings.TrimRight(path, "/")
	return strings.HasSuffix(path, "/twiml") || strings.HasSuffix(path, "/resume") || strings.HasSuffix(path, "/stream")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
