package git

import (
	"reflect"
	"strings"
	"testing"
)

// TestQuickCommit wants the same from the quick reader as from go-git's, or nothing.
func TestQuickCommit(t *testing.T) {
	r := filled(t, 12)
	tip, err := r.Tip()
	if err != nil {
		t.Fatal(err)
	}
	log, err := r.Log(tip, Hash{})
	if err != nil || len(log) < 12 {
		t.Fatal(len(log), err)
	}
	for _, h := range log {
		data, err := r.objects.typed(h, kindCommit)
		if err != nil {
			t.Fatal(err)
		}
		if !sameQuick(t, data) {
			t.Errorf("commit %s is read the slow way", h)
		}
	}
	tree := "tree " + strings.Repeat("12", 20) + "\n"
	parent := "parent " + strings.Repeat("34", 20) + "\n"
	who := "A U Thor <a@example.org> 1700000000 +0130\n"
	for _, text := range []string{
		tree + "author " + who + "committer " + who + "\nmessage\n",
		tree + parent + parent + "author " + who + "committer " + who + "\n",
		tree + "author  <> 0 -0000\ncommitter " + who + "\nm",
		tree + "author a<b@c> 1 +0000\ncommitter " + who + "\nm",
		tree + "author A <<b@c> 1 +0000\ncommitter " + who + "\nm",
		tree + "author A <b> c> 1 +0000\ncommitter " + who + "\nm",
		tree + "author A <b@c>  1 +0000\ncommitter " + who + "\nm",
		tree + "author A <b@c> -1 -0030\ncommitter " + who + "\nm",
		tree + "author A <b@c> 1 -0030\ncommitter " + who + "\nm",
		tree + "author A <b@c> 1 -1130\ncommitter " + who + "\nm",
		tree + "author A <b@c> 1\ncommitter " + who + "\nm",
		tree + "author A <b@c>\ncommitter " + who + "\nm",
		tree + "author " + who + "committer " + who + "encoding latin1\n\nm",
		tree + "author " + who + "committer " + who,
		tree + "author " + who + "\nm",
	} {
		sameQuick(t, []byte(text))
	}
}

// sameQuick compares the two readers and reports whether the quick one took it.
func sameQuick(t *testing.T, data []byte) bool {
	t.Helper()
	quick, ok := quickCommit(Hash{1}, data)
	if !ok {
		return false
	}
	slow, err := libraryCommit(Hash{1}, data)
	if err != nil || !reflect.DeepEqual(quick, slow) {
		t.Errorf("%q: %+v, go-git reads %+v, %v", data, quick, slow, err)
	}
	return true
}

func FuzzQuickCommit(f *testing.F) {
	raw := encodeCommit(&Commit{Parents: []Hash{{1}, {2}}, Author: someone(1), Committer: someone(2), Message: "m"})
	f.Add(raw)
	f.Add([]byte("tree " + strings.Repeat("1", 40) + "\nauthor A <> 12 +9999\ncommitter B <b> 1 -1200\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) { sameQuick(t, raw) })
}
