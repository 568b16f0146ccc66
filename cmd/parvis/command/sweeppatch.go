package command

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/sweep"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// patchedLaw is the law of a directory, or the embedded one, with a patch put on it.
func patchedLaw(dir, patch string) (*rights.Law, []rights.Change, error) {
	text, err := os.ReadFile(patch)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, errs.Wrap(errs.NotFound, "cli.input.absent", err, "file", patch)
	case err != nil:
		return nil, nil, errs.Wrap(errs.Invalid, "cli.input.unreadable", err, "file", patch)
	}
	files := fs.FS(law.Files)
	if dir != "" {
		files = os.DirFS(dir)
	}
	return rights.LoadPatched(files, patch, text)
}

// whatIf sweeps twice, under the law and under the patched one, and writes the rows
// that differ: id, right, month, then status and amount before and after. What is
// half done stays beside the result, as for any sweep, and the same command goes on.
func (c *rightsSweep) whatIf(s *session, o sweep.Options, patched *rights.Law, changes []rights.Change) error {
	if o.Format != sweep.CSV {
		return misuse("sweep.patch_format")
	}
	for _, ch := range changes {
		s.say("sweep.patch_change", "name", ch.Name, "label", ch.Label, "from", ch.From)
	}
	final := o.Out
	o.Rights = onlyAmong(o.Rights, patched.Reading(changes))
	if len(o.Rights) == 0 {
		return errs.New(errs.Invalid, "sweep.patch_nothing")
	}
	parts := [2]string{final + ".before.csv", final + ".after.csv"}
	laws := [2]*rights.Law{o.Law, patched}
	before, err := knownBefore(o, parts[0])
	if err != nil {
		return err
	}
	for i, part := range parts {
		if i == 0 && before.done {
			continue // a sweep that was stopped during the second
		}
		o.Out, o.Law = part, laws[i]
		report, err := sweep.Run(s.ctx, o)
		if err != nil {
			return c.failed(s, o, report, err)
		}
		if i == 0 {
			if err := before.note(); err != nil {
				return err
			}
		}
	}
	n, err := differences(parts, final)
	if err != nil {
		return fmt.Errorf("compare both sweeps: %w", err)
	}
	for _, part := range append(parts[:], before.file) {
		if err := os.Remove(part); err != nil {
			return fmt.Errorf("remove %s: %w", part, err)
		}
	}
	fmt.Fprintln(s.Stderr, s.p.N("sweep.patch_report", n, "file", final))
	return nil
}

// sweptBefore is the note beside the sweep under the present law: of what it is, so
// that another month, law or file of households never meets an older result.
type sweptBefore struct {
	file     string
	identity []byte
	done     bool // the result is there, and is of this sweep
}

// knownBefore tells whether the first sweep was done by a command that was stopped.
// A result of anything else goes.
func knownBefore(o sweep.Options, part string) (sweptBefore, error) {
	out := sweptBefore{file: part + ".json"}
	var err error
	if out.identity, err = sweep.Identity(o); err != nil {
		return out, err
	}
	have, err := os.ReadFile(out.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("read %s: %w", out.file, err)
	}
	if _, err := os.Stat(part); err == nil && bytes.Equal(have, out.identity) {
		out.done = true
		return out, nil
	}
	for _, old := range []string{out.file, part} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return out, fmt.Errorf("remove %s: %w", old, err)
		}
	}
	return out, nil
}

func (b sweptBefore) note() error {
	if err := os.WriteFile(b.file, b.identity, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", b.file, err)
	}
	return nil
}

// onlyAmong keeps the rights asked that a patch may change; without any asked, all
// that it may.
func onlyAmong(asked, reading []string) []string {
	if len(asked) == 0 {
		return reading
	}
	var out []string
	for _, name := range asked {
		for _, r := range reading {
			if r == name {
				out = append(out, name)
			}
		}
	}
	return out
}

// differences writes the rows that two sweeps of the same households give otherwise,
// and counts them.
func differences(parts [2]string, out string) (n int, err error) {
	var in [2]*csv.Reader
	for i, part := range parts {
		f, err := os.Open(part)
		if err != nil {
			return 0, err
		}
		defer f.Close()
		in[i] = csv.NewReader(f)
	}
	partial := sweep.Partial(out)
	f, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	if err := w.Write([]string{"id", "right", "month", "status_before", "amount_before_cents", "status_after", "amount_after_cents"}); err != nil {
		return 0, err
	}
	for first := true; ; first = false {
		var rows [2][]string
		ended := 0
		for i := range in {
			rows[i], err = in[i].Read()
			switch {
			case errors.Is(err, io.EOF):
				ended++
			case err != nil:
				return n, err
			}
		}
		if ended == 2 {
			break
		}
		if ended == 1 || len(rows[0]) < 5 || rows[0][0] != rows[1][0] || rows[0][1] != rows[1][1] {
			return n, errors.New("both sweeps do not speak of the same households")
		}
		a, b := rows[0], rows[1] // id, right, month, status, amount_cents, …
		if first || a[3] == b[3] && a[4] == b[4] {
			continue
		}
		n++
		if err := w.Write([]string{a[0], a[1], a[2], a[3], a[4], b[3], b[4]}); err != nil {
			return n, err
		}
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Sync(), f.Close()); err != nil {
		return n, err
	}
	return n, os.Rename(partial, out)
}
