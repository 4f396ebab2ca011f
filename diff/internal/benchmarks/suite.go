package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/stemma-project/stemma/diff"
)

// compareSuite diffs wikidiff2's own test cases by wikidiff2 and by us, and tells
// the words that each shows as changed. The cases may not be carried: they are read
// from a file of {id, title, before, after}.
func compareSuite(ctx context.Context, opt options) (string, error) {
	if opt.suites == "" {
		return "", nil
	}
	data, err := os.ReadFile(opt.suites)
	if err != nil {
		return "", err
	}
	var cases []struct{ ID, Title, Before, After string }
	if err := json.Unmarshal(data, &cases); err != nil {
		return "", fmt.Errorf("%s: %w", opt.suites, err)
	}
	var pairs []pair
	var ids []string
	seen := map[pair]bool{}
	for _, c := range cases {
		if p := (pair{c.Before, c.After}); !seen[p] {
			seen[p] = true
			pairs = append(pairs, p)
			ids = append(ids, c.ID)
		}
	}
	if output(ctx, []string{"php", "-r", "echo phpversion('wikidiff2');"}) == "" {
		return "", nil
	}
	theirs, err := diffPHP(ctx, opt, pairs, &sample{}, hardTime)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("\n## wikidiff2's own test cases\n\nWords shown as changed, on both sides, and changes; moved words don't count.\n\n")
	b.WriteString(row("case", "fewest", "stemma", "wikidiff2", "changes", "wikidiff2's", "") + row("---", "---:", "---:", "---:", "---:", "---:", "---"))
	more, sumOurs, sumTheirs := 0, 0, 0
	for i, p := range pairs {
		a, err := judge(p, ourPieces(p.a, p.b, diff.Texts(p.a, p.b, diff.Options{})))
		if err != nil {
			return "", err
		}
		t, err := judge(p, theirs[i])
		if err != nil {
			b.WriteString(row(ids[i], "–", fmt.Sprint(a.Words), "another text", fmt.Sprint(a.Changes), "–", ""))
			continue
		}
		least, note := "–", ""
		if n, ok := leastWords(p); ok {
			least = fmt.Sprint(n)
		}
		if a.Words > t.Words {
			note = "more"
			more++
		}
		sumOurs, sumTheirs = sumOurs+a.Words, sumTheirs+t.Words
		b.WriteString(row(ids[i], least, fmt.Sprint(a.Words), fmt.Sprint(t.Words), fmt.Sprint(a.Changes), fmt.Sprint(t.Changes), note))
	}
	fmt.Fprintf(&b, "\n%d words in all, wikidiff2 %d; more than wikidiff2 in %d of %d cases.\n", sumOurs, sumTheirs, more, len(pairs))
	return b.String(), nil
}
