package web

// outside signs in those whom an OpenID Connect provider knows.
type outside struct {
	name string // what the button says
}
