package repo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// benchStore makes a store of n articles, and gives the id of the first.
func benchStore(b *testing.B, n int) (*Store, schema.ID) {
	b.Helper()
	s, err := Init(filepath.Join(b.TempDir(), "store"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	drafts := make([]Draft, n)
	for i := range drafts {
		drafts[i] = draft("2015-09-26", fmt.Sprintf("Event %d begins", i), fmt.Sprintf("https://example.org/%d", i))
		drafts[i].Input.ID = schema.DeriveID(fmt.Sprint(i))
		drafts[i].Input.Body = strings.Repeat(fmt.Sprintf("This is what is known of event %d so far.\n\n", i), 40)
	}
	if _, err := s.Record(context.Background(), drafts, RecordOptions{}); err != nil {
		b.Fatal(err)
	}
	return s, drafts[0].Input.ID
}

// edit gives the next version of an article.
func edit(id schema.ID, n int) Draft {
	d := draft("2015-09-26", fmt.Sprintf("Event goes on for the %dth time", n))
	d.Article, d.Input.Carries = id.String(), schema.Fields(schema.FieldHeadline)
	return d
}

func BenchmarkRecord(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprintf("articles=%d", n), func(b *testing.B) {
			s, id := benchStore(b, n)
			for i := 0; b.Loop(); i++ {
				results, err := s.Record(context.Background(), []Draft{edit(id, i)}, RecordOptions{})
				if err != nil || results[0].Outcome != Recorded {
					b.Fatal(results, err)
				}
			}
		})
	}
}

func BenchmarkChanges(b *testing.B) {
	b.Run("versions=500", func(b *testing.B) {
		s, id := benchStore(b, 100)
		var drafts []Draft
		for i := range 499 {
			drafts = append(drafts, edit(id, i))
		}
		if _, err := s.Record(context.Background(), drafts, RecordOptions{}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if all, err := s.Changes(context.Background(), id); err != nil || len(all) != 500 {
				b.Fatal(len(all), err)
			}
		}
	})
}

// BenchmarkCatchUp takes in one commit that plain git made: the commit is git's
// work and not counted.
func BenchmarkCatchUp(b *testing.B) {
	b.Run("articles=1000", func(b *testing.B) {
		s, id := benchStore(b, 1000)
		path := s.layout().path(id)
		run := func(stdin string, args ...string) string {
			cmd := exec.Command("git", append([]string{"-C", s.Dir()}, args...)...)
			cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=Ada",
				"GIT_COMMITTER_EMAIL=a@example.org", "GIT_INDEX_FILE="+filepath.Join(s.Dir(), "bench-index"))
			cmd.Stdin = strings.NewReader(stdin)
			out, err := cmd.Output()
			if err != nil {
				b.Fatal(args, err)
			}
			return strings.TrimSpace(string(out))
		}
		run("", "read-tree", "main")
		text := run("", "show", "main:"+path) + "\n"
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			blob := run(text+fmt.Sprintf("And %d.\n", i), "hash-object", "-w", "--stdin")
			run("", "update-index", "--cacheinfo", "100644,"+blob+","+path)
			run("", "update-ref", "refs/heads/main", run("By hand\n", "commit-tree", run("", "write-tree"), "-p", "main"))
			b.StartTimer()
			if err := s.view(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
