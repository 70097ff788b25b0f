package corpus

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPackagesInMakefile keeps what make installs equal to what talkers need.
func TestPackagesInMakefile(t *testing.T) {
	makefile, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?m)^HEARING_PACKAGES := ((?:.*\\\n)*.*)$`).FindSubmatch(makefile)
	if list == nil {
		t.Fatal("the Makefile has no HEARING_PACKAGES")
	}
	inMakefile := strings.Fields(strings.ReplaceAll(string(list[1]), "\\\n", " "))
	slices.Sort(inMakefile)
	if diff := cmp.Diff(packagesOf(Talkers()), inMakefile); diff != "" {
		t.Errorf("what talkers need, and HEARING_PACKAGES:\n%s", diff)
	}
}

func TestInstalledNamesWhatIsMissing(t *testing.T) {
	if !isDebian() {
		t.Skip("no dpkg-query on this machine")
	}
	_, err := installed(t.Context(), []string{"dpkg", "lexline-no-such-voice"})
	var missing *MissingError
	if !errors.As(err, &missing) || !slices.Equal(missing.Packages, []string{"lexline-no-such-voice"}) {
		t.Fatalf("installed gave %v, want a MissingError of lexline-no-such-voice alone", err)
	}
	if want := "apt-get install lexline-no-such-voice"; !strings.Contains(err.Error(), want) {
		t.Errorf("error %q does not say %q", err, want)
	}
}
