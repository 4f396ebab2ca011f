package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// APIOperations lists what the API answers: methods and paths below its root.
func (s *Server) APIOperations() map[string]bool {
	all := map[string]bool{}
	for path, methods := range s.apiTable() {
		for method := range methods {
			all[method+" "+path] = true
		}
	}
	return all
}

// KeptAnswers gives how many answers are kept, and the bytes that they take.
func (s *Server) KeptAnswers() (count int, bytes int64) {
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	for e := s.answers.order.Front(); e != nil; e = e.Next() {
		bytes += e.Value.(*keptAnswer).size()
	}
	if bytes != s.answers.bytes || len(s.answers.by) != s.answers.order.Len() {
		return -1, -1
	}
	return len(s.answers.by), bytes
}

// Holds reports whether an answer is kept at an address that is still true.
func (s *Server) Holds(ctx context.Context, address string) bool {
	_, err := s.answers.journal.moment(ctx, s.store, schema.At(s.now()).Day())
	return err == nil && s.answers.get(address) != nil
}

// Keeps reports whether the answer at an address is kept.
func (s *Server) Keeps(address string) bool {
	s.answers.mu.Lock()
	defer s.answers.mu.Unlock()
	return s.answers.by[address] != nil
}

// GitStream is an answer to a client of git, by a clock of the caller's.
func GitStream(w http.ResponseWriter, now func() time.Time) io.Writer {
	g := (&Server{}).gitStream(w, "application/x-git-upload-pack-result")
	g.now = now
	return g
}
