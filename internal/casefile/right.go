package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Months that can be asked: the law's files begin in 2024.
const (
	firstLawMonth = core.Month(2024 * 12)
	monthsAhead   = 24
)

func checkMonth(m, now core.Month) error {
	if m < firstLawMonth || m > now+monthsAhead {
		return errs.New(errs.Invalid, "errs.casefile.month_bounds", "month", m.String())
	}
	return nil
}

// computeTries is how often a calculation begins again because another of the same
// file ended meanwhile: each may have read facts that the other had not.
const computeTries = 5

// Recompute evaluates the rights of a file for a month (0 = this month) and
// stores them, unless law and facts are those of the stored result.
func (s *Service) Recompute(ctx context.Context, file core.ID, month core.Month) error {
	for range computeTries {
		done, err := s.recompute(ctx, file, month)
		if err != nil || done {
			return err
		}
	}
	return errs.Wrap(errs.Conflict, "errs.casefile.compute_failed", fmt.Errorf("the rights of %s: other calculations kept ending first", file))
}

func (s *Service) recompute(ctx context.Context, file core.ID, month core.Month) (done bool, err error) {
	var c *Calculation
	err = s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		c, err = s.ReadForRights(ctx, q, file, month)
		return err
	})
	if err != nil || c.UpToDate {
		return true, err
	}
	if err := s.Calculate(ctx, c); err != nil {
		return false, err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		done, err = s.StoreRights(ctx, tx, c)
		if err != nil || !done {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "rights.compute", Subjects: c.Humans, Object: "evaluation", ObjectID: c.evaluation.id,
			Detail: map[string]string{"law": c.evaluation.law, "month": c.Month.String()}})
	})
	if err != nil {
		return false, fmt.Errorf("store the rights of %s for %s: %w", c.File, c.Month, err)
	}
	return done, nil
}

// KeepLaw writes the law in force the first time a result names it.
func (s *Service) KeepLaw(tx *db.Tx) error {
	var n int64
	if err := tx.QueryRow(lawKnown, s.Engine.Digest()).Scan(&n); err != nil {
		return fmt.Errorf("look for the law: %w", err)
	}
	if n > 0 {
		return nil
	}
	ir, semantics := s.Engine.Program()
	if _, err := tx.Exec(insertLaw, s.Engine.Digest(), ir, semantics, tx.Now()); err != nil {
		return fmt.Errorf("keep the law: %w", err)
	}
	return nil
}

type contextKey int

const laterKey contextKey = 0

// ComputeLater returns a context in which writes do not compute rights again:
// whoever writes many facts of one file (an import, a seed) calls Recompute once
// at the end.
func ComputeLater(ctx context.Context) context.Context {
	return context.WithValue(ctx, laterKey, true)
}

// recomputeTime bounds the calculation after a write; it takes a few milliseconds.
const recomputeTime = 20 * time.Second

// RecomputeAfter computes this month again after a write that is already safe.
// A failure is for the log: the page says "to be computed again".
func (s *Service) RecomputeAfter(ctx context.Context, file core.ID) {
	if later, _ := ctx.Value(laterKey).(bool); later {
		return
	}
	// Whoever saved may be gone before the calculation is: the file is not.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recomputeTime)
	defer cancel()
	if err := s.Recompute(ctx, file, 0); err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
		s.Log.ErrorContext(ctx, "rights not computed after a change", "file", file, "error", err)
	}
}

// staleness says why a stored calculation no longer speaks of today.
func (s *Service) staleness(e evaluation, digest string) Staleness {
	switch {
	case e.id == "":
		return NeverDone
	case e.law != s.Engine.Digest():
		return LawChanged
	case e.factsDigest != digest:
		return FactsChanged
	}
	return Fresh
}

// rightLines puts results and decisions in the law's order.
func (s *Service) rightLines(results map[string]Result, decided map[string]Decision) []RightLine {
	lines := make([]RightLine, 0, len(results))
	add := func(right string) {
		l := RightLine{Right: right}
		if r, ok := results[right]; ok {
			l.Result = &r
		}
		if d, ok := decided[right]; ok && d.Kind != Reopened {
			l.Decision = &d
		}
		lines = append(lines, l)
	}
	known := s.Engine.Rights()
	for _, right := range known {
		add(right)
	}
	var others []string // decided about, without a rule yet
	for right := range decided {
		if !slices.Contains(known, right) {
			others = append(others, right)
		}
	}
	slices.Sort(others)
	for _, right := range others {
		add(right)
	}
	return lines
}

// Explain reads one stored result whole, for a month (0 = this month).
func (s *Service) Explain(ctx context.Context, file core.ID, right string, month core.Month) (Explained, error) {
	today := s.Today(ctx)
	if month == 0 {
		month = today.CalendarMonth()
	}
	if err := checkMonth(month, today.CalendarMonth()); err != nil {
		return Explained{}, err
	}
	var x Explained
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		x = Explained{}
		o, err := s.Allow(ctx, q, access.RightRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		e, ok, err := loadEvaluation(q, o.Org, file, month)
		if err != nil {
			return journal.Event{}, err
		}
		if !ok {
			return journal.Event{}, errs.New(errs.NotFound, "errs.casefile.never_computed")
		}
		if x, err = loadExplained(q, o.Org, file, e, right); err != nil {
			return journal.Event{}, err
		}
		view, err := ReadHousehold(q, o.Org, file, groupingDay(month, today))
		if err != nil {
			return journal.Event{}, err
		}
		facts, err := ReadFacts(q, o, file)
		if err != nil {
			return journal.Event{}, err
		}
		digest, _, err := BuildPicture(view, file, month, facts, s.vocabulary.find).Digest()
		if err != nil {
			return journal.Event{}, err
		}
		x.Stale = s.staleness(e, digest)
		hidden, err := Hides(q, o.Org, file)
		switch {
		case err != nil:
			return journal.Event{}, err
		case hidden && s.Local(right):
			return journal.Event{}, errs.New(errs.NotFound, "errs.casefile.right_unknown", "right", Clip(right))
		case hidden:
			x.hideWhere(facts)
		}
		decided, err := LoadDecisions(q, o.Org, file)
		if err != nil {
			return journal.Event{}, err
		}
		if d, any := decided[right]; any && d.Kind != Reopened {
			x.Decision = &d
			if x.Names, err = access.Names(q, o.Org, d.By); err != nil {
				return journal.Event{}, err
			}
		}
		return journal.Event{Kind: "right.read", Subjects: o.Humans, Object: "right", ObjectID: core.ID(right)}, nil
	})
	return x, err
}

func loadExplained(q db.Querier, org, file core.ID, e evaluation, right string) (Explained, error) {
	results, err := loadResults(q, org, file, e)
	if err != nil {
		return Explained{}, err
	}
	r, ok := results[right]
	if !ok {
		return Explained{}, errs.New(errs.NotFound, "errs.casefile.right_unknown", "right", Clip(right))
	}
	x := Explained{Result: r, LawDigest: e.law, FactsDigest: e.factsDigest, ComputedAt: e.computedAt}
	var detail, explanation []byte
	if err := q.QueryRow(selectDetail, org, file, e.id, right).Scan(&detail, &explanation); err != nil {
		return x, fmt.Errorf("read the result of %s: %w", right, err)
	}
	if err := json.Unmarshal(detail, &x.Detail); err != nil {
		return x, fmt.Errorf("read the result of %s: %w", right, err)
	}
	if len(explanation) > 0 {
		if err := json.Unmarshal(explanation, &x.Detail.Explanation); err != nil {
			return x, fmt.Errorf("read the explanation of %s: %w", right, err)
		}
	}
	return x, nil
}

// Decide writes what the person decided about a right. *DecisionConflict when
// somebody decided meanwhile: nothing is written, the page shows both.
func (s *Service) Decide(ctx context.Context, file core.ID, in DecisionInput) (Decision, error) {
	today := s.Today(ctx)
	var d Decision
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.RightDecide, &file)
		if err != nil {
			return err
		}
		if err := LockFile(tx, o.Org, file); err != nil {
			return err
		}
		if in.Source == "" {
			in.Source = SourceSaid
		}
		if err := in.Validate(today); err != nil {
			return err
		}
		decided, err := LoadDecisions(tx, o.Org, file)
		if err != nil {
			return err
		}
		current, any := decided[in.Right]
		if current.ID != in.After {
			if any && current.says(in) {
				d = current
				return nil // the other tab decided the same
			}
			return &DecisionConflict{Current: current, Yours: in}
		}
		if !any && !slices.Contains(s.Engine.Rights(), in.Right) {
			return errs.New(errs.NotFound, "errs.casefile.right_unknown", "right", Clip(in.Right))
		}
		if in.Kind == Reopened && current.Kind != NotWanted {
			return errs.Fields{errs.New(errs.Invalid, "errs.casefile.not_silenced").On("kind")}
		}
		// A no may be told more (its Odenore kind); it is not taken back without being reopened.
		if current.Kind == NotWanted && in.Kind != Reopened && (in.Kind != NotWanted || in.NonTakeUp == current.NonTakeUp) {
			return errs.Fields{errs.New(errs.Invalid, "errs.casefile.silenced").On("kind")}
		}
		e, computed, err := loadEvaluation(tx, o.Org, file, today.CalendarMonth())
		if err != nil {
			return err
		}
		id, err := s.NewID()
		if err != nil {
			return err
		}
		d = Decision{ID: id, Right: in.Right, Kind: in.Kind, NonTakeUp: in.NonTakeUp, Amount: in.Amount, Since: in.Since,
			Source: in.Source, Detail: in.Detail, At: tx.Now(), By: core.ActorFrom(ctx).ID}
		_, err = tx.Exec(insertDecision, o.Org, file, d.Right, d.ID, d.Kind, d.NonTakeUp, d.Amount, d.Since.String(), d.Source, d.Detail, e.id, d.At, d.By)
		if err != nil {
			return fmt.Errorf("insert decision: %w", err)
		}
		if computed {
			results, err := loadResults(tx, o.Org, file, e)
			if err != nil {
				return err
			}
			decided[d.Right] = d
			if err := rewriteTalk(tx, o.Org, file, results, decided); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "right.decide", Subjects: o.Humans, Object: "right", ObjectID: core.ID(d.Right),
			Detail: map[string]string{"kind": string(d.Kind)}})
	})
	if err != nil {
		return Decision{}, err
	}
	return d, nil
}

func (d Decision) says(in DecisionInput) bool {
	return d.Kind == in.Kind && d.NonTakeUp == in.NonTakeUp && d.Amount == in.Amount && d.Since == in.Since && d.Source == in.Source && d.Detail == in.Detail
}

// Decisions reads the history of a right, the latest first, at most 50.
func (s *Service) Decisions(ctx context.Context, file core.ID, right string) ([]Decision, error) {
	var list []Decision
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		o, err := s.Allow(ctx, q, access.RightRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if !rightName(right) {
			return journal.Event{}, errs.New(errs.NotFound, "errs.casefile.right_unknown", "right", Clip(right))
		}
		rows, err := q.Query(selectDecisionsOf, o.Org, file, right)
		err = db.Each(rows, err, func(r *db.Rows) error {
			d, err := ScanDecision(r)
			list = append(list, d)
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("read decisions: %w", err)
		}
		return journal.Event{Kind: "right.read", Subjects: o.Humans, Object: "right", ObjectID: core.ID(right)}, nil
	})
	return list, err
}

// rightName tells whether a text can be a right's name: aide_logement. A right
// decided about years ago may no longer be one of the law's.
func rightName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
