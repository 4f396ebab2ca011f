package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"os/user"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/stemma-project/stemma/schema"
)

func main() { os.Exit(mainRun()) }

// mainRun is the one place that reads the process's arguments, environment,
// terminal and signals. Everything below it takes them from the [world].
func mainRun() int {
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
