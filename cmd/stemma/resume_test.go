package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// TestKilledImport kills an importing process at random moments, runs the same
// import again each time, and in the end wants the store that an import without
// interruption gives: the same versions in the same order, none of them twice.
// STEMMA_IMPORT_KILLS says how often; 4 times if it does not.
func TestKilledImport(t *testing.T) {
	kills := 4
	if n, err := strconv.Atoi(os.Getenv("STEMMA_IMPORT_KILLS")); err == nil {
		kills = n
	}
	w, _, _ := testWorld(t)
	stream := filepath.Join(w.dir, "stream.jsonl")
	if err := os.WriteFile(stream, longStream(t), 0o666); err != nil {
		t.Fatal(err)
	}
	must(t, w, "init", "whole")
	must(t, w, "-C", "whole", "import", "jsonl", stream)
	want := exportedStates(t, w, "whole")
	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for round := 0; killed < kills; round++ {
		store := fmt.Sprintf("s%d", round)
		must(t, w, "init", store)
		for range 3 {
			cmd := exec.Command("stemma", "-C", filepath.Join(w.dir, store), "import", "jsonl", stream)
			cmd.Env = w.environ
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(random.IntN(600)) * time.Millisecond)
			if err := cmd.Process.Kill(); err != nil && cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				killed++
			}
		}
		must(t, w, "-C", store, "import", "jsonl", stream)
		if got := exportedStates(t, w, store); !bytes.Equal(got, want) {
			t.Fatalf("after %d kills the store holds other versions: %d bytes, want %d", killed, len(got), len(want))
		}
		if said := must(t, w, "-C", store, "verify"); !strings.HasPrefix(said, "ok: ") {
			t.Fatalf("after %d kills: %s", killed, said)
		}
		if err := os.RemoveAll(filepath.Join(w.dir, store)); err != nil {
			t.Fatal(err)
		}
		if round > 10*kills {
			t.Fatalf("%d kills only in %d rounds: the stream is too short", killed, round)
		}
	}
}

// longStream makes a stream of documents that are written over and over, returning
// to what they were now and then, several times within one second.
func longStream(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range 3000 {
		text := fmt.Sprintf("# Document %d\n\n%s\n", i%150, strings.Repeat(fmt.Sprintf("State %d of it. ", i/150%7), 60))
		line, err := json.Marshal(map[string]any{
			"doc": fmt.Sprintf("d%d.md", i%150), "n": i/150 + 1, "author": "Bo", "msg": fmt.Sprint("line ", i),
			"time": time.Unix(1_500_000_000+int64(i/450), 0).UTC().Format(time.RFC3339), "text": text,
		})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// exportedStates gives all versions of a store, without what is each store's own.
func exportedStates(t *testing.T, w world, store string) []byte {
	t.Helper()
	s, err := repo.Open(filepath.Join(w.dir, store))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx := context.Background()
	list, err := s.List(ctx, repo.ListFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, article := range list {
		for out, err := range exportVersions(ctx, s, article.Article) {
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(&b, out.version.Number, " ")
			b.Write(schema.EncodeStream(&out.Input))
		}
	}
	return b.Bytes()
}
