package demo

import (
	"io"
	"math/rand/v2"

	"codeberg.org/parvis/parvis/internal/access/card"
)

// CardPIN is the PIN of the demonstration's card.
const CardPIN = "482917"

// CardSource is where the demonstration's card comes from: the same at each start. It
// is no secret, as nothing is in a demonstration.
func CardSource() io.Reader { return rand.NewChaCha8(seedOf("card")) }

// CardCode is the code of the card of the demonstration's person.
func CardCode() (string, error) { return card.Draw(CardSource()) }

// CodeAddress is where the demonstration's person receives codes: an address of nobody
// (RFC 2606), and nothing is sent.
const CodeAddress = "samira.haddad@example.org"
