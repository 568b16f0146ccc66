package note

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service is the way in: every use case of notes and words. It is safe for
// concurrent use.
type Service struct {
	cases   *casefile.Service
	careful *wordLists
}

// New makes a Service over the files of cases.
func New(cases *casefile.Service) (*Service, error) {
	if cases == nil {
		return nil, errors.New("note: the files are needed")
	}
	lists, err := readWordLists(carefulText)
	if err != nil {
		return nil, fmt.Errorf("note: %w", err)
	}
	return &Service{cases: cases, careful: lists}, nil
}

// reader is who reads or writes in one file.
type reader struct {
	casefile.Opened
	file core.ID
	who  core.Actor
	s    *Service
}

func (s *Service) allow(ctx context.Context, q db.Querier, action access.Action, file core.ID) (*reader, error) {
	o, err := s.cases.Allow(ctx, q, action, &file)
	if err != nil {
		return nil, err
	}
	return &reader{Opened: o, file: file, who: core.ActorFrom(ctx), s: s}, nil
}

func (r *reader) person() bool { return r.who.Kind == core.ActorPerson }

// files is the sub-query of the files that are read ($1 the organisation, $2 the
// file). A person reads the file they signed in to: what workers believe of who
// is who gives nobody another's notes.
func (r *reader) files() string {
	if r.person() || len(r.Humans) == 1 {
		return `($2)`
	}
	return casefile.SameHuman
}

// The conditions of a note n, or of a version t of it, that $3 may read.
const (
	personSees = `n.visibility = 'person' AND n.withdrawn_at = 0 AND $3 <> ''`
	workerSees = `(n.visibility IN ('team', 'person') OR n.author_id = $3
	OR (n.visibility = 'circle' AND EXISTS (SELECT 1 FROM note_circle_member m WHERE m.org_id = n.org_id AND m.circle_id = n.circle_id AND m.worker_id = $3)))`
	versionSeen = `(t.visibility IN ('team', 'person') OR n.author_id = $3 OR t.written_by = $3
	OR (t.visibility = 'circle' AND EXISTS (SELECT 1 FROM note_circle_member m WHERE m.org_id = t.org_id AND m.circle_id = t.circle_id AND m.worker_id = $3)))`
)

// sees is the condition of the notes n that the reader ($3) may read.
func (r *reader) sees() string {
	if r.person() {
		return personSees
	}
	return workerSees
}

func (r *reader) args(more ...any) []any { return append([]any{r.Org, r.file, r.who.ID}, more...) }

// write is what every change does around fn: permission, the file's lock, the
// journal's line.
func (s *Service) write(ctx context.Context, action access.Action, file core.ID, kind, object string, fn func(w *writer) (core.ID, error)) error {
	today := s.cases.Today(ctx) // it may read the organisation: not inside the transaction
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		r, err := s.allow(ctx, tx, action, file)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, r.Org, r.file); err != nil {
			return err
		}
		id, err := fn(&writer{reader: r, tx: tx, today: today})
		if err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: r.Humans, Object: object, ObjectID: id})
	})
}

type writer struct {
	*reader
	tx    *db.Tx
	today core.Date
}

// full refuses one more row than there may be.
func (w *writer) full(most int, count string, args ...any) error {
	var n int
	if err := w.tx.QueryRow(count, args...).Scan(&n); err != nil {
		return fmt.Errorf("count: %w", err)
	}
	if n >= most {
		return errs.New(errs.Invalid, "errs.notes.full", "max", most)
	}
	return nil
}

// read runs fn in a snapshot and writes the journal's line before anything shows.
func (s *Service) read(ctx context.Context, file core.ID, kind string, fn func(q db.Querier, r *reader) error) error {
	return s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		r, err := s.allow(ctx, q, access.NoteRead, file)
		if err != nil {
			return journal.Event{}, err
		}
		return journal.Event{Kind: kind, Subjects: r.Humans}, fn(q, r)
	})
}

func (s *Service) sealBody(id core.ID, b Body) ([]byte, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("write version %s: %w", id, err)
	}
	return s.cases.Fields.Seal("note_text", "body", string(id), plain)
}

func (s *Service) openBody(id core.ID, sealed []byte) (b Body, err error) {
	plain, err := s.cases.Fields.Open("note_text", "body", string(id), sealed)
	if err != nil {
		return b, fmt.Errorf("open version %s: %w", id, err)
	}
	if err := json.Unmarshal(plain, &b); err != nil {
		return b, fmt.Errorf("read version %s: %w", id, err)
	}
	return b, nil
}

func notFound() error { return errs.New(errs.NotFound, "errs.notes.not_found") }

func scanDay(s string) (core.Date, error) {
	d, err := core.ParseDate(s)
	if err != nil {
		return d, fmt.Errorf("stored day %q: %w", s, err)
	}
	return d, nil
}
