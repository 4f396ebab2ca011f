package repo

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// Source tells where the bytes of a version came from, as its commit says; it is
// zero where that says nothing. An address longer than 200 bytes was cut when the
// version was recorded.
func (s *Store) Source(_ context.Context, v Version) (SourceOf, error) {
	hash, err := git.ParseHash(v.Commit)
	if err != nil {
		return SourceOf{}, fmt.Errorf("%.60q is no commit: %w", v.Commit, err)
	}
	c, err := s.git.Commit(hash)
	if err != nil {
		return SourceOf{}, fmt.Errorf("reading where version %d of %s came from: %w", v.Number, v.Article, err)
	}
	m, err := parseMessage(c.Message)
	if err != nil {
		return SourceOf{}, nil // a message of somebody else's says nothing
	}
	return parseSource(m.source), nil
}

// parseSource reads what sourceTrailer writes; what is none gives zeros.
func parseSource(trailer string) (s SourceOf) {
	rest, address, _ := strings.Cut(trailer, " address=")
	sum, reader, _ := strings.Cut(rest, " reader=")
	sum, ok := strings.CutPrefix(sum, "sha256=")
	b, err := hex.DecodeString(sum)
	if !ok || err != nil || len(b) != len(s.SHA256) {
		return SourceOf{}
	}
	s.SHA256, s.Address = [32]byte(b), address
	s.Reader, _, _ = strings.Cut(reader, "/")
	return s
}
