package web

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// sections are what a page lists beside what its article says. They are computed
// whenever a page is asked for, and never stored.
type sections struct {
	Changes []repo.Version
	Related []repo.Related
}

// relatedLooked is how many neighbours are looked at for a page of another time: not
// all that are related now were there then.
const relatedLooked = 50

// sections gives what a page of the story lists, most related ones: now or, where the
// request names a time, as it was known then. Which articles share a context is
// answered by what is known of contexts now.
func (s *Server) sections(ctx context.Context, st *story, most int) (sections, error) {
	if err := s.restsOnRelated(ctx, st.id); err != nil {
		return sections{}, err
	}
	if st.at == "" {
		related, err := s.store.Related(ctx, st.id, most)
		return sections{st.versions, related}, err
	}
	out := sections{Changes: until(st.versions, st.moment)}
	near, err := s.store.Related(ctx, st.id, relatedLooked)
	if err != nil {
		return out, err
	}
	for _, n := range near {
		v, ok, err := s.store.AsOf(ctx, n.Version.Article, st.moment)
		if err != nil {
			return out, err
		}
		if ok && v.Status == schema.Usable && len(out.Related) < most {
			out.Related = append(out.Related, repo.Related{Version: v, Contexts: n.Contexts})
		}
	}
	return out, nil
}

// until gives the Changes as they were at a moment: the last one was current then.
func until(versions []repo.Version, m repo.Moment) []repo.Version {
	var out []repo.Version
	for _, v := range versions {
		known := v.Published.T
		if m.Clock == repo.ByRecorded {
			known = v.Recorded
		}
		if !known.After(m.At) {
			out = append(out, v)
		}
	}
	for i := range out {
		switch {
		case i == len(out)-1:
			out[i].Place = repo.Current
		case i == 0:
			out[i].Place = repo.First
		default:
			out[i].Place = repo.Update
		}
	}
	return out
}

// writePage writes the article as an event page in the seeds' format, of their newer
// template unless ?template=older asks for the other.
func (s *Server) writePage(w http.ResponseWriter, r *http.Request, st *story, state *schema.State) error {
	template := schema.Newer
	switch name := r.URL.Query().Get("template"); name {
	case "", "newer":
	case "older":
		template = schema.Older
	default:
		return badRequest("template is newer or older")
	}
	parts, err := s.sections(r.Context(), st, template.MaxRelated())
	if err != nil {
		return err
	}
	events := make([]schema.RelatedEvent, len(parts.Related))
	for i, r := range parts.Related {
		events[i] = schema.RelatedEvent{Headline: r.Version.Headline, Path: r.Version.Path, Shared: r.Contexts}
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	_, err = w.Write(schema.NewPage(state, repo.PageChanges(parts.Changes), events, template).Bytes())
	return err
}

// writePageJSON is the state with the sections that a page has beside it.
func (s *Server) writePageJSON(ctx context.Context, w http.ResponseWriter, st *story, state *schema.State) error {
	parts, err := s.sections(ctx, st, schema.Newer.MaxRelated())
	if err != nil {
		return err
	}
	type neighbour struct {
		Headline string   `json:"headline"`
		Path     string   `json:"path"`
		Contexts []string `json:"contexts"`
	}
	near := make([]neighbour, len(parts.Related))
	for i, n := range parts.Related {
		near[i] = neighbour{n.Version.Headline, n.Version.Path, n.Contexts}
	}
	return writeJSON(w, struct {
		State   json.RawMessage `json:"state"`
		Version repo.Version    `json:"version"`
		Changes []repo.Version  `json:"changes"`
		Related []neighbour     `json:"related"`
	}{schema.EncodeJSON(state), st.shown, parts.Changes, near})
}

// The elements of a page in XML. Within <page>, <article> is what schema.ParseXML
// reads; what stands beside it is computed.
type (
	xmlPage struct {
		XMLName xml.Name `xml:"page"`
		Version int      `xml:"version,attr"`
		Article xmlVerbatim
		Changes []xmlChange `xml:"changes>change"`
		Related []xmlEvent  `xml:"related>event"`
	}
	xmlVerbatim struct {
		Text string `xml:",innerxml"`
	}
	xmlChange struct {
		Version    int            `xml:"version,attr"`
		Label      string         `xml:"label,attr"`
		Published  string         `xml:"published,attr"`
		Path       string         `xml:"path,attr"`
		Headline   string         `xml:"headline"`
		Author     string         `xml:"author,omitempty"`
		Kinds      []string       `xml:"kind"`
		Restores   int            `xml:"restores,omitempty"`
		Correction *xmlCorrection `xml:"correction"`
	}
	xmlCorrection struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
	xmlEvent struct {
		Path     string   `xml:"path,attr"`
		Category string   `xml:"category,omitempty"`
		Headline string   `xml:"headline"`
		Summary  string   `xml:"summary,omitempty"`
		Contexts []string `xml:"context"`
	}
	xmlDay struct {
		XMLName  xml.Name   `xml:"day"`
		Date     string     `xml:"date,attr"`
		Events   []xmlEvent `xml:"event"`
		Previous string     `xml:"previous"`
		Next     string     `xml:"next"`
	}
)

// writePageXML is the page as XML.
func (s *Server) writePageXML(ctx context.Context, w http.ResponseWriter, st *story, state *schema.State) error {
	parts, err := s.sections(ctx, st, schema.Newer.MaxRelated())
	if err != nil {
		return err
	}
	article := strings.TrimPrefix(string(schema.EncodeXML(state)), `<?xml version="1.0" encoding="UTF-8"?>`+"\n")
	page := xmlPage{Version: st.shown.Number, Article: xmlVerbatim{article}}
	labels := map[repo.Place]string{repo.First: schema.FirstVersion, repo.Update: schema.Update, repo.Current: schema.CurrentVersion}
	for _, v := range parts.Changes {
		c := xmlChange{Version: v.Number, Label: labels[v.Place], Published: v.Published.String(), Path: v.Path, Headline: v.Headline,
			Author: v.Author.Name, Kinds: kindNames(v.Kinds), Restores: v.Restores}
		if v.Correction != nil {
			c.Correction = &xmlCorrection{string(v.Correction.Type), v.Correction.Text}
		}
		page.Changes = append(page.Changes, c)
	}
	for _, n := range parts.Related {
		page.Related = append(page.Related, xmlEvent{Path: n.Version.Path, Headline: n.Version.Headline, Contexts: n.Contexts})
	}
	return writeXML(w, page)
}

// writeXML writes a document. What XML can't carry of a text is left to its encoder.
func writeXML(w http.ResponseWriter, v any) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	enc := xml.NewEncoder(&b)
	enc.Indent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.WriteByte('\n')
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	_, err := w.Write(b.Bytes())
	return err
}
