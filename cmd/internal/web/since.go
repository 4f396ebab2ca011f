package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/repo"
)

// A reader's last looks are kept in a cookie of the reader's own: which version of
// which article was shown last, signed so that nobody puts words into it. The server
// keeps nothing.
const (
	seenCookie = "seen"
	seenMost   = 60 // articles that are remembered, the ones looked at last
	seenDays   = 365
	idPrefix   = 10 // characters of an id: enough to tell a reader's articles apart
)

// seen is what a reader looked at, the latest first.
type seen []look

type look struct {
	article string // the beginning of the id
	number  int    // the version
}

func lookAt(v *repo.Version) look { return look{v.Article.String()[:idPrefix], v.Number} }

// seenBy reads a reader's cookie. One that is missing, damaged or forged is empty.
func (s *Server) seenBy(r *http.Request) seen {
	c, err := r.Cookie(seenCookie)
	if err != nil {
		return nil
	}
	text, sum, ok := strings.Cut(c.Value, ".")
	if !ok || !hmac.Equal([]byte(sum), []byte(s.sign(text))) {
		return nil
	}
	var list seen
	for item := range strings.SplitSeq(text, "_") {
		article, number, _ := strings.Cut(item, "-")
		n, err := strconv.Atoi(number)
		if err != nil || len(list) == seenMost {
			return list
		}
		list = append(list, look{article, n})
	}
	return list
}

// sign authenticates what the cookie says.
func (s *Server) sign(text string) string {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte("seen\x00" + text))
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// last gives the version of the article that the reader saw last, 0 for none.
func (l seen) last(v *repo.Version) int {
	for _, look := range l {
		if look.article == lookAt(v).article {
			return look.number
		}
	}
	return 0
}

// saw notes that a reader is shown a version.
func (s *Server) saw(w http.ResponseWriter, l seen, v *repo.Version) {
	now := lookAt(v)
	if len(l) > 0 && l[0] == now {
		return
	}
	parts := []string{fmt.Sprintf("%s-%d", now.article, now.number)}
	for _, old := range l {
		if old.article != now.article && len(parts) < seenMost {
			parts = append(parts, fmt.Sprintf("%s-%d", old.article, old.number))
		}
	}
	text := strings.Join(parts, "_")
	http.SetCookie(w, &http.Cookie{Name: seenCookie, Value: text + "." + s.sign(text), Path: "/", MaxAge: seenDays * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(s.base, "https:")})
}

// since leads from …/diff?since=TIME to the diff from the version that stood at that
// time to the current one, however many edits lie between.
func (s *Server) since(w http.ResponseWriter, r *http.Request, st *story, text string) error {
	_, to, err := repo.ParseMoment(text, s.now())
	if err != nil {
		return badRequest("since: " + err.Error())
	}
	from, ok, err := s.store.AsOf(r.Context(), st.id, repo.Moment{At: to})
	if err != nil {
		return err
	}
	if !ok {
		from = st.versions[0]
	}
	w.Header().Set("Location", diffAddress(st.current().Path, fmt.Sprintf("%d..%d", from.Number, st.current().Number), st.format))
	w.WriteHeader(http.StatusFound)
	return nil
}
