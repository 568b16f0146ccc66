package note

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// The states of a version.
const (
	stateKept    = "kept"    // counts, or counted before
	stateWaiting = "waiting" // written while somebody else wrote: a choice is due
	stateAside   = "aside"   // read and not chosen
	stateReason  = "reason"  // why the note was withdrawn
)

const (
	countNotes = `SELECT COUNT(*) FROM note WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	insertNote = `INSERT INTO note (org_id, file_id, id, author_id, kind, happened_on, visibility, circle_id, exchange_id, step_id, text_id, written_at, withdrawn_at, withdrawn_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '')`
	insertText = `INSERT INTO note_text (org_id, note_id, id, state, kind, happened_on, visibility, circle_id, body, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	hasExchange = `SELECT COUNT(*) FROM exchange WHERE org_id = $1 AND id = $3 AND file_id IN ` + casefile.SameHuman
	hasStep     = `SELECT COUNT(*) FROM step WHERE org_id = $1 AND id = $3 AND file_id IN ` + casefile.SameHuman
)

// Write keeps a note in a file, at most 2,000 of them.
func (s *Service) Write(ctx context.Context, file core.ID, in Input) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, access.NoteWrite, file, "note.write", "note", func(w *writer) (core.ID, error) {
		if err := in.Validate(w.today); err != nil {
			return "", err
		}
		if err := w.full(maxNotes, countNotes, w.Org, w.file); err != nil {
			return "", err
		}
		if err := w.about(&in, Note{}); err != nil {
			return "", err
		}
		var err error
		if id, err = s.cases.NewID(); err != nil {
			return "", err
		}
		text, err := s.cases.NewID()
		if err != nil {
			return "", err
		}
		_, err = w.tx.Exec(insertNote, w.Org, w.file, id, w.who.ID, in.Kind, in.On.String(), in.Visibility, in.Circle, in.Exchange, in.Step, text, w.tx.Now())
		if err != nil {
			return "", fmt.Errorf("insert note: %w", err)
		}
		return id, w.addText(id, text, stateKept, in)
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

// addText writes a version.
func (w *writer) addText(note, id core.ID, state string, in Input) error {
	sealed, err := w.s.sealBody(id, Body{Text: in.Text, Third: in.Third})
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(insertText, w.Org, note, id, state, in.Kind, in.On.String(), in.Visibility, in.Circle, sealed, w.tx.Now(), w.who.ID)
	if err != nil {
		return fmt.Errorf("insert version of note %s: %w", note, err)
	}
	return nil
}

// about checks what the note names in the file, and makes its new circle.
func (w *writer) about(in *Input, before Note) error {
	var f errs.Fields
	for _, ref := range []struct {
		id, was core.ID
		sql     string
		field   string
	}{{in.Exchange, before.Exchange, hasExchange, "exchange"}, {in.Step, before.Step, hasStep, "step"}} {
		if ref.id == "" || ref.id == ref.was {
			continue
		}
		var n int
		if err := w.tx.QueryRow(ref.sql, w.Org, w.file, ref.id).Scan(&n); err != nil {
			return fmt.Errorf("look for the %s: %w", ref.field, err)
		}
		if n == 0 {
			f.Add(ref.field, "errs.notes.about_unknown")
		}
	}
	switch {
	case in.NewCircle != nil:
		id, err := w.makeCircle(*in.NewCircle)
		if err != nil {
			return err
		}
		in.Circle = id
	case in.Circle != "" && in.Circle != before.Circle:
		circles, err := w.circles(w.tx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(circles, func(c Circle) bool { return c.ID == in.Circle }) {
			f.Add("circle", "errs.notes.circle_missing")
		}
	}
	return f.Err()
}

const (
	countTexts = `SELECT COUNT(*) FROM note_text WHERE org_id = $1 AND note_id = $2`
	countWait  = `SELECT COUNT(*) FROM note_text WHERE org_id = $1 AND note_id = $2 AND state = 'waiting'`
	updateNote = `UPDATE note SET kind = $4, happened_on = $5, visibility = $6, circle_id = $7, exchange_id = $8, step_id = $9, text_id = $10
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND text_id = $11`
)

// Edit corrects a note. from is the version that the form showed: when another
// one counts by now the text is kept beside it and *Conflict says so. Whoever may
// read a note may correct it; for whom it is kept is changed by its author alone,
// and what others send of it is left out.
func (s *Service) Edit(ctx context.Context, file, id core.ID, in Input, from core.ID) error {
	var conflict *Conflict
	err := s.write(ctx, access.NoteWrite, file, "note.edit", "note", func(w *writer) (core.ID, error) {
		conflict = nil
		n, err := w.standing(id)
		if err != nil {
			return "", err
		}
		if n.Author != w.who.ID {
			in.Visibility, in.Circle, in.NewCircle = n.Visibility, n.Circle, nil
		}
		if err := in.Validate(w.today); err != nil {
			return "", err
		}
		if n.says(in) {
			return id, nil // the other tab said the same
		}
		if err := w.full(maxVersions, countTexts, w.Org, id); err != nil {
			return "", err
		}
		if err := w.about(&in, n); err != nil {
			return "", err
		}
		text, err := s.cases.NewID()
		if err != nil {
			return "", err
		}
		if from != n.Current {
			if err := w.full(maxWaiting, countWait, w.Org, id); err != nil {
				return "", err
			}
			conflict = &Conflict{Note: id, Yours: text}
			return id, w.addText(id, text, stateWaiting, in)
		}
		if err := w.addText(id, text, stateKept, in); err != nil {
			return "", err
		}
		return id, w.replace(n, text, in)
	})
	if err == nil && conflict != nil {
		return conflict
	}
	return err
}

// standing reads a note that the writer may read and that nobody withdrew.
func (w *writer) standing(id core.ID) (Note, error) {
	n, err := w.load(w.tx, id)
	if err == nil && n.Withdrawn() {
		return n, errs.New(errs.Conflict, "errs.notes.withdrawn")
	}
	return n, err
}

// says tells whether the note says the same as the form.
func (n Note) says(in Input) bool {
	return n.Text == in.Text && slices.Equal(n.Third, in.Third) && n.Kind == in.Kind && n.On == in.On && n.Visibility == in.Visibility &&
		n.Circle == in.Circle && in.NewCircle == nil && n.Exchange == in.Exchange && n.Step == in.Step
}

// replace makes a version the one that counts.
func (w *writer) replace(n Note, text core.ID, in Input) error {
	changed, err := w.tx.Exec(updateNote, w.Org, n.File, n.ID, in.Kind, in.On.String(), in.Visibility, in.Circle, in.Exchange, in.Step, text, n.Current)
	if err != nil {
		return fmt.Errorf("update note %s: %w", n.ID, err)
	}
	if changed == 0 { // the file is locked: nobody else can have
		return fmt.Errorf("update note %s: version %s no longer counts", n.ID, n.Current)
	}
	return nil
}

const (
	selectWaiting = `SELECT kind, happened_on, visibility, circle_id FROM note_text WHERE org_id = $1 AND note_id = $2 AND id = $3 AND state = 'waiting'`
	setState      = `UPDATE note_text SET state = $4 WHERE org_id = $1 AND note_id = $2 AND id = $3`
)

// Choose settles a text that waits since two people wrote at once: it counts from
// now on, or is put aside. Both stay readable among the versions. A text that no
// longer waits was settled by somebody else: nothing happens.
func (s *Service) Choose(ctx context.Context, file, id, text core.ID, keep bool) error {
	return s.write(ctx, access.NoteWrite, file, "note.choose", "note", func(w *writer) (core.ID, error) {
		n, err := w.standing(id)
		if err != nil {
			return "", err
		}
		in := Input{Exchange: n.Exchange, Step: n.Step}
		var on string
		err = w.tx.QueryRow(selectWaiting, w.Org, id, text).Scan(&in.Kind, &on, &in.Visibility, &in.Circle)
		if errors.Is(err, db.ErrNoRows) {
			return id, nil
		}
		if err != nil {
			return "", fmt.Errorf("read the text that waits: %w", err)
		}
		if in.On, err = scanDay(on); err != nil {
			return "", err
		}
		state := stateAside
		if keep {
			state = stateKept
			if n.Author != w.who.ID { // for whom it is kept may have changed meanwhile
				in.Visibility, in.Circle = n.Visibility, n.Circle
			}
			if err := w.replace(n, text, in); err != nil {
				return "", err
			}
		}
		if _, err := w.tx.Exec(setState, w.Org, id, text, state); err != nil {
			return "", fmt.Errorf("settle version %s: %w", text, err)
		}
		return id, nil
	})
}

const withdrawNote = `UPDATE note SET withdrawn_at = $4, withdrawn_by = $5 WHERE org_id = $1 AND file_id = $2 AND id = $3`

// Withdraw hides a note and says why: it stays among the notes with its reason,
// and its versions stay readable to those who could. The author does it; when the
// author has left, whoever may read it.
func (s *Service) Withdraw(ctx context.Context, file, id core.ID, why string) error {
	why = prose(why)
	var f errs.Fields
	if why == "" {
		f.Add("why", "errs.notes.why_missing")
	}
	checkProse(&f, "why", why, maxReason)
	return s.write(ctx, access.NoteWrite, file, "note.withdraw", "note", func(w *writer) (core.ID, error) {
		n, err := w.load(w.tx, id)
		if err != nil {
			return "", err
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		if n.Withdrawn() {
			return id, nil
		}
		if err := w.answersFor(n); err != nil {
			return "", err
		}
		text, err := s.cases.NewID()
		if err != nil {
			return "", err
		}
		reason := Input{Kind: n.Kind, On: n.On, Visibility: n.Visibility, Circle: n.Circle, Text: why}
		if err := w.addText(id, text, stateReason, reason); err != nil {
			return "", err
		}
		return id, w.setWithdrawn(n, w.tx.Now(), w.who.ID)
	})
}

// Restore brings a withdrawn note back; who may withdraw it may.
func (s *Service) Restore(ctx context.Context, file, id core.ID) error {
	return s.write(ctx, access.NoteWrite, file, "note.restore", "note", func(w *writer) (core.ID, error) {
		n, err := w.load(w.tx, id)
		if err != nil {
			return "", err
		}
		if !n.Withdrawn() {
			return id, nil
		}
		if err := w.answersFor(n); err != nil {
			return "", err
		}
		return id, w.setWithdrawn(n, 0, "")
	})
}

func (w *writer) setWithdrawn(n Note, at int64, by core.ID) error {
	if _, err := w.tx.Exec(withdrawNote, w.Org, n.File, n.ID, at, by); err != nil {
		return fmt.Errorf("withdraw note %s: %w", n.ID, err)
	}
	return nil
}

// answersFor refuses whoever is not the author while the author works here.
func (w *writer) answersFor(n Note) error {
	if n.Author == w.who.ID {
		return nil
	}
	known, err := access.Workers(w.tx, w.Org, n.Author)
	if err != nil {
		return fmt.Errorf("author of note %s: %w", n.ID, err)
	}
	if known[n.Author].Active {
		return errs.New(errs.Forbidden, "errs.notes.not_author")
	}
	return nil
}
