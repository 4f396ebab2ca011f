// Package schema says what an article, a version and an event page are, and
// reads and writes them in every format. It does no I/O: bytes in, values out.
//
// Most callers need three things: [Parse] reads one state from bytes in a named
// format, [State.Normalize] brings it into the one form in which states are
// compared, and [Encode] writes it again.
//
// The words:
//
//   - A [State] is what one version of an article says: its fields.
//   - A [Field] is a named part of a state. Its [Role] decides whether a change
//     of it is a new version; the one [Table] holds every field with its role.
//   - An [Input] is a state as some format gave it, with the [FieldSet] that the
//     format could carry: a field that was not carried is left as it was.
//   - A [Page] is an event page, kept as printed, so that writing it gives the
//     same bytes.
//
// Whatever is refused is refused with a [Problem] that names line, field and
// reason.
package schema
