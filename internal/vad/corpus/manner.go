package corpus

import "math"

// liven changes the caller's voice as the recipe says. The level over all of the
// file stays what it was.
func (m Manner) liven(d dice, t track) {
	if m.Swell == 0 && m.Breath == 0 {
		return
	}
	before := rms(t.active(t.samples))
	if m.Swell > 0 {
		d.swell(t.samples, d.between(0.5, 3), m.Swell)
	}
	if m.Breath > 0 {
		breathe(d, t.samples, amplitude(-m.Breath))
	}
	t.toLevel(before)
}

// breathe adds to a voice noise that follows its level, as in a hoarse voice.
func breathe(d dice, voice []float64, by float64) {
	const follow = 1 / (0.008 * rate)
	throat := highPass(d.ratio(300, 1500), 0.7)
	power := 0.0
	for i, v := range voice {
		power += follow * (v*v - power)
		voice[i] += by * math.Sqrt(power) * throat.next(d.NormFloat64())
	}
}

// toLevel brings the caller to a root mean square, over the frames of speech.
func (t track) toLevel(level float64) {
	if now := rms(t.active(t.samples)); now > 0 {
		scale(t.samples, level/now)
	}
}

// faster returns u played at another speed, pitch and all; 0 and 1 leave it alone.
func (u Utterance) faster(tempo float64) Utterance {
	if tempo == 0 || tempo == 1 {
		return u
	}
	pcm := make([]int16, int(float64(len(u.PCM)-1)/tempo))
	for i := range pcm {
		at := float64(i) * tempo
		k, f := int(at), at-float64(int(at))
		pcm[i] = toSample(cubic(u.PCM, k, f))
	}
	v := Utterance{Talker: u.Talker, Text: u.Text, PCM: pcm, Labels: make([]Label, (len(pcm)+FrameSamples-1)/FrameSamples)}
	for k := range v.Labels {
		v.Labels[k] = u.Labels[min(len(u.Labels)-1, int((float64(k)+0.5)*tempo))]
	}
	v.First = int(float64(u.First) / tempo)
	v.End = min(len(v.Labels), int(float64(u.End)/tempo)+1)
	return v
}

// cubic reads pcm between sample k and the next (Catmull and Rom).
func cubic(pcm []int16, k int, f float64) float64 {
	at := func(i int) float64 { return float64(pcm[min(max(i, 0), len(pcm)-1)]) }
	a, b, c, d := at(k-1), at(k), at(k+1), at(k+2)
	return b + 0.5*f*(c-a+f*(2*a-5*b+4*c-d+f*(3*(b-c)+d-a)))
}
