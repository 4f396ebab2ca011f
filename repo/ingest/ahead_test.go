package ingest_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

// Read ahead, a stream gives the same items and errors in the same order, however
// long its texts are, and its reader is through when the caller is.
func TestAheadKeepsTheOrder(t *testing.T) {
	for _, size := range []int{0, 1000, 700_000} {
		open := 0
		var stream iter.Seq2[ingest.Item, error] = func(yield func(ingest.Item, error) bool) {
			open++
			defer func() { open-- }()
			for i := range 300 {
				item, err := ingest.Item{Line: i}, error(nil)
				item.Input.Body = strings.Repeat("x", size)
				if i%7 == 3 {
					item, err = ingest.Item{}, &schema.Problem{Line: i}
				}
				if !yield(item, err) {
					return
				}
			}
			yield(ingest.Item{}, errors.New("the end"))
		}
		for _, stop := range []int{0, 1, 64, 150, 1000} {
			var got []string
			for item, err := range ingest.Ahead(stream) {
				got = append(got, fmt.Sprint(item.Line, len(item.Input.Body), err))
				if len(got) == stop {
					break
				}
			}
			if open != 0 {
				t.Fatalf("%d readers are still at it", open)
			}
			var want []string
			for item, err := range stream {
				want = append(want, fmt.Sprint(item.Line, len(item.Input.Body), err))
				if len(want) == stop {
					break
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("texts of %d bytes, stopped after %d: other items", size, stop)
			}
		}
	}
}
