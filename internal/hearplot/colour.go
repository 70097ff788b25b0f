package hearplot

import "image/color"

// role is what a shape stands for; it has the shape's colour.
type role uint8

const (
	paper role = iota
	ink
	muted // text that explains
	grid
	caller
	bot
	floor
	echo
	chance // the probability of speech
	limit  // the threshold
	turn
	bargeIn
	onBar // text on a bar
	tone
	roles
)

// light and dark have the colours by day and at night. What means something is of
// the set by Okabe and Ito, which people who see fewer colours tell apart
// (https://jfly.uni-koeln.de/color/), for the night lightened where it must be.
var (
	light = [roles]uint32{
		paper: 0xffffff, ink: 0x1f2328, muted: 0x59636e, grid: 0xe3e7eb,
		caller: 0x0072b2, bot: 0xe69f00, floor: 0x6e7781, echo: 0xb8508b, chance: 0x009e73,
		limit: 0x1f2328, turn: 0x0072b2, bargeIn: 0xd55e00, onBar: 0xffffff, tone: 0x6a5acd,
	}
	dark = [roles]uint32{
		paper: 0x0d1117, ink: 0xe6edf3, muted: 0x9198a1, grid: 0x262c34,
		caller: 0x56b4e9, bot: 0xe69f00, floor: 0x8b949e, echo: 0xcc79a7, chance: 0x2fc99b,
		limit: 0xe6edf3, turn: 0x56b4e9, bargeIn: 0xff8a3d, onBar: 0x0d1117, tone: 0xa99cf5,
	}
)

func (r role) rgb() color.NRGBA {
	c := light[r]
	return color.NRGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff}
}
