package lock

import "filippo.io/age"

// DecryptWith is the one way in of every reading, for the vectors of other people.
var DecryptWith = decrypt

// IdentityOf is age's own of a private key.
func IdentityOf(p Private) age.Identity { return p.id }
