package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/clipperhouse/uax29/v2/words"
	"github.com/pmezard/go-difflib/difflib"
	"github.com/sergi/go-diff/diffmatchpatch"
	"github.com/stemma-project/stemma/diff"
	peer "znkr.io/diff"
)

// engine is one way to diff two texts: by a Go function in this process, or by a
// program that is given all pairs of a class.
type engine struct {
	name, note string
	module     string // of Go, for its version
	// diff gives a function to be timed, and one that tells what it found last
	diff func() (run func(a, b string), pieces func(a, b string) []piece)
	// batch times all pairs and gives their pieces
	batch   func(ctx context.Context, opt options, pairs []pair, s *sample, seconds int) ([][]piece, error)
	program []string // the command that prints its version
}

// ours is the engine that the others are compared with.
const ours = "stemma"

func engines() []engine {
	return []engine{
		{name: ours, note: "`diff.Texts`, moves and islands as readers get them", diff: diffOurs},
		{name: "go-diff", note: "characters, `DiffMain` and `DiffCleanupSemantic`: its usual mode, with its clock of 1 s", module: "github.com/sergi/go-diff", diff: diffGoDiff},
		{name: "go-diff words", note: "`DiffMainRunes` over a rune a word (UAX #29), no clean-up, with its clock", module: "github.com/sergi/go-diff", diff: diffGoDiffWords},
		{name: "znkr", note: "`diff.Edits` over words (UAX #29)", module: "znkr.io/diff", diff: diffZnkr},
		{name: "go-udiff", note: "`Strings`: characters", module: "github.com/aymanbagabas/go-udiff", diff: diffUdiff},
		{name: "go-difflib", note: "`SequenceMatcher` over words (UAX #29)", module: "github.com/pmezard/go-difflib", diff: diffDifflib},
		{name: "git", note: "`git diff --no-index --word-diff=porcelain` over two folders, all pairs in one process, less its start", program: []string{"git", "--version"}, batch: diffGit},
		{name: "wdiff", note: "a process a pair and the `diff` that it runs, less their start", program: []string{"wdiff", "--version"}, batch: diffEach("wdiff")},
		{name: "dwdiff", note: "a process a pair, less its start", program: []string{"dwdiff", "--version"}, batch: diffEach("dwdiff")},
		{name: "wikidiff2", note: "`wikidiff2_inline_json_diff` inside one php process", program: []string{"php", "-r", "echo phpversion('wikidiff2');"}, batch: diffPHP},
		{name: "jsdiff", note: "`diffWords` inside one node process", program: []string{"node", "--version"}, batch: diffNode},
	}
}

// missing says why an engine can't be measured here; "" where it can.
func (e engine) missing(ctx context.Context, opt options) string {
	if e.diff != nil {
		return ""
	}
	if e.name == "jsdiff" && opt.jsdiff == "" {
		return "not installed"
	}
	if out, err := exec.CommandContext(ctx, e.program[0], e.program[1:]...).Output(); err != nil || strings.TrimSpace(string(out)) == "" {
		return "not installed"
	}
	return ""
}

func (e engine) version(ctx context.Context, opt options) string {
	switch {
	case e.name == "jsdiff" && opt.jsdiff != "":
		out, err := exec.CommandContext(ctx, "node", "-p", "require(process.argv[1]).version", filepath.Join(opt.jsdiff, "node_modules/diff/package.json")).Output()
		if err == nil {
			return strings.TrimSpace(string(out))
		}
	case e.program != nil:
		out, _, _ := strings.Cut(output(ctx, e.program), "\n")
		if fields := strings.Fields(out); len(fields) > 0 {
			return fields[len(fields)-1]
		}
	case e.module != "":
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return ""
		}
		for _, m := range info.Deps {
			if m.Path == e.module {
				return strings.TrimPrefix(m.Version, "v")
			}
		}
	}
	return ""
}

func output(ctx context.Context, command []string) string {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

func diffOurs() (func(a, b string), func(a, b string) []piece) {
	var segs []diff.Segment
	return func(a, b string) { segs = diff.Texts(a, b, diff.Options{}) },
		func(a, b string) []piece { return ourPieces(a, b, segs) }
}

func ourPieces(a, b string, segs []diff.Segment) []piece {
	list := make([]piece, len(segs))
	for k, s := range segs {
		switch s.Op {
		case diff.Equal:
			list[k] = piece{kept, a[s.A0:s.A1]}
		case diff.Delete:
			list[k] = piece{gone, a[s.A0:s.A1]}
		case diff.Insert:
			list[k] = piece{come, b[s.B0:s.B1]}
		case diff.MoveFrom:
			list[k] = piece{left, a[s.A0:s.A1]}
		case diff.MoveTo:
			list[k] = piece{arrived, b[s.B0:s.B1]}
		}
	}
	return list
}

func diffGoDiff() (func(a, b string), func(a, b string) []piece) {
	var list []diffmatchpatch.Diff
	return func(a, b string) {
			engine := diffmatchpatch.New()
			list = engine.DiffCleanupSemantic(engine.DiffMain(a, b, false))
		}, func(a, b string) []piece {
			var out []piece
			for _, d := range list {
				out = append(out, piece{goDiffSort(d.Type), d.Text})
			}
			return out
		}
}

func goDiffSort(op diffmatchpatch.Operation) sort {
	switch op {
	case diffmatchpatch.DiffDelete:
		return gone
	case diffmatchpatch.DiffInsert:
		return come
	}
	return kept
}

// split gives the words of a text, with the white space between them.
func split(s string) []string {
	var list []string
	for it := words.FromString(s); it.Next(); {
		list = append(list, it.Value())
	}
	return list
}

func diffGoDiffWords() (func(a, b string), func(a, b string) []piece) {
	var list []diffmatchpatch.Diff
	var names []string
	return func(a, b string) {
			ids := map[string]rune{}
			names = names[:0]
			runes := func(s string) []rune {
				var out []rune
				for _, w := range split(s) {
					id, ok := ids[w]
					if !ok {
						id = rune(len(names)) + 1
						ids[w] = id
						names = append(names, w)
					}
					if id >= 0xd800 {
						id += 0x800
					}
					out = append(out, id)
				}
				return out
			}
			x, y := runes(a), runes(b)
			list = diffmatchpatch.New().DiffMainRunes(x, y, false)
		}, func(a, b string) []piece {
			var out []piece
			for _, d := range list {
				var s strings.Builder
				for _, r := range d.Text {
					if r >= 0xe000 {
						r -= 0x800
					}
					s.WriteString(names[r-1])
				}
				out = append(out, piece{goDiffSort(d.Type), s.String()})
			}
			return out
		}
}

func diffZnkr() (func(a, b string), func(a, b string) []piece) {
	var edits []peer.Edit[string]
	return func(a, b string) { edits = peer.Edits(split(a), split(b)) }, func(a, b string) []piece {
		var out []piece
		for _, e := range edits {
			switch e.Op {
			case peer.Match:
				out = append(out, piece{kept, e.X})
			case peer.Delete:
				out = append(out, piece{gone, e.X})
			case peer.Insert:
				out = append(out, piece{come, e.Y})
			}
		}
		return out
	}
}

func diffUdiff() (func(a, b string), func(a, b string) []piece) {
	var edits []udiff.Edit
	return func(a, b string) { edits = udiff.Strings(a, b) }, func(a, b string) []piece {
		var out []piece
		at := 0
		for _, e := range edits {
			out = append(out, piece{kept, a[at:e.Start]}, piece{gone, a[e.Start:e.End]}, piece{come, e.New})
			at = e.End
		}
		return append(out, piece{kept, a[at:]})
	}
}

func diffDifflib() (func(a, b string), func(a, b string) []piece) {
	var codes []difflib.OpCode
	var x, y []string
	return func(a, b string) {
			x, y = split(a), split(b)
			codes = difflib.NewMatcher(x, y).GetOpCodes()
		}, func(a, b string) []piece {
			var out []piece
			for _, c := range codes {
				if c.Tag == 'e' {
					out = append(out, piece{kept, strings.Join(x[c.I1:c.I2], "")})
					continue
				}
				out = append(out, piece{gone, strings.Join(x[c.I1:c.I2], "")}, piece{come, strings.Join(y[c.J1:c.J2], "")})
			}
			return out
		}
}
