// Command speech measures how well the recognizer understands the callers of a
// bot over a telephone: every phrase in every voice, with silence in front,
// louder and softer, through mu-law, with the grammar of the dialog state in which
// it is said. It prints a table, and every phrase that is not understood each time.
// A second table holds what is understood of the turns that a gateway would have sent
// against what is understood of the whole phrases.
//
//	make build && go run ./bench/speech
//
// The synthetic voices are flite's; the human one is that of Debian's
// asterisk-core-sounds-en-wav, for the phrases that it has.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"lexline/internal/audio"
	"lexline/internal/botdef"
	"lexline/internal/nlu"
	"lexline/internal/speech"
)

// phrase is one thing to say, and where in the dialog.
type phrase struct {
	state nlu.State
	kind  string
	say   string   // for a synthesizer
	words string   // to be understood
	files []string // of the human recordings; none if there are none
}

func slot(name string) nlu.State {
	return nlu.State{Elicit: nlu.ElicitSlot, Intent: "OrderFlowers", Slot: name}
}

// phrases are what a caller of OrderFlowers says.
func phrases() (all []phrase) {
	add := func(state nlu.State, kind, say, words string, files ...string) {
		all = append(all, phrase{state, kind, say, words, files})
	}
	for _, words := range []string{"i would like to order some flowers", "i would like to pick up flowers"} {
		add(nlu.State{}, "intent", words, words)
	}
	for _, flower := range []string{"roses", "lilies", "tulips"} {
		add(slot("FlowerType"), "flower", flower, flower)
	}
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := strings.ToLower(day.String())
		add(slot("PickupDate"), "weekday", name, name, fmt.Sprintf("digits/day-%d", day))
	}
	add(slot("PickupDate"), "weekday", "tomorrow", "tomorrow", "digits/tomorrow")
	ordinals := strings.Fields("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth")
	for i, ordinal := range ordinals {
		month := time.Month(1 + i%12)
		words := strings.ToLower(month.String()) + " " + ordinal
		add(slot("PickupDate"), "date", words, words, fmt.Sprintf("digits/mon-%d", month-1), fmt.Sprintf("digits/h-%d", i+1))
	}
	hours := strings.Fields("one two three four five six seven eight nine ten eleven twelve")
	for i, hour := range hours {
		for _, half := range []string{"a", "p"} {
			add(slot("PickupTime"), "time", fmt.Sprintf("%d %s.m.", i+1, half), hour+" "+half+" m", fmt.Sprintf("digits/%d", i+1), "digits/"+half+"-m")
		}
	}
	confirm := nlu.State{Elicit: nlu.ConfirmIntent, Intent: "OrderFlowers"}
	add(confirm, "yes/no", "yes", "yes")
	add(confirm, "yes/no", "no", "no")
	return all
}

// telephone is how one utterance arrives: silence before and after it, a level,
// and mu-law.
func telephone(clip audio.Clip, lead time.Duration, gain float64) []int16 {
	speech := clip.At(audio.SampleRate).Samples
	pcm := make([]int16, int(lead.Seconds()*audio.SampleRate), len(speech)+2*audio.SampleRate)
	for _, sample := range speech {
		pcm = append(pcm, int16(min(max(float64(sample)*gain, -32768), 32767)))
	}
	pcm = append(pcm, make([]int16, 800*audio.SampleRate/1000)...)
	return audio.DecodeMuLaw(nil, audio.EncodeMuLaw(nil, pcm))
}

var (
	leads = []time.Duration{50 * time.Millisecond, 130 * time.Millisecond, 300 * time.Millisecond}
	gains = []float64{0.7, 1.4}
)

type bench struct {
	model       *nlu.Model
	intent      *botdef.Intent
	now         time.Time
	recognizer  *speech.Recognizer
	synthesizer *speech.Synthesizer
	sounds      string
	score       map[[2]string]*tally     // by voice and kind
	turns       map[[2]string]*turnTally // by voice and line
	misses      []string
	took        []time.Duration
}

type tally struct{ right, all int }

func main() {
	bot := flag.String("bot", "bots/OrderFlowers", "the bot's export")
	worker := flag.String("worker", "bin/lexline-speech", "the speech worker")
	sounds := flag.String("sounds", "/usr/share/asterisk/sounds/en_US_f_Allison", "folder of the human recordings")
	voices := flag.String("voices", "rms,slt,awb,kal16", "flite's voices")
	onlyTurns := flag.Bool("turns", false, "measure only what is understood of turns as a call sends them")
	flag.Parse()
	log.SetFlags(0)
	b, err := open(*bot, *worker, *sounds)
	if err != nil {
		log.Fatalf("speech: %v", err)
	}
	defer b.recognizer.Close()
	fmt.Println(b.recognizer.Status())
	for _, voice := range append(strings.Split(*voices, ","), human) {
		for _, p := range phrases() {
			if err := b.say(voice, p, *onlyTurns); err != nil {
				log.Fatalf("speech: %v", err)
			}
		}
	}
	if !*onlyTurns {
		b.report()
	}
	b.reportTurns()
	b.reportMisses()
}

func open(path, worker, sounds string) (*bench, error) {
	bot, err := botdef.Load(path)
	if err != nil {
		return nil, err
	}
	locale := bot.Locale("en_US")
	model := nlu.NewModel(locale)
	recognizer, err := speech.NewRecognizer(speech.RecognizerConfig{Worker: worker, Words: model.Words(), Workers: runtime.NumCPU()})
	if err != nil {
		return nil, err
	}
	return &bench{
		model: model, intent: locale.Intent("OrderFlowers"), now: time.Now(), recognizer: recognizer, synthesizer: speech.NewSynthesizer(speech.SynthConfig{}),
		sounds: sounds, score: map[[2]string]*tally{}, turns: map[[2]string]*turnTally{},
	}, nil
}

// say has one voice say a phrase, if there is a recording of it.
func (b *bench) say(voice string, p phrase, onlyTurns bool) error {
	clip, err := b.clip(voice, p)
	if err != nil || clip.Rate == 0 {
		return err
	}
	if !onlyTurns {
		if err := b.phrase(voice, p, clip); err != nil {
			return err
		}
	}
	return b.turn(voice, p, clip)
}

// phrase measures one phrase in one voice in every variation.
func (b *bench) phrase(voice string, p phrase, clip audio.Clip) error {
	score := b.score[[2]string{voice, p.kind}]
	if score == nil {
		score = new(tally)
		b.score[[2]string{voice, p.kind}] = score
	}
	wrong, right := map[string]int{}, 0
	for _, lead := range leads {
		for _, gain := range gains {
			words, ok, err := b.understand(p, telephone(clip, lead, gain))
			switch {
			case err != nil:
				return err
			case ok:
				right++
			default:
				wrong[words]++
			}
		}
	}
	score.right += right
	score.all += len(leads) * len(gains)
	if len(wrong) > 0 {
		b.misses = append(b.misses, fmt.Sprintf("%-6s %-8s %-24q %2d of %d right; else %v", voice, p.kind, p.words, right, len(leads)*len(gains), wrong))
	}
	return nil
}

// understand has the recogniser hear a phrase, and returns its words and whether the
// bot makes the right thing of them.
func (b *bench) understand(p phrase, pcm []int16) (words string, ok bool, err error) {
	grammar, _ := b.model.Grammar(p.state)
	begun := time.Now()
	heard, err := b.recognizer.Recognize(context.Background(), speech.Grammar{Name: p.kind, JSGF: grammar}, pcm)
	if err != nil {
		return "", false, err
	}
	b.took = append(b.took, time.Since(begun))
	return heard.Words, b.meaning(p, heard.Words) == b.meaning(p, p.words), nil
}

// meaning is what the bot makes of words at the phrase's place in the dialog:
// "tulip" and "tulips" are one flower. Words that mean nothing are empty.
func (b *bench) meaning(p phrase, words string) string {
	switch p.state.Elicit {
	case nlu.ElicitSlot:
		value, _ := b.model.Resolve(b.intent.Slot(p.state.Slot), words, b.now)
		return value.Interpreted
	case nlu.ConfirmIntent:
		return fmt.Sprint(nlu.ParseYesNo(words))
	}
	return b.model.Rank(words, p.state, b.now)[0].Intent.Name
}

// clip returns a phrase in a voice; nothing if there is no recording of it.
func (b *bench) clip(voice string, p phrase) (audio.Clip, error) {
	if voice != human {
		return b.synthesizer.Say(context.Background(), voice, p.say)
	}
	if len(p.files) == 0 {
		return audio.Clip{}, nil
	}
	whole := audio.Clip{Rate: audio.SampleRate}
	for _, file := range p.files {
		path := filepath.Join(b.sounds, file+".wav")
		clip, err := audio.ReadWAVFile(path)
		if os.IsNotExist(err) {
			return audio.Clip{}, nil
		}
		if err != nil {
			return audio.Clip{}, err
		}
		whole.Samples = append(whole.Samples, clip.At(audio.SampleRate).Samples...)
	}
	return whole, nil
}

// allVoices in the order of the tables.
var allVoices = []string{"rms", "slt", "awb", "kal16", human}

// human is the voice of the recordings.
const human = "human"

func (b *bench) report() {
	kinds := []string{"intent", "flower", "weekday", "date", "time", "yes/no"}
	table := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "voice\t%s\t\n", strings.Join(kinds, "\t"))
	voices := map[string]bool{}
	for key := range b.score {
		voices[key[0]] = true
	}
	for _, voice := range allVoices {
		if !voices[voice] {
			continue
		}
		fmt.Fprintf(table, "%s\t", voice)
		for _, kind := range kinds {
			if score := b.score[[2]string{voice, kind}]; score != nil {
				fmt.Fprintf(table, "%d/%d\t", score.right, score.all)
			} else {
				fmt.Fprint(table, "-\t")
			}
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush() // the terminal's own errors have nowhere to go
}

func (b *bench) reportMisses() {
	for _, miss := range b.misses {
		fmt.Println(miss)
	}
	slices.Sort(b.took)
	fmt.Printf("%d utterances, wall time of one: median %v, 99%% %v\n", len(b.took),
		b.took[len(b.took)/2].Round(time.Millisecond), b.took[len(b.took)*99/100].Round(time.Millisecond))
}
