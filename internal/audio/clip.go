package audio

import "time"

// Clip is a piece of sound in memory: one channel of signed 16-bit samples.
type Clip struct {
	Rate    int // samples a second
	Samples []int16
}

// Duration returns how long the clip plays.
func (c Clip) Duration() time.Duration {
	if c.Rate <= 0 {
		return 0
	}
	return time.Duration(len(c.Samples)) * time.Second / time.Duration(c.Rate)
}

// At returns the clip at another sample rate. The result shares the samples of
// c when the rates are equal.
func (c Clip) At(rate int) Clip {
	if c.Rate == rate || len(c.Samples) == 0 {
		return Clip{Rate: rate, Samples: c.Samples}
	}
	r := NewResampler(c.Rate, rate)
	out := make([]int16, 0, int(int64(len(c.Samples))*int64(rate)/int64(c.Rate))+1)
	return Clip{Rate: rate, Samples: r.Flush(r.Process(out, c.Samples))}
}

// MuLaw returns the clip as telephone audio: mu-law at SampleRate.
func (c Clip) MuLaw() []byte {
	return EncodeMuLaw(nil, c.At(SampleRate).Samples)
}
