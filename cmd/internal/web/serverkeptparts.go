package web

import "sync"

// Parts of answers are remembered, by all that they follow from: the HTML of a body, the
// word diff that a version brought, an article's lines on its day. They never change, so
// that a page that has to be made anew makes only what is new on it.

// parts remembers strings by what they were made of. Beyond its bytes it forgets those
// that were not asked for since half of them came.
type parts[K comparable] struct {
	most int // bytes; less than 1 remembers none

	mu         sync.Mutex
	young, old map[K]string
	size       int // of young, in bytes
}

const (
	// bodyBytes, entryBytes and briefBytes bound what is remembered of each.
	bodyBytes, entryBytes, briefBytes = 16 << 20, 8 << 20, 4 << 20
	// partRest is what one takes beside its text and its key, more or less.
	partRest = 200
)

// of gives a part, made by make where it is not remembered. weight is what its key takes.
func (p *parts[K]) of(key K, weight int, make func() (string, error)) (string, error) {
	if p.most < 1 {
		return make()
	}
	p.mu.Lock()
	text, ok := p.young[key]
	if !ok {
		if text, ok = p.old[key]; ok {
			p.keep(key, weight, text)
		}
	}
	p.mu.Unlock()
	if ok {
		return text, nil
	}
	text, err := make()
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keep(key, weight, text)
	return text, nil
}

// keep remembers a part. The caller holds the lock.
func (p *parts[K]) keep(key K, weight int, text string) {
	if _, ok := p.young[key]; ok {
		return
	}
	weight += len(text) + partRest
	if p.size += weight; p.young == nil || p.size > p.most/2 {
		p.young, p.old, p.size = map[K]string{}, p.young, weight
	}
	p.young[key] = text
}
