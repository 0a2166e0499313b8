package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/millracedb/millrace/base/pgerr"
)

// process is what a command may use of the process that it runs in.
type process struct {
	In          io.Reader
	Out, Err    io.Writer
	Environ     []string
	Interactive bool // whether a person types In
	Terminal    bool // whether a person watches Out
}

// exit ends the process with a status, after what was to be said has been said.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

var commands []kong.Option

// command registers one; cmd is a pointer to a struct with kong's tags and a method
// Run(*process) error.
func command(name, help string, cmd any) bool {
	commands = append(commands, kong.DynamicCommand(name, help, "", cmd))
	return true
}

func main() {
	p := &process{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(),
		Interactive: isTerminal(os.Stdin), Terminal: isTerminal(os.Stdout)}
	os.Exit(run(p, os.Args[1:]))
}

// run carries out one command line and answers its exit status.
func run(p *process, args []string) int {
	status, ended := 0, false
	options := append([]kong.Option{
		kong.Name("millrace"),
		kong.Description("A SQL-first streaming database that speaks PostgreSQL's protocol."),
		kong.UsageOnError(),
		kong.Writers(p.Out, p.Err),
		kong.Exit(func(code int) { status, ended = code, true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		settingHelp(),
		kong.Vars{"default_url": defaultURL},
		kong.Bind(p),
	}, commands...)
	parser, err := kong.New(&struct{}{}, options...)
	if err != nil {
		fmt.Fprintln(p.Err, "millrace:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if ended { // --help has been printed
		return status
	}
	parser.FatalIfErrorf(err)
	if ended {
		return status
	}
	return statusOf(p, parsed.Run())
}

func statusOf(p *process, err error) int {
	var status exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintln(p.Err, "millrace:", err)
	var told *pgerr.Error
	if errors.As(err, &told) && told.Hint != "" {
		fmt.Fprintln(p.Err, told.Hint)
	}
	return 1
}
