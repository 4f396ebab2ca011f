package ingest_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// tell writes what a stream yields, one line for each item or error.
func tell(items iter.Seq2[ingest.Item, error]) []string {
	var out []string
	for item, err := range items {
		if err != nil {
			out = append(out, "error: "+err.Error())
			continue
		}
		out = append(out, fmt.Sprintf("%s:%d %s", item.File, item.Line, item.Input.Headline))
	}
	return out
}

func TestJSONLGoesOnAfterWhatIsRefused(t *testing.T) {
	stream := "\ufeff{\"headline\": \"one\"}\r\n\n  \n{\"headline\": 7}\n{\"headline\": \"three\"}\nnot json\n{\"headline\": \"last, without LF\"}"
	want := []string{
		"s:1 one",
		"error: s:4: headline: ",
		"s:5 three",
		"error: s:6: ",
		"s:7 last, without LF",
	}
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(stream), "byte by byte": iotest.OneByteReader(strings.NewReader(stream)),
	} {
		got := tell(ingest.JSONL(r, "s"))
		if len(got) != len(want) {
			t.Fatalf("%s: %q", name, got)
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%s: %q, want %q", name, got[i], want[i])
			}
		}
	}
}

func TestJSONLDerivesIDsFromKeys(t *testing.T) {
	stream := `{"headline": "a", "key": "k"}` + "\n" + `{"headline": "b", "key": "k"}` + "\n" +
		`{"headline": "c", "key": "k2"}` + "\n" + `{"headline": "d"}` + "\n" +
		`{"headline": "e", "key": "k", "id": "0123456789abcdefghjkmnpqrs"}` + "\n"
	var ids []schema.ID
	for item, err := range ingest.JSONL(strings.NewReader(stream), "s") {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, item.Input.ID)
	}
	explicit, err := schema.ParseID("0123456789abcdefghjkmnpqrs")
	if err != nil {
		t.Fatal(err)
	}
	if want := []schema.ID{schema.DeriveID("k"), schema.DeriveID("k"), schema.DeriveID("k2"), {}, explicit}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
}

func TestJSONLSaysWhereItemsCameFrom(t *testing.T) {
	line := `{"headline": "a"}`
	for item, err := range ingest.JSONL(strings.NewReader("\n"+line+"\r\n"), "s") {
		if err != nil {
			t.Fatal(err)
		}
		if item.SHA256 != sha256.Sum256([]byte(line)) || item.Line != 2 || item.Reader != schema.FormatJSON || item.Offset != int64(len(line)+3) {
			t.Errorf("%+v", item)
		}
	}
}

func TestJSONLStopsAtAnErrorOfTheReader(t *testing.T) {
	broken := errors.New("the cable is out")
	r := io.MultiReader(strings.NewReader("{\"headline\": \"a\"}\n{\"head"), iotest.ErrReader(broken))
	got := tell(ingest.JSONL(r, "s"))
	if len(got) != 2 || got[0] != "s:1 a" || got[1] != "error: reading s: the cable is out" {
		t.Errorf("%q", got)
	}
}

// A line that is too long is refused without being held in memory; what follows
// is read.
func TestJSONLRefusesALongLine(t *testing.T) {
	long := io.LimitReader(repeat('x'), ingest.MaxState+10)
	r := io.MultiReader(long, strings.NewReader("\n{\"headline\": \"after\"}\n"))
	got := tell(ingest.JSONL(r, "s"))
	if len(got) != 2 || !strings.Contains(got[0], "s:1: the line is longer than") || got[1] != "s:2 after" {
		t.Errorf("%q", got)
	}
}

type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestJSONLReadsTheExamples(t *testing.T) {
	f, err := examples.FS.Open(examples.CurrentEvents)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	articles, versions := map[schema.ID]int{}, 0
	for item, err := range ingest.JSONL(f, examples.CurrentEvents) {
		if err != nil {
			t.Fatal(err)
		}
		versions++
		articles[item.Input.ID]++
		if item.Input.Published.IsZero() || item.Input.Author.Name == "" || len(item.Input.Sources) == 0 {
			t.Errorf("line %d says too little: %+v", item.Line, item.Input)
		}
	}
	if len(articles) != 13 || versions != 31 {
		t.Errorf("%d articles in %d versions, want 13 in 31", len(articles), versions)
	}
}

func TestJSONLStopsWhenNoMoreIsWanted(t *testing.T) {
	n := 0
	for range ingest.JSONL(strings.NewReader("x\n{\"headline\": \"a\"}\n{\"headline\": \"b\"}\n"), "s") {
		if n++; n == 2 {
			break
		}
	}
	if n != 2 {
		t.Errorf("%d", n)
	}
}

// Whatever the bytes, each line gives one item or one problem with its line, and
// the offsets rise to the length of the stream at most.
func FuzzJSONL(f *testing.F) {
	b, err := examples.FS.ReadFile(examples.CurrentEvents)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b[:min(len(b), 3000)])
	for _, s := range []string{"", "\n", "{}", "{\"headline\":\"x\"}\r\n\ufeff{}", "[1]\n\n\"x\"\nnull", "{\"headline\":\"\\ud800\"}", "\xff\xfe", "{\"headline\": \"x\", \"published\": \"2999-13-01\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		last, offset, n := 0, int64(0), 0
		for item, err := range ingest.JSONL(strings.NewReader(string(b)), "s") {
			line := item.Line
			if err != nil {
				var p *schema.Problem
				if !errors.As(err, &p) || p.File != "s" || p.Reason == "" {
					t.Fatalf("%v is no problem of this stream", err)
				}
				line = p.Line
			} else {
				if item.Offset <= offset || item.Offset > int64(len(b)) {
					t.Fatalf("offset %d after %d of %d", item.Offset, offset, len(b))
				}
				offset = item.Offset
			}
			if line <= last {
				t.Fatalf("line %d after line %d", line, last)
			}
			last = line
			n++
		}
		if lines := strings.Count(string(b), "\n") + 1; n > lines {
			t.Fatalf("%d items of %d lines", n, lines)
		}
	})
}
