package main

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"lexline/internal/hearing"
	"lexline/internal/vad"
)

// hearJSON prints one document for programs. Times are in milliseconds from the
// beginning of the recording, levels in dBov.
type hearJSON struct {
	w        io.Writer
	o        *hearOptions
	document struct {
		Files []fileJSON     `json:"files"`
		Total map[string]int `json:"total,omitempty"` // differences by kind, of all files
	}
	total hearing.Tally
}

type fileJSON struct {
	File      string           `json:"file"`
	Error     string           `json:"error,omitempty"`
	LengthMS  int64            `json:"length_ms,omitempty"`
	MissingMS int64            `json:"missing_ms,omitempty"` // what the header promised and the file does not have
	Bot       bool             `json:"bot"`                  // its side was heard
	Turns     []turnJSON       `json:"turns"`
	Tones     []toneJSON       `json:"tones"`
	OpenMS    int64            `json:"open_ms"`
	Refused   []int64          `json:"refused_ms"` // barge-ins that came to nothing
	Set       string           `json:"set,omitempty"`
	TurnsSet  []turnJSON       `json:"turns_set,omitempty"` // with what --set changes
	Changes   []differenceJSON `json:"differences,omitempty"`
	Picture   string           `json:"picture,omitempty"`
}

type turnJSON struct {
	PreRollMS int64   `json:"pre_roll_ms"`
	OnsetMS   int64   `json:"onset_ms"`
	NoticedMS int64   `json:"noticed_ms"`
	LastMS    int64   `json:"last_ms"`
	EndMS     int64   `json:"end_ms"`
	EndedBy   string  `json:"ended_by"`
	BargeIn   bool    `json:"barge_in"`
	Level     float64 `json:"level"`
	Floor     float64 `json:"floor"`
}

type toneJSON struct {
	Kind   string `json:"kind"` // dtmf, progress or fax
	Key    string `json:"key,omitempty"`
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
}

type differenceJSON struct {
	Kind      string     `json:"kind"`
	Before    []turnJSON `json:"before"`
	After     []turnJSON `json:"after"`
	OnsetMS   int64      `json:"onset_moved_ms,omitempty"`
	NoticedMS int64      `json:"noticed_moved_ms,omitempty"`
	EndMS     int64      `json:"end_moved_ms,omitempty"`
}

func (p *hearJSON) heard(file *heardFile) error {
	f := fileJSON{
		File: file.name, LengthMS: file.was.Length.Milliseconds(), MissingMS: file.missing.Milliseconds(), Bot: file.hasBot,
		Turns: turnsJSON(file.was.Turns), Tones: tonesJSON(file.was.Tones),
		OpenMS: file.was.Open.Milliseconds(), Refused: milliseconds(file.was.Refused), Picture: file.picture,
	}
	if len(p.o.set) > 0 {
		found := hearing.Compare(file.was.Turns, file.is.Turns)
		p.total.Add(found)
		f.Set, f.TurnsSet, f.Changes = strings.Join(p.o.set, " "), turnsJSON(file.is.Turns), differencesJSON(found)
	}
	p.document.Files = append(p.document.Files, f)
	return nil
}

func turnsJSON(turns []hearing.Turn) []turnJSON {
	all := []turnJSON{}
	for _, t := range turns {
		all = append(all, turnJSON{
			PreRollMS: t.Start.Milliseconds(), OnsetMS: t.Onset.Milliseconds(), NoticedMS: t.Opened.Milliseconds(),
			LastMS: t.Last.Milliseconds(), EndMS: t.End.Milliseconds(), EndedBy: t.Reason.String(), BargeIn: t.BargeIn,
			Level: oneDecimal(t.Level), Floor: oneDecimal(t.Floor),
		})
	}
	return all
}

func milliseconds(times []time.Duration) []int64 {
	all := []int64{}
	for _, t := range times {
		all = append(all, t.Milliseconds())
	}
	return all
}

// oneDecimal rounds to one decimal.
func oneDecimal(x float64) float64 { return float64(time.Duration(x*1e9).Round(1e8)) / 1e9 }

func tonesJSON(tones []hearing.Tone) []toneJSON {
	all := []toneJSON{}
	for _, t := range tones {
		one := toneJSON{Kind: t.Kind.String(), FromMS: t.From.Milliseconds(), ToMS: t.To.Milliseconds()}
		if t.Kind == vad.DTMF {
			one.Key = string(t.Key)
		}
		all = append(all, one)
	}
	return all
}

func differencesJSON(differences []hearing.Difference) []differenceJSON {
	all := []differenceJSON{}
	for _, d := range differences {
		onset, noticed, end := d.Moves()
		all = append(all, differenceJSON{
			Kind: d.Kind.String(), Before: turnsJSON(d.Before), After: turnsJSON(d.After),
			OnsetMS: onset.Milliseconds(), NoticedMS: noticed.Milliseconds(), EndMS: end.Milliseconds(),
		})
	}
	return all
}

func (p *hearJSON) bad(file string, err error) {
	p.document.Files = append(p.document.Files, fileJSON{File: file, Error: err.Error(), Turns: []turnJSON{}, Tones: []toneJSON{}, Refused: []int64{}})
}

func (p *hearJSON) end() error {
	if len(p.o.set) > 0 {
		p.document.Total = map[string]int{}
		for kind, n := range p.total {
			if n > 0 {
				p.document.Total[hearing.Kind(kind).String()] = n
			}
		}
	}
	encoder := json.NewEncoder(p.w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(p.document)
}
