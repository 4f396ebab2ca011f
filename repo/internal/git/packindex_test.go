package git

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestPackIndexFind looks for names among random ones, and among those that a guess
// by their bytes gets wrong.
func TestPackIndexFind(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	random := func() (h Hash) {
		for i := range h {
			h[i] = byte(r.Uint32())
		}
		return h
	}
	for name, n := range map[string]int{"none": 0, "one": 1, "few": 300, "many": 60000} {
		for _, made := range []string{"random", "low", "high", "close"} {
			rows := map[Hash]bool{}
			for range n {
				h := random()
				switch made {
				case "low": // all of a byte's names stand where the guess is the first
					h[1], h[2] = 0, 0
				case "high":
					h[1], h[2], h[3] = 0xff, 0xff, 0xff
				case "close":
					binary.BigEndian.PutUint32(h[:], 0x11223344)
				}
				rows[h] = true
			}
			var list []indexRow
			for h := range rows {
				list = append(list, indexRow{hash: h, offset: packHead})
			}
			slices.SortFunc(list, func(a, b indexRow) int { return bytes.Compare(a.hash[:], b.hash[:]) })
			x, err := parseIndex(encodeIndex(list, Hash{1}))
			if err != nil {
				t.Fatal(err)
			}
			for i, row := range list {
				if at, ok := x.find(row.hash); !ok || at != i {
					t.Fatalf("%s %s: name %d is found at %d, %v", name, made, i, at, ok)
				}
			}
			for range 2000 {
				h := random()
				if len(list) > 0 && r.IntN(2) == 0 {
					h = list[r.IntN(len(list))].hash
					h[19] ^= 1
				}
				_, want := rows[h]
				if at, ok := x.find(h); ok != want {
					t.Fatalf("%s %s: %s is found: %v (at %d)", name, made, h, ok, at)
				}
			}
		}
	}
}
