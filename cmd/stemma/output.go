package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/stemma-project/stemma/schema"
)

// What goes where: data to stdout, everything else to stderr. Text that came
// from content is shown through line or text, so that no control byte of it
// reaches a terminal; the formats that are data (markdown, xml, html, page) pass
// byte for byte into a pipe and are made visible on a terminal alone.

// line makes content fit to be shown on one line.
func line(s string) string { return schema.VisibleLine(s) }

// output is stdout: buffered, and through a pager where it is a terminal and the
// text is longer than the screen.
type output struct {
	w     io.Writer
	buf   *bufio.Writer
	pager *pager
}

func newOutput(w io.Writer) *output { return &output{w: w, buf: bufio.NewWriterSize(w, 64<<10)} }

func (o *output) Write(p []byte) (int, error) { return o.buf.Write(p) }

// page sends what follows through a pager once it is longer than height lines.
func (o *output) page(command []string, environ []string, height int) {
	if o.pager != nil || height <= 0 || len(command) == 0 {
		return
	}
	o.pager = &pager{w: o.w, command: command, environ: environ, left: height - 1}
	o.buf = bufio.NewWriterSize(o.pager, 64<<10)
}

func (o *output) flush() error { return o.buf.Flush() }

func (o *output) close() error {
	err := o.buf.Flush()
	if o.pager != nil {
		if perr := o.pager.close(); err == nil {
			err = perr
		}
	}
	return err
}

// pager holds text back until it is longer than the screen, then starts a
// program to show it. A short text is written as it is.
type pager struct {
	w       io.Writer
	command []string
	environ []string
	left    int // lines that still fit on the screen
	held    bytes.Buffer
	cmd     *exec.Cmd
	in      io.WriteCloser
	gone    bool // the reader closed the pager: what follows is not wanted
}

func (p *pager) Write(b []byte) (int, error) {
	switch {
	case p.gone:
		return len(b), nil
	case p.in != nil:
		if _, err := p.in.Write(b); err != nil {
			p.gone = true
		}
		return len(b), nil
	}
	p.held.Write(b)
	if p.left -= bytes.Count(b, []byte{'\n'}); p.left < 0 {
		return len(b), p.start()
	}
	return len(b), nil
}

func (p *pager) start() error {
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Stdout, cmd.Env = p.w, p.environ
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil { // no pager on this machine: the text itself matters more
		p.left = 1 << 62
		_, err = p.held.WriteTo(p.w)
		return err
	}
	p.cmd, p.in = cmd, in
	if _, err := p.held.WriteTo(in); err != nil {
		p.gone = true
	}
	return nil
}

func (p *pager) close() error {
	if p.cmd == nil {
		_, err := p.held.WriteTo(p.w)
		return err
	}
	p.in.Close()
	return p.cmd.Wait()
}

// printJSON writes v as one line of JSON.
func (a *app) printJSON(v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	_, err = a.out.Write(append(b, '\n'))
	return err
}

// marshal is json.Marshal without the escapes that only HTML needs, and with
// every invisible character as a \u escape.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte{'\n'})), nil
}

// escapeJSON writes the characters that a reader could not see (bidi controls,
// zero-width characters, C1 controls, DEL) as \u escapes. They can stand only
// inside strings, where the escape means the same.
func escapeJSON(b []byte) []byte {
	if isPlain(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r >= 0x7f && !(r == utf8.RuneError && n == 1) && schema.Visible(string(r)) != string(r) {
			if r > 0xffff {
				out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
			} else {
				out = fmt.Appendf(out, `\u%04x`, r)
			}
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

func isPlain(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f {
			return false
		}
	}
	return true
}

// printData writes bytes in a data format: as they are into a pipe, made visible
// on a terminal.
func (a *app) printData(b []byte) error {
	if a.outTerminal {
		b = []byte(schema.Visible(string(b)))
	}
	_, err := a.out.Write(b)
	return err
}

// cells is how many columns of a terminal a string takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r >= 0x1100 && isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func isWide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// table aligns rows of cells; the last cell of a row is never padded.
type table struct{ rows [][]string }

func (t *table) add(row ...string) { t.rows = append(t.rows, row) }

// note adds a line that stands outside the columns.
func (t *table) note(line string) { t.rows = append(t.rows, []string{line}) }

func (t *table) write(w io.Writer) error {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row[:max(0, len(row)-1)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c))
		}
	}
	for _, row := range t.rows {
		if _, err := io.WriteString(w, joinRow(row, widths)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func joinRow(row []string, widths []int) string {
	var b strings.Builder
	for i, c := range row {
		if i == len(row)-1 {
			b.WriteString(c)
			break
		}
		if widths[i] > 0 {
			b.WriteString(c + strings.Repeat(" ", widths[i]-cells(c)) + "  ")
		}
	}
	return strings.TrimRight(b.String(), " ")
}
