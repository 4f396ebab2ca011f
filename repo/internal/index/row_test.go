package index

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// FuzzDecode reads blobs as a damaged file may hold them: each is a row that is
// written as it was, or damage.
func FuzzDecode(f *testing.F) {
	w := newWorld(7)
	id := schema.DeriveID("x")
	for i := range 20 {
		v := record{Row: w.row(id, pick(w, id, schema.DeriveID("y")), i+1), contexts: []int64{1, 300}, aliases: aliasList(w.aliases())}
		f.Add(v.append(nil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		given := slices.Clone(data)
		v, err := decodeAll(id, 3, data)
		if !slices.Equal(given, data) {
			t.Fatal("the blob was changed")
		}
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		again, err := decodeAll(id, 3, v.append(nil))
		if err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("written again: %v\n%+v\n%+v", err, v, again)
		}
		if _, err := decodeCorrection(id, data); err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
	})
}

// TestDays holds numbers against the dates that they stand for.
func TestDays(t *testing.T) {
	for date, day := range map[schema.Date]int64{"": 0, "0001-01-01": 10101, "2015-09-26": 20150926, "9999-12-31": 99991231} {
		if got := dayOf(date); got != day {
			t.Errorf("dayOf(%q) = %d, want %d", date, got, day)
		}
		if got := dateOf(day); got != date {
			t.Errorf("dateOf(%d) = %q, want %q", day, got, date)
		}
	}
	for _, date := range []schema.Date{"2015-9-26", "2015/09/26", "20150926", "2015-09-2x", "2015-09-26T"} {
		if got := dayOf(date); got != 0 {
			t.Errorf("dayOf(%q) = %d, want 0", date, got)
		}
	}
}
