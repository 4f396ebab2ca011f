package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// pair is an old text and a new one.
type pair struct{ a, b string }

// class is a sort of pairs.
type class struct {
	name, note string
	group      string // the part of the report
	pairs      func(opt options) ([]pair, error)
}

// The groups of the report.
const (
	daily    = "What editors do"
	large    = "Large texts"
	hard     = "Texts that hurt word diffs"
	hardTime = 6 // seconds that a task over one of these, or over a large text, may take
)

func (c class) limit() int {
	if c.group == daily {
		return 60
	}
	return hardTime
}

func classes() []class {
	return append([]class{
		{"headline", "a sentence or short paragraph in a Latin script before and after an edit that people made", daily, headlines},
		{"other script", "the same in other scripts", daily, otherScripts},
		{"article", "1 to 20 kB, small edits: 4, 12 or 40 of these texts, of which one or two were edited", daily, articles},
		{"paragraph", "2.2 kB, of which one paragraph of three sentences was replaced by another", daily, paragraphReplaced},
		{"rewrite", "15 kB, of which three words in five were replaced", daily, rewrite},
		{"1 MB identical", "two strings that hold the same", large, func(options) ([]pair, error) {
			big := megabyte()
			return []pair{{big, strings.Clone(big)}}, nil
		}},
		{"1 MB one edit", "a word inserted in the middle", large, func(options) ([]pair, error) {
			big := megabyte()
			at := strings.Index(big[1<<19:], " ") + 1<<19
			return []pair{{big, big[:at] + " inserted" + big[at:]}}, nil
		}},
		{"1 MB ten edits", "ten words changed, 100 kB from each other", large, tenEdits},
		{"100,000 words shuffled", "words as frequent as in natural text", large, shuffled},
		{"100,000 words unrelated", "the same, drawn twice", large, unrelated},
		{"100,000 words disjoint", "no word stands on both sides", large, func(options) ([]pair, error) {
			return []pair{{join(numbered(100_000, "a")), join(numbered(100_000, "b"))}}, nil
		}},
	}, hardClasses()...)
}

// hardClasses are texts that are known to hurt word diffs.
func hardClasses() []class {
	of := func(name, note string, texts func() (a, b string)) class {
		return class{name, note, hard, func(options) ([]pair, error) {
			a, b := texts()
			return []pair{{a, b}}, nil
		}}
	}
	return []class{
		of("alternating words", "`a b ` 25,000 times against `b a ` 24,000 times", func() (string, string) {
			return strings.Repeat("a b ", 25_000), strings.Repeat("b a ", 24_000)
		}),
		of("one line", "340 kB without a line end, 60 edits", func() (string, string) {
			r := random(5)
			list := r.zipfWords(60_000, 20_000, "word")
			return join(list), join(replaced(list, 60, "edited"))
		}),
		of("doubled paragraph", "one paragraph of 1 MB stands twice", func() (string, string) {
			big := megabyte()
			at := strings.Index(big[len(big)/2:], "\n\n") + len(big)/2 + 2
			end := strings.Index(big[at:], "\n\n") + at + 2
			return big, big[:end] + big[at:]
		}),
		of("distinct words", "70,000 words, none twice, 141 edits", func() (string, string) {
			list := numbered(70_000, "d")
			return join(list), join(replaced(list, 141, "d7"))
		}),
		of("one word", "40,000 times against 39,999", func() (string, string) {
			return strings.Repeat("word ", 40_000), strings.Repeat("word ", 39_999)
		}),
		of("line ends", "600 kB with CR LF against the same with LF: no word changed", func() (string, string) {
			big := megabyte()[:600_000]
			return strings.ReplaceAll(big, "\n", "\r\n"), big
		}),
		of("re-wrapped", "600 kB in lines of another length: no word changed", func() (string, string) {
			big := megabyte()[:600_000]
			return big, strings.ReplaceAll(strings.ReplaceAll(big, "\n\n", "\x00"), "\n", " ")
		}),
		of("invalid bytes", "bytes that are no UTF-8, one of three hundred changed", func() (string, string) {
			a := strings.Repeat("word \x80\x81\xff word ", 2000)
			return a, strings.Replace(a, "\x81\xff", "\x80\xff", 20)
		}),
		of("emoji", "families, flags and skin tones, some changed", func() (string, string) {
			a := strings.Repeat("👩‍👩‍👧🇫🇷👍🏽🇩🇪 and ", 1000)
			return a, strings.ReplaceAll(strings.Replace(a, "👍🏽", "👍🏿", 50), "🇫🇷👍🏿", "🇫🇮👍🏿")
		}),
		of("no spaces", "Thai and Han text without spaces, 30 kB, some signs changed", func() (string, string) {
			r := random(8)
			stock := []string{"การ", "เมือง", "น้ำ", "ทำ", "ใหม่", "漢", "字", "文", "章", "日", "本"}
			var a, b strings.Builder
			for range 4000 {
				w := stock[r.next(len(stock))]
				a.WriteString(w)
				if r.next(100) == 0 {
					w = "新"
				}
				b.WriteString(w)
			}
			return a.String(), b.String()
		}),
		of("empty", "no text against 1 MB", func() (string, string) { return "", megabyte() }),
	}
}

// texts reads the pairs that the project carries.
func texts(opt options) ([]pair, error) {
	f, err := os.Open(filepath.Join(opt.texts, "pairs.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: run in diff/internal/benchmarks, or name the folder by -texts", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []pair
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p struct{ Before, After string }
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, err
		}
		list = append(list, pair{p.Before, p.After})
	}
	return list, lines.Err()
}

func chosen(opt options, want func(p pair) bool) ([]pair, error) {
	all, err := texts(opt)
	var list []pair
	for _, p := range all {
		if want(p) {
			list = append(list, p)
		}
	}
	return list, err
}

func headlines(opt options) ([]pair, error) {
	return chosen(opt, func(p pair) bool { return !otherScript(p.a) && len(p.a) < 300 })
}

func otherScripts(opt options) ([]pair, error) {
	return chosen(opt, func(p pair) bool { return otherScript(p.a) })
}

// otherScript says whether a fifth of the text or more is beyond Latin.
func otherScript(s string) bool {
	other, all := 0, 0
	for _, r := range s {
		all++
		if unicode.IsLetter(r) && r > 0x250 {
			other++
		}
	}
	return other*5 > all
}

func articles(opt options) ([]pair, error) {
	all, err := texts(opt)
	if err != nil {
		return nil, err
	}
	var list []pair
	for _, n := range []int{4, 12, 40} {
		for at := 0; at+n <= len(all); at += 4 {
			var a, b strings.Builder
			for k, p := range all[at : at+n] {
				a.WriteString(p.a + "\n\n")
				if k == n/4 || k == n*3/4 && n > 4 {
					b.WriteString(p.b + "\n\n")
				} else {
					b.WriteString(p.a + "\n\n")
				}
			}
			if a.Len() >= 1000 && a.Len() <= 20_000 {
				list = append(list, pair{a.String(), b.String()})
			}
		}
	}
	return list, nil
}

// sentences makes sentences of about 90 bytes.
func (r *random) sentences(n int) string {
	var s strings.Builder
	for k := range n {
		if k > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(strings.ToUpper("t") + "he " + join(r.zipfWords(13, 3000, "word")) + ".")
	}
	return s.String()
}

func paragraphReplaced(options) ([]pair, error) {
	var list []pair
	for seed := range 30 {
		r := random(seed + 100)
		parts := make([]string, 8)
		for k := range parts {
			parts[k] = r.sentences(3)
		}
		a := strings.Join(parts, "\n\n") + "\n"
		parts[1+r.next(6)] = r.sentences(3)
		list = append(list, pair{a, strings.Join(parts, "\n\n") + "\n"})
	}
	return list, nil
}

func rewrite(options) ([]pair, error) {
	var list []pair
	for seed := range 8 {
		r := random(seed + 11)
		old := r.zipfWords(2_500, 2_000, "word")
		next := append([]string(nil), old...)
		for k := range next {
			if r.next(10) < 6 {
				next[k] = r.zipfWords(1, 2_000, "word")[0]
			}
		}
		list = append(list, pair{join(old), join(next)})
	}
	return list, nil
}

func tenEdits(options) ([]pair, error) {
	big := megabyte()
	scattered := []byte(big)
	for k := range 10 {
		at := strings.Index(big[k*100_000+50_000:], " ") + k*100_000 + 50_000
		scattered[at+1] = 'X'
	}
	return []pair{{big, string(scattered)}}, nil
}

func shuffled(options) ([]pair, error) {
	r := random(42)
	list := r.zipfWords(100_000, 30_000, "w")
	return []pair{{join(list), join(r.shuffle(list))}}, nil
}

func unrelated(options) ([]pair, error) {
	r := random(43)
	a := r.zipfWords(100_000, 30_000, "w")
	return []pair{{join(a), join(r.zipfWords(100_000, 30_000, "w"))}}, nil
}
