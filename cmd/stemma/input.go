package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// maxInput is the most bytes of one file that are read: the longest body that a
// state may have, with room for everything around it.
const maxInput = 96 << 20

// file is one file as it was read.
type file struct {
	name    string // as the user named it; "stdin" for -
	content []byte
}

// read reads a file, or stdin for "-".
func (a *app) read(name string) (file, error) {
	if name == "-" {
		return readAll("stdin", a.in)
	}
	f, err := os.Open(a.path(name))
	if err != nil {
		return file{}, renamed(err, name)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return file{}, fmt.Errorf("%s is a folder, not a file", name)
	}
	return readAll(name, f)
}

// renamed puts the name as it was typed into an error about a file.
func renamed(err error, name string) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("cannot read %s: %w", name, path.Err)
	}
	return err
}

func readAll(name string, r io.Reader) (file, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return file{}, renamed(err, name)
	}
	if len(b) > maxInput {
		return file{}, &schema.Problem{File: name, Reason: fmt.Sprintf("it is longer than %d MiB", maxInput>>20)}
	}
	return file{name, b}, nil
}

func (f file) sum() [32]byte { return sha256.Sum256(f.content) }

// parse reads a file in a format; "" lets its name and content tell.
func (f file) parse(format schema.Format) (schema.Input, schema.Format, error) {
	if format == "" {
		name := f.name
		if name == "stdin" {
			name = ""
		}
		format = schema.Detect(name, f.content)
	}
	in, p := schema.Parse(format, f.content)
	if p == nil {
		p = check(in)
	}
	if p != nil {
		p.File = f.name
		return in, format, p
	}
	return in, format, nil
}

// check validates what was read as it will be recorded.
func check(in schema.Input) *schema.Problem {
	st := in.State
	st.Normalize()
	return st.Validate()
}

// formatFlag reads the name of a format that must be among the known; "" stays "".
func formatFlag(flag, name string, known ...schema.Format) (schema.Format, error) {
	if name == "" {
		return "", nil
	}
	format, err := schema.ParseFormat(name)
	if err == nil && slices.Contains(known, format) {
		return format, nil
	}
	words := make([]string, len(known))
	for i, f := range known {
		words[i] = string(f)
	}
	return "", usagef("%s: no format %q: one of %s is wanted", flag, name, strings.Join(words, ", "))
}
