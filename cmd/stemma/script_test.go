package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/stemma-project/stemma/examples"
)

// TestMain lets the test binary stand in for the program: a script's "stemma" is
// this binary run under that name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"stemma": main, hurried: serveHurried})
}

// TestScripts runs the scripts, each in a folder of its own and in an environment
// that holds nothing of the developer's.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("git is needed: the scripts look at stores with it")
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, ".home")
			env.Setenv("HOME", home)
			env.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_TERMINAL_PROMPT", "0")
			env.Setenv("STEMMA_AUTHOR", "Ada Reporter <ada@example.org>")
			env.Setenv("LC_ALL", "C.UTF-8")
			return os.MkdirAll(home, 0o777)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    cmdExits,
			"bytes":    cmdBytes,
			"examples": cmdExamples,
			"golden":   cmdGolden,
		},
	})
}

// cmdExits runs a command and wants an exit code: exits CODE COMMAND [ARG...].
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit %d, want %d", got, want)
	}
}

// cmdBytes writes a file from Go string literals: bytes FILE LITERAL [LITERAL*N]...
// LITERAL stands without its quotes; *N after it repeats it.
func cmdBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: bytes FILE LITERAL...")
	}
	var b strings.Builder
	for _, arg := range args[1:] {
		times := 1
		if i := strings.LastIndex(arg, "*"); i >= 0 {
			if n, err := strconv.Atoi(arg[i+1:]); err == nil {
				arg, times = arg[:i], n
			}
		}
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(arg, `"`, `\"`) + `"`)
		if err != nil {
			ts.Fatalf("%s: %v", arg, err)
		}
		b.WriteString(strings.Repeat(text, times))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o666))
}

// cmdExamples copies the example content into a folder: examples DIR.
func cmdExamples(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: examples DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(fs.WalkDir(examples.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(target, 0o777)
		}
		b, err := examples.FS.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, 0o666)
	}))
}

// cmdGolden wants a file to be part of another, byte for byte: golden PART WHOLE.
// Either may be stdout.
func cmdGolden(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: golden PART WHOLE")
	}
	part, whole := ts.ReadFile(args[0]), ts.ReadFile(args[1])
	if has := part != "" && strings.Contains(whole, part); has == neg {
		ts.Fatalf("%s is part of %s: %v", args[0], args[1], has)
	}
}
