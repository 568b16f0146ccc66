package vault

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	paperColumns = `id, person_id, key_id, blob, digest, content, bytes, sort, category, name, confirmed, issued_on, expires_on, at, by_kind, by_id, version, gone_at`
	papersOf     = `SELECT ` + paperColumns + ` FROM paper WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND gone_at = 0 ORDER BY at DESC, id DESC LIMIT 501`
	binOf        = `SELECT ` + paperColumns + ` FROM paper WHERE org_id = $1 AND person_id = $2 AND gone_at > 0 ORDER BY gone_at DESC, id DESC LIMIT 100`
	paperByID    = `SELECT ` + paperColumns + ` FROM paper WHERE org_id = $1 AND id = $2`
	sameDigest   = `SELECT ` + paperColumns + ` FROM paper WHERE org_id = $1 AND person_id = $2 AND gone_at = 0 AND digest = $3 LIMIT 1`
	weightOf     = `SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM paper WHERE org_id = $1 AND person_id = $2`
	insertPaper  = `INSERT INTO paper (org_id, ` + paperColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1, 0)`
	changePaper = `UPDATE paper SET sort = $4, category = $5, name = $6, confirmed = 1, issued_on = $7, expires_on = $8, version = version + 1
WHERE org_id = $1 AND id = $2 AND version = $3 AND gone_at = 0`
	binPaper     = `UPDATE paper SET gone_at = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND gone_at = 0`
	restorePaper = `UPDATE paper SET gone_at = 0, version = version + 1 WHERE org_id = $1 AND id = $2 AND gone_at > 0`

	grantColumns = `g.id, g.paper_id, g.team_id, g.gestures, g.from_day, g.until_day, g.wrapped, g.given_at, g.by_kind, g.by_id, g.ended_at`
	grantsOf     = `SELECT ` + grantColumns + ` FROM paper p JOIN paper_grant g ON g.org_id = p.org_id AND g.paper_id = p.id
WHERE p.org_id = $1 AND p.person_id IN ` + casefile.SameHuman + ` AND p.gone_at = 0 AND g.ended_at = 0 ORDER BY g.id LIMIT 5000`
	grantsOfPaper = `SELECT ` + grantColumns + ` FROM paper_grant g WHERE g.org_id = $1 AND g.paper_id = $2 ORDER BY g.id DESC LIMIT 200`
	insertGrant   = `INSERT INTO paper_grant (org_id, id, paper_id, team_id, gestures, from_day, until_day, wrapped, given_at, by_kind, by_id, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)`
	endGrant     = `UPDATE paper_grant SET ended_at = $3, wrapped = $4 WHERE org_id = $1 AND id = $2 AND ended_at = 0`
	endGrantsOf  = `UPDATE paper_grant SET ended_at = $3, wrapped = $4 WHERE org_id = $1 AND paper_id = $2 AND ended_at = 0`
	endGrantTeam = `UPDATE paper_grant SET ended_at = $4, wrapped = $5 WHERE org_id = $1 AND paper_id = $2 AND team_id = $3 AND ended_at = 0`
)

// scan reads a paper; its name is sealed.
func (s *Service) scan(r interface{ Scan(...any) error }) (Paper, error) {
	var p Paper
	var name []byte
	var issued, expires string
	var confirmed bool
	if err := r.Scan(&p.ID, &p.Person, &p.key, &p.blob, &p.digest, &p.Content, &p.Bytes, &p.Sort, &p.Category, &name, &confirmed,
		&issued, &expires, &p.At, &p.ByKind, &p.By, &p.Version, &p.GoneAt); err != nil {
		return p, err
	}
	p.Confirmed = confirmed
	plain, err := s.Cases.Fields.Open("paper", "name", string(p.ID), name)
	if err != nil {
		return p, err
	}
	p.Name = string(plain)
	if p.IssuedOn, err = readDay(issued); err != nil {
		return p, err
	}
	p.ExpiresOn, err = readDay(expires)
	return p, err
}

func readDay(s string) (core.Date, error) {
	if s == "" {
		return core.Date{}, nil
	}
	return core.ParseDate(s)
}

func scanGrant(r interface{ Scan(...any) error }) (Grant, core.ID, error) {
	var g Grant
	var paper core.ID
	var gestures, from, until string
	if err := r.Scan(&g.ID, &paper, &g.Team, &gestures, &from, &until, &g.wrapped, &g.GivenAt, &g.ByKind, &g.By, &g.EndedAt); err != nil {
		return g, paper, err
	}
	for _, w := range strings.Fields(gestures) {
		g.Gestures = append(g.Gestures, Gesture(w))
	}
	var err error
	if g.From, err = core.ParseDate(from); err != nil {
		return g, paper, err
	}
	g.Until, err = core.ParseDate(until)
	return g, paper, err
}

// list runs a query of papers.
func (s *Service) list(q db.Querier, sql string, args ...any) ([]Paper, error) {
	var out []Paper
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		p, err := s.scan(r)
		out = append(out, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read papers: %w", err)
	}
	return out, nil
}

// withGrants gives papers their grants that did not end.
func (s *Service) withGrants(q db.Querier, org, person core.ID, papers []Paper) error {
	at := map[core.ID]int{}
	for i, p := range papers {
		at[p.ID] = i
	}
	rows, err := q.Query(grantsOf, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		g, paper, err := scanGrant(r)
		if i, ok := at[paper]; ok && err == nil {
			papers[i].Grants = append(papers[i].Grants, g)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read grants: %w", err)
	}
	return nil
}

// one reads a paper of a file with its grants: NotFound when it is another's.
func (s *Service) one(q db.Querier, o casefile.Opened, id core.ID) (Paper, error) {
	p, err := s.scan(q.QueryRow(paperByID, o.Org, id))
	if errors.Is(err, db.ErrNoRows) || err == nil && !slices.Contains(o.Humans, p.Person) {
		return p, gone()
	}
	if err != nil {
		return p, fmt.Errorf("read a paper: %w", err)
	}
	rows, err := q.Query(grantsOfPaper, o.Org, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		g, _, err := scanGrant(r)
		p.Grants = append(p.Grants, g)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("read grants: %w", err)
	}
	return p, nil
}

func (s *Service) sealName(id core.ID, name string) ([]byte, error) {
	return s.Cases.Fields.Seal("paper", "name", string(id), []byte(name))
}
