package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	sizes   string
	write   string
	dir     string
	only    string
	results string
	again   bool
}

// run is the program: the whole of it, or one task of a program that was started
// again.
func run(ctx context.Context, args, environ []string, in io.Reader, out, log io.Writer) error {
	if len(args) == 2 && args[0] == taskWord {
		return runTask(ctx, args[1], in, out)
	}
	var opt options
	f := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&opt.sizes, "sizes", "1k", "how many versions, several parted by commas: 1k,100k,1M")
	f.StringVar(&opt.write, "write", "", "the report to write (FILE.md; the picture stands beside it as .svg)")
	f.StringVar(&opt.dir, "dir", "", "where to work; what is prepared there is used again (default a temporary folder)")
	f.StringVar(&opt.only, "only", "", "measures to take, several parted by commas, also those taken before (default all not yet taken)")
	f.StringVar(&opt.results, "results", "", "the file that keeps what was measured, from run to run (default results.json in -dir)")
	f.BoolVar(&opt.again, "again", false, "measure everything again")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("there are only flags, and %q is none", f.Arg(0))
	}
	return measureAll(ctx, opt, environ, log)
}

func runTask(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	do, ok := tasks()[name]
	if !ok {
		return fmt.Errorf("no task %q", name)
	}
	var args json.RawMessage
	if err := json.NewDecoder(in).Decode(&args); err != nil {
		return err
	}
	reply, err := do(ctx, args)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(reply)
}

// measureAll takes the measures and writes the report.
func measureAll(ctx context.Context, opt options, environ []string, log io.Writer) (err error) {
	sizes, err := parseSizes(opt.sizes)
	if err != nil {
		return err
	}
	slices.Sort(sizes)
	list, err := chosen(opt.only)
	if err != nil {
		return err
	}
	if opt.dir == "" {
		if opt.dir, err = os.MkdirTemp("", "stemma-benchmarks-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(opt.dir)) }()
	} else if opt.dir, err = filepath.Abs(opt.dir); err != nil {
		return err
	} else if opt.results == "" {
		opt.results = filepath.Join(opt.dir, "results.json")
	}
	if err := os.MkdirAll(opt.dir, 0o777); err != nil {
		return err
	}
	t, err := build(ctx, opt.dir, environ)
	if err != nil {
		return err
	}
	r, err := readResults(opt.results)
	if err != nil {
		return err
	}
	if r.Machine, err = lookAround(ctx, t, opt.dir); err != nil {
		return err
	}
	places := make([]*place, len(sizes))
	for i, n := range sizes {
		places[i] = &place{tools: t, dir: filepath.Join(opt.dir, sizeName(n)), size: n, results: r, log: log}
	}
	if err := takeAll(ctx, places, list, opt.only != "" || opt.again); err != nil {
		return err
	}
	r.Command = commandLine(r.sizes(), opt.write)
	for _, text := range missed(r) {
		fmt.Fprintln(log, "missed:", text)
	}
	if opt.write == "" {
		fmt.Fprint(log, "\n", goalsTable(r))
		return nil
	}
	return writeReport(opt.write, r)
}

// takeAll takes the measures that are wanted, size by size.
func takeAll(ctx context.Context, places []*place, list []measure, again bool) error {
	for i, p := range places {
		for _, m := range list {
			if m.Once && i > 0 {
				continue
			}
			size := p.size
			if m.Once {
				size = 0
			}
			if _, ok := p.results.get(m.Name, size); ok && !again {
				p.say("%s: taken before", m.Name)
				continue
			}
			if err := takeMeasure(ctx, p, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// commandLine is what repeats the whole.
func commandLine(sizes []int, write string) string {
	var names []string
	for _, n := range sizes {
		names = append(names, sizeName(n))
	}
	line := "go run ./repo/internal/benchmarks -sizes " + strings.Join(names, ",")
	if write != "" {
		if filepath.IsAbs(write) { // names somebody's folders
			write = filepath.Base(write)
		}
		line += " -write " + filepath.ToSlash(write)
	}
	return line
}

// build makes the program that is measured from the source around the working
// directory.
func build(ctx context.Context, dir string, environ []string) (*tools, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := &tools{self: self, stemma: filepath.Join(dir, "stemma"), env: environment(environ)}
	if runtime.GOOS == "windows" {
		t.stemma += ".exe"
	}
	mod, _, err := answer(t.command(ctx, "", "go", "env", "GOMOD"))
	if err != nil {
		return nil, err
	}
	if filepath.Base(mod) != "go.mod" {
		return nil, errors.New("the program to measure is built from source: run this inside the module")
	}
	return t, silent(t.command(ctx, filepath.Dir(mod), "go", "build", "-o", t.stemma, "./cmd/stemma"))
}
