package git

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	format "github.com/go-git/go-git/v5/plumbing/format/config"
)

// Settings is what a repository's config file says, without what it includes.
type Settings struct{ file *format.Config }

// Settings reads the store's config file anew.
func (r *Repo) Settings() (Settings, error) {
	data, err := os.ReadFile(filepath.Join(r.dir, "config"))
	if err != nil {
		return Settings{}, err
	}
	return parseSettings(data)
}

func parseSettings(data []byte) (Settings, error) {
	file := format.New()
	if err := format.NewDecoder(bytes.NewReader(data)).Decode(file); err != nil {
		return Settings{}, fmt.Errorf("%w: config: %w", ErrCorrupt, err)
	}
	return Settings{file}, nil
}

// All gives the values of SECTION.SUB.KEY, or of SECTION.KEY where sub is "", in
// the order of the file.
func (s Settings) All(section, sub, key string) []string {
	for _, x := range s.file.Sections {
		if !x.IsName(section) {
			continue
		}
		if sub == "" {
			return x.Options.GetAll(key)
		}
		for _, y := range x.Subsections {
			if y.IsName(sub) {
				return y.Options.GetAll(key)
			}
		}
	}
	return nil
}

// Get gives the value that counts, the last; "" where there is none.
func (s Settings) Get(section, sub, key string) string {
	all := s.All(section, sub, key)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// Subs lists the subsections of a section, each once, by name.
func (s Settings) Subs(section string) []string {
	var names []string
	for _, x := range s.file.Sections {
		if x.IsName(section) {
			for _, y := range x.Subsections {
				names = append(names, y.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SetSetting gives a key of the config one value, under git's lock of the file. All
// other lines stay as they are, comments too.
func (r *Repo) SetSetting(section, sub, key, value string) error {
	if strings.ContainsAny(value, "\n\r\x00") {
		return fmt.Errorf("%q can't be the value of a setting: it holds a line's end", clip(value))
	}
	return r.edit(filepath.Join(r.dir, "config"), func(old []byte) ([]byte, error) {
		data, err := setSetting(old, section, sub, key, value)
		if err != nil {
			return nil, err
		}
		now, err := parseSettings(data)
		if err == nil && now.Get(section, sub, key) != value {
			err = errors.New("the config can't be changed by this program: use git config")
		}
		return data, err
	})
}

// RemoveSettings removes a subsection of the config with all that it says.
func (r *Repo) RemoveSettings(section, sub string) error {
	return r.edit(filepath.Join(r.dir, "config"), func(old []byte) ([]byte, error) {
		var out []byte
		for _, l := range configLines(old) {
			if !l.in(section, sub) {
				out = append(out, l.text...)
			}
		}
		_, err := parseConfig(out)
		return out, err
	})
}

// configLine is a line of a config file, with those that carry it on.
type configLine struct {
	text         string
	section, sub string // where it stands
	key          string // in lower case; "" where it sets nothing
	header       bool
	more         bool // a header behind which a setting stands
}

func (l *configLine) in(section, sub string) bool {
	return strings.EqualFold(l.section, section) && l.sub == sub
}

var (
	configHeader = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[ \t]*\[[ \t]*([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\]|\\.)*)")?[ \t]*\]`)
	})
	configKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[ \t]*([A-Za-z][A-Za-z0-9-]*)`) })
)

func configLines(data []byte) []configLine {
	var lines []configLine
	section, sub := "", ""
	for rest := string(data); rest != ""; {
		text := ""
		for carried := true; carried && rest != ""; {
			line, after, found := strings.Cut(rest, "\n")
			if rest = after; found {
				line += "\n"
			}
			text += line
			bare := strings.TrimRight(line, "\r\n")
			backslashes := len(bare) - len(strings.TrimRight(bare, `\`))
			carried = backslashes%2 == 1 && !strings.HasPrefix(strings.TrimLeft(bare, " \t"), "#") && !strings.HasPrefix(strings.TrimLeft(bare, " \t"), ";")
		}
		l := configLine{text: text}
		if m := configHeader().FindStringSubmatch(text); m != nil {
			section, sub = m[1], regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2], "$1")
			if i := strings.IndexByte(section, '.'); i >= 0 && m[2] == "" {
				section, sub = section[:i], strings.ToLower(section[i+1:])
			}
			l.header = true
			behind := strings.TrimSpace(text[len(m[0]):])
			l.more = behind != "" && behind[0] != '#' && behind[0] != ';'
		} else if m := configKey().FindStringSubmatch(text); m != nil {
			l.key = strings.ToLower(m[1])
		}
		l.section, l.sub = section, sub
		lines = append(lines, l)
	}
	return lines
}

func setSetting(data []byte, section, sub, key, value string) ([]byte, error) {
	row := "\t" + key + " = " + quotedSetting(value) + "\n"
	var out []string
	at, stood := -1, false // where the row goes: where it stood, or behind the last
	for _, l := range configLines(data) {
		here := l.in(section, sub)
		if here && l.more {
			return nil, fmt.Errorf("the config has a setting on the line of a header (%s): use git config", clip(strings.TrimSpace(l.text)))
		}
		if here && l.key == strings.ToLower(key) {
			if !stood {
				at, stood = len(out), true
			}
			continue
		}
		if out = append(out, l.text); here && !stood && (l.header || l.key != "") {
			at = len(out)
		}
	}
	if len(out) > 0 && !strings.HasSuffix(out[len(out)-1], "\n") {
		out[len(out)-1] += "\n"
	}
	if at < 0 {
		head := "[" + section + "]\n"
		if sub != "" {
			head = "[" + section + ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(sub) + "\"]\n"
		}
		at, out = len(out)+1, append(out, head)
	}
	return []byte(strings.Join(slices.Insert(out, at, row), "")), nil
}

// quotedSetting writes a value so that git reads it back as it is.
func quotedSetting(value string) string {
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`, "\b", `\b`).Replace(value)
	if escaped != value || strings.TrimSpace(value) != value || strings.ContainsAny(value, "#;") {
		return `"` + escaped + `"`
	}
	return value
}
