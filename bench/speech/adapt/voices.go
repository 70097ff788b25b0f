package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"lexline/internal/audio"
)

// voice is one of espeak-ng's or festival's.
type voice struct{ engine, name string }

var voices = []voice{
	{"espeak-ng", "en-us"},
	{"espeak-ng", "en-us+f3"},
	{"espeak-ng", "en-us+m3"},
	{"espeak-ng", "en-gb"},
	{"espeak-ng", "en-gb-x-rp+f2"},
	{"festival", "kal_diphone"},
	{"festival", "ked_diphone"},
}

// sentences have every sound of English several times between them.
var sentences = []string{
	"The quick brown fox jumps over the lazy dog near the riverbank.",
	"A joyful choir sang beneath the high vaulted roof on Thursday evening.",
	"Please bring thirty fresh oranges and a jar of honey by noon.",
	"Which beach is further away, the one with white sand or the rocky one?",
	"Good judgment usually measures both pleasure and treasure with caution.",
	"He thought the weather would change, though nobody else believed him.",
	"My youngest cousin plays the cello, the oboe and the French horn.",
	"Check the voltage twice before you push the large yellow switch.",
	"Their boat was moored at the edge of the foggy harbour for seven months.",
	"Six sharp shears shine in the shade of the sugar shack.",
	"We usually eat bread, cheese, fish, and a bowl of cold beet soup.",
	"The vision of a huge garage full of beige cars amused the mayor.",
	"Could you ask the tall man with the leather bag to move his van?",
	"Fifty thousand people watched the fireworks from the old stone bridge.",
	"I owe you eight dollars and five cents for the pie and the coffee.",
	"Young Roy enjoys noisy toys, but his uncle avoids them.",
	"An hour later the phone rang, and a quiet voice asked for George.",
	"Keep the green key in the top drawer of the kitchen desk.",
	"Zebras graze in the hazy valley while lions doze in the long grass.",
	"Put the full wooden box of books by the foot of the hook.",
	"Now the brown cow has found her way around the house.",
	"The thin thief thanked Arthur for the theatre ticket on his birthday.",
	"What a wonderful world it would be without war or worry.",
}

func (v voice) String() string { return v.engine + " " + v.name }

// say returns a sentence with its peak 6 dB below full scale.
func (v voice) say(ctx context.Context, sentence string) (audio.Clip, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "espeak-ng", "--stdout", "-v", v.name, "--", sentence)
	if v.engine == "festival" {
		cmd = exec.CommandContext(ctx, "text2wave", "-F", "16000", "-eval", "(voice_"+v.name+")")
		cmd.Stdin = strings.NewReader(sentence)
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	wav, err := cmd.Output()
	if err != nil {
		return audio.Clip{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(complaint.String()))
	}
	clip, err := audio.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		return audio.Clip{}, err
	}
	return normalised(clip), nil
}

// normalised returns the clip with its peak at half of full scale.
func normalised(clip audio.Clip) audio.Clip {
	peak := 1
	for _, sample := range clip.Samples {
		peak = max(peak, int(sample), -int(sample))
	}
	samples := make([]int16, len(clip.Samples))
	for i, sample := range clip.Samples {
		samples[i] = int16(int(sample) * (1 << 14) / peak)
	}
	return audio.Clip{Rate: clip.Rate, Samples: samples}
}
