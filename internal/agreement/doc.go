// Package agreement keeps what people agreed to: what of their file another team may
// see and until when, who acts in their name, who close to them may read, and the
// hour that a worker of another team asks for with a reason.
//
// Guarantees. An agreement is a row that never changes; taking it back is another
// row. What a partner sees is read by the same code as the preview that the person
// was shown, one category at a time, each asked of the policies, and leaves a line in
// the person's journal that names the agreement. Notes are never shared: who reads a
// note is decided note by note.
//
// What not to do. Do not read a file under an agreement but through Read: it takes
// away what was not shared before anything is shown.
//
//	shared, err := agreements.Read(ctx, id)
//
// See docs/agreements.md.
package agreement
