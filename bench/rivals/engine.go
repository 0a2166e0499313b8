package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// queries are those that every engine has.
var queries = []string{"q0", "q3", "q4", "q5", "q7", "q8", "q9", "q18", "q20"}

// engine is a system that is measured: a program that prints one line of `key=value` words
// whose first word is the line's name.
type engine struct {
	name, title string
	line        string
	pinnedIn    string // the file that says its version; "": it is of this project
	// prepare fetches and builds what it runs with; nil: nothing.
	prepare func(ctx context.Context, r *rig) error
	// events gives it the events in its own form; nil: it takes them as they are.
	events func(ctx context.Context, r *rig, ev events) error
	// command runs a query: for the digest of its answer or for its speed.
	command func(r *rig, query string, ev events, digest bool) []string
}

var engines = []*engine{
	{name: "millrace", title: "Millrace", line: "nexmark", command: millrace},
	{name: "flink", title: "Flink", line: "flink", pinnedIn: "bench/rivals/flink/setup.sh", prepare: setUpFlink, events: packForFlink, command: flinkOn("hashmap", "off")},
	{name: "flink-rocksdb", title: "Flink on RocksDB", line: "flink", pinnedIn: "bench/rivals/flink/setup.sh", prepare: setUpFlink, events: packForFlink, command: flinkOn("rocksdb", "on")},
	{name: "feldera", title: "Feldera", line: "feldera", pinnedIn: "bench/rivals/feldera/Cargo.toml", prepare: setUpFeldera, command: feldera},
}

func engineNames() (names []string) {
	for _, e := range engines {
		names = append(names, e.name)
	}
	return names
}

func engineNamed(name string) (*engine, error) {
	i := slices.IndexFunc(engines, func(e *engine) bool { return e.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no engine %q, only %s", name, strings.Join(engineNames(), ", "))
	}
	return engines[i], nil
}

func millrace(r *rig, query string, ev events, digest bool) []string {
	c := []string{r.binary, "bench", "nexmark", "--query", query, "--events", fmt.Sprint(ev.n), "--rate", fmt.Sprint(ev.rate), "--sink", "discard"}
	if digest {
		c = append(c, "--digest")
	}
	return c
}

func setUpFlink(ctx context.Context, r *rig) error {
	return r.setUp(ctx, "flink", "java", "javac", "python3")
}

func setUpFeldera(ctx context.Context, r *rig) error {
	return r.setUp(ctx, "feldera", "cargo", "cc", "cmake")
}

// packForFlink makes the events into rows of Flink's own, unless they are there.
func packForFlink(ctx context.Context, r *rig, ev events) error {
	folder := r.path("flink", "events", ev.name())
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	half := folder + ".half"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if _, err := r.output(ctx, append(java(r), "pack", r.file(ev), half)); err != nil {
		return err
	}
	return os.Rename(half, folder)
}

// flinkOn runs Flink with a state backend, with or without mini-batches.
func flinkOn(backend, minibatch string) func(r *rig, query string, ev events, digest bool) []string {
	return func(r *rig, query string, ev events, digest bool) []string {
		what, key := "measure", 0
		if digest {
			what = "digest"
		}
		if query == "q9" {
			key = 1 // some of Flink's plans say what became of an auction's row, not what it was
		}
		return append(java(r), what, "sql="+flinkSQL(query), "data="+r.path("flink", "events", ev.name()), "tmp="+r.path("tmp"),
			fmt.Sprint("events=", ev.n), fmt.Sprint("key=", key), "backend="+backend, "minibatch="+minibatch)
	}
}

// flinkSQL is the file of a query in Flink's words: the project's own, unless Flink needs others.
func flinkSQL(query string) string {
	own := filepath.Join("bench/rivals/flink/sql", query+".sql")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return filepath.Join("connect/nexmark/queries", query+".sql")
}

func java(r *rig) []string {
	c := []string{"java"}
	for p := range strings.FieldsSeq("lang net io nio util util.concurrent util.concurrent.atomic util.concurrent.locks text time") {
		c = append(c, "--add-opens=java.base/java."+p+"=ALL-UNNAMED")
	}
	return append(c, "-Xms"+r.heap, "-Xmx"+r.heap, "-XX:+UseParallelGC", "-Djava.io.tmpdir="+r.path("tmp"), "-cp", r.path("flink", "classes")+":"+r.path("flink", "jars", "lib", "*"), "rivals.Bench")
}

func feldera(r *rig, query string, ev events, digest bool) []string {
	c := []string{r.path("feldera", "target", "release", "feldera-nexmark"), "--query", query, "--file", r.file(ev), "--events", fmt.Sprint(ev.n)}
	if digest { // in many small transactions, so that answers are taken back
		c = append(c, "--answer", "digest", "--batch", "777")
	}
	return c
}

var pinned = regexp.MustCompile(`(?m)^(?:version=|dbsp = "=)([0-9.]+)`)

// version is the one that the rig's text pins, "" where it pins none.
func version(text string) string {
	if m := pinned.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}
