package command

import (
	"errors"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// retentionCmd is what concerns how long files are kept.
type retentionCmd struct {
	Rehearse retentionRehearse `cmd:"" help:"keeping.cli_rehearse"`
}

// retentionRehearse says what would go today, and changes nothing.
type retentionRehearse struct{ place }

// Run counts, for each organisation, the files that would go into the archive and those
// of a list, by year and team. It names nobody. The server may be running.
func (c *retentionRehearse) Run(s *session) (err error) {
	in, err := c.open(s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.rows.Close()) }()
	return in.rows.Read(s.ctx, func(q db.Querier) error {
		orgs, err := access.Organisations(q)
		if err != nil {
			return err
		}
		for _, org := range orgs {
			place, err := access.PlaceOf(q, org)
			if err != nil {
				return err
			}
			if err := s.foretell(q, org, place); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *session) foretell(q db.Querier, org core.ID, place *time.Location) error {
	r, err := retention.Foretell(q, org, core.DateOf(s.now().In(place)), place)
	if err != nil {
		return err
	}
	s.print(s.p.T("keeping.cli_org", "org", org))
	if !r.Rule.Chosen() {
		s.print(s.p.T("keeping.not_chosen"))
		return nil
	}
	s.print(s.p.N("keeping.would_archive", r.Archive))
	s.print(s.p.N("keeping.would_delete", r.Files))
	s.print(s.p.N("keeping.would_keep", r.Held))
	for _, g := range r.Delete {
		s.print(s.p.T("keeping.cli_line", "year", strconv.Itoa(g.Year), "team", g.TeamName, "files", g.Files))
	}
	return nil
}
