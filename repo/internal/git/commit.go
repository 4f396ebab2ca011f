package git

import (
	"bytes"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	gitobject "github.com/go-git/go-git/v5/plumbing/object"
)

// Commit is one recorded change of the whole store.
type Commit struct {
	Hash      Hash
	Tree      Hash
	Parents   []Hash // none for the first commit, two or more for a merge
	Author    Signature
	Committer Signature
	Message   string // as stored, with its last newline
}

// decodeCommit reads a commit. Headers that it doesn't know (signatures,
// encodings) are skipped.
func decodeCommit(h Hash, data []byte) (*Commit, error) {
	if c, ok := quickCommit(h, data); ok {
		return c, nil
	}
	return libraryCommit(h, data)
}

// libraryCommit is decodeCommit by go-git.
func libraryCommit(h Hash, data []byte) (*Commit, error) {
	raw := &plumbing.MemoryObject{}
	raw.SetType(plumbing.CommitObject)
	if _, err := raw.Write(data); err != nil {
		return nil, corruptObject(h, err)
	}
	var c gitobject.Commit
	if err := c.Decode(raw); err != nil {
		return nil, corruptObject(h, err)
	}
	out := &Commit{
		Hash:      h,
		Tree:      Hash(c.TreeHash),
		Author:    Signature{c.Author.Name, c.Author.Email, c.Author.When},
		Committer: Signature{c.Committer.Name, c.Committer.Email, c.Committer.When},
		Message:   c.Message,
	}
	for _, p := range c.ParentHashes {
		out.Parents = append(out.Parents, Hash(p))
	}
	return out, nil
}

// commitLinks reads a commit's tree and parents only: walking a long history
// needs nothing else.
func commitLinks(h Hash, data []byte) (tree Hash, parents []Hash, err error) {
	rest, ok := bytes.CutPrefix(data, []byte("tree "))
	if !ok || len(rest) < 41 || rest[40] != '\n' {
		return Hash{}, nil, corruptObject(h, fmt.Errorf("a commit must begin with its tree"))
	}
	if tree, err = ParseHash(string(rest[:40])); err != nil {
		return Hash{}, nil, corruptObject(h, err)
	}
	for rest = rest[41:]; bytes.HasPrefix(rest, []byte("parent ")); rest = rest[48:] {
		if len(rest) < 48 || rest[47] != '\n' {
			return Hash{}, nil, corruptObject(h, fmt.Errorf("a parent line is cut short"))
		}
		p, err := ParseHash(string(rest[7:47]))
		if err != nil {
			return Hash{}, nil, corruptObject(h, err)
		}
		parents = append(parents, p)
	}
	return tree, parents, nil
}
