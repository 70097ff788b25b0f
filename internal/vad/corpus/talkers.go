package corpus

// The engines.
const (
	EspeakNG = "espeak-ng"
	Flite    = "flite"
	Festival = "festival"
	Asterisk = "asterisk" // recorded prompts
)

// How much one talker says. Diphone voices are few and closer to people than
// espeak-ng, which has many; whispers are rare on the telephone.
const (
	usualClips   = 70
	diphoneClips = 150
	whisperClips = 14
	fewClips     = 45
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
	if t.Speed > 0 {
		t.Name += "-slow"
	}
	return t
}

// otherVoices are those of recordings: diphones and units of people, and the
// people themselves. Out of flite, kal and awb_time are kal16 and awb again.
var otherVoices = []Talker{
	{Engine: Flite, Voice: "kal16", Language: "en", Clips: diphoneClips},
	{Engine: Flite, Voice: "awb", Language: "en", Clips: diphoneClips},
	{Engine: Flite, Voice: "rms", Language: "en", Clips: diphoneClips},
	{Engine: Festival, Voice: "kal_diphone", Language: "en", Clips: diphoneClips},
	{Engine: Festival, Voice: "pc_diphone", Language: "it", Clips: diphoneClips},
	{Engine: Festival, Voice: "pc_diphone", Language: "it", Speed: 118, Clips: diphoneClips},
	{Engine: Festival, Voice: "czech_krb", Language: "cs", Clips: diphoneClips},
	{Engine: Festival, Voice: "czech_krb", Language: "cs", Speed: 118, Clips: diphoneClips},
	{Engine: Festival, Voice: "czech_ph", Language: "cs", Clips: diphoneClips},
	{Engine: Festival, Voice: "czech_ph", Language: "cs", Speed: 118, Clips: diphoneClips},
	{Engine: Festival, Voice: "hindi_NSK_diphone", Language: "hi", Clips: diphoneClips},
	{Engine: Festival, Voice: "telugu_NSK_diphone", Language: "te", Clips: diphoneClips}, // the same person

	{Engine: Flite, Voice: "slt", Language: "en", Split: Development, Clips: diphoneClips},
	{Engine: Festival, Voice: "ked_diphone", Language: "en", Split: Development, Clips: diphoneClips},
	{Engine: Festival, Voice: "msu_ru_nsh_clunits", Language: "ru", Split: Development, Clips: diphoneClips},
	{Engine: Festival, Voice: "upc_ca_ona_hts", Language: "ca", Split: Development, Clips: diphoneClips},
	{Engine: Asterisk, Voice: "en_US_f_Allison", Language: "en", Split: Development, Human: true},
	{Engine: Asterisk, Voice: "es_MX_f_Allison", Language: "es", Split: Development, Human: true}, // the same person
}
