package drill

import (
	"slices"
	"testing"
)

func TestArticleCheck(t *testing.T) {
	tests := []struct {
		name               string
		primary, secondary probe
		want               string
		asked              []string
	}{
		{"all well", probeGood, probeGood, "us-east-1", []string{"us-east-1"}},
		{"the primary refuses", probeRefused, probeGood, "us-west-2", []string{"us-east-1", "us-west-2"}},
		{"both refuse", probeRefused, probeRefused, tableError, []string{"us-east-1", "us-west-2"}},
		{"a silent primary eats the time", probeSilent, probeGood, "", []string{"us-east-1"}},
		{"a silent secondary too", probeRefused, probeSilent, "", []string{"us-east-1", "us-west-2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			got := articleCheck("us-east-1", "us-west-2", func(region string) probe {
				asked = append(asked, region)
				if region == "us-east-1" {
					return tt.primary
				}
				return tt.secondary
			})
			if got != tt.want || !slices.Equal(asked, tt.asked) {
				t.Errorf("the table says %q after asking %v; want %q after %v", got, asked, tt.want, tt.asked)
			}
		})
	}
}
