package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// manifest is the one entry of manifest.json
// (https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format).
type manifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// settings is the configuration of an image without what names its build
// (https://github.com/moby/docker-image-spec/blob/main/spec.md#image-json-description).
type settings struct {
	Created      time.Time `json:"created"`
	Architecture string    `json:"architecture"`
	Variant      string    `json:"variant,omitempty"`
	OS           string    `json:"os"`
	Config       struct {
		User         string              `json:",omitempty"`
		ExposedPorts map[string]struct{} `json:",omitempty"`
		Env          []string            `json:",omitempty"`
		Entrypoint   []string            `json:",omitempty"`
		Cmd          []string            `json:",omitempty"`
		Healthcheck  json.RawMessage     `json:",omitempty"`
		WorkingDir   string              `json:",omitempty"`
		Labels       map[string]string   `json:",omitempty"`
		StopSignal   string              `json:",omitempty"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []step `json:"history,omitempty"`
}

// step is one line of a Dockerfile.
type step struct {
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by,omitempty"`
	Empty     bool      `json:"empty_layer,omitempty"`
}

// image is an image in an archive.
type image struct {
	config []byte   // the configuration as it is written
	tags   []string // names of the image
	layers []string // where they are in the archive that was read
	diffs  []string // SHA-256 of each layer, in hexadecimal
}

// maxDocument bounds what is read into memory: manifests and configurations are small.
const maxDocument = 4 << 20

// readImage reads all of an image but its layers.
func readImage(from io.ReadSeeker) (*image, error) {
	documents, links := map[string][]byte{}, map[string]string{}
	err := walk(from, func(h *tar.Header, content io.Reader) (err error) {
		switch {
		case h.Typeflag == tar.TypeSymlink:
			links[path.Clean(h.Name)] = path.Join(path.Dir(h.Name), h.Linkname)
		case h.Typeflag == tar.TypeReg && strings.HasSuffix(h.Name, ".json") && h.Size <= maxDocument:
			documents[path.Clean(h.Name)], err = io.ReadAll(content)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var manifests []manifest
	if err := json.Unmarshal(documents["manifest.json"], &manifests); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	if len(manifests) != 1 {
		return nil, fmt.Errorf("manifest.json has %d images; want one", len(manifests))
	}
	m := manifests[0]
	img := &image{tags: m.RepoTags}
	for _, layer := range m.Layers {
		layer = path.Clean(layer)
		if target, ok := links[layer]; ok {
			layer = target
		}
		img.layers = append(img.layers, layer)
	}
	return img, img.configure(documents[path.Clean(m.Config)])
}

// configure takes over what of a configuration is the image's.
func (img *image) configure(text []byte) error {
	var s settings
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("the configuration: %w", err)
	}
	if len(s.RootFS.DiffIDs) != len(img.layers) || len(img.layers) == 0 {
		return fmt.Errorf("the configuration has %d layers and the manifest %d", len(s.RootFS.DiffIDs), len(img.layers))
	}
	for _, id := range s.RootFS.DiffIDs {
		digest, ok := strings.CutPrefix(id, "sha256:")
		if !ok || len(digest) != 2*sha256.Size {
			return fmt.Errorf("%q is no digest of a layer", id)
		}
		img.diffs = append(img.diffs, digest)
	}
	var err error
	img.config, err = json.Marshal(s)
	return err
}

// walk calls visit for each entry of a tar archive.
func walk(from io.ReadSeeker, visit func(*tar.Header, io.Reader) error) error {
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for r := tar.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = visit(h, r)
		}
		if err != nil {
			return err
		}
	}
}

// errFound ends a walk.
var errFound = errors.New("found")

// copyLayer copies layer i, checks it, and returns its size.
func (img *image) copyLayer(to *tar.Writer, from io.ReadSeeker, i int) (size int64, err error) {
	err = walk(from, func(h *tar.Header, content io.Reader) error {
		if h.Typeflag != tar.TypeReg || path.Clean(h.Name) != img.layers[i] {
			return nil
		}
		size = h.Size
		if err := to.WriteHeader(header(img.diffs[i]+".tar", size)); err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(io.MultiWriter(to, sum), content); err != nil {
			return err
		}
		if got := fmt.Sprintf("%x", sum.Sum(nil)); got != img.diffs[i] {
			return fmt.Errorf("layer %s has the digest %s; its configuration says %s", h.Name, got, img.diffs[i])
		}
		return errFound
	})
	switch {
	case err == nil:
		return 0, fmt.Errorf("layer %s is not in the archive", img.layers[i])
	case !errors.Is(err, errFound):
		return 0, err
	}
	return size, nil
}

// id is the image's: the digest of its configuration.
func (img *image) id() string { return fmt.Sprintf("sha256:%x", sha256.Sum256(img.config)) }

// document is a small file of an archive.
type document struct {
	name    string
	content []byte
}

// documents are the files of the archive beside the layers.
func (img *image) documents() []document {
	config := strings.TrimPrefix(img.id(), "sha256:") + ".json"
	m := manifest{Config: config, RepoTags: img.tags}
	for _, diff := range img.diffs {
		m.Layers = append(m.Layers, diff+".tar")
	}
	text, err := json.Marshal([]manifest{m})
	if err != nil {
		panic(err) // strings only
	}
	return []document{{config, img.config}, {"manifest.json", text}}
}
