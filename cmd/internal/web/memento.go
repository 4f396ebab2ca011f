package web

import (
	"fmt"
	"net/http"
	"sort"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// Memento (RFC 7089): the article's address is the original resource (URI-R), the
// address of each of its versions a memento (URI-M), and the time of publication
// the memento's datetime.

// The paths of the TimeGate and of TimeMaps; what follows is a whole URL, which the
// mux would tidy up.
const (
	timeGate    = "/timegate/"
	timeMapLink = "/timemap/link/"
	timeMapJSON = "/timemap/json/"
)

// linkType is the media type of a TimeMap as links (RFC 6690).
const linkType = "application/link-format"

// memento answers the addresses of TimeGates and TimeMaps; nil means that the path
// is none of them.
func (s *Server) memento(path string) handler {
	for prefix, h := range map[string]func(http.ResponseWriter, *http.Request, *story) error{
		timeGate: s.timeGate, timeMapLink: s.timeMapLinks, timeMapJSON: s.timeMapJSON,
	} {
		if rest, ok := strings.CutPrefix(path, prefix); ok {
			return func(w http.ResponseWriter, r *http.Request) error {
				if r.Method != http.MethodGet && r.Method != http.MethodHead {
					return &failure{status: http.StatusMethodNotAllowed, text: "only GET and HEAD are answered here"}
				}
				st, err := s.original(r, rest)
				if err != nil {
					return err
				}
				return h(w, r, st)
			}
		}
	}
	return nil
}

// original finds the article of a URI-R: an address of this site, or one by which
// the article is known elsewhere.
func (s *Server) original(r *http.Request, uri string) (*story, error) {
	if r.URL.RawQuery != "" {
		uri += "?" + r.URL.RawQuery
	}
	if rest, ok := strings.CutPrefix(uri, s.base+"/"); ok && s.base != "" {
		uri = "/" + rest
	}
	var id schema.ID
	var err error
	if strings.HasPrefix(uri, "/") {
		p, ok := parsePlace(uri)
		if !ok || p.view != viewArticle {
			return nil, notFound("no article stands at this address")
		}
		id, err = s.store.AtPath(r.Context(), p.path)
	} else {
		id, err = s.store.AtAddress(r.Context(), uri)
	}
	if err != nil {
		return nil, err
	}
	st := &story{id: id}
	st.versions, err = s.store.Changes(r.Context(), id)
	return st, err
}

func (s *Server) originalURI(st *story) string {
	return s.base + address(st.current().Path, viewArticle, "html")
}

func (s *Server) mementoURI(st *story, v *repo.Version) string {
	return fmt.Sprintf("%s?version=%d", s.originalURI(st), v.Number)
}

// timeGate leads to the version that stood at the Accept-Datetime of the request, or
// to the current one where it names none (RFC 7089, section 4.1, pattern 2.1). One
// before the first version leads to the first.
func (s *Server) timeGate(w http.ResponseWriter, r *http.Request, st *story) error {
	chosen := len(st.versions) - 1
	if text := r.Header.Get("Accept-Datetime"); text != "" {
		t, err := http.ParseTime(text)
		if err != nil {
			return badRequest("Accept-Datetime is no date as HTTP has it, such as " + time.Unix(0, 0).UTC().Format(http.TimeFormat))
		}
		after := sort.Search(len(st.versions), func(i int) bool { return st.versions[i].Published.T.After(t) })
		chosen = max(after-1, 0)
	}
	w.Header().Set("Vary", "accept-datetime")
	w.Header().Set("Link", s.originLinks(st)+s.neighbourLinks(st, chosen))
	w.Header().Set("Location", s.mementoURI(st, &st.versions[chosen]))
	w.WriteHeader(http.StatusFound)
	return nil
}

// originLinks are the links to the original, its TimeGate and TimeMaps.
func (s *Server) originLinks(st *story) string {
	o := s.originalURI(st)
	return fmt.Sprintf(`<%s>; rel="original", <%s>; rel="timegate", <%s>; rel="timemap"; type="%s", <%s>; rel="timemap"; type="application/json"`,
		o, s.base+timeGate+o, s.base+timeMapLink+o, linkType, s.base+timeMapJSON+o)
}

// neighbourLinks are the links to the first, last, previous and next memento, and to
// the one at a place of the Changes itself.
func (s *Server) neighbourLinks(st *story, at int) string {
	var b strings.Builder
	last := len(st.versions) - 1
	rels := map[int][]string{}
	add := func(i int, rel string) {
		if i >= 0 && i <= last {
			rels[i] = append(rels[i], rel)
		}
	}
	add(0, "first")
	add(last, "last")
	add(at-1, "prev")
	add(at+1, "next")
	add(at, "memento")
	for i := range st.versions {
		if rels[i] == nil {
			continue
		}
		if rels[i][len(rels[i])-1] != "memento" {
			rels[i] = append(rels[i], "memento")
		}
		v := &st.versions[i]
		fmt.Fprintf(&b, `, <%s>; rel="%s"; datetime="%s"`, s.mementoURI(st, v), strings.Join(rels[i], " "), mementoTime(v))
	}
	return b.String()
}

func mementoTime(v *repo.Version) string { return v.Published.T.UTC().Format(http.TimeFormat) }

// mementoHeaders marks the answer as a version of the original.
func (s *Server) mementoHeaders(w http.ResponseWriter, st *story) {
	at := st.position(st.shown.Number)
	w.Header().Set("Memento-Datetime", mementoTime(&st.shown))
	w.Header().Set("Link", s.originLinks(st)+s.neighbourLinks(st, at))
}

// timeMapLinks lists every version as links (RFC 7089, section 5).
func (s *Server) timeMapLinks(w http.ResponseWriter, _ *http.Request, st *story) error {
	var b strings.Builder
	o := s.originalURI(st)
	first, last := &st.versions[0], &st.versions[len(st.versions)-1]
	fmt.Fprintf(&b, "<%s>; rel=\"original\",\n<%s>; rel=\"self\"; type=\"%s\"; from=\"%s\"; until=\"%s\",\n<%s>; rel=\"timegate\"",
		o, s.base+timeMapLink+o, linkType, mementoTime(first), mementoTime(last), s.base+timeGate+o)
	for i := range st.versions {
		v := &st.versions[i]
		rel := "memento"
		if i == len(st.versions)-1 {
			rel = "last " + rel
		}
		if i == 0 {
			rel = "first " + rel
		}
		fmt.Fprintf(&b, ",\n<%s>; rel=\"%s\"; datetime=\"%s\"", s.mementoURI(st, v), rel, mementoTime(v))
	}
	b.WriteByte('\n')
	w.Header().Set("Content-Type", linkType)
	_, err := w.Write([]byte(b.String()))
	return err
}

// timeMapJSON lists every version in the JSON that archives use for TimeMaps.
func (s *Server) timeMapJSON(w http.ResponseWriter, _ *http.Request, st *story) error {
	type link struct {
		URI      string `json:"uri"`
		Datetime string `json:"datetime,omitempty"`
	}
	o := s.originalURI(st)
	list := make([]link, len(st.versions))
	for i := range st.versions {
		v := &st.versions[i]
		list[i] = link{s.mementoURI(st, v), v.Published.T.UTC().Format(time.RFC3339)}
	}
	return writeJSON(w, map[string]any{
		"original_uri": o, "self": s.base + timeMapJSON + o, "timegate_uri": s.base + timeGate + o,
		"timemap_uri": map[string]string{"link_format": s.base + timeMapLink + o, "json_format": s.base + timeMapJSON + o},
		"mementos":    map[string]any{"list": list, "first": list[0], "last": list[len(list)-1]},
	})
}

// newestFirst orders entries by their time of publication.
func newestFirst(entries []entry) {
	sort.SliceStable(entries, func(i, j int) bool {
		return entries[j].version.Published.Before(entries[i].version.Published)
	})
}
