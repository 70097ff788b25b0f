// Command adapt makes the transform with which the recogniser's wide-band model
// understands telephones:
//
//	go run ./bench/speech/adapt >internal/speech/telephone.mllr
//
// The model was trained on microphones at 16 kHz; a telephone ends at 3,400 Hz,
// and what the recogniser is given for the rest is the mirror image that
// speech.Widened makes. So the same sentences are taken twice, as they were
// synthesized and as they come out of a telephone. Their cepstra, the numbers in
// which the model describes 10 ms of sound, are computed with the engine's own
// front end, and the matrix that leads from the first to the second with the least
// squared error is put out as a maximum likelihood linear regression transform
// (https://doi.org/10.1006/csla.1995.0010), a text that PocketSphinx reads and
// applies to the means of its model. No transcripts and no training tools are
// needed, and no recordings of people.
//
// It needs the Debian packages sphinxbase-utils, espeak-ng, festival,
// festvox-kallpc16k and festvox-kdlpc16k. The same versions of them make the same
// text. The voices are none of flite's and none of a person, so that what
// bench/speech measures with those says something about voices never heard.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"

	"lexline/internal/audio"
	"lexline/internal/speech"
)

func main() {
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		log.Fatalf("adapt: %v", err)
	}
}

// run writes the transform to out and how good it is to report.
func run(ctx context.Context, out, report io.Writer) error {
	var wide, telephone [][]int16
	for _, voice := range voices {
		for _, sentence := range sentences {
			clip, err := voice.say(ctx, sentence)
			if err != nil {
				return fmt.Errorf("say %q as %s: %w", sentence, voice, err)
			}
			wide = append(wide, padded(clip.At(2*audio.SampleRate)))
			telephone = append(telephone, overTelephone(clip))
		}
	}
	from, err := cepstra(ctx, wide)
	if err != nil {
		return err
	}
	to, err := cepstra(ctx, telephone)
	if err != nil {
		return err
	}
	transform, rest := fit(from, to)
	before := difference(from, to)
	fmt.Fprintf(report, "%d sentences in %d voices; %.1f %% of the telephone's energy differs, with the transform %.1f %%\n",
		len(sentences), len(voices), 100*before, 100*rest)
	return transform.write(out)
}

// overTelephone returns a clip as a decoder hears it after a telephone line.
func overTelephone(clip audio.Clip) []int16 {
	return speech.Widened(audio.DecodeMuLaw(nil, clip.MuLaw()))
}

// padded returns the samples of a wide-band clip with as much silence around as
// speech.Widened puts there, so that the two can be compared frame by frame.
func padded(clip audio.Clip) []int16 {
	silence := make([]int16, len(speech.Widened(nil))/2) // before nothing and after it
	samples := append(slices.Clip(silence), clip.Samples...)
	return append(samples, silence...)
}
