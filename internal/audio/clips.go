package audio

import (
	"fmt"
	"maps"
	"slices"
)

// clipWindow is the length in bytes of the pieces by which a Finder knows a
// clip: 10 ms. Whatever 159 bytes of a clip arrive hold one of them whole.
const clipWindow = 80

// Limits of what counts as a piece that tells where it is from. A hum repeats
// itself every few milliseconds and so fits everywhere; words that several clips
// begin with fit into each of those.
const (
	maxRepeats = 4   // of a piece within one clip
	maxHolders = 128 // places of a piece in all clips
)

// clipSilence is the largest magnitude of a linear sample that is still
// silence: the noise floor of synthesized speech is below it.
const clipSilence = 64

// Finder finds known clips in mu-law audio by their very bytes. It is for
// audio that came over a digital path, where a clip arrives exactly as it was
// sent or not at all: what was re-coded with other levels, resampled or mixed is
// not found. The two mu-law codes of zero count as one, so the way over linear
// samples and back changes nothing.
//
// A Finder is built once and may be used by several goroutines.
type Finder struct {
	clips   []knownClip // by id
	anchors map[uint64][]anchor
	filter  [1 << 10]uint64 // a bit for each hash in anchors, by its highest bits
}

// knownClip is a clip with its zeros normalised.
type knownClip struct {
	id    string
	bytes []byte
	// sound[i] is how many of the first i bytes are not silence.
	sound []int32
}

// anchor is the place of a piece in a clip.
type anchor struct {
	clip, from int32
}

// Found is one clip in a stretch of audio.
type Found struct {
	Clip string // its id
	// From and To bound the part of the given audio that holds what arrived of
	// the clip, in bytes, without silence at its ends.
	From, To int
	// Bytes of the clip arrived, of the Of that it has. Silence counts in neither.
	Bytes, Of int
}

// Arrived returns which part of the clip is there, from 0 to 1.
func (f Found) Arrived() float64 { return float64(f.Bytes) / float64(f.Of) }

// within says whether g lies inside a saying of the same clip: frames of it
// that came twice.
func (f Found) within(g Found) bool {
	return f.Clip == g.Clip && f.From >= g.From && f.To <= g.To
}

// NewFinder returns a finder of the given clips, mu-law audio by id. A clip
// that cannot be told from silence, from a steady tone or from another clip is
// an error that names it.
func NewFinder(clips map[string][]byte) (*Finder, error) {
	f := &Finder{anchors: make(map[uint64][]anchor)}
	same := make(map[string]string, len(clips))
	for _, id := range slices.Sorted(maps.Keys(clips)) {
		clip := newKnownClip(id, clips[id])
		if twin, ok := same[string(clip.bytes)]; ok {
			return nil, fmt.Errorf("clips %q and %q are the same recording", twin, id)
		}
		same[string(clip.bytes)] = id
		f.clips = append(f.clips, clip)
		if !f.index(int32(len(f.clips) - 1)) {
			return nil, fmt.Errorf("clip %q holds nothing to know it by: at least 10 ms of speech are needed", id)
		}
	}
	for hash, places := range f.anchors {
		if len(places) > maxHolders {
			delete(f.anchors, hash)
			continue
		}
		f.filter[hash>>54] |= 1 << (hash >> 48 & 63)
	}
	return f, nil
}

func newKnownClip(id string, mulaw []byte) knownClip {
	c := knownClip{id: id, bytes: oneZero(mulaw), sound: make([]int32, len(mulaw)+1)}
	for from := 0; from < len(c.bytes); from += clipWindow {
		to := min(from+clipWindow, len(c.bytes))
		sounds := int32(0)
		if !silent(c.bytes[from:to]) {
			sounds = 1
		}
		for i := from; i < to; i++ {
			c.sound[i+1] = c.sound[i] + sounds
		}
	}
	return c
}

// oneZero returns a copy with both codes of zero as one.
func oneZero(mulaw []byte) []byte {
	const otherZero = 0x7F
	normal := slices.Clone(mulaw)
	for i, c := range normal {
		if c == otherZero {
			normal[i] = MuLawSilence
		}
	}
	return normal
}

func silent(mulaw []byte) bool {
	for _, c := range mulaw {
		if s := muLawTable[c]; s > clipSilence || s < -clipSilence {
			return false
		}
	}
	return true
}

// index enters the pieces of a clip and says whether there were any.
func (f *Finder) index(number int32) bool {
	c := f.clips[number]
	places := make(map[uint64][]int32)
	for from := 0; from+clipWindow <= len(c.bytes); from += clipWindow {
		if c.sounds(from, from+clipWindow) > 0 {
			hash := hashOf(c.bytes[from : from+clipWindow])
			places[hash] = append(places[hash], int32(from))
		}
	}
	known := false
	for hash, froms := range places {
		if len(froms) > maxRepeats {
			continue
		}
		known = true
		for _, from := range froms {
			f.anchors[hash] = append(f.anchors[hash], anchor{number, from})
		}
	}
	return known
}

// sounds returns how many bytes from from to to are not silence.
func (c *knownClip) sounds(from, to int) int {
	return int(c.sound[to] - c.sound[from])
}

// The hash of a piece is a polynomial in hashBase, modulo 2^64, which moves on
// by one byte in two multiplications. hashDrop is what the byte that leaves
// weighs.
const hashBase = 0x9E3779B97F4A7C15

var hashDrop = func() uint64 {
	drop := uint64(1)
	for range clipWindow {
		drop *= hashBase
	}
	return drop
}()

func hashOf(piece []byte) uint64 {
	var hash uint64
	for _, c := range piece {
		hash = hash*hashBase + uint64(c) + 1
	}
	return hash
}

// Find returns the clips that mulaw holds in the order of their places. A clip
// that lost frames is found once, with less than all of its bytes; one that
// was said twice is found twice. Where the bytes fit several clips, they count
// for the one that explains most of the audio. Of pieces shorter than 159 bytes
// nothing is promised.
func (f *Finder) Find(mulaw []byte) []Found {
	heard := oneZero(mulaw)
	runs := f.runs(heard)
	var found []Found
	for {
		best, ok := f.best(runs)
		if !ok {
			break
		}
		runs = leftOver(runs, best)
		if g := f.found(best); !slices.ContainsFunc(found, g.within) {
			found = append(found, g)
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int { return a.From - b.From })
	return found
}

// diagonal names all pairs of places in a clip and in the audio that lie the
// same distance apart.
type diagonal struct {
	clip  int32
	shift int
}

// runs returns the longest stretches of audio that equal a part of a clip.
func (f *Finder) runs(heard []byte) []run {
	if len(heard) < clipWindow {
		return nil
	}
	var runs []run
	ends := make(map[diagonal]int) // how far each diagonal has been compared
	hash := hashOf(heard[:clipWindow])
	for at := 0; ; at++ {
		if f.filter[hash>>54]&(1<<(hash>>48&63)) != 0 {
			for _, a := range f.anchors[hash] {
				d := diagonal{a.clip, at - int(a.from)}
				if ends[d] > at {
					continue
				}
				if r, ok := f.extend(heard, a, at); ok {
					runs = append(runs, r)
					ends[d] = r.at + r.n
				}
			}
		}
		if at+clipWindow == len(heard) {
			return runs
		}
		hash = hash*hashBase + uint64(heard[at+clipWindow]) + 1 - (uint64(heard[at])+1)*hashDrop
	}
}

// extend returns the whole stretch around a piece that equals the clip.
func (f *Finder) extend(heard []byte, a anchor, at int) (run, bool) {
	clip := f.clips[a.clip].bytes
	from, n := int(a.from), clipWindow
	if string(clip[from:from+n]) != string(heard[at:at+n]) {
		return run{}, false // the same hash by accident
	}
	for from+n < len(clip) && at+n < len(heard) && clip[from+n] == heard[at+n] {
		n++
	}
	for from > 0 && at > 0 && clip[from-1] == heard[at-1] {
		from, at, n = from-1, at-1, n+1
	}
	return run{int(a.clip), at, from, n}, true
}
