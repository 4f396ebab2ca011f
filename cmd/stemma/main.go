package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"os/user"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/stemma-project/stemma/schema"
)

func main() { os.Exit(mainRun()) }

// mainRun is the one place that reads the process's arguments, environment,
// terminal and signals. Everything below it takes them from the [world].
func mainRun() int {
	collectLate()
	// The first interrupt cancels what is under way; stop then gives the signal
	// its own meaning back, so that a second one ends the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return run(ctx, os.Args[1:], world{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTerminal: isTerminal(os.Stdin), outTerminal: isTerminal(os.Stdout), errTerminal: isTerminal(os.Stderr),
		size:    func() (int, int) { return terminalSize(os.Stdout, os.Stderr) },
		dir:     dir,
		getenv:  os.Getenv,
		environ: os.Environ(),
		now:     time.Now,
		user:    osUser,
		secret:  func() ([]byte, error) { return term.ReadPassword(int(os.Stdin.Fd())) },
	})
}

// shortHeap is the percentage of the collector by which a command that is done within
// some milliseconds never collects: its memory comes to 10 MB or less.
const shortHeap = 400

// collectLate puts the first garbage collection off until there are 16 MB instead of
// 4: it was a tenth of the processor time of recording one version. What needs more
// memory than that collects as ever from then on, and so does a process whose
// environment says how often ($GOGC).
func collectLate() {
	usual := debug.SetGCPercent(shortHeap)
	if usual != 100 {
		debug.SetGCPercent(usual)
		return
	}
	// The pointer in it keeps it out of the blocks of tiny objects, which live on.
	first := &struct{ self *int }{}
	runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, usual)
}

// world is what the process finds around it.
type world struct {
	in       io.Reader
	out, err io.Writer

	inTerminal, outTerminal, errTerminal bool
	size                                 func() (width, height int) // of the terminal; 0, 0 where there is none

	dir     string // the working directory
	getenv  func(string) string
	environ []string // for programs that are started: git, the editor, the pager
	now     func() time.Time
	user    func() schema.Person   // who runs the program, as the operating system knows it
	secret  func() ([]byte, error) // reads a line from the terminal without showing it
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// terminalSize gives the size of the first of the files that is a terminal.
func terminalSize(files ...*os.File) (width, height int) {
	for _, f := range files {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil {
			return w, h
		}
	}
	return 0, 0
}

// osUser names whoever runs the program: the account's name at the machine's.
func osUser() schema.Person {
	u, err := user.Current()
	if err != nil {
		return schema.Person{}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	name := u.Name
	if name == "" {
		name = u.Username
	}
	return schema.Person{Name: name, Email: u.Username + "@" + host}
}
