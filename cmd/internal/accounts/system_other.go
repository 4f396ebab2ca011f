//go:build !unix

package accounts

// worldReadableMatters says whether a file's mode tells who may read it.
const worldReadableMatters = false

// syncFolder makes a renaming in a folder durable, which needs nothing here.
func syncFolder(string) error { return nil }
