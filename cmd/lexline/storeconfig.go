package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lexline/internal/botdef"
)

// storeConfig says where records of calls, and notes about calls, are kept.
type storeConfig struct {
	File      string       `key:"file"`
	DynamoDB  dynamoConfig `key:"dynamodb"`
	Retention retention    `key:"retention" live:"calls"`
}

// recordsConfig says what of a call is kept.
type recordsConfig struct {
	Transcripts bool     `key:"transcripts"`
	Numbers     bool     `key:"numbers"`
	Mask        []string `key:"mask"`
	NumberKey   string   `key:"number_key"`
	Progress    bool     `key:"progress"`
}

// retention is a duration that may be written in days.
type retention time.Duration

func parseRetention(text string) (retention, error) {
	if count, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(count); err == nil && n >= 0 && n <= 36_500 {
			return retention(n) * retention(24*time.Hour), nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration; write 30d, 12h or 10m", text)
	}
	return retention(d), nil
}

// checkStore returns what is wrong with the store and with what is kept in it.
func (cfg *config) checkStore() (faults []error) {
	const least, most = time.Hour, 3660 * 24 * time.Hour
	if d := time.Duration(cfg.Store.Retention); d < least || d > most {
		faults = append(faults, fmt.Errorf("store.retention: %v is not between 1h and 3660d", d))
	}
	if cfg.Store.File != "" && cfg.Store.File == cfg.Table.File {
		faults = append(faults, errors.New("store.file: is the same as table.file; each is a file of its own"))
	}
	if d := cfg.Store.DynamoDB; d.Name != "" && d.Name == cfg.Table.DynamoDB.Name {
		faults = append(faults, errors.New("store.dynamodb.name: is the same as table.dynamodb.name; each is a table of its own, with another key"))
	}
	for i, slot := range cfg.Records.Mask {
		if slot == "" {
			faults = append(faults, fmt.Errorf("records.mask[%d]: is empty; the name of a slot is wanted", i))
		}
	}
	if key := cfg.Records.NumberKey; key != "" && len(key) < 16 {
		faults = append(faults, errors.New("records.number_key: is shorter than 16 characters; with a short key all numbers can be tried"))
	}
	return append(faults, cfg.checkDynamoTable("store", cfg.Store.File, cfg.Store.DynamoDB)...)
}

// storeName names the store for people.
func (cfg *config) storeName() string {
	if cfg.Store.DynamoDB.Name != "" {
		c := cfg.dynamoTable(cfg.Store.DynamoDB)
		return c.Name + "@" + c.Region
	}
	return cfg.Store.File
}

// numberKey is what telephone numbers are hashed with: one that is configured, or else
// one that comes from the auth token, so that all instances have the same.
func (cfg *config) numberKey() []byte {
	if key := cfg.Records.NumberKey; key != "" {
		return []byte(key)
	}
	mac := hmac.New(sha256.New, []byte(cfg.Twilio.AuthToken))
	mac.Write([]byte("lexline records")) // a hash never returns an error
	return mac.Sum(nil)
}

// maskedSlots returns by line which slots' values are never kept: those that are
// configured, and those that the bot's own export says are not to be in logs.
func (cfg *config) maskedSlots() (map[string][]string, error) {
	masked := map[string][]string{}
	for _, line := range cfg.Lines {
		masked[line.Name] = append(masked[line.Name], cfg.Records.Mask...)
		if line.Export == "" {
			continue
		}
		bot, err := botdef.Load(line.Export)
		if err != nil {
			return nil, fmt.Errorf("line %s: export: %w", line.Name, err)
		}
		if locale := bot.Locale(line.Locale); locale != nil {
			masked[line.Name] = append(masked[line.Name], obfuscated(locale)...)
		}
	}
	return masked, nil
}

// obfuscated returns the slots, and behind a dot the sub-slots, with an obfuscation
// setting.
func obfuscated(locale *botdef.Locale) (slots []string) {
	for _, intent := range locale.Intents {
		for _, slot := range intent.Slots {
			if slot.Obfuscated {
				slots = append(slots, slot.Name)
			}
			for _, sub := range slot.Subslots {
				if sub.Obfuscated {
					slots = append(slots, slot.Name+"."+sub.Name)
				}
			}
		}
	}
	return slots
}
