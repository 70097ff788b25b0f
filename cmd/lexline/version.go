package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the build: -ldflags "-X main.version=v1.2.3".
var version string

func versionCommand() command {
	return command{"version", "print the version", func(_ context.Context, env *environment, args []string) error {
		flags := newFlags(env, "version", "", `Prints the version of this program and of the Go that built it.

example:
  lexline version`)
		if err := parseFlags(flags, args); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.stdout, "lexline %s %s\n", programVersion(), runtime.Version())
		return err
	}}
}

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
