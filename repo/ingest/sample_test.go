package ingest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// The samples; testdata/SOURCES.md says where they come from.
const (
	sampleDocuments = "documents.revs.jsonl.xz"
	sampleOldDump   = "anarchism.export-0.4.xml.bz2"
	sampleDump      = "export-0.11.xml.gz"
)

// sample gives the unpacked bytes of a sample.
func sample(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ingest.Open(name, f, ingest.UnpackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// line is a line of a history, as the library reads it.
type line struct {
	Doc, Time, Author, Msg string
	Text                   *string
	B64                    *string
}

func lines(t testing.TB, b []byte) []line {
	t.Helper()
	var out []line
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		out = append(out, l)
	}
	return out
}

// normal brings a text to the form in which a body is kept.
func normal(text string) string {
	s := schema.State{Body: text}
	s.Normalize()
	return s.Body
}

// collect reads a stream of which nothing is refused.
func collect(t testing.TB, items iter.Seq2[ingest.Item, error]) []ingest.Item {
	t.Helper()
	var out []ingest.Item
	for item, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, item)
	}
	return out
}
