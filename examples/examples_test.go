package examples_test

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/schema"
)

// The programs build, run, and print what their readers will see.
func TestProgramsRun(t *testing.T) {
	for dir, want := range map[string][]string{
		"firststeps": {
			"created Two dead as bridge falls\nrecorded Seven dead as bridge falls\n",
			"2 Ada Reporter [headline body figure wording] Seven dead as bridge falls current\n",
			"[-Two-]{+Seven+} dead as bridge falls",
			"The bridge fell at noon{+, police say+}.",
		},
		"quietedits": {
			"Wikipedia contributors, 2025-11-22T12:18:38Z: headline, figure, wording, sources\n",
			"[-Sixteen-]{+At least 18+} people are killed and [-seven-]{+21+} others injured",
			"rises to [-eight-]{+25+}, with more than 1.4 million others displaced.",
		},
	} {
		t.Run(dir, func(t *testing.T) {
			cmd := exec.Command("go", "run", "./"+dir)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, errs.String())
			}
			for _, w := range want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("%q is not in\n%s", w, out.String())
				}
			}
		})
	}
}

// Every file is named in SOURCES.md, with its licence, and can be read.
func TestFilesAreAttributedAndReadable(t *testing.T) {
	sources, err := examples.FS.ReadFile(examples.Sources)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(examples.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || name == examples.Sources {
			return err
		}
		short := "`-" + strings.TrimPrefix(path.Base(name), "russia-estonia-") + "`"
		if !bytes.Contains(sources, []byte("`"+name+"`")) && !bytes.Contains(sources, []byte(short)) {
			t.Errorf("%s is not named in SOURCES.md", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(sources)) {
		if strings.HasPrefix(row, "| `") && !strings.Contains(row, "CC BY-SA") {
			t.Errorf("no licence: %s", row)
		}
	}
	listed := map[string]bool{}
	for _, p := range examples.Pages() {
		listed[p.File] = true
		content, err := examples.FS.ReadFile(p.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, problem := schema.Parse(schema.Detect(p.File, content), content); problem != nil {
			t.Errorf("%s: %v", p.File, problem)
		}
		if _, err := schema.ParseTime(p.Published); err != nil {
			t.Errorf("%s: %v", p.File, err)
		}
	}
	pages, err := fs.Glob(examples.FS, "pages/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if !listed[p] && !strings.HasPrefix(path.Base(p), "day-") {
			t.Errorf("%s is in no chain", p)
		}
	}
}

// The event pages come out byte for byte, the stream line by line.
func TestPagesRoundTrip(t *testing.T) {
	pages, err := fs.Glob(examples.FS, "pages/*.md")
	if err != nil || len(pages) < 8 {
		t.Fatal(pages, err)
	}
	for _, name := range pages {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path.Base(name), "day-") {
			day, problem := schema.ParseDayIndex(content)
			if problem != nil || !bytes.Equal(day.Bytes(), content) {
				t.Errorf("%s comes out otherwise (%v)", name, problem)
			}
			continue
		}
		page, problem := schema.ParsePage(content)
		if problem != nil || !bytes.Equal(page.Bytes(), content) {
			t.Errorf("%s comes out otherwise (%v)", name, problem)
		}
	}
	stream, err := examples.FS.Open(examples.CurrentEvents)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for lines := bufio.NewScanner(stream); lines.Scan(); {
		in, problem := schema.ParseJSON(lines.Bytes())
		if problem != nil {
			t.Fatal(problem)
		}
		again, problem := schema.ParseJSON(schema.EncodeStream(&in))
		if problem != nil || again.Headline != in.Headline || again.Key != in.Key || again.Published != in.Published || again.Author != in.Author {
			t.Errorf("%.60s comes out otherwise (%v)", lines.Text(), problem)
		}
	}
}

// The unit says nothing that systemd doesn't understand, where there is one to ask.
func TestSystemdUnit(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED, NOT PASSED: no systemd-analyze on the PATH, so that the unit was not verified")
	}
	unit, err := os.ReadFile("systemd/stemma.service")
	if err != nil {
		t.Fatal(err)
	}
	// What it runs must be there: any program stands in for ours.
	file := filepath.Join(t.TempDir(), "stemma.service")
	if err := os.WriteFile(file, bytes.ReplaceAll(unit, []byte("/usr/local/bin/stemma"), []byte("/bin/true")), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "verify", "--man=no", file).CombinedOutput()
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, "stemma.service") {
			t.Errorf("%s", l)
		}
	}
	if err != nil && len(out) == 0 {
		t.Error(err)
	}
}

// The script that measures a server makes a store, serves it, and prints a row for
// each kind of page. What it measures in so short a time says nothing.
func TestLoadScript(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT CHECKED: load.sh wants a shell")
	}
	cmd := exec.Command("sh", "load.sh")
	cmd.Env = append(os.Environ(), "ROUNDS=1", "EACH=20ms")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	for _, page := range []string{"article", "Changes", "diff", "front page", "day", "feed", "articles by the API"} {
		if !strings.Contains(out.String(), "\n| "+page+" | ") {
			t.Errorf("no row for %s in\n%s", page, out.String())
		}
	}
}
