package main

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"lexline/internal/cfncheck"
)

// TestTemplate gives the functions what the stack lexdr tells them, in both regions: all
// of it must be known and right.
func TestTemplate(t *testing.T) {
	text, err := os.ReadFile("../../deploy/cloudformation/lexdr.yml")
	if err != nil {
		t.Fatal(err)
	}
	template, err := cfncheck.Parse("lexdr", text)
	if err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{
		"HomeAliasArn":  "arn:aws:lex:us-east-1:111122223333:bot-alias/BOTIDEAST1/ALIASEAST1",
		"OtherAliasArn": "arn:aws:lex:us-west-2:111122223333:bot-alias/BOTIDWEST2/ALIASWEST2",
	}
	for _, region := range []string{"us-east-1", "us-west-2"} {
		stack, err := template.Resolve(cfncheck.Environment{Parameters: parameters, Imports: map[string]string{"lexline-Bucket": "b"}, Region: region, Account: "111122223333"})
		if err != nil {
			t.Fatal(err)
		}
		// told is what one function has in its environment, and a way to see what it read of it.
		told := func(function string) (environment, map[string]bool) {
			r := stack.Resources[function]
			if r.Properties["Handler"] != function || r.Properties["Runtime"] != "provided.al2023" {
				t.Errorf("%s is run as %v on %v", function, r.Properties["Handler"], r.Properties["Runtime"])
			}
			variables := r.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
			read := map[string]bool{}
			return environment(func(name string) string {
				read[name] = true
				if name == "AWS_REGION" {
					return region
				}
				value, _ := variables[name].(string)
				return value
			}), read
		}
		allRead := func(function string, read map[string]bool) {
			for name := range stack.Resources[function].Properties["Environment"].(map[string]any)["Variables"].(map[string]any) {
				if !read[name] {
					t.Errorf("%s is told %s, which it does not read", function, name)
				}
			}
		}
		env, read := told(nameTest)
		s, err := readCheckSettings(env)
		if err != nil {
			t.Errorf("%s in %s: %v", nameTest, region, err)
		}
		allRead(nameTest, read)
		if len(s.places) != 2 || s.places[0].Bot != "BOTIDEAST1" || s.places[1].Bot != "BOTIDWEST2" || s.places[1].Alias != "ALIASWEST2" || s.places[1].Region != "us-west-2" {
			t.Errorf("%s in %s asks %+v", nameTest, region, s.places)
		}
		env, read = told(nameGetRegion)
		var complaints bytes.Buffer
		g := readRegionSettings(env, slog.New(slog.NewTextHandler(&complaints, nil)))
		allRead(nameGetRegion, read)
		if complaints.Len() > 0 || !g.hasTable || g.primary != "us-east-1" || strings.Join(g.regions, " ") != "us-east-1 us-west-2" {
			t.Errorf("%s in %s reads %+v, and says %s", nameGetRegion, region, g, &complaints)
		}
	}
}
