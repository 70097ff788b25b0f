package drill

import "time"

// Contact is one contact of Amazon Connect as its customer and the flow know it.
type Contact struct {
	Number       int
	Lane         int    // of the customers who call one after the other, from 0
	ID           string // also that of the Lex session
	Order        Order
	Began, Ended time.Time
	End          ContactEnd
	Text         string // about the end

	Led    string        // the region that the flow was told to use; empty if its function failed
	LedIn  time.Duration // how long the flow waited for it
	Blocks []BotBlock    // that were gone through, in order

	Sayings int // what the customer has to say when nothing goes wrong
	Said    int // utterances
	Repeats int // of them, said once more since a block before had failed
	// Waited is how long the customer waited for the next words, all in all, and
	// Silence the longest of these times.
	Waited, Silence time.Duration
	Late            time.Duration // by which the customer spoke too late, at the worst: the machine's fault
}

// BotBlock is one block of a flow that connected a contact with a bot.
type BotBlock struct {
	Region       string
	Began, Ended time.Time
	Failed       bool // its error branch was taken
}

// ContactEnd says how a contact ended.
type ContactEnd string

// Ends of contacts.
const (
	ContactServed     ContactEnd = "served"     // the bot said to the customer that the order is placed
	ContactApologised ContactEnd = "apologised" // the flow apologised and ended it, or gave it to a queue
	ContactCut        ContactEnd = "cut"        // ended otherwise
	ContactGaveUp     ContactEnd = "gave_up"    // the customer did not want to say it all again once more
	ContactStopped    ContactEnd = "stopped"    // the drill ended it
)

// branched reports whether a block failed and another region's went on.
func (c *Contact) branched() bool {
	for i, b := range c.Blocks {
		if b.Failed && i+1 < len(c.Blocks) && c.Blocks[i+1].Region != b.Region {
			return true
		}
	}
	return false
}

// ConnectHistory is all that is known of a drill of contact flows: what each
// party saw, by the clock of one machine.
type ConnectHistory struct {
	Seed         uint64
	Began, Ended time.Time
	Planned      time.Duration
	Interrupted  bool
	Regions      []string // in the order of preference
	Faults       []Fault
	Contacts     []Contact // by number
	Checks       []Check   // by time
	Table        []TableWord
	Ledger       []Placed
}

// Check is one run of the health check.
type Check struct {
	Began time.Time
	Took  time.Duration
	Fault string // why it came to nothing; empty if it did
}

// TableWord is what the table tells contact flows, from a time on: a region, or
// what else stands there.
type TableWord struct {
	Time time.Time `json:"time"`
	Says string    `json:"says"`
}
