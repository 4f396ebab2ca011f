package web

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
)

// The picture's measures, in the units of its view box.
const (
	pictureWidth  = 960
	pictureHeight = 300
	pictureEdge   = 46
	// picturePoints is the most versions that are drawn; of a longer history every
	// nth, so that the picture stays one that can be looked at and sent.
	picturePoints = 1500
	// timelineRows is the most versions that the table below the picture lists.
	timelineRows = 100
)

// point is a version in the picture.
type point struct {
	Version repo.Version
	Size    int // bytes of headline, summary and body; or unweighed
	X, Y    float64
	Shape   string // "first", "text", "figure", "quiet", "restores"
}

type timelineBody struct {
	Article       repo.Version
	Points        []point
	Rows          []point // the last of them, which the table lists
	Path          string  // of the line, in SVG's terms
	Width, Height int
	Most          int // the greatest size
	From, Until   string
	Skipped       int
	Picture       template.HTML
	SVG           string
}

// timeline draws an article's life: its versions over time, their sizes, and what
// kind of change each was.
func (s *Server) timeline(w http.ResponseWriter, r *http.Request, st *story) error {
	body := timelineBody{Article: st.current(), Width: pictureWidth, Height: pictureHeight, SVG: address(st.current().Path, viewTimeline, "svg")}
	step := (len(st.versions) + picturePoints - 1) / picturePoints
	for i := range st.versions {
		if i%step != 0 && i != len(st.versions)-1 {
			body.Skipped++
			continue
		}
		v := st.versions[i]
		size, err := s.sizeOf(r.Context(), v)
		if err != nil {
			return err
		}
		p := point{Version: v, Size: size, Shape: shapeOf(&v)}
		body.Most = max(body.Most, p.Size)
		body.Points = append(body.Points, p)
	}
	body.place()
	var b bytes.Buffer
	if err := s.pages.sets["timelinepicture"].ExecuteTemplate(&b, "main", body); err != nil {
		return err
	}
	body.Rows = body.Points[max(len(body.Points)-timelineRows, 0):]
	if st.format == "svg" {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, err := w.Write(b.Bytes())
		return err
	}
	body.Picture = template.HTML(b.String())
	return s.show(w, "timeline", frame{Title: "Timeline: " + st.current().Headline, Canonical: address(st.current().Path, viewTimeline, "html"), Body: body})
}

// place gives each point its place: time runs from left to right, size upward.
func (b *timelineBody) place() {
	first, last := b.Points[0].Version.Published.T, b.Points[len(b.Points)-1].Version.Published.T
	layout := "2006-01-02"
	if last.Sub(first) < 48*time.Hour && last.After(first) {
		layout = "2006-01-02 15:04"
	}
	b.From, b.Until = first.UTC().Format(layout), last.UTC().Format(layout)
	span := max(last.Sub(first).Seconds(), 1)
	var path bytes.Buffer
	size := 0
	for i := range b.Points {
		p := &b.Points[i]
		if p.Size != unweighed {
			size = p.Size // else it is drawn where the one before stands
		}
		p.X = pictureEdge + (pictureWidth-2*pictureEdge)*p.Version.Published.T.Sub(first).Seconds()/span
		p.Y = pictureHeight - pictureEdge - (pictureHeight-2*pictureEdge)*float64(size)/float64(max(b.Most, 1))
		if i == 0 {
			fmt.Fprintf(&path, "M%.1f %.1f", p.X, p.Y)
			continue
		}
		fmt.Fprintf(&path, "H%.1fV%.1f", p.X, p.Y) // a text stays as it is until it changes
	}
	b.Path = path.String()
}

// shapeOf tells versions apart without colour.
func shapeOf(v *repo.Version) string {
	switch {
	case v.Restores > 0:
		return "restores"
	case len(v.Kinds) == 0:
		return "first"
	case diff.Noise(v.Kinds):
		return "quiet"
	}
	for _, k := range v.Kinds {
		if k == diff.KindFigure {
			return "figure"
		}
	}
	return "text"
}
