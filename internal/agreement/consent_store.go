package agreement

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	consentColumns = `c.id, c.person_id, c.team_id, c.relative_id, c.purpose, c.categories, c.gestures, c.from_day, c.until_day, c.text_version, c.lang, c.how_read, c.how_signed,
	c.given_at, c.given_by, COALESCE(e.at, 0), COALESCE(e.by_kind, ''), COALESCE(e.by_id, ''), CASE WHEN c.document IS NULL THEN 0 ELSE 1 END`
	consentFrom     = ` FROM consent c LEFT JOIN consent_end e ON e.org_id = c.org_id AND e.consent_id = c.id WHERE c.org_id = $1 AND `
	consentsOf      = `SELECT ` + consentColumns + consentFrom + `c.person_id IN ` + casefile.SameHuman + ` ORDER BY c.id DESC LIMIT 100`
	oneConsent      = `SELECT ` + consentColumns + consentFrom + `c.id = $2`
	consentsToWhom  = `SELECT ` + consentColumns + consentFrom + `c.relative_id = $2 AND c.until_day >= $3 AND e.at IS NULL ORDER BY c.id LIMIT 50`
	consentsEndSoon = `SELECT ` + consentColumns + consentFrom + `c.given_by = $2 AND c.until_day >= $3 AND c.until_day <= $4 AND e.at IS NULL ORDER BY c.until_day, c.id LIMIT 100`
	overlapping     = `SELECT c.until_day` + consentFrom + `c.person_id IN ` + casefile.SameHuman + ` AND c.team_id = $3 AND c.relative_id = $4 AND c.from_day <= $6 AND c.until_day >= $5 AND e.at IS NULL ORDER BY c.until_day DESC LIMIT 1`
	countConsents   = `SELECT COUNT(*) FROM consent c WHERE c.org_id = $1 AND c.person_id IN ` + casefile.SameHuman
	insertConsent   = `INSERT INTO consent (org_id, id, person_id, team_id, relative_id, purpose, categories, gestures, from_day, until_day, text_version, lang, how_read, how_signed, proof, document, given_at, given_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`
	endConsent    = `INSERT INTO consent_end (org_id, consent_id, at, by_kind, by_id) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	selectProof   = `SELECT proof, document FROM consent WHERE org_id = $1 AND id = $2`
	consentsShare = `SELECT ` + consentColumns + consentFrom + `c.until_day >= $2 AND e.at IS NULL AND c.id > $3 AND `
)

// sealedProof is what is kept, sealed, of the moment the person said yes.
type sealedProof struct {
	Text string `json:"text"` // as it was read
	Mark string `json:"mark"`

	document string // signed; sealed in a column of its own
}

func join[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, " ")
}

func split[T ~string](s string) []T {
	var list []T
	for _, w := range strings.Fields(s) {
		list = append(list, T(w))
	}
	return list
}

// scanConsent reads consentColumns.
func (s *Service) scanConsent(r interface{ Scan(...any) error }) (Consent, error) {
	var c Consent
	var purpose []byte
	var categories, gestures, from, until string
	err := r.Scan(&c.ID, &c.Person, &c.Team, &c.Relative, &purpose, &categories, &gestures, &from, &until, &c.Version, &c.Lang, &c.Read, &c.Signed,
		&c.GivenAt, &c.GivenBy, &c.EndedAt, &c.EndedBy, &c.EndedID, &c.Proven)
	if err != nil {
		return c, err
	}
	plain, err := s.cases.Fields.Open("consent", "purpose", string(c.ID), purpose)
	if err != nil {
		return c, fmt.Errorf("open the purpose of %s: %w", c.ID, err)
	}
	c.Purpose = string(plain)
	c.Categories, c.Gestures = split[access.Category](categories), split[access.Gesture](gestures)
	if c.From, err = core.ParseDate(from); err != nil {
		return c, err
	}
	c.Until, err = core.ParseDate(until)
	return c, err
}

func (s *Service) listConsents(q db.Querier, sql string, args ...any) ([]Consent, error) {
	var list []Consent
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		c, err := s.scanConsent(r)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read agreements: %w", err)
	}
	return list, nil
}

// loadConsent reads one agreement of the organisation.
func (s *Service) loadConsent(q db.Querier, org, id core.ID) (Consent, error) {
	c, err := s.scanConsent(q.QueryRow(oneConsent, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return c, errs.New(errs.NotFound, "errs.agreements.not_found")
	}
	if err != nil {
		return c, fmt.Errorf("read agreement %s: %w", id, err)
	}
	return c, nil
}

func (s *Service) loadProof(q db.Querier, org, id core.ID) (sealedProof, error) {
	var p sealedProof
	var sealed, document []byte
	if err := q.QueryRow(selectProof, org, id).Scan(&sealed, &document); err != nil {
		return p, fmt.Errorf("read the proof of %s: %w", id, err)
	}
	if document != nil {
		plain, err := s.cases.Fields.Open("consent", "document", string(id), document)
		if err != nil {
			return p, fmt.Errorf("open the document of %s: %w", id, err)
		}
		p.document = string(plain)
	}
	plain, err := s.cases.Fields.Open("consent", "proof", string(id), sealed)
	if err != nil {
		return p, fmt.Errorf("open the proof of %s: %w", id, err)
	}
	return p, json.Unmarshal(plain, &p)
}
