package audio

import "slices"

// run is a stretch of audio that equals a part of a clip.
type run struct {
	clip int // number of the clip
	at   int // first byte in the audio
	from int // first byte in the clip
	n    int // bytes
}

// maxPause is how many more bytes a gap may have in the audio than it has in the
// clip, half a second: with a longer pause the clip was begun again.
const maxPause = SampleRate / 2

// chain is what the runs of a clip make of one saying of it: forward in the
// audio and forward in the clip.
type chain struct {
	runs  []run // without overlap
	bytes int   // that are not silence
}

// after returns the part of r that can follow p in a chain.
func (r run) after(p run) (run, bool) {
	shift := (r.at - r.from) - (p.at - p.from)
	if r.clip != p.clip || r.at <= p.at || r.from <= p.from || shift > maxPause {
		return run{}, false
	}
	// Two runs can share some bytes: those after a gap may by accident equal
	// those that were lost.
	trim := max(0, p.at+p.n-r.at, p.from+p.n-r.from)
	if r.n-trim < clipWindow {
		return run{}, false
	}
	return run{r.clip, r.at + trim, r.from + trim, r.n - trim}, true
}

// best returns the chain that explains most of the audio. Of chains that
// explain nearly the same, as those of a word and of a sentence that begins with
// it, it is the one whose clip arrived most completely.
func (f *Finder) best(runs []run) (best chain, ok bool) {
	slices.SortFunc(runs, func(a, b run) int {
		if a.at != b.at {
			return a.at - b.at
		}
		return a.from - b.from
	})
	byClip := make([][]run, len(f.clips))
	for _, r := range runs {
		byClip[r.clip] = append(byClip[r.clip], r)
	}
	var candidates []chain
	most := 0
	for _, own := range byClip {
		if len(own) == 0 {
			continue
		}
		c := f.longest(own)
		candidates = append(candidates, c)
		most = max(most, c.bytes)
	}
	if most < clipWindow {
		return chain{}, false
	}
	for _, c := range candidates {
		if c.bytes > most-clipWindow && (!ok || f.part(c) > f.part(best)) {
			best, ok = c, true
		}
	}
	return best, ok
}

// longest returns the chain with the most sound of one clip's runs, which come
// in the order of the audio.
func (f *Finder) longest(runs []run) chain {
	clip := &f.clips[runs[0].clip]
	type link struct {
		run   run // without what it shares with the one before
		prev  int // -1 for the first
		bytes int // of the chain up to here
	}
	links := make([]link, len(runs))
	last := 0
	for i, r := range runs {
		links[i] = link{r, -1, clip.sounds(r.from, r.from+r.n)}
		for j := range i {
			rest, ok := r.after(links[j].run)
			if !ok {
				continue
			}
			if bytes := links[j].bytes + clip.sounds(rest.from, rest.from+rest.n); bytes > links[i].bytes {
				links[i] = link{rest, j, bytes}
			}
		}
		if links[i].bytes > links[last].bytes {
			last = i
		}
	}
	c := chain{bytes: links[last].bytes}
	for i := last; i >= 0; i = links[i].prev {
		c.runs = append(c.runs, links[i].run)
	}
	slices.Reverse(c.runs)
	return c
}

// part returns which part of its clip a chain holds.
func (f *Finder) part(c chain) float64 {
	clip := &f.clips[c.runs[0].clip]
	return float64(c.bytes) / float64(clip.sounds(0, len(clip.bytes)))
}

// found describes a chain for the caller.
func (f *Finder) found(c chain) Found {
	clip := &f.clips[c.runs[0].clip]
	first, last := c.runs[0], c.runs[len(c.runs)-1]
	for first.n > 0 && clip.sounds(first.from, first.from+1) == 0 {
		first.at, first.from, first.n = first.at+1, first.from+1, first.n-1
	}
	to := last.at + last.n
	for end := last.from + last.n; end > last.from && clip.sounds(end-1, end) == 0; end-- {
		to--
	}
	return Found{Clip: clip.id, From: first.at, To: to, Bytes: c.bytes, Of: clip.sounds(0, len(clip.bytes))}
}

// leftOver returns what remains of runs when a chain has taken its part of the
// audio. Pieces too short to mean anything are dropped.
func leftOver(runs []run, taken chain) []run {
	for _, t := range taken.runs {
		var left []run
		for _, r := range runs {
			if n := min(r.n, t.at-r.at); n >= clipWindow {
				left = append(left, run{r.clip, r.at, r.from, n})
			}
			skip := max(0, t.at+t.n-r.at)
			if n := r.n - skip; n >= clipWindow {
				left = append(left, run{r.clip, r.at + skip, r.from + skip, n})
			}
		}
		runs = left
	}
	return runs
}
