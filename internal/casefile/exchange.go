package casefile

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxExchanges bounds the calls and letters of one file; a page reads the last
// shownExchanges.
const (
	maxExchanges   = 2000
	shownExchanges = 100
)

// ExchangeKind is a call or a letter.
type ExchangeKind string

// The kinds of exchange.
const (
	ExchangeCall   ExchangeKind = "call"
	ExchangeLetter ExchangeKind = "letter"
)

// Direction is who began an exchange.
type Direction string

// The directions: Outgoing is called or written by the service.
const (
	Outgoing Direction = "out"
	Incoming Direction = "in"
)

// Exchange is a call or a letter about a file, with somebody else than the
// person or with them. It is never changed.
type Exchange struct {
	ID         core.ID
	Kind       ExchangeKind
	Direction  Direction
	Party      string // who was called or written to, or who called: « CAF, service prestations »
	AnsweredBy string // who answered, as they said it; "" when not known
	Says       string // what was asked and answered; may have several lines
	On         core.Date
	Step       core.ID // "" when about no step
	At         int64   // µs UTC
	By         core.ID
}

// ExchangeInput is what the form sends.
type ExchangeInput struct {
	Kind       ExchangeKind
	Direction  Direction
	Party      string
	AnsweredBy string
	Says       string
	On         core.Date // zero = today
	Step       core.ID
}

// Validate checks it on a day. Field names: kind, direction, party, answered_by,
// says, on, step.
func (in *ExchangeInput) Validate(today core.Date) error {
	in.Party, in.AnsweredBy, in.Says = oneSpace(in.Party), oneSpace(in.AnsweredBy), prose(in.Says)
	if in.On.IsZero() {
		in.On = today
	}
	var f errs.Fields
	if in.Kind != ExchangeCall && in.Kind != ExchangeLetter {
		f.Add("kind", "errs.steps.kind_missing")
	}
	if in.Direction != Outgoing && in.Direction != Incoming {
		f.Add("direction", "errs.steps.direction_missing")
	}
	if in.Party == "" {
		f.Add("party", "errs.steps.party_missing")
	}
	CheckText(&f, "party", in.Party, maxPlanTitle)
	CheckText(&f, "answered_by", in.AnsweredBy, maxPlanTitle)
	checkProse(&f, "says", in.Says, maxPlanWords)
	if today.Before(in.On) {
		f.Add("on", "errs.casefile.date_future")
	}
	if in.Step != "" {
		if _, err := core.ParseID(string(in.Step)); err != nil {
			f.Add("step", "errs.steps.step_unknown")
		}
	}
	return f.Err()
}

const (
	selectExchanges = `SELECT id, kind, direction, party, answered_by, says, held_on, step_id, recorded_at, recorded_by FROM exchange
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` ORDER BY held_on DESC, id DESC LIMIT 100`
	pageOfExchanges = `SELECT id, kind, direction, party, answered_by, says, held_on, step_id, recorded_at, recorded_by FROM exchange
WHERE org_id = $1 AND file_id IN ` + SameHuman + ` AND id < $3 ORDER BY id DESC LIMIT $4`
	insertExchange = `INSERT INTO exchange (org_id, file_id, id, kind, direction, party, answered_by, says, held_on, step_id, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	countExchanges = `SELECT COUNT(*) FROM exchange WHERE org_id = $1 AND file_id IN ` + SameHuman
)

// LogExchange writes a call or a letter; a step, when named, is one of the file.
func (s *Service) LogExchange(ctx context.Context, file core.ID, in ExchangeInput) (core.ID, error) {
	var id core.ID
	err := s.writePlan(ctx, file, "contact.log", "exchange", func(p *planEdit) (core.ID, error) {
		if err := in.Validate(p.today); err != nil {
			return "", err
		}
		if in.Step != "" {
			_, err := loadStep(p.tx, p.Org, p.file, in.Step)
			if errs.Is(err, errs.NotFound) {
				return "", errs.Fields{errs.New(errs.Invalid, "errs.steps.step_unknown").On("step")}
			}
			if err != nil {
				return "", err
			}
		}
		if err := p.full(countExchanges, maxExchanges); err != nil {
			return "", err
		}
		var err error
		if id, err = s.NewID(); err != nil {
			return "", err
		}
		_, err = p.tx.Exec(insertExchange, p.Org, p.file, id, in.Kind, in.Direction, in.Party, in.AnsweredBy, in.Says, in.On.String(), in.Step, p.tx.Now(), p.by)
		if err != nil {
			return "", fmt.Errorf("insert exchange: %w", err)
		}
		return id, nil
	})
	return id, err
}

// Exchanges reads the calls and letters of a file, the last written down first, at
// most 50 a page.
func (s *Service) Exchanges(ctx context.Context, file core.ID, after string, limit int) (list []Exchange, next string, err error) {
	limit = pageSize(limit)
	before := core.ID("~") // after every id
	if after != "" {
		if before, err = core.ParseID(after); err != nil {
			return nil, "", errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
	}
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PlanRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if list, err = scanExchanges(q.Query(pageOfExchanges, o.Org, file, before, limit+1)); err != nil {
			return journal.Event{}, err
		}
		if next = ""; len(list) > limit {
			list = list[:limit]
			next = string(list[limit-1].ID)
		}
		return journal.Event{Kind: "plan.read", Subjects: o.Humans}, nil
	})
	return list, next, err
}

// loadExchanges reads the last calls and letters of a file, the latest first, at
// most shownExchanges.
func loadExchanges(q db.Querier, org, file core.ID) ([]Exchange, error) {
	return scanExchanges(q.Query(selectExchanges, org, file))
}

func scanExchanges(rows *db.Rows, err error) ([]Exchange, error) {
	list := make([]Exchange, 0, 8)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var x Exchange
		var on string
		err := r.Scan(&x.ID, &x.Kind, &x.Direction, &x.Party, &x.AnsweredBy, &x.Says, &on, &x.Step, &x.At, &x.By)
		if err != nil {
			return err
		}
		x.On, err = storedDate(on)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read calls and letters: %w", err)
	}
	return list, nil
}
