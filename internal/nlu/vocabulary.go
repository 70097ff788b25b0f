package nlu

import "slices"

// fillers are words that say nothing; they may stand anywhere.
var fillers = []string{
	"please", "um", "uh", "er", "hmm", "well", "so", "hello", "hi", "hey", "thanks", "thank", "just", "actually",
	"okay", "ok",
}

// commonWords are the words that sentences are made of whatever they are
// about. They count little when intents are compared, and they are no names.
var commonWords = func() map[string]bool {
	m := map[string]bool{}
	for _, list := range [][]string{fillers, {
		"i", "me", "my", "mine", "we", "us", "our", "you", "your", "he", "she", "it", "its", "they", "them", "their",
		"this", "that", "these", "those", "a", "an", "the", "some", "any", "and", "or", "but", "if", "then", "than",
		"is", "am", "are", "was", "were", "be", "been", "being", "do", "does", "did", "have", "has", "had",
		"can", "could", "will", "would", "shall", "should", "may", "might", "must", "want", "wanna", "like", "need",
		"to", "of", "in", "on", "at", "by", "for", "from", "with", "about", "as", "into", "up", "out",
		"what", "which", "who", "when", "where", "why", "how", "there", "here", "not", "no", "yes", "oh",
		"i'd", "i'm", "i'll", "i've", "it's", "that's", "what's", "let", "let's", "get", "got", "give", "make",
		"don't", "doesn't", "isn't", "can't", "won't", "think", "would've", "sir", "madam", "ma'am",
	}} {
		for _, w := range list {
			m[w] = true
		}
	}
	return m
}()

func common(word string) bool { return commonWords[word] }

// negations turn a sentence round.
var negations = []string{"not", "don't", "never", "cannot", "can't", "won't", "no"}

func negation(word string) bool { return slices.Contains(negations, word) }

// builtinUtterances are what the built-in intents understand: the common
// utterances of https://docs.aws.amazon.com/lexv2/latest/dg/built-in-intents.html
// and their usual variations. The search and question intents understand
// whatever their index answers and are not here.
var builtinUtterances = map[string][]string{
	"AMAZON.CancelIntent": {
		"cancel", "cancel it", "cancel that", "cancel this", "cancel please", "never mind", "forget it", "please cancel",
	},
	"AMAZON.HelpIntent": {
		"help", "help me", "can you help me", "help please", "i need help", "what can i say", "what can you do",
	},
	"AMAZON.PauseIntent":     {"pause", "pause it", "pause that"},
	"AMAZON.RepeatIntent":    {"repeat", "say that again", "repeat that", "please repeat", "what did you say", "pardon"},
	"AMAZON.ResumeIntent":    {"resume", "continue", "keep going"},
	"AMAZON.StartOverIntent": {"start over", "restart", "start again"},
	"AMAZON.StopIntent":      {"stop", "off", "shut up"},
}

// Names that are known without a list of the bot's own. They are what a
// grammar offers; a text may name any other city or person.
var (
	cities = []string{
		"Albany", "Albuquerque", "Amsterdam", "Anchorage", "Athens", "Atlanta", "Austin", "Baltimore", "Bangkok",
		"Barcelona", "Beijing", "Berlin", "Boise", "Boston", "Brussels", "Buffalo", "Cairo", "Charleston",
		"Charlotte", "Chicago", "Cincinnati", "Cleveland", "Columbus", "Copenhagen", "Dallas", "Delhi", "Denver",
		"Des Moines", "Detroit", "Dubai", "Dublin", "Edinburgh", "El Paso", "Fort Worth", "Frankfurt", "Fresno",
		"Geneva", "Hamburg", "Helsinki", "Hong Kong", "Honolulu", "Houston", "Indianapolis", "Istanbul",
		"Jacksonville", "Jerusalem", "Johannesburg", "Kansas City", "Las Vegas", "Lisbon", "London", "Long Beach",
		"Los Angeles", "Louisville", "Madrid", "Manchester", "Manila", "Melbourne", "Memphis", "Mexico City",
		"Miami", "Milan", "Milwaukee", "Minneapolis", "Montreal", "Moscow", "Munich", "Nashville", "New Orleans",
		"New York", "New York City", "Oakland", "Oklahoma City", "Omaha", "Orlando", "Oslo", "Ottawa", "Paris",
		"Philadelphia", "Phoenix", "Pittsburgh", "Portland", "Prague", "Raleigh", "Richmond", "Rome", "Sacramento",
		"Salt Lake City", "San Antonio", "San Diego", "San Francisco", "San Jose", "Seattle", "Seoul", "Shanghai",
		"Singapore", "Spokane", "Stockholm", "Sydney", "Tampa", "Tokyo", "Toronto", "Tucson", "Tulsa", "Vancouver",
		"Vienna", "Warsaw", "Washington", "Zurich",
	}
	countries = []string{
		"Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "Chile", "China", "Colombia", "Denmark",
		"Egypt", "England", "Finland", "France", "Germany", "Greece", "Hungary", "India", "Indonesia", "Ireland",
		"Israel", "Italy", "Japan", "Kenya", "Mexico", "Morocco", "Netherlands", "New Zealand", "Nigeria", "Norway",
		"Pakistan", "Peru", "Poland", "Portugal", "Romania", "Russia", "Scotland", "Singapore", "South Africa",
		"South Korea", "Spain", "Sweden", "Switzerland", "Thailand", "Turkey", "Ukraine", "United Kingdom",
		"United States", "Vietnam", "Wales",
	}
	states = []string{
		"Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware", "Florida",
		"Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine",
		"Maryland", "Massachusetts", "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska",
		"Nevada", "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Ohio",
		"Oklahoma", "Oregon", "Pennsylvania", "Rhode Island", "South Carolina", "South Dakota", "Tennessee", "Texas",
		"Utah", "Vermont", "Virginia", "Washington", "West Virginia", "Wisconsin", "Wyoming",
	}
	firstNames = []string{
		"Alice", "Amanda", "Amy", "Andrew", "Angela", "Anna", "Anthony", "Barbara", "Benjamin", "Betty", "Brian",
		"Carol", "Charles", "Christine", "Christopher", "Daniel", "David", "Deborah", "Donald", "Donna", "Dorothy",
		"Edward", "Elizabeth", "Emily", "Emma", "Eric", "Frank", "George", "Grace", "Helen", "Henry", "Jack",
		"Jacob", "James", "Jane", "Jason", "Jennifer", "Jessica", "John", "Jonathan", "Joseph", "Joshua", "Julia",
		"Karen", "Kevin", "Kimberly", "Laura", "Linda", "Lisa", "Margaret", "Maria", "Mark", "Martin", "Mary",
		"Matthew", "Melissa", "Michael", "Michelle", "Nancy", "Nicholas", "Nicole", "Olivia", "Patricia", "Patrick",
		"Paul", "Peter", "Rachel", "Rebecca", "Richard", "Robert", "Ruth", "Samuel", "Sandra", "Sarah", "Scott",
		"Sharon", "Simon", "Sophia", "Stephanie", "Stephen", "Steven", "Susan", "Thomas", "Timothy", "Victoria",
		"William",
	}
	lastNames = []string{
		"Adams", "Allen", "Anderson", "Baker", "Brown", "Campbell", "Carter", "Clark", "Collins", "Davis", "Edwards",
		"Evans", "Garcia", "Gonzalez", "Green", "Hall", "Harris", "Hernandez", "Hill", "Jackson", "Johnson", "Jones",
		"King", "Lee", "Lewis", "Lopez", "Martin", "Martinez", "Miller", "Mitchell", "Moore", "Morris", "Nelson",
		"Nguyen", "Parker", "Perez", "Phillips", "Roberts", "Robinson", "Rodriguez", "Sanchez", "Scott", "Smith",
		"Stewart", "Taylor", "Thomas", "Thompson", "Torres", "Turner", "Walker", "White", "Williams", "Wilson",
		"Wright", "Young",
	}
)
