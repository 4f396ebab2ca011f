// Package web serves a store as pages that readers, reviewers and auditors use: the
// articles as they are and as they were, what changed in them, and feeds of that.
//
// [New] makes a handler from a store; everything that a page needs is embedded.
// Pages are made on the server and work without script.
//
// Who may read and write is found out before a handler is reached: access.go knows the
// ways in, session.go browsers that are signed in, limit.go who comes too often. A page
// of another site can send nothing; a form bears a token of its session.
//
// What a handler may rely on: an address was taken apart by [place], so that no
// handler looks at a path again; absolute addresses begin with [Options.Base] and
// never with what a client sent as Host; a handler returns an error, and one table
// (failure.go) says which status that is; [userOf] gives who asks, and a handler
// that [Server.need] wraps is reached by nobody with a lesser role.
package web
