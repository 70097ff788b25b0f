package nlu

import "sync"

// builtinRules are the grammar rules of the built-in slot types, by name. Each
// phrase that one of them produces is a value of its type.
//
// Dates have no years and times no seconds: nobody says them to a bot that
// asks for a day or an hour, and each word more in a grammar is one more to be
// mistaken for another.
var builtinRules = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"digit":  "zero | oh | one | two | three | four | five | six | seven | eight | nine",
		"unit":   "one | two | three | four | five | six | seven | eight | nine",
		"teen":   "ten | eleven | twelve | thirteen | fourteen | fifteen | sixteen | seventeen | eighteen | nineteen",
		"ten":    "twenty | thirty | forty | fifty | sixty | seventy | eighty | ninety",
		"letter": "a. | b. | c. | d. | e. | f. | g. | h. | i. | j. | k. | l. | m. | n. | o. | p. | q. | r. | s. | t. | u. | v. | w. | x. | y. | z.",

		"below_hundred":  "<unit> | <teen> | <ten> [<unit>]",
		"below_thousand": "<below_hundred> | (<unit> | a) hundred [[and] <below_hundred>]",
		"whole":          "zero | <below_thousand> | <below_thousand> thousand [[and] <below_thousand>]",
		"number":         "[minus] <whole> [point <digit> [<digit>]] | <digit> <digit> <digit> [<digit> [<digit> [<digit> [<digit>]]]]",
		"percentage":     "<whole> [point <digit> [<digit>]] [percent]",
		"alphanumeric":   "(<letter> | <digit>)+",
		"postcode":       "<letter> [<letter>] <digit> [<letter> | <digit>] <digit> <letter> <letter>",
		"three_digits":   "<digit> <digit> <digit>",
		"phone":          "[[one] <three_digits>] <three_digits> <digit> <three_digits>",

		"weekday": "monday | tuesday | wednesday | thursday | friday | saturday | sunday",
		"month":   "january | february | march | april | may | june | july | august | september | october | november | december",
		"ordinal": "first | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth | eleventh | twelfth | " +
			"thirteenth | fourteenth | fifteenth | sixteenth | seventeenth | eighteenth | nineteenth | twentieth | " +
			"twenty (first | second | third | fourth | fifth | sixth | seventh | eighth | ninth) | thirtieth | thirty first",
		"ordinal_short": "first | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth | eleventh | twelfth | " +
			"thirteenth | fourteenth | fifteenth | sixteenth | seventeenth | eighteenth | nineteenth | twentieth | " +
			"twenty (first | second | third | fourth | fifth | sixth | seventh | eighth)",
		"calendar_day": "(january | march | may | july | august | october | december) [the] <ordinal> | " +
			"february [the] <ordinal_short> | " +
			"(april | june | september | november) [the] (<ordinal_short> | twenty ninth | thirtieth) | " +
			"[the] <ordinal> of (january | march | may | july | august | october | december) | " +
			"[the] <ordinal_short> of <month>",
		"day_count": "two | three | four | five | six | seven | eight | nine | ten | eleven | twelve | thirteen | fourteen",
		"date": "today | tomorrow | [the] day after tomorrow | [this | next] <weekday> | <weekday> [the] <calendar_day> | " +
			"<calendar_day> | the <ordinal> | <weekday> the <ordinal> | in (a | one) (day | week | month) | in <day_count> (days | weeks | months) | " +
			"<day_count> (days | weeks) from (today | now) | a week from (today | tomorrow | <weekday>) | next (week | month | year)",

		"hour":       "one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve",
		"minute":     "oh <unit> | <teen> | (twenty | thirty | forty | fifty) [<unit>]",
		"day_part":   "a m | p m | in the morning | in the afternoon | in the evening | at night",
		"time":       "<hour> [o'clock] [<day_part>] | <hour> <minute> [<day_part>] | half past <hour> [<day_part>] | [a] quarter (past | to) <hour> [<day_part>] | (five | ten | twenty | twenty five) [minutes] (past | to) <hour> [<day_part>] | noon | midnight | in the (morning | afternoon | evening) | at night",
		"count":      "<unit> | <teen> | <ten> [<unit>]",
		"time_unit":  "minutes | hours | days | weeks | months | years",
		"duration":   "<count> <time_unit> | (a | one) (minute | day | week | month | year) | (an | one) hour | half an hour | an hour and a half | <count> hours [and] <count> minutes | <count> and a half hours",
		"email_word": "<firstname> | <lastname>",
		"email":      "<email_word> [(dot | underscore | dash) <email_word>] [<unit> [<unit>]] at <email_host> dot (com | org | net | edu)",
		"email_host": "example | email | gmail | yahoo | google | apple | outlook",

		"confirmation": alternatives(join(yesPhrases, noPhrases, maybePhrases, unknownPhrases)),
		"city":         alternatives(cities),
		"country":      alternatives(countries),
		"state":        alternatives(states),
		"firstname":    alternatives(firstNames),
		"lastname":     alternatives(lastNames),
	}
})

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
