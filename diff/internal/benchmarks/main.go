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
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
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
	texts   string // folder of the texts that the project carries
	suites  string // folder of wikidiff2's cases, "" for none
	jsdiff  string // folder that holds node_modules/diff, "" for none
	write   string
	only    string // classes
	engines string
	rounds  int
	results string
	dir     string
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	var opt options
	var job string
	f := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	f.SetOutput(log)
	f.StringVar(&opt.texts, "texts", "../../testdata", "the folder of the texts that the project carries")
	f.StringVar(&opt.suites, "wikidiff2", "", "the file of wikidiff2's own test cases (wikidiff2_phpt.json), to compare the quality on")
	f.StringVar(&opt.jsdiff, "jsdiff", "", "a folder in which npm has installed diff")
	f.StringVar(&opt.write, "write", "", "the report to write")
	f.StringVar(&opt.only, "only", "", "the classes to measure, by the beginnings of their names, several parted by commas")
	f.StringVar(&opt.engines, "engines", "", "the engines to measure, in the same way")
	f.IntVar(&opt.rounds, "rounds", 3, "how often each task is done")
	f.StringVar(&opt.results, "results", "", "the file that keeps what was measured, so that -only measures parts of it again")
	f.StringVar(&job, "task", "", "for the program itself: do this one task and print what was measured")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return fmt.Errorf("there are only flags, and %q is none", f.Arg(0))
	}
	if job != "" {
		return doTask(ctx, job, opt, out)
	}
	return measureAll(ctx, opt, out, log)
}

// measureAll does all tasks, class by class, and writes the report.
func measureAll(ctx context.Context, opt options, out, log io.Writer) (err error) {
	if opt.dir, err = os.MkdirTemp("", "stemma-diff-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(opt.dir)) }()
	r, err := readResults(opt.results)
	if err != nil {
		return err
	}
	r.Begun, r.Engines = time.Now(), nil
	if r.Machine, err = lookAround(ctx); err != nil {
		return err
	}
	for _, e := range engines() {
		missing := e.missing(ctx, opt)
		r.Engines = append(r.Engines, engineNote{e.name, e.version(ctx, opt), missing})
	}
	for _, c := range classes() {
		if !wanted(c.name, opt.only) {
			continue
		}
		pairs, err := c.pairs(opt)
		if err != nil {
			return err
		}
		taken := takenClass{Name: c.name, Note: c.note, Pairs: len(pairs), Group: c.group}
		for _, p := range pairs {
			taken.Bytes += len(p.a)
		}
		fmt.Fprintf(log, "%s  %s: %d pairs\n", time.Now().Format(time.TimeOnly), c.name, len(pairs))
		if err := takeClass(ctx, opt, c, r.Engines, &taken, log); err != nil {
			return err
		}
		r.put(taken)
		if err := r.keep(opt.results); err != nil {
			return err
		}
	}
	if opt.suites != "" {
		if r.Suite, err = compareSuite(ctx, opt); err != nil {
			return err
		}
	}
	r.Command = commandLine(opt)
	if err := r.keep(opt.results); err != nil {
		return err
	}
	if opt.write == "" {
		_, err := io.WriteString(out, report(r))
		return err
	}
	return writeReport(opt.write, r)
}

// wanted says whether a name begins as one of a list does; an empty list wants all.
func wanted(name, list string) bool {
	return list == "" || slices.ContainsFunc(strings.Split(list, ","), func(p string) bool { return strings.HasPrefix(name, p) })
}

// takeClass does the tasks of a class, in rounds.
func takeClass(ctx context.Context, opt options, c class, notes []engineNote, taken *takenClass, log io.Writer) error {
	byName := map[string]*sample{}
	for round := range opt.rounds {
		for i, e := range engines() {
			if notes[i].Missing != "" || !wanted(e.name, opt.engines) {
				continue
			}
			if s := byName[e.name]; s != nil && s.Failed != "" {
				continue
			}
			s, err := startTask(ctx, opt, task{Engine: e.name, Class: c.name, Quality: round == 0, Seconds: c.limit()})
			if err != nil {
				return fmt.Errorf("%s, %s: %w", e.name, c.name, err)
			}
			if s.Failed != "" {
				fmt.Fprintf(log, "          %s: %s\n", e.name, s.Failed)
			}
			if old := byName[e.name]; old != nil {
				old.better(s)
			} else {
				byName[e.name] = s
			}
		}
	}
	for _, e := range engines() {
		if s := byName[e.name]; s != nil {
			taken.Samples = append(taken.Samples, *s)
		}
	}
	return nil
}

func commandLine(opt options) string {
	line := "go -C diff/internal/benchmarks run ."
	if opt.jsdiff != "" {
		line += " -jsdiff DIR"
	}
	if opt.suites != "" {
		line += " -wikidiff2 FILE"
	}
	if opt.only != "" && opt.results == "" {
		line += " -only " + opt.only
	}
	if opt.write != "" {
		line += " -write ../../" + filepath.Base(opt.write)
	}
	return line
}

// doTask does one task and prints its sample as JSON.
func doTask(ctx context.Context, job string, opt options, out io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(job), &t); err != nil {
		return err
	}
	s, err := t.do(ctx, opt)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(s)
}
