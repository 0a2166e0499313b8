package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the Makefile's -ldflags; this is what a plain go build says.
var version = "0.1.0"

var _ = command("version", "Say which Millrace this is.", &versionCmd{})

type versionCmd struct{}

// Run prints the version, the Go that built it and, where known, the commit.
func (*versionCmd) Run(p *process) error {
	_, err := fmt.Fprintf(p.Out, "Millrace %s (%s %s/%s%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, commit())
	return err
}

// commit is ", commit 0123456789ab" as far as the binary knows it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	text, changed := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			text = ", commit " + s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				changed = " and changes"
			}
		}
	}
	if text == "" {
		return ""
	}
	return text + changed
}
