package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// document is a bill of materials, as far as this program fills it
// (https://cyclonedx.org/docs/1.6/json/).
type document struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Serial       string       `json:"serialNumber,omitempty"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Tools     tools     `json:"tools"`
	Component component `json:"component"`
}

type tools struct {
	Components []component `json:"components"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref,omitempty"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Licenses   []license  `json:"licenses,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type license struct {
	License licenseID `json:"license"`
}

type licenseID struct {
	ID string `json:"id"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// ownLicence is that of this project.
var ownLicence = []license{{licenseID{"Apache-2.0"}}}

// compose describes programs and packages as parts of one whole.
func compose(name, version string, when time.Time, programs []program, packages []debianPackage) document {
	whole := component{Type: "application", Ref: name, Name: name, Version: version, Licenses: ownLicence}
	d := document{
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: metadata{
			Timestamp: when.UTC().Format(time.RFC3339),
			Tools:     tools{[]component{{Type: "application", Name: "lexline/scripts/sbom", Version: version}}},
			Component: whole,
		},
		Components: []component{}, Dependencies: []dependency{},
	}
	var parts []string
	for _, p := range programs {
		d.add(p.component(version), p.needs()...)
		parts = append(parts, p.ref())
	}
	for _, goes := range goVersions(programs) {
		d.add(goLibrary(goes))
	}
	for _, m := range allModules(programs) {
		d.add(m.component())
	}
	for _, p := range packages {
		d.add(p.component())
		parts = append(parts, p.purl())
	}
	d.Dependencies = append([]dependency{{whole.Ref, parts}}, d.Dependencies...)
	d.Serial = d.serial()
	return d
}

func (d *document) add(c component, needs ...string) {
	d.Components = append(d.Components, c)
	d.Dependencies = append(d.Dependencies, dependency{c.Ref, needs})
}

// serial is a UUID made from the content, so that the same content has the same:
// version 8 of RFC 9562, section 5.8.
func (d *document) serial() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and numbers only
	}
	id := sha256.Sum256(text)
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

func (d document) write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// ref names a program in the document: two of one name may be for two machines.
func (p program) ref() string { return p.name + "?target=" + p.target }

func (p program) component(version string) component {
	return component{
		Type: "application", Ref: p.ref(), Name: p.name, Version: version,
		Hashes: []hash{{"SHA-256", p.sha256}}, Licenses: ownLicence,
		Properties: []property{{"lexline:target", p.target}, {"lexline:go", p.goes}},
	}
}

// needs lists what a program has linked in.
func (p program) needs() []string {
	refs := []string{goLibrary(p.goes).Ref}
	for _, m := range p.modules {
		refs = append(refs, m.purl())
	}
	return refs
}

// goLibrary is Go's standard library, under the name that lists of weaknesses have it.
func goLibrary(goes string) component {
	number := strings.TrimPrefix(goes, "go")
	purl := "pkg:golang/stdlib@" + percent(number)
	return component{Type: "library", Ref: purl, Name: "stdlib", Version: number, Licenses: []license{{licenseID{"BSD-3-Clause"}}}, PURL: purl}
}

func (m module) component() component {
	c := component{Type: "library", Ref: m.purl(), Name: m.path, Version: m.version, PURL: m.purl()}
	if m.sum != "" {
		c.Properties = []property{{"lexline:go.sum", m.sum}}
	}
	return c
}

// purl is the package URL of a module; those of Go are in lower case
// (https://github.com/package-url/purl-spec).
func (m module) purl() string {
	parts := strings.Split(strings.ToLower(m.path), "/")
	for i := range parts {
		parts[i] = percent(parts[i])
	}
	return "pkg:golang/" + strings.Join(parts, "/") + "@" + percent(m.version)
}

// percent encodes a part of a package URL: letters, digits and .-_~: stay.
func percent(text string) string {
	return strings.NewReplacer("+", "%20", "%3A", ":").Replace(url.QueryEscape(text)) // a plus stands for a space there
}
