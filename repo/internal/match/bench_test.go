package match

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// crowd records n events of one day, each of 20 words with the frequencies of a
// language, and gives the memory and one more event.
func crowd(n int) (*Memory, *schema.Input) {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 4, 5000)
	headline := func() string {
		words := make([]string, 20)
		for i := range words {
			words[i] = fmt.Sprintf("w%dx", zipf.Uint64())
		}
		return strings.Join(words, " ")
	}
	m := NewMemory()
	for i := range n {
		in := event(headline(), fmt.Sprintf("https://agency.example/%d", i))
		m.Put(schema.DeriveID(fmt.Sprint(i)), &in, "")
	}
	return m, &schema.Input{State: event(headline(), "https://daily.example/1")}
}

// BenchmarkDecide is a new event on a day of many: the rule that looks at most.
func BenchmarkDecide(b *testing.B) {
	type plain struct{ Finder }
	for _, n := range []int{50, 5000} {
		m, in := crowd(n)
		for name, f := range map[string]Finder{"memory": m, "days": NewDays(plain{m}), "plain": plain{m}} {
			b.Run(fmt.Sprintf("articles=%d/finder=%s", n, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Decide(in, false, f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestCrowdedDay has three hundred events of one day, all of one live blog and all
// but for a name alike: each must stay its own.
func TestCrowdedDay(t *testing.T) {
	d := newDesk(t)
	ids := map[schema.ID]bool{}
	for i := range 300 {
		town := strings.ToUpper(string(rune('A'+i%26))) + strings.Repeat(string(rune('a'+i/26%26)), 2) + string(rune('a'+i/676)) + "burg"
		id, _ := d.other(event("Two people are killed in a drone attack on the port of "+town, fmt.Sprintf("https://daily.example/world/live/%d", i%3)))
		ids[id] = true
	}
	if len(ids) != 300 {
		t.Fatalf("%d articles, want 300", len(ids))
	}
}
