package index

import "strings"

// word gives the integer of a word, which is made where it is new; 0 for "".
func (tx *Tx) word(kind int, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, err := tx.knownWord(kind, text)
	if err != nil || id != 0 {
		return id, err
	}
	if id, _, err = tx.c.int("INSERT INTO words (kind, text) VALUES (?, ?) RETURNING id", int64(kind), text); err != nil {
		return 0, err
	}
	tx.words[word{kind, strings.Clone(text)}] = id // the text may be part of a long one
	return id, nil
}

// knownWord gives the integer of a word, 0 where it has none.
func (tx *Tx) knownWord(kind int, text string) (int64, error) {
	if id, ok := tx.words[word{kind, text}]; ok || text == "" {
		return id, nil
	}
	id, _, err := tx.c.word(kind, text)
	if err != nil {
		return 0, err
	}
	if len(tx.words) >= maxWords {
		clear(tx.words)
	}
	tx.words[word{kind, strings.Clone(text)}] = id
	return id, nil
}

// wordList gives the words of the texts, sorted, each once.
func (tx *Tx) wordList(kind int, texts []string) ([]int64, error) {
	var list []int64
	for _, t := range texts {
		id, err := tx.word(kind, t)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			list = append(list, id)
		}
	}
	return union(list, nil), nil
}

// lead notes that an address leads to a.
func (tx *Tx) lead(a *article, to alias, day int64) error {
	tail, folder, err := tx.split(to)
	if err != nil {
		return err
	}
	r := leadRow{folder, to.kind, a, day}
	rows, held := tx.leads[tail]
	for i := range rows {
		if rows[i].compare(&r) == 0 {
			rows[i].day = day
			return nil
		}
	}
	if !held {
		tail = strings.Clone(tail) // it may be part of a long text
	}
	tx.leads[tail] = append(rows, r)
	if len(tx.leads) > maxLeads {
		return tx.flush()
	}
	return nil
}

// split gives an address as it stands in leads.
func (tx *Tx) split(a alias) (tail string, folder int64, err error) {
	if a.kind != AliasPath {
		return a.key, 0, nil
	}
	head, tail := splitPath(a.key)
	folder, err = tx.word(wordFolder, head)
	return tail, folder, err
}
