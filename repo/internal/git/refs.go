package git

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mainRef is the one branch that holds a store's history.
const mainRef = "refs/heads/main"

// readRef returns what a ref points at, and whether it exists at all. A file
// that exists and holds anything but a commit's name is an error, never "no
// such ref": who takes the one for the other starts a new history over the old.
func readRef(dir, name string) (Hash, bool, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	// A ref that is being packed leaves its file after it has reached
	// packed-refs; one that is being updated comes back as a file. Looking a
	// second time closes the gap between the two looks.
	for range 2 {
		data, err := os.ReadFile(path)
		if err == nil {
			h, err := parseRef(data)
			if err != nil {
				return Hash{}, false, corruptFile(path, err)
			}
			return h, true, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return Hash{}, false, err
		}
		packed := filepath.Join(dir, "packed-refs")
		data, err = os.ReadFile(packed)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return Hash{}, false, err
		}
		h, found, err := findPackedRef(data, name)
		if err != nil {
			return Hash{}, false, corruptFile(packed, err)
		}
		if found {
			return h, true, nil
		}
	}
	return Hash{}, false, nil
}

// parseRef reads the content of a ref's file.
func parseRef(data []byte) (Hash, error) {
	s := string(data)
	switch {
	case strings.TrimSpace(s) == "":
		return Hash{}, fmt.Errorf("the ref is empty: put the name of the last good commit back with git update-ref")
	case strings.HasPrefix(s, "ref:"):
		return Hash{}, fmt.Errorf("the ref points at another ref (%q): main must be a branch of its own", clip(strings.TrimSpace(s)))
	}
	h, err := ParseHash(strings.TrimRight(s, " \t\r\n"))
	if err == nil && h.IsZero() {
		err = errors.New("the ref names no commit (all zeros)")
	}
	return h, err
}

// findPackedRef looks a ref up in the content of a packed-refs file: a line of
// traits, then "HASH NAME" a line, then "^HASH" for what a tag points at.
func findPackedRef(data []byte, name string) (Hash, bool, error) {
	for number := 1; len(data) > 0; number++ {
		line, rest, ended := bytes.Cut(data, []byte{'\n'})
		data = rest
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(line) == 0 || line[0] == '#' || line[0] == '^' {
			continue
		}
		if len(line) < 42 || line[40] != ' ' || !ended {
			return Hash{}, false, fmt.Errorf("line %d: %q is no ref", number, clip(string(line)))
		}
		if string(line[41:]) != name {
			continue
		}
		h, err := ParseHash(string(line[:40]))
		if err == nil && h.IsZero() {
			err = errors.New("the ref names no commit (all zeros)")
		}
		if err != nil {
			return Hash{}, false, fmt.Errorf("line %d: %w", number, err)
		}
		return h, true, nil
	}
	return Hash{}, false, nil
}
