package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Hurdle is what a service made impossible: a counter refused, a site that does not
// answer. It is held against the service and is nobody's: nothing in it says for whom.
type Hurdle struct {
	ID      core.ID
	Day     core.Date
	Service string // a code of Services
	Name    string // which one, when the code does not say it
	Kind    string // a code of HurdleKinds
	Words   string // what happened, without a name
	Void    bool   // a mistake
}

// HurdleKinds lists what may stand in the way.
func HurdleKinds() []string {
	return []string{"refused", "closed", "unreachable", "delay", "broken", "online_only", "language", "papers", "steps", "another"}
}

type hurdleSaid struct {
	Name  string `json:"name,omitempty"`
	Words string `json:"words,omitempty"`
}

const insertHurdle = `INSERT INTO desk_obstacle (org_id, id, day, service, kind, said, void) VALUES ($1, $2, $3, $4, $5, $6, 0)`

// NoteHurdle writes one down, of today. Invalid by field.
func (s *Service) NoteHurdle(ctx context.Context, h Hurdle) (core.ID, error) {
	if err := s.can(ctx, access.ObstacleNote); err != nil {
		return "", err
	}
	var f errs.Fields
	if !slices.Contains(Services(), h.Service) || h.Service == "duty" {
		f.Add("service", "errs.desk.service")
	}
	if !slices.Contains(HurdleKinds(), h.Kind) {
		f.Add("kind", "errs.desk.kind")
	}
	h.Name = line(&f, "name", h.Name, maxSentTo)
	h.Words = line(&f, "words", h.Words, MaxWords)
	if err := f.Err(); err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(hurdleSaid{h.Name, h.Words})
	if err != nil {
		return "", fmt.Errorf("words of an obstacle: %w", err)
	}
	sealed, err := s.cases.Fields.Seal("desk_obstacle", "said", string(id), plain)
	if err != nil {
		return "", fmt.Errorf("seal the words of an obstacle: %w", err)
	}
	h.Day = s.Today(ctx)
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		if _, err := tx.Exec(insertHurdle, org, id, h.Day.String(), h.Service, h.Kind, sealed); err != nil {
			return fmt.Errorf("insert an obstacle: %w", err)
		}
		if err := count(tx, org, h.Day, h.counted(), nil); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "obstacle.note", Object: "obstacle", ObjectID: id})
	})
	return id, err
}

func (h Hurdle) counted() map[cell]int64 {
	if h.Void {
		return nil
	}
	return map[cell]int64{{Obstacles, h.Service}: 1, {Obstacle, h.Service + "/" + h.Kind}: 1}
}

const (
	hurdleColumns  = `id, day, service, kind, said, void`
	selectHurdle   = `SELECT ` + hurdleColumns + ` FROM desk_obstacle WHERE org_id = $1 AND id = $2 FOR UPDATE`
	selectHurdles  = `SELECT ` + hurdleColumns + ` FROM desk_obstacle WHERE org_id = $1 AND day >= $2 AND id < $3 ORDER BY id DESC LIMIT $4`
	voidHurdle     = `UPDATE desk_obstacle SET void = $3 WHERE org_id = $1 AND id = $2`
	hurdleListDays = 366
)

func (s *Service) scanHurdle(r interface{ Scan(...any) error }) (Hurdle, error) {
	var h Hurdle
	var day string
	var sealed []byte
	if err := r.Scan(&h.ID, &day, &h.Service, &h.Kind, &sealed, &h.Void); err != nil {
		return h, err
	}
	plain, err := s.cases.Fields.Open("desk_obstacle", "said", string(h.ID), sealed)
	if err != nil {
		return h, fmt.Errorf("open the words of an obstacle: %w", err)
	}
	var said hurdleSaid
	if err := json.Unmarshal(plain, &said); err != nil {
		return h, fmt.Errorf("words of an obstacle: %w", err)
	}
	h.Name, h.Words = said.Name, said.Words
	h.Day, err = core.ParseDate(day)
	return h, err
}

// Hurdles is a page of them, the last first.
type Hurdles struct {
	Items []Hurdle
	Next  string
}

// ListHurdles lists those of the last year, the last first, mistakes too. after is ""
// or Next of the page before.
func (s *Service) ListHurdles(ctx context.Context, after string) (Hurdles, error) {
	var out Hurdles
	if err := s.can(ctx, access.PassageList); err != nil {
		return out, err
	}
	from := lastID
	if after != "" {
		id, err := core.ParseID(after)
		if err != nil {
			return out, errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
		from = string(id)
	}
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		out.Items = nil
		rows, err := q.Query(selectHurdles, core.ActorFrom(ctx).Org, s.Today(ctx).AddDays(-hurdleListDays).String(), from, perPage+1)
		return db.Each(rows, err, func(r *db.Rows) error {
			h, err := s.scanHurdle(r)
			out.Items = append(out.Items, h)
			return err
		})
	})
	if len(out.Items) > perPage {
		out.Items = out.Items[:perPage]
		out.Next = string(out.Items[perPage-1].ID)
	}
	return out, err
}

// VoidHurdle says that one was written down by mistake; void false takes that back.
func (s *Service) VoidHurdle(ctx context.Context, id core.ID, void bool) error {
	if err := s.can(ctx, access.ObstacleNote); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		h, err := s.scanHurdle(tx.QueryRow(selectHurdle, org, id))
		switch {
		case errors.Is(err, db.ErrNoRows):
			return notFound()
		case err != nil:
			return fmt.Errorf("read an obstacle: %w", err)
		case h.Void == void:
			return nil
		}
		before := h.counted()
		h.Void = void
		if _, err := tx.Exec(voidHurdle, org, id, void); err != nil {
			return fmt.Errorf("change an obstacle: %w", err)
		}
		if err := count(tx, org, h.Day, h.counted(), before); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "obstacle.note", Object: "obstacle", ObjectID: id})
	})
}
