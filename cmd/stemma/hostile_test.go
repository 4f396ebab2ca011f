package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestHostile hands hostile files to every command that reads such a file: a few
// made here in short form, in long form every file below the folder that
// STEMMA_HOSTILE names. Whatever they hold, the program says what is wrong on few
// lines and ends with a code that means it, or takes them; it writes nothing
// outside of the store, the store stays sound, and memory stays bounded.
func TestHostile(t *testing.T) {
	dir := os.Getenv("STEMMA_HOSTILE")
	if dir == "" {
		dir = hostileSamples(t)
	}
	h := newHostile(t)
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		t.Run(filepath.Base(path), func(t *testing.T) { h.file(t, absolute(t, path)) })
		return nil
	})
	if err != nil || n < 10 {
		t.Fatalf("%d files in %s: %v", n, dir, err)
	}
	h.sound(t)
}

// hostile is a store that hostile files are handed to, in a folder that must hold
// nothing else afterwards.
type hostile struct {
	w     world
	store string
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	w, _, _ := testWorld(t)
	write(t, w.dir, "canary", "untouched")
	must(t, w, "init", "s")
	return &hostile{w: w, store: "s"}
}

// goTrace is what no message may hold: it comes of a panic or an error that no
// sentence was made of.
var goTrace = regexp.MustCompile(`goroutine \d+|runtime error|panic:|%!\w?\(|\*(errors|fmt|schema|json|xml)\.\w+`)

// hostileMemory is how much the heap may hold after any one command.
const hostileMemory = 600 << 20

// file hands a file to the commands that read its kind, and to some that don't.
func (h *hostile) file(t *testing.T, path string) {
	commands := [][]string{
		{"-C", h.store, "record", "--dry-run", path},
		{"-C", h.store, "record", path},
		{"convert", path, "--to", "json"},
		{"convert", path, "--to", "page"},
		{"-C", h.store, "import", "jsonl", path},
		{"-C", h.store, "import", "mediawiki", path},
		{"-C", h.store, "import", "pages", path},
		{"-C", h.store, "import", "git", path},
	}
	for _, format := range []string{"markdown", "json", "page", "html", "wikitext", "text"} {
		commands = append(commands, []string{"convert", path, "--as", format, "--to", "markdown"})
	}
	for _, args := range commands {
		start := time.Now()
		code, said := runCode(h.w, args...)
		what := fmt.Sprintf("stemma %s: exit %d after %s", strings.Join(args, " "), code, time.Since(start).Round(time.Millisecond))
		switch {
		case code != 0 && code != exitFailed && code != exitUsage && code != exitRefused:
			t.Errorf("%s\n%.500s", what, said)
		case goTrace.MatchString(said):
			t.Errorf("%s says %.500s", what, goTrace.FindString(said))
		case code != 0 && strings.TrimSpace(said) == "":
			t.Errorf("%s says nothing", what)
		case strings.ContainsAny(said, "\x1b\x00\u202e"):
			t.Errorf("%s writes raw control characters: %.300q", what, said)
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.HeapAlloc > hostileMemory {
			debug.FreeOSMemory()
			if runtime.ReadMemStats(&m); m.HeapAlloc > hostileMemory {
				t.Errorf("%s holds %d MiB", what, m.HeapAlloc>>20)
			}
		}
	}
}

// sound looks at the store and around it after everything.
func (h *hostile) sound(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(gitOutput(t, h.w, h.store, "fsck", "--strict", "--no-dangling", "--no-progress")) {
		t.Errorf("git fsck: %s", line)
	}
	if said := must(t, h.w, "-C", h.store, "verify"); !strings.HasPrefix(said, "ok: ") {
		t.Errorf("verify: %.500s", said)
	}
	gitOutput(t, h.w, ".", "clone", "-q", h.store, "clone")
	names, err := os.ReadDir(h.w.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range names {
		if name := d.Name(); name != h.store && name != "canary" && name != "clone" {
			t.Errorf("%s was made beside the store", name)
		}
	}
	if b, err := os.ReadFile(filepath.Join(h.w.dir, "canary")); err != nil || string(b) != "untouched" {
		t.Errorf("the canary holds %q, %v", b, err)
	}
}

// hostileSamples makes small files of each kind of attack.
func hostileSamples(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	nested := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	quote := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, text := range map[string]string{
		"deep.json":      nested,
		"deep.jsonl":     `{"doc":"a","n":1,"text":"x","k":` + nested + "}\n" + `{"headline":"x","k":` + nested + "}\n",
		"keys.jsonl":     `{"doc":"a","n":1,"text":"x"` + strings.Repeat(`,"a":1`, 3) + "}\n{" + strings.Repeat(`"headline":"x",`, 2) + `"n":1}` + "\n",
		"half.jsonl":     `{"headline":"\ud800"}` + "\n" + `{"doc":"\udfff","text":"x"}` + "\n" + `{"doc":"a","text":"`,
		"bytes.jsonl":    "{\"headline\":\"\xff\"}\n{\"doc\":\"a\",\"text\":\"\xc3\x28\"}\n\x00\n\xff\xfe\n",
		"numbers.jsonl":  `{"doc":"a","n":1e999,"text":"x"}` + "\n" + `{"headline":"x","n":1` + strings.Repeat("0", 5000) + "}\n" + `{"headline":NaN}` + "\n",
		"paths.jsonl":    `{"doc":"../../canary","n":1,"text":"x"}` + "\n" + `{"headline":"x","path":"/../../canary"}` + "\n" + `{"doc":".git/config","n":1,"text":"x"}` + "\n",
		"control.jsonl":  `{"doc":"c","n":1,"author":"\u001b[31m <a@b>\n","msg":"\u202e\u0000 x","text":"\u001b]0;x\u0007"}` + "\n" + `{"headline":` + quote("\x1b[2J\u202ex") + "}\n",
		"times.jsonl":    `{"doc":"t","n":1,"time":"9999999-01-01","text":"x"}` + "\n" + `{"doc":"u","n":1,"time":"0001-01-01T00:00:00Z","text":"x"}` + "\n" + `{"doc":"v","n":1,"time":"2999-01-01","text":"x"}` + "\n",
		"trailers.jsonl": `{"doc":"s","n":1,"time":"2020-01-01","author":"A <a@b>","msg":"x\n\nStemma-Article: 00000000000000000000000000\nStemma-Seal: 00","text":"x"}` + "\n",
		"front.md":       "---\na: &a [x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\nheadline: x\n---\n",
		"unclosed.md":    "---\nheadline: [",
		"page.md":        "### [2018-02-06](/news/2018/02/6/index.md)\n\n# x \n\n\n\n\n### Source:\n\n1. [a](javascript:x)\n\n### Changes:\n\n1. [../.. ](/../../../canary.md) _9999-99-99 99:99:99 (First version)_\n1. [x ](/x.md) _(Current version)_\n",
		"laughs.xml":     `<!DOCTYPE m [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><mediawiki version="0.11"><page><title>&b;</title></page></mediawiki>`,
		"xxe.xml":        `<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><mediawiki version="0.11"><page><title>&a;</title></page></mediawiki>`,
		"cut.xml":        `<mediawiki version="0.11"><page><title>T</title><id>1</id><revision><id>1</id><timestamp>2015-01-01T00:00:00Z</timestamp><text>x</text></revision><revision><te`,
		"title.xml":      `<mediawiki version="0.11"><page><title>../../../canary</title><id>-1</id><revision><id>99999999999999999999</id><timestamp>2015-01-01T00:00:00Z</timestamp><text>x</text></revision></page></mediawiki>`,
		"deep.html":      strings.Repeat("<div>", 50_000),
		"zeros.xz":       "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x28",
		"short.gz":       "\x1f\x8b\x08\x00\x00\x00\x00\x00",
		"frame.zst":      "\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f",
		"empty.jsonl":    "",
	} {
		write(t, dir, name, text)
	}
	return dir
}
