package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// journalCmd is what concerns the journal and its proofs.
type journalCmd struct {
	Verify      journalVerify      `cmd:"" help:"proof.help.journal_verify"`
	Export      journalExport      `cmd:"" help:"proof.help.journal_export"`
	Checkpoints journalCheckpoints `cmd:"" help:"proof.help.journal_checkpoints"`
}

// journalVerify reads a whole journal, in its database or in an export, and says
// line by line what does not hold.
type journalVerify struct {
	place
	File      string `arg:"" optional:"" help:"proof.help.export_file" placeholder:"FILE"`
	PublicKey string `help:"proof.help.public_key" placeholder:"KEY"`
	Against   string `help:"proof.help.against" placeholder:"FILE"`
}

// maxNotes bounds a file of checkpoints kept elsewhere, in bytes.
const maxNotes = 16 << 20

// Run exits with 1 on any tampering, a removed line included.
func (c *journalVerify) Run(s *session) error {
	if c.File != "" {
		return c.export(s)
	}
	in, err := c.open(s)
	if err != nil {
		return err
	}
	kept, err := c.kept(s, in.journal.PublicKey())
	if err != nil {
		return errors.Join(err, in.rows.Close())
	}
	report, err := in.journal.Check(s.ctx, kept...)
	if err := errors.Join(err, in.rows.Close()); err != nil {
		return err
	}
	return s.verdict(report, "")
}

func (c *journalVerify) export(s *session) (err error) {
	public, err := s.publicKey(c.PublicKey)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return errs.Wrap(errs.NotFound, "cli.input.absent", err, "file", c.File)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var kept []journal.Checkpoint
	if c.Against != "" {
		if public == "" {
			return misuse("proof.cli.against_whom")
		}
		if kept, err = c.kept(s, public); err != nil {
			return err
		}
	}
	said, report, err := journal.CheckExport(f, public, kept...)
	if errors.Is(err, journal.ErrNotExport) {
		return errs.Wrap(errs.Invalid, "proof.cli.not_export", err, "file", c.File)
	}
	if err != nil {
		return err
	}
	if public != "" {
		said.Key = ""
	}
	return s.verdict(report, said.Key)
}

// kept reads the checkpoints that somebody kept elsewhere.
func (c *journalVerify) kept(s *session, public string) ([]journal.Checkpoint, error) {
	if c.Against == "" {
		return nil, nil
	}
	text, err := s.readFile(c.Against, maxNotes)
	if err != nil {
		return nil, err
	}
	kept, err := journal.ParseCheckpoints(string(text), public)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "proof.cli.not_checkpoints", err, "file", c.Against)
	}
	return kept, nil
}

// publicKey reads the key that verifies, given as it is or by a file.
func (s *session) publicKey(given string) (string, error) {
	if given == "" || strings.HasPrefix(given, "parvis/") {
		return given, nil
	}
	text, err := s.readFile(given, maxSheet)
	if err != nil {
		return "", err
	}
	for _, word := range strings.Fields(string(text)) { // a file may hold the whole recovery sheet
		if strings.HasPrefix(word, "parvis/") {
			return word, nil
		}
	}
	return "", errs.New(errs.Invalid, "proof.cli.no_public_key", "file", given)
}

// verdict says what was found; an error when something does not hold. believed is
// the key that the file itself named, "" when the reader knew it.
func (s *session) verdict(r journal.Report, believed string) error {
	for _, f := range r.Faults {
		s.print("!!  " + s.p.T("proof.fault."+string(f.What), "tree", string(f.Tree), "from", f.From, "to", f.To, "at", s.where(f)))
		if f.Err != nil {
			s.print("    (" + f.Err.Error() + ")")
		}
	}
	if r.More > 0 {
		s.print("    " + s.p.T("proof.cli.more", "n", r.More))
	}
	if !r.Well() {
		return errs.New(errs.Conflict, "proof.cli.broken", "n", int64(len(r.Faults))+r.More)
	}
	s.print("ok  " + s.p.T("proof.cli.whole", "lines", r.Lines, "trees", r.Trees, "checkpoints", r.Checkpoints))
	if r.Erased > 0 {
		s.print("    " + s.p.T("proof.cli.erased", "n", r.Erased))
	}
	if r.Unsigned > 0 {
		s.print("    " + s.p.T("proof.cli.unsigned", "n", r.Unsigned))
	}
	if believed != "" {
		s.print("    " + s.p.T("proof.cli.believed", "key", believed))
	}
	s.print("    " + s.p.T("proof.cli.proves"))
	return nil
}

// where names the place of a fault: a line of the file, or of a tree.
func (s *session) where(f journal.Fault) string {
	switch {
	case f.At > 0:
		return s.p.T("proof.cli.at_file", "line", f.At)
	case f.Tree != "" && f.From == f.To:
		return s.p.T("proof.cli.at_line", "line", f.From, "tree", string(f.Tree))
	case f.Tree != "":
		return s.p.T("proof.cli.at_tree", "tree", string(f.Tree))
	}
	return s.p.T("proof.cli.at_all")
}

// journalExport writes the journal, whole.
type journalExport struct {
	place
	Out    string `help:"proof.help.export_out" placeholder:"FILE"`
	Closed bool   `help:"proof.help.export_closed"`
}

// Run leaves a line in the journal, then writes to a file that is whole or absent,
// or to standard output.
func (c *journalExport) Run(s *session) (err error) {
	if _, err := os.Lstat(c.Out); c.Out != "" && err == nil {
		return errs.New(errs.Conflict, "proof.file.there", "file", c.Out)
	}
	in, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.rows.Close()) }()
	ctx := asOperator(s.ctx)
	err = in.rows.Tx(ctx, func(tx *db.Tx) error {
		return in.journal.Record(ctx, tx, journal.Event{Kind: "lines.export", Detail: map[string]string{"closed": fmt.Sprint(c.Closed)}})
	})
	if err != nil {
		return err
	}
	var lines int64
	write := func(w io.Writer) error {
		var err error
		lines, err = in.journal.Export(s.ctx, w, c.Closed)
		return err
	}
	if c.Out == "" {
		if err := write(s.Stdout); err != nil {
			return err
		}
	} else if err := writeWhole(c.Out, write); err != nil {
		return err
	}
	s.say("proof.cli.exported", "lines", lines)
	return nil
}

// writeWhole makes a file that only its owner reads, whole or not at all. A file
// that is there is not replaced.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return errs.Wrap(errs.Unavailable, "proof.file.not_written", err, "file", path)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errs.Wrap(errs.Unavailable, "proof.file.not_written", err, "file", path)
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, os.ErrExist) {
			return errs.Wrap(errs.Conflict, "proof.file.there", err, "file", path)
		}
		return errs.Wrap(errs.Unavailable, "proof.file.not_written", err, "file", path)
	}
	return nil
}

// journalCheckpoints prints the last checkpoint of each tree, to be kept elsewhere.
type journalCheckpoints struct {
	place
}

// Run signs what grew since, so that what is kept is of now.
func (c *journalCheckpoints) Run(s *session) (err error) {
	in, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.rows.Close()) }()
	if err := in.journal.CheckpointAll(s.ctx); err != nil {
		return err
	}
	notes, err := in.journal.Newest(s.ctx)
	if err != nil {
		return err
	}
	for _, n := range notes {
		s.print(n)
	}
	s.say("proof.cli.checkpoints", "n", len(notes), "date", s.p.Date(core.DateOf(s.now().In(time.Local))))
	return nil
}
