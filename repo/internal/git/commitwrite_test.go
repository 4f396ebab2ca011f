package git

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	gitobject "github.com/go-git/go-git/v5/plumbing/object"
)

// libraryEncode is what go-git makes of a commit.
func libraryEncode(t testing.TB, c *Commit) []byte {
	t.Helper()
	author, committer := c.Author.clean(), c.Committer.clean()
	gc := gitobject.Commit{
		TreeHash:  plumbing.Hash(c.Tree),
		Author:    gitobject.Signature{Name: author.Name, Email: author.Email, When: author.When},
		Committer: gitobject.Signature{Name: committer.Name, Email: committer.Email, When: committer.When},
		Message:   CleanMessage(c.Message),
	}
	for _, p := range c.Parents {
		gc.ParentHashes = append(gc.ParentHashes, plumbing.Hash(p))
	}
	raw := &plumbing.MemoryObject{}
	if err := gc.Encode(raw); err != nil {
		t.Fatal(err)
	}
	in, err := raw.Reader()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzCommitEncoding holds our bytes of a commit to go-git's.
func FuzzCommitEncoding(f *testing.F) {
	f.Add("Ada", "ada@example.org", int64(1), 0, "Revise: x\n\nStemma-Seal: 12\n", 1)
	f.Add("", "", int64(-1), 3600*5+1800, "", 0)
	f.Add(" <a>\n b\x00 ", "x y@z", int64(1<<40), -3600*9-60*30, "a\n\n\n", 2)
	f.Add("Jürgen  Ω", "j@ü.de", int64(1<<33), 59, "\xff\x00", 3)
	f.Fuzz(func(t *testing.T, name, email string, unix int64, offset int, message string, parents int) {
		if offset > 1<<20 || offset < -1<<20 {
			return
		}
		when := time.Unix(unix, 0).In(time.FixedZone("", offset))
		c := &Commit{Tree: Hash{1, 2}, Author: Signature{name, email, when}, Committer: Signature{email, name, when.UTC()}, Message: message}
		for i := range parents & 3 {
			c.Parents = append(c.Parents, Hash{byte(i), 9})
		}
		got := encodeCommit(c)
		if want := libraryEncode(t, c); !bytes.Equal(got, want) {
			t.Errorf("%q, go-git writes %q", got, want)
		}
	})
}
