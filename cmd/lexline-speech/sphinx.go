package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// The libraries of PocketSphinx 0.8 (5prealpha), as Debian 12 names them.
const (
	baseLibrary   = "libsphinxbase.so.3"
	sphinxLibrary = "libpocketsphinx.so.3"
)

// library holds the C functions that are used; the names are those of
// pocketsphinx.h, cmd_ln.h and err.h
// (https://github.com/cmusphinx/pocketsphinx/blob/5prealpha/include/pocketsphinx.h).
// Pointers to the library's objects are held as uintptr: Go never looks into them.
type library struct {
	arguments     func() uintptr
	parse         func(config, definitions uintptr, argc int32, argv **byte, strict int32) uintptr
	freeConfig    func(config uintptr) int32
	setLog        func(file uintptr)
	newDecoder    func(config uintptr) uintptr
	addWord       func(decoder uintptr, word, phones string, update int32) int32
	setJSGF       func(decoder uintptr, name, jsgf string) int32
	unsetSearch   func(decoder uintptr, name string) int32
	setSearch     func(decoder uintptr, name string) int32
	readTransform func(path string) uintptr
	setTransform  func(decoder, transform uintptr) uintptr
	startStream   func(decoder uintptr) int32
	startSpeech   func(decoder uintptr) int32
	process       func(decoder uintptr, samples *int16, count uintptr, noSearch, whole int32) int32
	endSpeech     func(decoder uintptr) int32
	hypothesis    func(decoder uintptr, score *int32) string
}

// loadLibrary opens the libraries. That they are not installed is an ordinary
// error.
func loadLibrary() (*library, error) {
	base, err := open(baseLibrary)
	if err != nil {
		return nil, err
	}
	sphinx, err := open(sphinxLibrary)
	if err != nil {
		return nil, err
	}
	lib := new(library)
	for _, function := range []struct {
		in   uintptr
		name string
		to   any
	}{
		{sphinx, "ps_args", &lib.arguments},
		{base, "cmd_ln_parse_r", &lib.parse},
		{base, "cmd_ln_free_r", &lib.freeConfig},
		{base, "err_set_logfp", &lib.setLog},
		{sphinx, "ps_init", &lib.newDecoder},
		{sphinx, "ps_add_word", &lib.addWord},
		{sphinx, "ps_set_jsgf_string", &lib.setJSGF},
		{sphinx, "ps_unset_search", &lib.unsetSearch},
		{sphinx, "ps_set_search", &lib.setSearch},
		{sphinx, "ps_mllr_read", &lib.readTransform},
		{sphinx, "ps_update_mllr", &lib.setTransform},
		{sphinx, "ps_start_stream", &lib.startStream},
		{sphinx, "ps_start_utt", &lib.startSpeech},
		{sphinx, "ps_process_raw", &lib.process},
		{sphinx, "ps_end_utt", &lib.endSpeech},
		{sphinx, "ps_get_hyp", &lib.hypothesis},
	} {
		address, err := purego.Dlsym(function.in, function.name)
		if err != nil {
			return nil, fmt.Errorf("PocketSphinx has no %s: %w", function.name, err)
		}
		purego.RegisterFunc(function.to, address)
	}
	return lib, nil
}

func open(name string) (uintptr, error) {
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return 0, fmt.Errorf("PocketSphinx is not installed (Debian: pocketsphinx): %w", err)
	}
	return handle, nil
}

// commandLine makes C's argc and argv. The second result keeps them alive.
func commandLine(args ...string) (argc int32, argv **byte, keep *runtime.Pinner) {
	keep = new(runtime.Pinner)
	pointers := make([]*byte, len(args)+1)
	for i, arg := range args {
		pointers[i] = unsafe.SliceData(append([]byte(arg), 0))
		keep.Pin(pointers[i])
	}
	argv = unsafe.SliceData(pointers)
	keep.Pin(argv)
	return int32(len(args)), argv, keep
}

// newHandle makes a decoder with settings. A setting that PocketSphinx does not
// know, or a model that it cannot read, is an error.
func (lib *library) newHandle(args ...string) (uintptr, error) {
	argc, argv, keep := commandLine(append([]string{"lexline-speech"}, args...)...)
	defer keep.Unpin()
	config := lib.parse(0, lib.arguments(), argc, argv, 1)
	if config == 0 {
		return 0, errors.New("PocketSphinx refuses its settings")
	}
	defer lib.freeConfig(config)
	handle := lib.newDecoder(config)
	if handle == 0 {
		return 0, errors.New("PocketSphinx cannot load its acoustic model (Debian: pocketsphinx-en-us)")
	}
	return handle, nil
}

// grammarName names a grammar by its content.
func grammarName(grammar string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(grammar)))[:16]
}
