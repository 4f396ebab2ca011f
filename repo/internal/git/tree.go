package git

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Modes of a tree's rows, as git stores them.
const (
	ModeFile       uint32 = 0o100644
	ModeExecutable uint32 = 0o100755
	ModeSymlink    uint32 = 0o120000
	ModeSubmodule  uint32 = 0o160000
	ModeTree       uint32 = 0o040000
)

const modeKind = 0o170000

// Entry is one row of a tree.
type Entry struct {
	Name string
	Mode uint32
	Hash Hash
}

// IsTree reports whether the row names another tree.
func (e Entry) IsTree() bool { return e.Mode&modeKind == ModeTree }

// isBlob reports whether the row names content: a file or a symbolic link.
func (e Entry) isBlob() bool {
	k := e.Mode & modeKind
	return k == 0o100000 || k == ModeSymlink
}

// rawEntry is a row whose name still lies in the tree's own bytes.
type rawEntry struct {
	name []byte
	mode uint32
	hash Hash
}

func (e rawEntry) entry() Entry { return Entry{string(e.name), e.mode, e.hash} }

// nextEntry cuts the first row off a tree's bytes.
func nextEntry(raw []byte) (e rawEntry, rest []byte, err error) {
	i := 0
	for ; i < len(raw) && raw[i] != ' '; i++ {
		if raw[i] < '0' || raw[i] > '7' || i > 6 {
			return e, nil, fmt.Errorf("a row begins with %q: want an octal mode", clip(string(raw[:i+1])))
		}
		e.mode = e.mode<<3 | uint32(raw[i]-'0')
	}
	if i == 0 || i == len(raw) {
		return e, nil, fmt.Errorf("a row has no mode")
	}
	raw = raw[i+1:]
	end := bytes.IndexByte(raw, 0)
	if end < 0 || len(raw) < end+21 {
		return e, nil, fmt.Errorf("a row is cut short")
	}
	e.name = raw[:end]
	if end == 0 || bytes.IndexByte(e.name, '/') >= 0 {
		return e, nil, fmt.Errorf("a row has the name %q", clip(string(e.name)))
	}
	copy(e.hash[:], raw[end+1:])
	return e, raw[end+21:], nil
}

func decodeTree(h Hash, raw []byte) ([]Entry, error) {
	entries := make([]Entry, 0, len(raw)/28+1)
	for len(raw) > 0 {
		e, rest, err := nextEntry(raw)
		if err != nil {
			return nil, corruptObject(h, err)
		}
		entries, raw = append(entries, e.entry()), rest
	}
	return entries, nil
}

func encodeTree(entries []Entry) []byte {
	size := 0
	for _, e := range entries {
		size += len(e.Name) + 28
	}
	raw := make([]byte, 0, size)
	for _, e := range entries {
		raw = strconv.AppendUint(raw, uint64(e.Mode), 8)
		raw = append(raw, ' ')
		raw = append(raw, e.Name...)
		raw = append(raw, 0)
		raw = append(raw, e.Hash[:]...)
	}
	return raw
}

// compareRows orders rows as git does: byte by byte, a tree's name as if it
// ended in a slash.
func compareRows(a string, aTree bool, b string, bTree bool) int {
	n := min(len(a), len(b))
	if c := strings.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return int(rowByte(a, aTree, n)) - int(rowByte(b, bTree, n))
}

func rowByte(name string, isTree bool, at int) byte {
	switch {
	case at < len(name):
		return name[at]
	case isTree:
		return '/'
	}
	return 0
}

// findRaw looks a name up in a tree's bytes.
func findRaw(h Hash, raw []byte, name string) (rawEntry, error) {
	for len(raw) > 0 {
		e, rest, err := nextEntry(raw)
		if err != nil {
			return rawEntry{}, corruptObject(h, err)
		}
		if string(e.name) == name {
			return e, nil
		}
		raw = rest
	}
	return rawEntry{}, ErrNotFound
}

// checkPath refuses a path that git fsck, or a file system that the store may
// be cloned to, would not bear.
func checkPath(path string) error {
	for _, part := range strings.Split(path, "/") {
		if why := badPart(part); why != "" {
			return fmt.Errorf("the path %q can't be stored: %s", clip(path), why)
		}
	}
	return nil
}

// plainPath reports whether checkPath surely lets a path pass: short parts of
// lower-case letters and digits, which may end in ".md". The store's own are.
func plainPath(path string) bool {
	path = strings.TrimSuffix(path, ".md")
	part := 0
	for i := range len(path) {
		switch c := path[i]; {
		case c == '/':
			if part == 0 {
				return false
			}
			part = 0
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z':
			part++
		default:
			return false
		}
	}
	return part > 0 && len(path) <= 200
}

func badPart(part string) string {
	// What a Mac ignores in names must not hide a ".git" from this check.
	visible := strings.Map(func(r rune) rune {
		if r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff {
			return -1
		}
		return r
	}, part)
	lower := strings.ToLower(strings.TrimRight(visible, ". "))
	switch {
	case part == "":
		return "it has an empty part"
	case part == "." || part == "..":
		return "it climbs"
	case len(part) > 255:
		return "a part is longer than 255 bytes"
	case strings.ContainsAny(part, "\x00\\:"):
		return "it holds NUL, a backslash or a colon"
	case strings.HasPrefix(lower, ".git"), strings.HasPrefix(lower, "git~"):
		return "names that begin with .git are git's own"
	}
	return ""
}
