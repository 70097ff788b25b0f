package corpus

import "strconv"

// The engines.
const (
	EspeakNG = "espeak-ng"
	Flite    = "flite"
	Festival = "festival"
	Asterisk = "asterisk" // recorded prompts
)

// How much one talker says. Voices made from recordings are few and closer to
// people than espeak-ng, which has many; whispers are rare on the telephone.
const (
	manyClips    = 130
	usualClips   = 70
	whisperClips = 14
)

// Talkers returns everybody, always in the same order.
func Talkers() []Talker {
	var all []Talker
	for _, row := range espeakVoices {
		all = append(all, row.talker())
	}
	for _, row := range otherVoices {
		all = append(all, row.named())
	}
	return all
}

// espeak is a row of espeakVoices.
type espeak struct {
	split        Split
	voice        string // language and variant
	pitch, speed int
	clips        int
}

func (e espeak) talker() Talker {
	return Talker{
		Name: EspeakNG + "/" + e.voice, Engine: EspeakNG, Voice: e.voice, Language: e.voice[:2],
		Split: e.split, Pitch: e.pitch, Speed: e.speed, Clips: e.clips,
	}
}

// named returns t with its name.
func (t Talker) named() Talker {
	t.Name = t.Engine + "/" + t.Voice
	if t.Size > 0 {
		t.Name += "-" + strconv.Itoa(t.Size)
	}
	return t
}

// otherVoices are those of recordings: diphones and units of people, and the
// people themselves. Out of flite, kal and awb_time are kal16 and awb again.
// Most of them are men, so that each trains in a second size as well.
var otherVoices = []Talker{
	{Engine: Flite, Voice: "kal16", Language: "en", Clips: manyClips},
	{Engine: Flite, Voice: "awb", Language: "en", Clips: manyClips},
	{Engine: Flite, Voice: "awb", Language: "en", Size: 78, Clips: manyClips},
	{Engine: Flite, Voice: "rms", Language: "en", Clips: manyClips},
	{Engine: Flite, Voice: "rms", Language: "en", Size: 83, Clips: manyClips},
	{Engine: Festival, Voice: "kal_diphone", Language: "en", Clips: usualClips}, // the person of kal16
	{Engine: Festival, Voice: "kal_diphone", Language: "en", Size: 81, Clips: manyClips},
	{Engine: Festival, Voice: "pc_diphone", Language: "it", Clips: manyClips},
	{Engine: Festival, Voice: "pc_diphone", Language: "it", Size: 85, Clips: manyClips},
	{Engine: Festival, Voice: "czech_krb", Language: "cs", Clips: manyClips}, // a child
	{Engine: Festival, Voice: "czech_krb", Language: "cs", Size: 115, Clips: manyClips},
	{Engine: Festival, Voice: "czech_ph", Language: "cs", Clips: manyClips},
	{Engine: Festival, Voice: "czech_ph", Language: "cs", Size: 84, Clips: manyClips},
	{Engine: Festival, Voice: "hindi_NSK_diphone", Language: "hi", Clips: manyClips},
	{Engine: Festival, Voice: "hindi_NSK_diphone", Language: "hi", Size: 80, Clips: manyClips},
	{Engine: Festival, Voice: "telugu_NSK_diphone", Language: "te", Clips: manyClips}, // the same person
	{Engine: Festival, Voice: "telugu_NSK_diphone", Language: "te", Size: 112, Clips: manyClips},
	{Engine: Festival, Voice: "upc_ca_ona_hts", Language: "ca", Clips: manyClips},
	{Engine: Festival, Voice: "upc_ca_ona_hts", Language: "ca", Size: 112, Clips: manyClips}, // HTS keeps its own durations: slower as well

	{Engine: Flite, Voice: "slt", Language: "en", Split: Development, Clips: manyClips},
	{Engine: Festival, Voice: "ked_diphone", Language: "en", Split: Development, Clips: manyClips},
	{Engine: Festival, Voice: "msu_ru_nsh_clunits", Language: "ru", Split: Development, Clips: manyClips},
	{Engine: Asterisk, Voice: "en_US_f_Allison", Language: "en", Split: Development, Human: true},
	{Engine: Asterisk, Voice: "es_MX_f_Allison", Language: "es", Split: Development, Human: true}, // the same person
}
