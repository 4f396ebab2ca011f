package repo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stemma-project/stemma/schema"
)

// lie is one way to tamper with a history: it gives the new history and the
// articles of which one at least must be named. ok is false where it does not fit
// this version. hidden says that no trace of it is left in git by itself: only who
// knew the history before can tell, so nothing is wanted without the index.
type lie struct {
	name string
	tell func(v *victim, r *rand.Rand, x target1) (steps []step, names []schema.ID, hidden, ok bool)
}

// trailer replaces the value of a trailer, or takes it away where value is "".
func trailer(message, key, value string) string {
	var out []string
	for _, line := range strings.Split(message, "\n") {
		if strings.HasPrefix(line, key+": ") {
			if value == "" {
				continue
			}
			line = key + ": " + value
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// lies lists the ways to tamper. Hidden ones are those that a hash chain without
// signatures can't show from within: whoever may write history can drop or forge
// the end of a chain and leave a shorter or another, but whole, one; what no seal
// covers (notes, the time of recording) and what plain git brought has no seal of
// its own, only the next one's.
func lies() []lie {
	one := func(x target1) []schema.ID { return []schema.ID{x.article} }
	return []lie{
		{"change a byte", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				data := slices.Clone(s.files[x.path])
				i := r.IntN(len(data))
				data[i] ^= byte(1 + r.IntN(255))
				s.files[x.path] = data
			})
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change a letter", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				data := slices.Clone(s.files[x.path])
				i := r.IntN(len(data))
				for data[i] < 'a' || data[i] > 'y' {
					i = r.IntN(len(data))
				}
				data[i]++
				s.files[x.path] = data
			})
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"cut a file short", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.files[x.path] = s.files[x.path][:r.IntN(len(s.files[x.path]))] })
			return steps, one(x), false, x.sealed
		}},
		{"drop a version", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			return slices.Delete(v.copy(), x.at, x.at+1), one(x), x.last, true
		}},
		{"drop the newest versions", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			return v.copy()[:x.at], one(x), true, x.at > 0
		}},
		{"swap two versions", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.copy()
			steps[x.at], steps[y.at] = steps[y.at], steps[x.at]
			var names []schema.ID
			for _, z := range v.versions {
				if z.at >= min(x.at, y.at) && z.at <= max(x.at, y.at) {
					names = append(names, z.article)
				}
			}
			return steps, names, !x.sealed || !y.sealed, x.at != y.at
		}},
		{"swap two versions and their times", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.copy()
			steps[x.at], steps[y.at] = steps[y.at], steps[x.at]
			steps[x.at].committer.When, steps[y.at].committer.When = steps[y.at].committer.When, steps[x.at].committer.When
			return steps, []schema.ID{x.article, y.article}, true, x.at != y.at && x.sealed && y.sealed
		}},
		{"make up a seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.message = trailer(s.message, trailerSeal, strings.Repeat("4b1d", 16))
			})
			return steps, one(x), false, x.sealed
		}},
		{"add a version under a made-up seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			forged := v.steps[x.at].clone()
			forged.message = trailer(forged.message, trailerSeal, strings.Repeat("4b1d", 16))
			forged.files[x.path] = append(slices.Clone(forged.files[x.path]), "And more.\n"...)
			return slices.Insert(v.copy(), x.at+1, forged), one(x), false, x.sealed
		}},
		{"garble a seal", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSeal, "none") })
			return steps, one(x), false, x.sealed
		}},
		{"take the seal away", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSeal, "") })
			return steps, one(x), false, x.sealed
		}},
		{"take all trailers away", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message, _, _ = strings.Cut(s.message, "\n") })
			return steps, one(x), x.last, x.sealed
		}},
		{"take all trailers away from here on", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.copy()
			for i := x.at; i < len(steps); i++ {
				steps[i].message, _, _ = strings.Cut(steps[i].message, "\n")
			}
			return steps, one(x), true, x.sealed
		}},
		{"change the author", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.author.Name = "Charles Babbage" })
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change the address", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.author.Email += "g" })
			return steps, one(x), !x.sealed && x.last, true
		}},
		{"change the time of publication", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerPublished, "2015-09-27T11:00:00Z") })
			return steps, one(x), false, x.sealed
		}},
		{"change the salt", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerSalt, strings.Repeat("0f", 16)) })
			return steps, one(x), false, x.sealed
		}},
		{"change the article", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			other := v.versions[r.IntN(len(v.versions))].article
			steps := v.retell(x.at, func(s *step) { s.message = trailer(s.message, trailerArticle, other.String()) })
			return steps, []schema.ID{x.article, other}, false, x.sealed && other != x.article
		}},
		{"change the note", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.message = strings.Replace(s.message, "noted", "denied", 1) })
			return steps, one(x), true, strings.Contains(v.steps[x.at].message, "\nnoted\n")
		}},
		{"change the time of recording", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) { s.committer.When = s.committer.When.Add(-time.Hour) })
			return steps, one(x), x.at == 0, x.sealed
		}},
		{"smuggle another article's change in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) {
				s.files[y.path] = append(slices.Clone(v.steps[y.at].files[y.path]), "And more.\n"...)
			})
			return steps, []schema.ID{y.article}, false, x.sealed && y.article != x.article
		}},
		{"smuggle a removal in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) { s.files[y.path] = nil })
			return steps, []schema.ID{y.article}, false, x.sealed && y.article != x.article && y.at < x.at
		}},
		{"smuggle a copy in", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.files["copy.md"] = append(slices.Clone(s.files[x.path]), "And more.\n"...)
			})
			return steps, one(x), false, x.sealed
		}},
		{"put another file back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			for i, s := range v.steps {
				if strings.HasPrefix(s.message, opReassert) {
					steps := v.copy()
					var article schema.ID
					for p := range steps[i].files {
						steps[i].files[p] = append(slices.Clone(steps[i].files[p]), "And more.\n"...)
						article = pathArticle(p)
					}
					return steps, []schema.ID{article}, false, true
				}
			}
			return nil, nil, false, false
		}},
		{"call a version a file put back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				m, _ := parseMessage(s.message)
				again := message{op: opReassert, headline: m.headline, article: m.article, published: m.published, reassert: m.seal}
				s.message = again.String()
			})
			return steps, one(x), false, x.sealed
		}},
		{"add a version that says it is a file put back", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			m, _ := parseMessage(v.steps[x.at].message)
			again := message{op: opReassert, headline: m.headline, article: m.article, published: m.published, reassert: m.seal}
			forged := v.steps[x.at].clone()
			forged.message = again.String()
			forged.files[x.path] = append(slices.Clone(forged.files[x.path]), "And more.\n"...)
			return slices.Insert(v.copy(), x.at+1, forged), one(x), false, x.sealed
		}},
		{"tell the whole history anew under true seals", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			steps := v.retell(x.at, func(s *step) {
				s.files[x.path] = append(slices.Clone(s.files[x.path]), "And more.\n"...)
			})
			return resealed(steps), one(x), true, x.sealed
		}},
		{"forge a link", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			steps := v.retell(x.at, func(s *step) {
				s.message = strings.TrimSuffix(s.message, "\n") + "\n" + trailerLink + ": " + y.article.String() + "\n"
			})
			return steps, []schema.ID{x.article, y.article}, false, x.sealed && x.article != y.article && y.at < x.at
		}},
		{"forge a split", func(v *victim, r *rand.Rand, x target1) ([]step, []schema.ID, bool, bool) {
			y := v.versions[r.IntN(len(v.versions))]
			m, _ := parseMessage(v.steps[y.at].message)
			steps := v.retell(x.at, func(s *step) {
				s.message = strings.TrimSuffix(s.message, "\n") + fmt.Sprintf("\n%s: %s\n%s: %s\n", trailerSplit, y.article, trailerFrom, m.seal)
			})
			return steps, []schema.ID{x.article, y.article}, false, x.sealed && x.article != y.article && y.at < x.at && y.sealed
		}},
	}
}

// resealed gives a history new seals, as somebody may who knows how it is done.
func resealed(steps []step) []step {
	tails := map[schema.ID]Seal{}
	for i := range steps {
		m, err := parseMessage(steps[i].message)
		for _, data := range steps[i].files {
			in, problem := parseFile(data)
			if err != nil || problem != nil || !m.reassert.IsZero() {
				continue
			}
			who := schema.Person{Name: steps[i].author.Name, Email: steps[i].author.Email}
			published := m.published
			if !m.sealed {
				published = schema.At(steps[i].author.When)
			}
			seal := sealed{tails[in.ID], in.ID, published, who, m.salt}.seal(&in.State)
			tails[in.ID] = seal
			if m.sealed {
				steps[i].message = trailer(steps[i].message, trailerSeal, seal.String())
			}
		}
	}
	return steps
}
