package repo

// Tip names the newest commit of the store, as 40 hex digits; "" where there is none
// yet. What the store answers follows from it: who keeps an answer may give it again
// as long as the tip was the same before it was asked for and is the same now. It
// costs one look at a small file, whoever writes, git itself among them.
func (s *Store) Tip() (string, error) {
	tip, err := s.git.Tip()
	if err != nil || tip.IsZero() {
		return "", err
	}
	return tip.String(), nil
}
