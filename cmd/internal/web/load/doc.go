// Package load asks a web server the same thing many times over and tells how fast it
// answered, beside a server of plain files of the same size that is asked in turn.
//
// [Run] is the load maker: clients that each hold one connection, send the next
// request as soon as the last is answered, and spend as little as they can on reading
// the answer, since maker and server share a machine. [Compare] is what a figure is
// taken from: times depend on the machine and on who else uses it, ratios to a static
// file that was asked for in the same seconds depend on them far less.
package load
