// Package faultdisk has disks for the tests of the store: one that asks before
// every operation whether it may happen, so that any of them can fail, be cut
// short or kill the process; one that never waits for a disk; and one that writes
// down what was done to it, and from that makes the states in which a loss of
// power may leave a folder.
package faultdisk
