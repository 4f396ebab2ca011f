package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMediaWikiTakesExports imports exports into a MediaWiki, made anew for each in a
// database of its own, and reads back what it kept by its own dump: every revision
// of every page, with its time, author, comment, minor flag and text. The folder of
// its program (that of maintenance/importDump.php) is named by STEMMA_MEDIAWIKI, and
// needs php with SQLite.
func TestMediaWikiTakesExports(t *testing.T) {
	program := os.Getenv("STEMMA_MEDIAWIKI")
	if program == "" {
		t.Skip("SKIPPED: STEMMA_MEDIAWIKI names no MediaWiki that exports could be imported into")
	}
	testdata := filepath.Join("..", "..", "repo", "ingest", "testdata")
	for name, fill := range map[string]func(t *testing.T, w world) string{
		"a wiki": func(t *testing.T, w world) string {
			return imported(t, w, "mediawiki", filepath.Join(testdata, "export-0.11.xml.gz"))
		},
		"an older wiki": func(t *testing.T, w world) string {
			return imported(t, w, "mediawiki", filepath.Join(testdata, "anarchism.export-0.4.xml.bz2"))
		},
		"documents": func(t *testing.T, w world) string {
			return imported(t, w, "jsonl", filepath.Join(testdata, "documents.revs.jsonl.xz"), "--encoding", "ISO-8859-1")
		},
		"event pages": func(t *testing.T, w world) string {
			must(t, w, "demo", "--dir", "demo")
			return filepath.Join("demo", "news.stemma")
		},
		"odd names": func(t *testing.T, w world) string {
			write(t, w.dir, "odd.jsonl", oddStates(t))
			return imported(t, w, "jsonl", filepath.Join(w.dir, "odd.jsonl"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, _, _ := testWorld(t)
			must(t, w, "-C", fill(t, w), "export", "mediawiki", "-o", "out.xml")
			out := filepath.Join(w.dir, "out.xml")
			said, kept := keptRevisions(t, out), keptRevisions(t, throughMediaWiki(t, program, out))
			if len(said) == 0 {
				t.Fatal("the export holds no revision")
			}
			for i := range max(len(said), len(kept)) {
				if i >= len(said) || i >= len(kept) || said[i] != kept[i] {
					t.Fatalf("%d revisions went out, %d were kept; the first that differs:\n%.700s\n%.700s",
						len(said), len(kept), strings.Join(said[min(i, len(said)):min(i+1, len(said))], ""), strings.Join(kept[min(i, len(kept)):min(i+1, len(kept))], ""))
				}
			}
			t.Logf("%d revisions", len(kept))
		})
	}
}

// imported makes a store of a file and gives its folder.
func imported(t *testing.T, w world, format, file string, flags ...string) string {
	t.Helper()
	must(t, w, "init", "store")
	must(t, w, append([]string{"-C", "store", "import", format, absolute(t, file)}, flags...)...)
	return "store"
}

// oddStates gives states whose headlines and authors no wiki takes as they are.
func oddStates(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i, headline := range []string{
		"Talk: is cheap", "Special:Export", "w:de:Haus", "iPhone sold", "IPhone sold", "a_b#c", "a b＃c", "100%41", "&lt;b&gt; [[x]] {{y}} | z",
		"..", "~~~~", ": first", "\u200e\u202elefthanded", "'''bold''' __NOTOC__", strings.Repeat("Überlang ", 40), strings.Repeat("Überlang ", 41),
		"القدس: خبر", "新闻：标题", "File:Missing.png", "Category: None", "<script>alert(1)</script>",
	} {
		for version, author := range []string{"Ada", "Jörg #1 <x@y>", "127.0.0.1", "a|b/c@d", "en:Someone"} {
			line, err := json.Marshal(map[string]any{
				"doc": fmt.Sprint("odd/", i), "text": fmt.Sprintf("---\nheadline: %s\n---\n\nVersion %d.\n", quoted(headline), version),
				"n": version + 1, "author": author, "msg": "note " + author, "time": fmt.Sprintf("2020-01-%02dT00:00:%02dZ", i+1, version/2),
			})
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
	}
	return b.String()
}

// quoted writes a text as YAML's double quoted form, which JSON's is.
func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// throughMediaWiki imports a dump into a new wiki and gives the file of its own dump.
func throughMediaWiki(t *testing.T, program, dump string) string {
	t.Helper()
	dir := t.TempDir()
	php := func(stdout *os.File, script string, args ...string) {
		cmd := exec.Command("php", append([]string{filepath.Join(program, "maintenance", script)}, args...)...)
		var said strings.Builder
		cmd.Stdout, cmd.Stderr = &said, &said
		if stdout != nil {
			cmd.Stdout = stdout
		}
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v\n%.2000s", script, err, said.String())
		}
	}
	for _, sub := range []string{"data", "conf"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	settings := filepath.Join(dir, "conf", "LocalSettings.php")
	php(nil, "install.php", "--confpath", filepath.Dir(settings), "--dbtype=sqlite", "--dbpath="+filepath.Join(dir, "data"),
		"--pass=only-for-this-test-1", "--server=http://127.0.0.1", "--scriptpath=", "Wiki", "Admin")
	php(nil, "deleteBatch.php", "--conf", settings, mainPage(t, dir))
	php(nil, "importDump.php", "--conf", settings, "--no-updates", "--username-prefix=imported", dump)
	back := filepath.Join(dir, "back.xml")
	f, err := os.Create(back)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	php(f, "dumpBackup.php", "--conf", settings, "--full", "--quiet")
	return back
}

// mainPage gives a file that names the page which every new wiki has.
func mainPage(t *testing.T, dir string) string {
	t.Helper()
	write(t, dir, "main.txt", "Main Page\n")
	return filepath.Join(dir, "main.txt")
}

// keptRevisions gives what the revisions of a dump say, a text each, sorted. A wiki
// writes whom it does not know as "imported>NAME", and a title with a capital.
func keptRevisions(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var d wikiDump
	if err := xml.Unmarshal(b, &d); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	var lines []string
	for _, p := range d.Pages {
		first, rest := p.Title[:1], p.Title[1:]
		for _, r := range p.Revisions {
			who := strings.TrimPrefix(r.Contributor.Username+r.Contributor.IP, "imported>")
			lines = append(lines, fmt.Sprintf("%s%s %s %q %q minor=%t %q", strings.ToUpper(first), rest, r.Timestamp, who, r.Comment.Body, r.Minor != nil, r.Text.Body))
		}
	}
	slices.Sort(lines)
	return lines
}
