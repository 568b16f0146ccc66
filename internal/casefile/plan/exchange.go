package plan

import (
	"context"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxExchanges bounds the calls and letters of one file; a page reads the last hundred.
const maxExchanges = 2000

const (
	insertExchange = `INSERT INTO exchange (org_id, file_id, id, kind, direction, party, answered_by, says, held_on, step_id, recorded_at, recorded_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	countExchanges = `SELECT COUNT(*) FROM exchange WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	lastExchanges  = ` ORDER BY held_on DESC, id DESC LIMIT 100`
	pageExchanges  = ` AND id < $3 ORDER BY id DESC LIMIT $4`
)

// LogExchange writes a call or a letter; a step, when named, is one of the file.
func (s *Service) LogExchange(ctx context.Context, file core.ID, in ExchangeInput) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, file, "contact.log", "exchange", func(p *edit) (core.ID, error) {
		if err := in.Validate(p.today); err != nil {
			return "", err
		}
		if in.Step != "" {
			_, err := casefile.LoadStep(p.tx, p.Org, p.file, in.Step)
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
		if id, err = s.cases.NewID(); err != nil {
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
func (s *Service) Exchanges(ctx context.Context, file core.ID, after string, limit int) (list []casefile.Exchange, next string, err error) {
	limit = casefile.PageSize(limit)
	before := core.ID("~") // after every id
	if after != "" {
		if before, err = core.ParseID(after); err != nil {
			return nil, "", errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
	}
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.PlanRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if list, err = casefile.Exchanges(q, pageExchanges, o.Org, file, before, limit+1); err != nil {
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
