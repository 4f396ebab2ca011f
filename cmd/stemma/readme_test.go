package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the picture of README.md anew")

// TestReadmePicture holds the picture in README.md to what the program draws.
func TestReadmePicture(t *testing.T) {
	w, _, _ := testWorld(t)
	must(t, w, "demo", "--dir", "demo")
	drawn := must(t, w, "-C", "demo/news.stemma", "diff", "at-least-18-people", "1", "2", "--format", "svg")
	file := filepath.Join("..", "..", "examples", "diff.svg")
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != drawn {
		t.Errorf("%s isn't what the program draws: look at the difference, then go test ./cmd/stemma -run ReadmePicture -update", file)
	}
}
