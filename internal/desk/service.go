package desk

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

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service over the files of an installation.
func New(cases *casefile.Service) (*Service, error) {
	if cases == nil {
		return nil, errors.New("desk: the files are needed")
	}
	return &Service{cases: cases}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

func (s *Service) can(ctx context.Context, action access.Action) error {
	return s.cases.Access.Can(ctx, action, access.Here(ctx))
}

func notFound() error { return errs.New(errs.NotFound, "errs.desk.not_found") }

func changed() error { return errs.New(errs.Conflict, "errs.desk.changed") }

// said is what was written in words of a passage, as it is sealed.
type said struct {
	Token    string `json:"token,omitempty"`
	Words    string `json:"words,omitempty"`
	Urgent   string `json:"urgent,omitempty"`
	SentName string `json:"sent_name,omitempty"`
}

func (s *Service) seal(id core.ID, in Input) ([]byte, error) {
	plain, err := json.Marshal(said{in.Token, in.Words, in.Urgent, in.SentName})
	if err != nil {
		return nil, fmt.Errorf("words of a passage: %w", err)
	}
	sealed, err := s.cases.Fields.Seal("passage", "said", string(id), plain)
	if err != nil {
		return nil, fmt.Errorf("seal the words of a passage: %w", err)
	}
	return sealed, nil
}

func (s *Service) unseal(p *Passage, sealed []byte) error {
	plain, err := s.cases.Fields.Open("passage", "said", string(p.ID), sealed)
	if err != nil {
		return fmt.Errorf("open the words of a passage: %w", err)
	}
	var w said
	if err := json.Unmarshal(plain, &w); err != nil {
		return fmt.Errorf("words of a passage: %w", err)
	}
	p.Token, p.Words, p.Urgent, p.SentName = w.Token, w.Words, w.Urgent, w.SentName
	return nil
}

const passageColumns = `id, day, arrived_at, state, channel, reasons, language, people, done, sent_to, answer, said, person_id, version`

func (s *Service) scan(r interface{ Scan(...any) error }) (Passage, error) {
	var p Passage
	var day, reasons, done string
	var sealed []byte
	err := r.Scan(&p.ID, &day, &p.Arrived, &p.State, &p.Channel, &reasons, &p.Language, &p.People, &done, &p.SentTo, &p.Answer, &sealed, &p.person, &p.Version)
	if err != nil {
		return p, err
	}
	p.Reasons, p.Done, p.Attached = split[Reason](reasons), split[Did](done), p.person != ""
	if p.Day, err = core.ParseDate(day); err != nil {
		return p, err
	}
	return p, s.unseal(&p, sealed)
}

func (s *Service) list(q db.Querier, sql string, args ...any) ([]Passage, error) {
	var all []Passage
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		p, err := s.scan(r)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	return all, nil
}

const selectPassage = `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND id = $2`

func (s *Service) load(q db.Querier, org, id core.ID, lock string) (Passage, error) {
	p, err := s.scan(q.QueryRow(selectPassage+lock, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return p, notFound()
	}
	if err != nil {
		return p, fmt.Errorf("read a passage: %w", err)
	}
	return p, nil
}

const insertPassage = `INSERT INTO passage (org_id, id, day, arrived_at, state, channel, reasons, language, people, done, sent_to, answer, said, person_id, attached_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', 0, 1)`

// Note writes down a passage that is over: somebody came, called or wrote and was
// answered, or not. Invalid by field of the form.
func (s *Service) Note(ctx context.Context, in Input) (core.ID, error) {
	return s.add(ctx, in, Finished)
}

// Arrive puts somebody on the waiting list: everything but how to call them may be
// left for later.
func (s *Service) Arrive(ctx context.Context, in Input) (core.ID, error) {
	in.Channel = Came
	return s.add(ctx, in, Waiting)
}

func (s *Service) add(ctx context.Context, in Input, state State) (core.ID, error) {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return "", err
	}
	if err := in.clean(state == Waiting); err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	sealed, err := s.seal(id, in)
	if err != nil {
		return "", err
	}
	p := Passage{ID: id, Day: s.Today(ctx), State: state, Input: in}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		if _, err := tx.Exec(insertPassage, org, id, p.Day.String(), tx.Now(), string(state), string(in.Channel), join(in.Reasons), in.Language, in.People,
			join(in.Done), in.SentTo, in.Answer, sealed); err != nil {
			return fmt.Errorf("insert a passage: %w", err)
		}
		if err := count(tx, org, p.Day, p.counted(), nil); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.note", Object: "passage", ObjectID: id})
	})
	return id, err
}

const updatePassage = `UPDATE passage SET state = $3, channel = $4, reasons = $5, language = $6, people = $7, done = $8, sent_to = $9, answer = $10, said = $11,
version = version + 1 WHERE org_id = $1 AND id = $2`

// change reads a passage, lets fn change it and writes it, with what it counts.
func (s *Service) change(ctx context.Context, id core.ID, fn func(p *Passage) error) error {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		p, err := s.load(tx, org, id, " FOR UPDATE")
		if err != nil {
			return err
		}
		before, version := p.counted(), p.Version
		if err := fn(&p); err != nil {
			return err
		}
		if p.Version != version { // fn says that nothing changed
			return nil
		}
		sealed, err := s.seal(id, p.Input)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(updatePassage, org, id, string(p.State), string(p.Channel), join(p.Reasons), p.Language, p.People, join(p.Done), p.SentTo, p.Answer, sealed); err != nil {
			return fmt.Errorf("change a passage: %w", err)
		}
		if err := count(tx, org, p.Day, p.counted(), before); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "passage.edit", Object: "passage", ObjectID: id})
	})
}

// Finish says what became of somebody who waited, or corrects a passage: in replaces
// what was written. Conflict when a colleague changed it since the form was shown.
func (s *Service) Finish(ctx context.Context, id core.ID, in Input) error {
	if err := s.can(ctx, access.PassageNote); err != nil {
		return err
	}
	if err := in.clean(false); err != nil {
		return err
	}
	return s.change(ctx, id, func(p *Passage) error {
		if in.Version != p.Version || p.State == Void {
			return changed()
		}
		p.State, p.Input = Finished, in
		return nil
	})
}

// Move is one gesture on the waiting list or on a mistake: Received calls somebody
// who waits, Waiting puts them back in the place where they were, Left says that they
// went away, Void that the passage never was, Finished takes that back. To make a
// gesture twice is to make it once; one that makes no sense any more is Conflict.
func (s *Service) Move(ctx context.Context, id core.ID, to State) error {
	return s.change(ctx, id, func(p *Passage) error {
		from := p.State
		switch {
		case from == to:
			p.Version++ // nothing to write
			return nil
		case to == Received && from == Waiting,
			to == Waiting && (from == Received || from == Left || from == Void),
			to == Left && (from == Waiting || from == Received),
			to == Void && !p.Attached,
			to == Finished && from == Void && len(p.Reasons) > 0:
			p.State = to
			return nil
		}
		return changed()
	})
}

// Passage reads one.
func (s *Service) Passage(ctx context.Context, id core.ID) (Passage, error) {
	var p Passage
	if err := s.can(ctx, access.PassageList); err != nil {
		return p, err
	}
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		p, err = s.load(q, core.ActorFrom(ctx).Org, id, "")
		return err
	})
	return p, err
}
