package simulate

import (
	"time"

	"lexline/internal/region"
)

// reply is what a region answers a probe.
type reply struct {
	class        region.Class
	intent, slot string
	text         string // of the message, in one of its variants
}

// What every healthy region answers to the probe's words.
const (
	probeIntent = "OrderFlowers"
	probeSlot   = "FlowerType"
)

var probeTexts = [...]string{"What flowers would you like?", "Which flowers, please?", "Roses, lilies or tulips?", "What kind of flowers shall it be?"}

// probeTimeout is how long a probe is waited for.
const probeTimeout = time.Second

// probe answers a probe, in time or not.
func (b *bot) probe(gateway int, deep bool, done func(reply)) {
	w := b.w
	after := func(wait time.Duration, r reply) {
		if wait >= probeTimeout {
			wait, r = probeTimeout, reply{class: region.Soft}
		}
		w.after(wait, func() { done(r) })
	}
	wait := w.between(20*time.Millisecond, 90*time.Millisecond)
	f, ill := b.hits(gateway)
	if !ill && w.chance(b.s.Noise) {
		b.r.oracle.noise(gateway, nil, b.index)
		after(wait, reply{class: region.Soft})
		return
	}
	if ill {
		switch {
		case f.Kind == Hang, f.Kind == BlackHole && w.chance(0.5):
			after(probeTimeout, reply{})
			return
		case f.Kind == BlackHole:
			after(500*time.Millisecond, reply{class: region.Soft})
			return
		case f.Kind == Gone:
			after(wait, reply{class: region.Hard})
			return
		case f.Kind == Errors, f.Kind == Reset:
			after(wait, reply{class: region.Soft})
			return
		case f.Kind == Throttle && b.busy >= f.Quota:
			after(wait, reply{class: region.Load})
			return
		case f.Kind == Slow:
			wait = time.Duration(f.Share * float64(wait))
		}
	}
	if !deep {
		after(wait, reply{})
		return
	}
	text := probeTexts[w.random.IntN(len(probeTexts))]
	more := w.between(100*time.Millisecond, 300*time.Millisecond)
	if ill && f.Kind == Slow {
		more = time.Duration(f.Share * float64(more))
	}
	after(wait+more, reply{intent: probeIntent, slot: probeSlot, text: text})
}
