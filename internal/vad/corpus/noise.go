package corpus

import (
	"fmt"
	"slices"
)

// studio is where one noise is made.
type studio struct {
	dice
	split  Split
	voices []Utterance // of the same split, for babble; may be empty
}

// noiseKind is a kind of noise: a maker that fills x with sound of any level.
type noiseKind struct {
	name  string
	only  bool // for the development set only, so that it shows what strange noises do
	voice bool // people talk in it
	make  func(s studio, x []float64)
}

// noiseKinds are all the noises. A kind keeps its name and its place: seeds of
// plans refer to them.
var noiseKinds = []noiseKind{
	{name: "hiss", make: studio.hiss},
	{name: "hum", make: studio.hum},
	{name: "traffic", make: studio.traffic},
	{name: "wobble", make: studio.wobble},
	{name: "gated", make: studio.gated},
	{name: "tones", make: studio.tones},
	{name: "alarm", make: studio.alarm},
	{name: "knocks", make: studio.knocks},
	{name: "crackle", make: studio.crackle},
	{name: "engine", make: studio.engine},
	{name: "mouth", make: studio.mouth},
	{name: "animals", make: studio.animals},
	{name: "music", make: studio.music},
	{name: "babble", voice: true, make: studio.babble},
	{name: "talker", voice: true, make: studio.talker},
	{name: "typing", only: true, make: studio.typing},
	{name: "siren", only: true, make: studio.siren},
	{name: "sea", only: true, make: studio.sea},
	{name: "clatter", make: studio.clatter},
}

// NoiseKinds returns the names of the noises that a split may use. Some kinds
// are kept from training, so that the development set has noises that no weight
// has ever seen.
func NoiseKinds(split Split) []string {
	var names []string
	for _, k := range noiseKinds {
		if split == Development || !k.only {
			names = append(names, k.name)
		}
	}
	return names
}

// noise returns n samples of a kind of noise, at a root mean square of 1 in the
// telephone band, or silence where the kind needs voices and there are none.
func noise(kind string, s studio, n int) []float64 {
	at := slices.IndexFunc(noiseKinds, func(k noiseKind) bool { return k.name == kind })
	if at < 0 || noiseKinds[at].only && s.split != Development {
		panic(fmt.Sprintf("corpus: no noise %q in the %v set", kind, s.split))
	}
	x := make([]float64, n)
	if noiseKinds[at].voice && len(s.voices) == 0 {
		return x
	}
	noiseKinds[at].make(s, x)
	highPass(s.ratio(80, 300), 0.7).run(x)
	lowPass(s.between(3200, 3700), 0.7).run(x)
	toUnit(x)
	for i, v := range x {
		x[i] = min(max(v, -mostCrest), mostCrest)
	}
	toUnit(x)
	return x
}

// mostCrest is the most that a noise's peaks are over its root mean square: what
// is rarer and louder would be cut off on the line.
const mostCrest = 14

// toUnit scales x to a root mean square of 1 in the telephone band.
func toUnit(x []float64) {
	if r := bandRMS(x); r > 0 {
		scale(x, 1/r)
	}
}
