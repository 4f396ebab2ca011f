package main

import (
	"fmt"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// workload is a history of articles. It follows from its numbers alone, so that
// two programs, or two days, measure the same.
type workload struct {
	Versions int
	Seed     uint64
}

const (
	paragraphs    = 8
	paragraphSize = 173 // bytes at least; with the front matter a file comes to 2.25 kB
	hotVersions   = 500 // of article 0, whose Changes list is asked for
)

// articles is how many articles the versions belong to.
func (w workload) articles() int { return max(1, w.Versions/5) }

// hot is how many versions the hot article has.
func (w workload) hot() int { return min(hotVersions, w.Versions/2) }

// version is one step of a workload.
type version struct {
	Number    int // from 0, over the whole history
	Article   int
	Revision  int // of its article, from 0
	State     *schema.State
	Published time.Time
	Author    schema.Person
}

// storyteller writes the states of a workload, and remembers how far each article
// has come: per paragraph, how often it was rewritten.
type storyteller struct {
	workload
	prose     *prose
	rewritten [][paragraphs]uint16
	revisions []uint16
}

func (w workload) tell() *storyteller {
	return &storyteller{workload: w, prose: newProse(), rewritten: make([][paragraphs]uint16, 0, w.articles())}
}

// each gives the versions in order. A fifth of them begin an article, evenly over
// the history; the hot article's are spread evenly too, and the others are revisions
// of random articles.
func (s *storyteller) each(f func(*version) error) error {
	hot := 0
	for n := range s.Versions {
		article := len(s.revisions)
		switch {
		case n%5 == 0 && article < s.articles():
			s.rewritten = append(s.rewritten, [paragraphs]uint16{})
			s.revisions = append(s.revisions, 0)
			if article == 0 {
				hot++
			}
		case hot*s.Versions <= n*s.hot() && hot < s.hot():
			article = 0
			hot++
			s.revise(0)
		default:
			if article = s.other(n); article == 0 {
				hot++
			}
			s.revise(article)
		}
		v := &version{
			Number: n, Article: article, Revision: int(s.revisions[article]), State: s.state(article),
			Published: firstDay().Add(time.Duration(n) * time.Minute), Author: author(s.random(n, 3)),
		}
		if err := f(v); err != nil {
			return err
		}
	}
	return nil
}

// other chooses an article that is not the hot one, where there is another.
func (s *storyteller) other(n int) int {
	if known := uint64(len(s.revisions)); known > 1 {
		return 1 + int(s.random(n, 1)%(known-1))
	}
	return 0
}

func (s *storyteller) revise(article int) {
	s.revisions[article]++
	s.rewritten[article][s.random(article, uint64(s.revisions[article])<<8)%paragraphs]++
}

// firstDay is when the first version was published; a million minutes later it is
// still long ago.
func firstDay() time.Time { return time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC) }

func author(seed uint64) schema.Person {
	n := seed % 20
	return schema.Person{Name: fmt.Sprintf("Editor %02d", n), Email: fmt.Sprintf("editor%02d@example.org", n)}
}

// articleID is the id of an article of every workload.
func articleID(article int) schema.ID { return schema.DeriveID(fmt.Sprintf("benchmark %d", article)) }

// state gives what an article says now.
func (s *storyteller) state(article int) *schema.State {
	day := firstDay().AddDate(0, 0, article%600)
	st := &schema.State{
		ID: articleID(article), Type: schema.Article, Date: schema.Date(day.Format(time.DateOnly)),
		Category: fmt.Sprintf("Section %d", article%12),
		Headline: s.prose.headline(s.random(article, 5)),
		Summary:  s.prose.text(s.random(article, 6), 90),
		Contexts: []string{fmt.Sprintf("Topic %d", s.random(article, 7)%400), fmt.Sprintf("Place %d", s.random(article, 8)%400)},
		Sources:  []schema.Source{{Name: "The Agency", URL: fmt.Sprintf("https://example.org/story/%d", article)}},
	}
	body := make([]byte, 0, paragraphs*(paragraphSize+80))
	for i, times := range s.rewritten[article] {
		body = append(body, s.prose.text(s.random(article, uint64(i)<<32|uint64(times)<<16|9), paragraphSize)...)
		body = append(body, "\n\n"...)
	}
	st.Body = string(body)
	st.Normalize()
	return st
}

// random gives a number that follows from the seed and two others.
func (s *storyteller) random(a int, b uint64) uint64 { return mix(s.Seed, uint64(a), b) }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014) over a sum of
// its arguments.
func mix(parts ...uint64) uint64 {
	var x uint64
	for _, p := range parts {
		x += p + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}
