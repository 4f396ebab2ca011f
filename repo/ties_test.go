package repo_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// Sources date to the second or the day, so states of one article share a time, which
// in these streams never goes back.
// However they do, importing the same stream again adds nothing, also after the
// first import ended anywhere.
func TestImportAgainWithSharedTimes(t *testing.T) {
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 7))
		var stream []repo.Draft
		now := 0
		for range 3 + rng.IntN(12) {
			if rng.IntN(3) == 0 {
				now++
			}
			published, err := schema.ParseTime(fmt.Sprintf("2020-01-01T00:00:%02dZ", now))
			if err != nil {
				t.Fatal(err)
			}
			in := schema.Input{Published: published, Carries: schema.Fields(schema.FieldHeadline, schema.FieldBody)}
			in.ID, in.Headline = schema.DeriveID(fmt.Sprint("ties", rng.IntN(2))), "One headline"
			in.Body = fmt.Sprint("text ", rng.IntN(3))
			stream = append(stream, repo.Draft{Input: in})
		}
		s, err := repo.Init(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		part := rng.IntN(len(stream) + 1)
		first := imported(t, s, stream[:part])
		rest := imported(t, s, stream)
		whole, err := repo.Init(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if want := imported(t, whole, stream); first+rest != want {
			t.Errorf("seed %d: %d and %d versions in two runs, %d in one", seed, first, rest, want)
		}
		if n := imported(t, whole, stream); n != 0 {
			t.Errorf("seed %d: importing again added %d versions", seed, n)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := whole.Close(); err != nil {
			t.Error(err)
		}
	}
}

// imported imports a stream and counts the versions that it made.
func imported(t *testing.T, s *repo.Store, stream []repo.Draft) int {
	t.Helper()
	var drafts iter.Seq2[repo.Draft, error] = func(yield func(repo.Draft, error) bool) {
		for _, d := range stream {
			if !yield(d, nil) {
				return
			}
		}
	}
	n := 0
	err := s.Import(context.Background(), drafts, repo.RecordOptions{}, func(r repo.Result) {
		switch r.Outcome {
		case repo.Created, repo.Recorded:
			n++
		case repo.Refused:
			t.Error(r.Reason)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
