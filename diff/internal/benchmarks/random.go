package main

import (
	"fmt"
	"strings"
)

// random is a small generator whose results are the same everywhere.
type random uint64

func (r *random) next(n int) int {
	*r = *r*6364136223846793005 + 1442695040888963407
	return int(uint64(*r)>>33) % n
}

// zipfWords makes n words out of a stock of size words, frequent ones first, as in
// natural text.
func (r *random) zipfWords(n, size int, stock string) []string {
	list := make([]string, n)
	for k := range list {
		rank := 1
		for rank < size && r.next(1000) < 950 { // grows with falling chance
			rank = rank*(100+r.next(30))/100 + 1
			if r.next(12) == 0 {
				break
			}
		}
		list[k] = fmt.Sprintf("%s%d", stock, rank)
	}
	return list
}

func (r *random) shuffle(list []string) []string {
	list = append([]string(nil), list...)
	for k := len(list) - 1; k > 0; k-- {
		other := r.next(k + 1)
		list[k], list[other] = list[other], list[k]
	}
	return list
}

func join(words []string) string { return strings.Join(words, " ") }

// numbered makes the words stock0, stock1, …
func numbered(n int, stock string) []string {
	list := make([]string, n)
	for k := range list {
		list[k] = fmt.Sprint(stock, k)
	}
	return list
}

// replaced puts a word in n places, evenly apart.
func replaced(list []string, n int, word string) []string {
	list = append([]string(nil), list...)
	for k := range n {
		list[k*(len(list)/n)+5] = word
	}
	return list
}

// megabyte is 1 MiB of words in lines of twelve and paragraphs of five lines.
func megabyte() string {
	r := random(11)
	var s strings.Builder
	for k, w := range r.zipfWords(250_000, 30_000, "word") {
		s.WriteString(w)
		switch {
		case k%60 == 59:
			s.WriteString(".\n\n")
		case k%12 == 11:
			s.WriteByte('\n')
		default:
			s.WriteByte(' ')
		}
		if s.Len() > 1<<20 {
			break
		}
	}
	return s.String()[:1<<20]
}
