package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/millracedb/millrace/bench/results"
	"github.com/millracedb/millrace/connect/nexmark"
)

// checked are the events that the answers are compared on: slow enough that no two share a
// millisecond, for Flink's texts of q9 and q18 leave open which of two equal times counts.
var checked = events{n: 50_000, rate: 500}

// events are the first n of the benchmark's at a rate.
type events struct{ n, rate int64 }

func (ev events) name() string { return fmt.Sprintf("%d-%d", ev.n, ev.rate) }

// rig is what the engines share. Paths are relative to the project's root.
type rig struct {
	folder  string // for all that is fetched, built and kept
	binary  string // Millrace's
	engines []*engine
	repeats int
	cpu     int
	heap    string
}

func (r *rig) path(names ...string) string {
	return filepath.Join(append([]string{r.folder}, names...)...)
}

// file is where events are, a line each.
func (r *rig) file(ev events) string { return r.path("events", ev.name()+".txt") }

// choose takes the engines of a list.
func (r *rig) choose(names string) error {
	for name := range strings.SplitSeq(names, ",") {
		e, err := engineNamed(name)
		if err != nil {
			return err
		}
		r.engines = append(r.engines, e)
	}
	return nil
}

// prepare builds the engines and writes the events.
func (r *rig) prepare(ctx context.Context, ev events) error {
	for _, e := range r.engines {
		if e.prepare == nil {
			continue
		}
		fmt.Printf("preparing %s\n", e.title)
		if err := e.prepare(ctx, r); err != nil {
			return fmt.Errorf("preparing %s: %w", e.title, err)
		}
	}
	for _, ev := range []events{checked, ev} {
		if err := r.write(ev); err != nil {
			return err
		}
		for _, e := range r.engines {
			if e.events == nil {
				continue
			}
			if err := e.events(ctx, r, ev); err != nil {
				return fmt.Errorf("events for %s: %w", e.title, err)
			}
		}
	}
	return nil
}

// setUp runs a rig's script, which needs some programs.
func (r *rig) setUp(ctx context.Context, name string, programs ...string) error {
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			return fmt.Errorf("%w; bench/rivals/README.md says what is needed, and -engines leaves an engine out", err)
		}
	}
	c := exec.CommandContext(ctx, filepath.Join("bench/rivals", name, "setup.sh"), r.path(name))
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c.Run()
}

// write writes events to their file, unless it is there.
func (r *rig) write(ev events) error {
	if _, err := os.Stat(r.file(ev)); err == nil {
		return nil
	}
	if err := os.MkdirAll(r.path("events"), 0o755); err != nil {
		return err
	}
	if err := anchored(); err != nil {
		return err
	}
	half := r.file(ev) + ".half"
	c := exec.Command(r.binary, "bench", "nexmark", "--write", half, "--events", fmt.Sprint(ev.n), "--rate", fmt.Sprint(ev.rate))
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return err
	}
	return os.Rename(half, r.file(ev))
}

// anchor is the digest of the first 10,000 events that the specification gives.
const anchor = "f3d5e22f1bd8d72b875dbbbfc0b765893c2a32e67c983cb2709f891e2cc16a2a"

// anchored makes sure that the events are those of the specification.
func anchored() error {
	h := sha256.New()
	if err := nexmark.New(nexmark.Config{}).WriteLines(h, 0, 10_000); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != anchor {
		return fmt.Errorf("the generator's events are not the specification's: %s", sum)
	}
	return nil
}

// run compares the engines' answers to a query and measures them in turns.
func (r *rig) run(ctx context.Context, query string, ev events) (*record, error) {
	rec := &record{Query: query, Events: ev.n, Rate: ev.rate, At: time.Now().UTC().Truncate(time.Minute), Load: results.Load(), Repeats: r.repeats, Pinned: r.cpu >= 0}
	var answers []answer
	for _, e := range r.engines {
		f, err := r.ask(ctx, e, query, checked, true)
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer{engine: e.title, rows: f["rows"], digest: f["digest"]})
	}
	if err := agree(answers); err != nil {
		return nil, err
	}
	rec.Rows = answers[0].rows
	for range r.repeats {
		for _, e := range r.engines {
			f, err := r.ask(ctx, e, query, ev, false)
			if err != nil {
				return nil, err
			}
			m, err := f.measure()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.title, err)
			}
			fmt.Printf("%s %s: %.3f M events per CPU second, %.3f by the clock\n", query, e.title, perCPU(m)/1e6, perSecond(m)/1e6)
			rec.add(e, m)
		}
	}
	return rec, nil
}

// ask runs a query on an engine and reads its line.
func (r *rig) ask(ctx context.Context, e *engine, query string, ev events, digest bool) (figures, error) {
	out, err := r.output(ctx, e.command(r, query, ev, digest))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.title, err)
	}
	f, err := read(out, e.line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.title, err)
	}
	return f, nil
}

// output runs a command on the processor that is measured on, and returns what it prints. What
// the command before it left in the folder tmp is gone.
func (r *rig) output(ctx context.Context, command []string) (string, error) {
	err := os.RemoveAll(r.path("tmp"))
	if err == nil {
		err = os.MkdirAll(r.path("tmp"), 0o755)
	}
	if err != nil {
		return "", err
	}
	if r.cpu >= 0 {
		command = append([]string{"taskset", "-c", strconv.Itoa(r.cpu)}, command...)
	}
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	var out, said bytes.Buffer
	c.Stdout, c.Stderr = &out, &said
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, tail(said.String()+out.String()))
	}
	return out.String(), nil
}

// tail is the end of what a program said before it failed.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}
