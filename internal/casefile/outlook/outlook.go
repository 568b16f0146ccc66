// Package outlook computes the rights of a file for this month and the twelve that
// follow, from announced facts alone: a contract that ends, a child who turns 20, a
// move, a value of the law that is known already. It says why each change happens.
//
// Guarantees: nothing is guessed — what has no announced end goes on, a value of
// the law whose next one is awaited stays and the month says so; a result is stored
// and reading never evaluates; each cause was checked by evaluating the month once
// more without it.
//
//	o, err := outlook.New(cases).Compute(ctx, file)   // on the worker's demand
//	o, err := outlook.New(cases).Read(ctx, file)      // what was stored, and whether it still speaks of the facts
package outlook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/rights"
)

// Months is how many are computed: this one and the twelve that follow.
const Months = 13

// Service computes and reads outlooks. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service.
func New(cases *casefile.Service) *Service { return &Service{cases} }

// Outlook is the stored outlook of a file.
type Outlook struct {
	Person   casefile.Identity
	Humans   map[core.ID]string // first names of those a cause may speak of
	Silenced map[string]bool    // rights the person said no to
	First    core.Month
	Computed int64 // µs UTC; 0 = never
	Stale    casefile.Staleness
	Content
}

// Content is what was computed, in the form it is stored.
type Content struct {
	Rights  []Right  `json:"rights"`  // the law's order
	Changes []Change `json:"changes"` // oldest first
}

// Right is one right over the months.
type Right struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"` // one for each month, from the first
}

// Point is what a right gives in one month.
type Point struct {
	Status casefile.Status `json:"status"`
	Amount core.Cents      `json:"amount,omitempty"`
	Min    core.Cents      `json:"min,omitempty"`
	Max    core.Cents      `json:"max,omitempty"`
	// Awaited is the day since when a newer value of the law is expected and not
	// known: the amount is that of the last known one. "" when all are known.
	Awaited string `json:"awaited,omitempty"`
}

func (p Point) differs(q Point) bool {
	return p.Status != q.Status || p.Amount != q.Amount || p.Min != q.Min || p.Max != q.Max
}

// Change is a month in which a right is not what it was the month before.
type Change struct {
	Right  string     `json:"right"`
	Month  core.Month `json:"month"`
	Causes []Cause    `json:"causes"` // empty when the rule itself counts this month otherwise
}

// Ever tells whether a right is due, or may be, in one of the months.
func (r Right) Ever() bool {
	for _, p := range r.Points {
		if p.Status != casefile.NotDue {
			return true
		}
	}
	return false
}

const (
	upsertOutlook = `INSERT INTO outlook (org_id, file_id, first_month, law, facts_digest, computed_at, computed_by, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (org_id, file_id) DO UPDATE SET first_month = excluded.first_month, law = excluded.law, facts_digest = excluded.facts_digest,
	computed_at = excluded.computed_at, computed_by = excluded.computed_by, content = excluded.content`
	selectOutlook = `SELECT first_month, law, facts_digest, computed_at, content FROM outlook WHERE org_id = $1 AND file_id = $2`
)

// Compute computes the outlook of a file from this month on and stores it.
func (s *Service) Compute(ctx context.Context, file core.ID) error {
	first := s.cases.ThisMonth(ctx)
	var g *casefile.Ground
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		g, err = s.cases.ReadGround(ctx, q, access.RightCompute, file, first, Months)
		return err
	})
	if err != nil {
		return err
	}
	digest, err := digestOf(g, first)
	if err != nil {
		return err
	}
	r := &run{ctx: ctx, engine: s.cases.Engine, g: g, first: first}
	content, err := r.all()
	if err != nil {
		return errs.Wrap(errs.Internal, "errs.casefile.compute_failed", fmt.Errorf("outlook of %s: %w", g.File, err))
	}
	b, err := json.Marshal(content)
	if err != nil {
		return fmt.Errorf("write the outlook: %w", err)
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(upsertOutlook, g.Org, g.File, first, s.cases.Engine.Digest(), digest, tx.Now(), core.ActorFrom(ctx).ID, b)
		if err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "rights.ahead", Subjects: g.Humans,
			Detail: map[string]string{"law": s.cases.Engine.Digest(), "month": first.String()}})
	})
	if err != nil {
		return fmt.Errorf("store the outlook of %s: %w", g.File, err)
	}
	return nil
}

// Read reads the stored outlook of a file. It never evaluates: Stale says when the
// month, the law or what was announced has changed since, Computed is 0 when there
// is none yet.
func (s *Service) Read(ctx context.Context, file core.ID) (*Outlook, error) {
	now := s.cases.ThisMonth(ctx)
	var out *Outlook
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = &Outlook{First: now, Stale: casefile.NeverDone, Humans: map[core.ID]string{}}
		g, err := s.cases.ReadGround(ctx, q, access.RightRead, file, now, Months)
		if err != nil {
			return journal.Event{}, err
		}
		out.Silenced = g.Silenced
		for _, home := range g.Households {
			for id, h := range home.Humans {
				out.Humans[id] = h.FirstName
				if id == g.File {
					out.Person = casefile.Identity{UsualName: h.UsualName, FirstNameOfUse: h.FirstName, Title: h.Title}
				}
			}
		}
		event := journal.Event{Kind: "right.ahead", Subjects: g.Humans}
		if g.Partial { // it tells the births and the announcements of another file too
			return event, nil
		}
		kept, err := s.stored(q, g, now)
		if err != nil || kept.Stale == casefile.NeverDone {
			return event, err
		}
		out.First, out.Computed, out.Stale, out.Content = kept.First, kept.Computed, kept.Stale, kept.Content
		hidden, err := casefile.Hides(q, g.Org, g.File)
		if err != nil {
			return journal.Event{}, err
		}
		if hidden { // an aid of one place says where
			out.Rights = slices.DeleteFunc(out.Rights, func(r Right) bool { return s.cases.Local(r.Name) })
			out.Changes = slices.DeleteFunc(out.Changes, func(c Change) bool { return s.cases.Local(c.Right) })
		}
		return event, nil
	})
	return out, err
}

// stored reads the outlook kept of a file, and whether it still speaks of the facts,
// of the law and of the month now. Never computed is an answer.
func (s *Service) stored(q db.Querier, g *casefile.Ground, now core.Month) (Outlook, error) {
	out := Outlook{First: now, Stale: casefile.NeverDone}
	var law, digest string
	var content []byte
	err := q.QueryRow(selectOutlook, g.Org, g.File).Scan(&out.First, &law, &digest, &out.Computed, &content)
	if errors.Is(err, db.ErrNoRows) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("read the outlook: %w", err)
	}
	if err := json.Unmarshal(content, &out.Content); err != nil {
		return out, fmt.Errorf("read the outlook: %w", err)
	}
	current, err := digestOf(g, now)
	if err != nil {
		return out, err
	}
	switch {
	case law != s.cases.Engine.Digest():
		out.Stale = casefile.LawChanged
	case digest != current || out.First != now:
		out.Stale = casefile.FactsChanged
	default:
		out.Stale = casefile.Fresh
	}
	return out, nil
}

// failed is the error of a calculation that should have ended.
func failed(file core.ID, m core.Month, err error) error {
	return errs.Wrap(errs.Internal, "errs.casefile.compute_failed", fmt.Errorf("trial of %s, %s: %w", file, m, err))
}

// digestOf names what the months stand on.
func digestOf(g *casefile.Ground, first core.Month) (string, error) {
	sum := sha256.New()
	for i := range core.Month(Months) {
		d, _, err := g.Picture(first+i, g.Household(first+i), g.Facts).Digest()
		if err != nil {
			return "", err
		}
		sum.Write([]byte(d))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}

// pointOf reads what an outcome says, and what of the law it waited for.
func pointOf(o casefile.Outcome) (Point, error) {
	p := Point{Status: o.Status, Amount: o.Amount, Min: o.Min, Max: o.Max}
	if o.Status == casefile.NotDue {
		return Point{Status: casefile.NotDue}, nil
	}
	var detail rights.Result
	if err := json.Unmarshal(o.Detail, &detail); err != nil {
		return p, fmt.Errorf("detail of %s: %w", o.Right, err)
	}
	for _, stale := range detail.Stale {
		if p.Awaited == "" || stale.Expected < p.Awaited {
			p.Awaited = stale.Expected
		}
	}
	return p, nil
}
