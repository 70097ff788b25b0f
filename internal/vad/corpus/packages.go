package corpus

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// MissingError is the error of a machine that lacks Debian packages.
type MissingError struct {
	Packages []string
}

func (e *MissingError) Error() string {
	names := strings.Join(e.Packages, " ")
	return fmt.Sprintf("not installed: %s (on Debian: apt-get install %s)", names, names)
}

// voicePackages has the Debian packages of each voice beside its engine's own.
var voicePackages = map[string][]string{
	"kal_diphone":        {"festvox-kallpc16k"},
	"ked_diphone":        {"festvox-kdlpc16k"},
	"pc_diphone":         {"festvox-itapc16k"},
	"czech_krb":          {"festvox-czech-krb", "festival-czech"},
	"czech_ph":           {"festvox-czech-ph", "festival-czech"},
	"hindi_NSK_diphone":  {"festvox-hi-nsk", "festival-hi"},
	"telugu_NSK_diphone": {"festvox-te-nsk", "festival-te"},
	"msu_ru_nsh_clunits": {"festvox-ru"},
	"upc_ca_ona_hts":     {"festvox-ca-ona-hts", "festival-ca"},
	"en_US_f_Allison":    {"asterisk-core-sounds-en-wav"},
	"es_MX_f_Allison":    {"asterisk-core-sounds-es-wav"},
}

// packages returns the Debian packages that t speaks by.
func (t Talker) packages() []string {
	var names []string
	if t.Engine != Asterisk {
		names = append(names, t.Engine)
	}
	if t.Engine == EspeakNG {
		names = append(names, "espeak-ng-data")
	}
	return append(names, voicePackages[t.Voice]...)
}

// packagesOf returns the Debian packages that talkers need, sorted.
func packagesOf(talkers []Talker) []string {
	var names []string
	for _, t := range talkers {
		names = append(names, t.packages()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// installed returns the version of each of the named Debian packages. Those that
// are not there are a *MissingError.
func installed(ctx context.Context, packages []string) (map[string]string, error) {
	args := append([]string{"-W", "-f", "${db:Status-Status} ${Package} ${Version}\n"}, packages...)
	// Its status tells only that something is unknown, which its output shows as well.
	out, _ := exec.CommandContext(ctx, "dpkg-query", args...).Output()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	versions := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "installed" {
			versions[f[1]] = f[2]
		}
	}
	missing := slices.DeleteFunc(slices.Clone(packages), func(name string) bool { return versions[name] != "" })
	if len(missing) > 0 {
		return nil, &MissingError{Packages: missing}
	}
	return versions, nil
}
