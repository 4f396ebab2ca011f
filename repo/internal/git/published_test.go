package git

import (
	"os"
	"testing"
)

// TestPublishedIsNotWrittenInPlace leaves the temporary ref of an earlier writer, as a
// loss of power may, beside a main that has gone on: the file that notes what was
// published is main's own under a second name, and what is noted must not move main.
func TestPublishedIsNotWrittenInPlace(t *testing.T) {
	r := newStore(t)
	first := mustRecord(t, r, map[string]string{"a.md": "1"})
	second := mustRecord(t, r, map[string]string{"a.md": "2"})
	rests := map[string]Hash{"tmp/ref-0000": first, "tmp/ref-1111": second, "tmp/ref-2222": first}
	for name, tip := range rests {
		if err := os.WriteFile(r.own(name), []byte(tip.String()+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := open(t, r.Dir()).Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if tip, err := r.Tip(); err != nil || tip != second {
		t.Errorf("main is %s, %v; it was %s", tip, err, second)
	}
	if tips, known, err := r.Published(); err != nil || !known || len(tips) != 1 || tips[0] != second {
		t.Errorf("published is %v, %v, %v; want %s", tips, known, err, second)
	}
	noLeftovers(t, r.Dir())
}
