package repo

// Store is an open store.
type Store struct {
	contract
}
