package connect

import (
	"slices"
	"strings"

	"lexline/internal/spelling"
)

// voices are those of Amazon Polly
// (https://docs.aws.amazon.com/polly/latest/dg/available-voices.html). There are more
// from year to year: one that is not among them is worth a warning.
var voices = strings.Fields(`
	Aditi Adriano Ambre Amy Andres Aria Arlet Arthur Astrid Ayanda Beatrice Bianca Brian Burcu Camila Carla Carmen Celine
	Chantal Conchita Cristiano Daniel Danielle Dora Elin Emma Enrique Ewa Filiz Florian Gabrielle Geraint Giorgio Gregory
	Gwyneth Hala Hannah Hans Hiujin Ida Ines Isabelle Ivy Jacek Jan Jasmine Jihye Jitka Joanna Joey Justin Kajal Karl Kazuha
	Kendra Kevin Kimberly Laura Lea Lennart Liam Lisa Liv Lorenzo Lotte Lucia Lupe Mads Maja Marlene Mathieu Matthew Maxim
	Mia Miguel Mizuki Naja Niamh Nicole Ola Olivia Pedro Penelope Raveena Remi Ricardo Ruben Russell Ruth Sabrina Salli
	Seoyeon Sergio Sofie Stephen Suvi Takumi Tatyana Thiago Tiffany Tomoko Vicki Vitoria Zayd Zeina Zhiyu`)

// checkVoice takes the name of a voice, or a path.
func checkVoice(name string, v any) []Problem {
	s, found := text(name, v)
	switch {
	case found != nil:
		return found
	case strings.Contains(s, "$"):
		return checkRoots(name, s)
	case slices.Contains(voices, s):
		return nil
	}
	hint := "Amazon Polly may have it since this version of lexline; else the words are read in no voice of yours"
	if slip, ok := spelling.Slip(s, slices.Values(voices)); ok {
		hint = "did you mean " + slip + "?"
	}
	found = wrong("voice", hint, "%s is %q, a voice that Amazon Polly is not known to have", name, s)
	found[0].Level = Warning
	return found
}
