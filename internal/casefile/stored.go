package casefile

import (
	"context"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Stored is what is kept of the rights of a file for a month.
type Stored struct {
	Month    core.Month
	Rights   []RightLine // the law's order; a line without Result was never computed
	Law      string      // digest of the law that computed them, "" when never
	Computed int64       // µs UTC; 0 = never
	Stale    Staleness
}

// StoredRights reads the stored results and the decisions that count, for a month
// (0 = this month), without the rest of the file. It never computes.
func (s *Service) StoredRights(ctx context.Context, file core.ID, month core.Month) (Stored, error) {
	today := s.Today(ctx)
	if month == 0 {
		month = today.CalendarMonth()
	}
	if err := checkMonth(month, today.CalendarMonth()); err != nil {
		return Stored{}, err
	}
	var out Stored
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = Stored{Month: month}
		o, err := s.Allow(ctx, q, access.RightRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		e, computed, err := loadEvaluation(q, o.Org, file, month)
		if err != nil {
			return journal.Event{}, err
		}
		var results map[string]Result
		if computed {
			if results, err = loadResults(q, o.Org, file, e); err != nil {
				return journal.Event{}, err
			}
		}
		decided, err := LoadDecisions(q, o.Org, file)
		if err != nil {
			return journal.Event{}, err
		}
		hidden, err := Hides(q, o.Org, file)
		if err != nil {
			return journal.Event{}, err
		}
		if hidden {
			hideLocal(s, results)
			hideLocal(s, decided)
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
		out.Rights, out.Law, out.Computed, out.Stale = s.rightLines(results, decided), e.law, e.computedAt, s.staleness(e, digest)
		return journal.Event{Kind: "right.read", Subjects: []core.ID{file}}, nil
	})
	return out, err
}
