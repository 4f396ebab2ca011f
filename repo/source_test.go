package repo

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// Where a version came from is told as it was given, and nothing is told where
// nothing was.
func TestSourceComesBack(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, want := range []SourceOf{
		{},
		{SHA256: sha256.Sum256([]byte("a")), Reader: "markdown", Address: "file.md"},
		{SHA256: sha256.Sum256([]byte("b")), Address: "https://w.example.org/wiki/Special:PermanentLink/5"},
		{SHA256: sha256.Sum256([]byte("c"))},
		{SHA256: sha256.Sum256([]byte("d")), Reader: "page", Address: "a name with reader=x address=y in it"},
	} {
		d := draft("2018-02-06", "A story about "+want.Address)
		d.Input.ID = schema.NewID()
		d.Source = want
		results, err := s.Record(context.Background(), []Draft{d}, RecordOptions{})
		if err != nil || results[0].Outcome != Created {
			t.Fatal(results, err)
		}
		if got, err := s.Source(context.Background(), results[0].Version); err != nil || got != want {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
	}
	if _, err := s.Source(context.Background(), Version{Commit: "nonsense"}); err == nil {
		t.Error("a version of no commit has a source")
	}
}
