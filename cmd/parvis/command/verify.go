package command

import (
	"bytes"
	"errors"
	"strings"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
)

// verify checks a document that somebody holds, without the installation that made
// it: what sort it is, is read in its first line.
type verify struct {
	File      string `arg:"" help:"proof.help.verify_file" placeholder:"FILE"`
	PublicKey string `help:"proof.help.public_key" placeholder:"KEY"`
}

// maxDocument bounds a document to verify, in bytes.
const maxDocument = 1 << 20

// document is a sort of document that can be verified.
type document struct {
	heading string // how its first line begins
	// check prints what holds; the error says what does not. public is "" when the
	// reader gave no key.
	check func(s *session, text []byte, public string) error
}

// documents are all the sorts.
func documents() []document {
	return []document{
		{journal.ReceiptHeading, checkProof},
		{journal.ProofHeading, checkProof},
		{agreement.Heading, checkAgreement},
	}
}

// Run exits with 1 when the document does not hold.
func (c *verify) Run(s *session) error {
	public, err := s.publicKey(c.PublicKey)
	if err != nil {
		return err
	}
	text, err := s.readFile(c.File, maxDocument)
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(string(text[:min(len(text), 200)])), "\n")
	for _, d := range documents() {
		if strings.TrimSpace(first) == d.heading {
			return d.check(s, text, public)
		}
	}
	if bytes.HasPrefix(text, []byte(`{"parvis_journal":`)) {
		return errs.New(errs.Invalid, "proof.cli.is_export", "file", c.File)
	}
	return errs.New(errs.Invalid, "proof.cli.unknown_kind", "file", c.File)
}

// checkProof verifies a line of the journal, or the receipt of a printed paper.
func checkProof(s *session, text []byte, public string) error {
	p, err := journal.ParseProof(text)
	if err != nil {
		return errs.Wrap(errs.Invalid, "proof.cli.cut", err)
	}
	proven, err := p.Verify(public)
	switch {
	case errors.Is(err, journal.ErrSignature):
		return errs.Wrap(errs.Conflict, "proof.cli.not_signed", err)
	case err != nil:
		return errs.Wrap(errs.Conflict, "proof.cli.not_true", err)
	}
	s.print("ok  " + s.p.T("proof.cli.true"))
	who := proven.Function
	if who == "" {
		who = s.p.T("proof.actor." + string(proven.Actor))
	}
	did := "journal." + proven.Kind
	if s.p.Has(did) {
		did = s.p.T(did)
	} else {
		did = proven.Kind
	}
	s.print("    " + s.p.T("proof.cli.says", "date", s.p.Date(proven.Day), "who", who, "did", did))
	if proven.Code != "" {
		s.print("    " + s.p.T("proof.cli.code", "code", showCode(proven.Code)))
	}
	if proven.Reason != "" {
		s.print("    " + s.p.T("proof.cli.reason", "reason", proven.Reason))
	}
	s.print("    " + s.p.T("proof.cli.place", "line", proven.Seq, "size", proven.Size, "date", s.p.Date(proven.Signed)))
	if proven.Believed {
		s.print("    " + s.p.T("proof.cli.believed", "key", proven.Key))
	}
	s.print("    " + s.p.T("proof.cli.proves"))
	return nil
}

// checkAgreement verifies a mandate that somebody holds, from its file or the text of
// its QR code, and shows what was signed.
func checkAgreement(s *session, text []byte, public string) error {
	v, err := agreement.Verify(text, public)
	switch {
	case errors.Is(err, agreement.ErrSignature):
		return errs.Wrap(errs.Conflict, "proof.cli.not_signed", err)
	case err != nil:
		return errs.Wrap(errs.Invalid, "proof.cli.cut", err)
	}
	s.print("ok  " + s.p.T("agreements.cli_true"))
	for _, f := range v.Facts {
		s.print("    " + f.Name + ": " + strings.ReplaceAll(f.Value, "\n", " "))
	}
	if public == "" {
		s.print("    " + s.p.T("agreements.cli_believed", "key", v.Key))
	}
	s.print("    " + s.p.T("agreements.cli_proves"))
	return nil
}

// showCode writes the code of a paper as it is printed.
func showCode(bare string) string {
	if len(bare) != 6 {
		return bare
	}
	return bare[:3] + "-" + bare[3:]
}
