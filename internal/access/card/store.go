package card

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// cardData is what is sealed of a card. The names are those of stored rows.
type cardData struct {
	Pepper    core.ID `json:"pepper"`
	Salt      []byte  `json:"salt"`
	Verify    []byte  `json:"verify"`
	MemoryKiB uint32  `json:"m"`
	Passes    uint32  `json:"t"`
	Lanes     uint8   `json:"p"`
}

// row is one stored card.
type row struct {
	lookup      string
	org, id     core.ID
	holder      core.ID
	tries       int64
	made, ended int64
	by          core.ID
	used        string
	data        cardData
}

const (
	columns    = `lookup, org_id, id, holder, data, tries, made_at, made_by, used_on, ended_at`
	selectCard = `SELECT ` + columns + ` FROM card WHERE lookup = $1`
	selectOpen = `SELECT ` + columns + ` FROM card WHERE org_id = $1 AND holder = $2 AND ended_at = 0 ORDER BY made_at DESC, id DESC LIMIT 10`
	insertCard = `INSERT INTO card (lookup, org_id, id, holder, data, tries, made_at, made_by, used_on, ended_at, ended_why)
VALUES ($1, $2, $3, $4, $5, 0, $6, $7, '', 0, '')`
	endCard   = `UPDATE card SET ended_at = $2, ended_why = $3 WHERE lookup = $1 AND ended_at = 0`
	tryCard   = `UPDATE card SET tries = tries + 1 WHERE lookup = $1 AND ended_at = 0 AND tries < $2`
	rightCard = `UPDATE card SET tries = 0, used_on = $2 WHERE lookup = $1 AND ended_at = 0`

	selectPepper = `SELECT data FROM card_pepper WHERE org_id = $1 AND id = $2`
	newestPepper = `SELECT id, data FROM card_pepper WHERE org_id = $1 ORDER BY id DESC LIMIT 1 /* every row: one, or a few */`
	insertPepper = `INSERT INTO card_pepper (org_id, id, data, made_at) VALUES ($1, $2, $3, $4)`
	workerOf     = `SELECT name FROM worker WHERE org_id = $1 AND id = $2`
)

func (s *Service) scan(r interface{ Scan(...any) error }) (row, error) {
	var c row
	var sealed []byte
	if err := r.Scan(&c.lookup, &c.org, &c.id, &c.holder, &sealed, &c.tries, &c.made, &c.by, &c.used, &c.ended); err != nil {
		return c, err
	}
	plain, err := s.Fields.Open("card", "data", string(c.id), sealed)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(plain, &c.data); err != nil {
		return c, fmt.Errorf("a stored card: %w", err)
	}
	if d := c.data; d.MemoryKiB == 0 || d.MemoryKiB > 1<<20 || d.Passes == 0 || d.Passes > 20 || d.Lanes == 0 || d.Lanes > 16 {
		return c, errors.New("a stored card: an impossible cost")
	}
	return c, nil
}

// find is the card of a lookup, nil when there is none.
func (s *Service) find(q db.Querier, lookup string) (*row, error) {
	c, err := s.scan(q.QueryRow(selectCard, lookup))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a card: %w", err)
	}
	return &c, nil
}

// open are the cards of a holder that serve, the newest first.
func (s *Service) open(q db.Querier, org, holder core.ID) ([]row, error) {
	var out []row
	rows, err := q.Query(selectOpen, org, holder)
	err = db.Each(rows, err, func(r *db.Rows) error {
		c, err := s.scan(r)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read cards: %w", err)
	}
	return out, nil
}

func (s *Service) pepper(q db.Querier, org, id core.ID) ([]byte, error) {
	var sealed []byte
	if err := q.QueryRow(selectPepper, org, id).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("read a pepper: %w", err)
	}
	return s.Fields.Open("card_pepper", "data", string(id), sealed)
}

// newest is the organisation's pepper for new cards, made at the first one.
func (s *Service) newest(tx *db.Tx, org core.ID) (id core.ID, pepper []byte, err error) {
	var sealed []byte
	err = tx.QueryRow(newestPepper, org).Scan(&id, &sealed)
	if err == nil {
		pepper, err = s.Fields.Open("card_pepper", "data", string(id), sealed)
		return id, pepper, err
	}
	if !errors.Is(err, db.ErrNoRows) {
		return "", nil, fmt.Errorf("read a pepper: %w", err)
	}
	pepper = make([]byte, 32)
	if _, err := io.ReadFull(s.Random, pepper); err != nil {
		return "", nil, fmt.Errorf("draw a pepper: %w", err)
	}
	if id, err = s.Access.NewID(); err != nil {
		return "", nil, err
	}
	if sealed, err = s.Fields.Seal("card_pepper", "data", string(id), pepper); err != nil {
		return "", nil, err
	}
	if _, err := tx.Exec(insertPepper, org, id, sealed, tx.Now()); err != nil {
		return "", nil, fmt.Errorf("keep a pepper: %w", err)
	}
	return id, pepper, nil
}

func (s *Service) seal(id core.ID, d cardData) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("seal a card: %w", err)
	}
	return s.Fields.Seal("card", "data", string(id), plain)
}

// shown is a card for a page.
func (s *Service) shown(q db.Querier, c row) (Card, error) {
	out := Card{MadeAt: time.UnixMicro(c.made).UTC(), Tries: int(c.tries), Resting: c.tries >= MaxTries}
	err := q.QueryRow(workerOf, c.org, c.by).Scan(&out.MadeBy)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return out, fmt.Errorf("who made a card: %w", err)
	}
	if c.used != "" {
		if out.UsedOn, err = core.ParseDate(c.used); err != nil {
			return out, err
		}
	}
	return out, nil
}
