package git

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	format "github.com/go-git/go-git/v5/plumbing/format/config"
)

// FormatVersion is the version of the store's own format that this program
// reads and writes.
const FormatVersion = 1

// DefaultLevels is how many folders stand above an article's file unless Init
// is told otherwise. Three levels of 32 cost the fewest bytes a version from
// some thousand articles up to a million.
const DefaultLevels = 3

const maxLevels = 8

// Config is what a store's config file says of the store itself, in its
// section [stemma].
type Config struct {
	FormatVersion int    // 0 in Init means FormatVersion
	UUID          string // empty in Init means a new random one
	Levels        int    // folders above a file, 1 to 8; 0 in Init means DefaultLevels
}

// settings are what a store tells git, in the order of the config file. Git's
// own upkeep stays off: packs are concatenated by the store, and a push must
// not start a full gc. What arrives by a push is checked, kept as a pack, and
// may only add to the history.
func settings(c Config) [][3]string {
	return [][3]string{
		{"core", "repositoryformatversion", "0"},
		{"core", "bare", "true"},
		{"core", "fsync", "all"},
		{"gc", "auto", "0"},
		{"gc", "autoPackLimit", "0"},
		{"maintenance", "auto", "false"},
		{"receive", "autogc", "false"},
		{"receive", "unpackLimit", "1"},
		{"receive", "denyNonFastForwards", "true"},
		{"receive", "denyDeletes", "true"},
		{"transfer", "fsckObjects", "true"},
		{"stemma", "formatversion", strconv.Itoa(c.FormatVersion)},
		{"stemma", "uuid", c.UUID},
		{"stemma", "levels", strconv.Itoa(c.Levels)},
		{"stemma", "objectformat", "sha1"},
	}
}

// withDefaults fills in what Init was not told, and refuses what can't be.
func (c Config) withDefaults() (Config, error) {
	if c.FormatVersion == 0 {
		c.FormatVersion = FormatVersion
	}
	if c.Levels == 0 {
		c.Levels = DefaultLevels
	}
	if c.UUID == "" {
		var b [16]byte
		if _, err := rand.Read(b[:]); err != nil {
			return c, err
		}
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80 // RFC 9562, version 4
		c.UUID = fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	}
	return c, c.check()
}

func (c Config) check() error {
	switch {
	case c.FormatVersion != FormatVersion:
		return fmt.Errorf("%w: the store has format version %d, this program knows %d", ErrUnsupported, c.FormatVersion, FormatVersion)
	case c.Levels < 1 || c.Levels > maxLevels:
		return fmt.Errorf("%w: stemma.levels is %d, want 1 to %d", ErrUnsupported, c.Levels, maxLevels)
	case c.UUID == "" || strings.ContainsAny(c.UUID, "\n\r\"\\#; \t"):
		return fmt.Errorf("%w: stemma.uuid is %q, want a UUID", ErrUnsupported, clip(c.UUID))
	}
	return nil
}

func encodeConfig(c Config) ([]byte, error) {
	file := format.New()
	for _, s := range settings(c) {
		file.AddOption(s[0], format.NoSubsection, s[1], s[2])
	}
	var out bytes.Buffer
	if err := format.NewEncoder(&out).Encode(file); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// parseConfig reads a store's config and refuses a repository that uses what
// this program does not know: writing to it would break it for others.
func parseConfig(data []byte) (Config, error) {
	file := format.New()
	if err := format.NewDecoder(bytes.NewReader(data)).Decode(file); err != nil {
		return Config{}, fmt.Errorf("%w: config: %w", ErrCorrupt, err)
	}
	if !file.HasSection("stemma") {
		return Config{}, fmt.Errorf("%w: the config has no section [stemma]", ErrNoStore)
	}
	if err := checkRepository(file); err != nil {
		return Config{}, err
	}
	own := file.Section("stemma")
	c := Config{UUID: own.Option("uuid")}
	var err error
	if c.FormatVersion, err = number(own, "formatversion"); err != nil {
		return Config{}, err
	}
	if c.FormatVersion == FormatVersion { // else nothing is known of the rest
		if c.Levels, err = number(own, "levels"); err != nil {
			return Config{}, err
		}
	}
	if f := own.Option("objectformat"); f != "" && !strings.EqualFold(f, "sha1") {
		return Config{}, fmt.Errorf("%w: objects named by %q, want sha1", ErrUnsupported, clip(f))
	}
	return c, c.check()
}

func number(s *format.Section, key string) (int, error) {
	n, err := strconv.Atoi(s.Option(key))
	if err != nil {
		return 0, fmt.Errorf("%w: config: stemma.%s is %q, want a number", ErrCorrupt, key, clip(s.Option(key)))
	}
	return n, nil
}

// checkRepository refuses what git's own format may hold and this program
// can't keep whole.
func checkRepository(file *format.Config) error {
	switch v := file.Section("core").Option("repositoryformatversion"); v {
	case "", "0", "1":
	default:
		return fmt.Errorf("%w: git repository format %q, want 0 or 1", ErrUnsupported, clip(v))
	}
	if !file.HasSection("extensions") {
		return nil
	}
	extensions := file.Section("extensions")
	for _, o := range extensions.Options {
		key, value := strings.ToLower(o.Key), strings.ToLower(o.Value)
		switch {
		case key == "noop", key == "preciousobjects":
		case key == "objectformat" && value == "sha1":
		case key == "refstorage" && value == "files":
		default:
			return fmt.Errorf("%w: git extension %s = %s", ErrUnsupported, clip(key), clip(value))
		}
	}
	for _, s := range extensions.Subsections {
		return fmt.Errorf("%w: git extension %q", ErrUnsupported, clip(s.Name))
	}
	return nil
}

func readConfig(dir string) (Config, error) {
	path := filepath.Join(dir, "config")
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return Config{}, fmt.Errorf("%w: %s", ErrNoStore, dir)
	}
	if err != nil {
		return Config{}, err
	}
	c, err := parseConfig(data)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// IsStore reports whether dir looks like a store, without opening it: it is a
// bare git repository whose config has a section [stemma].
func IsStore(dir string) bool {
	if info, err := os.Stat(filepath.Join(dir, "objects")); err != nil || !info.IsDir() {
		return false
	}
	data, err := os.ReadFile(filepath.Join(dir, "config"))
	if err != nil {
		return false
	}
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(line)), []byte("[stemma]")) {
			return true
		}
	}
	return false
}
