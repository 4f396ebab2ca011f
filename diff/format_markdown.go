package diff

import (
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// criticMarks are CriticMarkup's marks, by the op that they show.
var criticMarks = [...][2]string{
	Delete:   {"{--", "--}"},
	Insert:   {"{++", "++}"},
	MoveFrom: {"{--", "--}"},
	MoveTo:   {"{++", "++}"},
}

// markdown writes CriticMarkup (criticmarkup.com): with every mark accepted the
// new text comes out, with every mark rejected the old one, to the byte, once the
// escapes are undone (and all is shown). A move is both, with a comment.
//
// CriticMarkup has no escape of its own. Here, as in Markdown, a backslash stands
// before a brace of the text; backslashes that touch a brace or a mark are doubled.
func (p *printer) markdown(d document, opt ShowOptions) {
	if !d.bare && (opt.From != "" || opt.To != "") {
		p.print("# ", escapeCritic(oneLine(opt.From)), " → ", escapeCritic(oneLine(opt.To)), "\n\n")
	}
	for _, c := range opt.Corrections {
		p.print("> **", escapeCritic(oneLine(c.Type)), "** ", c.span(), ": ", escapeCritic(oneLine(c.Text)), "\n\n")
	}
	k := foldingOf(Markdown, opt.Around)
	for i, f := range d.fields {
		if !d.bare {
			if i > 0 {
				p.print("\n")
			}
			p.print("## ", escapeCritic(oneLine(f.Name)), "\n\n")
			if len(f.Kinds) > 0 {
				p.print("*", strings.ReplaceAll(Summarize(f.Kinds), "_", `\_`), "*\n\n")
			}
		}
		if f.Set {
			p.markdownSet(f, k)
			continue
		}
		p.markdownText(k.fold(f, exactPieces(f)), d.bare, opt.Visible)
	}
}

// markdownText writes one text; that of an article ends its last line.
func (p *printer) markdownText(ps []piece, bare, visible bool) {
	ended := false
	for i, x := range ps {
		if x.fold {
			note := strings.TrimRight(x.text, "\n")
			p.print("{>>", note, "<<}", x.text[len(note):])
			ended = true
			continue
		}
		text := x.text
		if visible {
			text = schema.Visible(text)
		}
		text = escapeCritic(text)
		if x.op == Equal {
			if i+1 < len(ps) { // a mark follows
				text += text[len(strings.TrimRight(text, `\`)):]
			}
			p.print(text)
			ended = strings.HasSuffix(text, "\n")
			continue
		}
		p.print(criticMarks[x.op][0], text, criticMarks[x.op][1])
		if x.pair > 0 {
			p.print("{>>", moveWord(x.op), "<<}")
		}
		ended = false
	}
	if !bare && !ended {
		p.print("\n")
	}
}

// markdownSet writes a set as a list.
func (p *printer) markdownSet(f Field, k folding) {
	for _, line := range lines(k.fold(f, pieces(f))) {
		if isFold(line) {
			p.print("- {>>", line[0].text, "<<}\n")
			continue
		}
		p.print("- ")
		for _, s := range line {
			text := escapeCritic(schema.Visible(s.text))
			if s.op != Equal {
				text = criticMarks[s.op][0] + text + criticMarks[s.op][1]
			}
			p.print(text)
		}
		p.print("\n")
	}
}

func moveWord(op Op) string {
	if op == MoveFrom {
		return "moved away"
	}
	return "moved here"
}

// escapeCritic puts a backslash before each brace, and doubles those that stand
// there already. So a brace after an odd number of backslashes is text, and one
// after an even number belongs to a mark.
func escapeCritic(s string) string {
	if !strings.ContainsAny(s, "{}") {
		return s
	}
	var b strings.Builder
	slashes := 0 // directly before this byte
	for i := range len(s) {
		switch s[i] {
		case '\\':
			slashes++
		case '{', '}':
			b.WriteString(strings.Repeat(`\`, slashes+1))
			slashes = 0
		default:
			slashes = 0
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
