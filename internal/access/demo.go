package access

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// DemoVisitor is whom a demonstration's link lets in: a worker by login, or a
// person by organisation and id.
type DemoVisitor struct {
	Login       string
	Org, Person core.ID
}

const orgExists = `SELECT COUNT(*) FROM org WHERE org_id = $1`

// DemoEnter opens a session without any proof. It exists only in a demonstration
// (Options.Demo): anywhere else it is NotFound, like any page that is not there.
func (s *Service) DemoEnter(ctx context.Context, v DemoVisitor, client Client) (token string, err error) {
	gone := errs.New(errs.NotFound, "access.error.not_found")
	if !s.opt.Demo {
		return "", gone
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		actor := core.Actor{Kind: core.ActorPerson, ID: v.Person, Org: v.Org, AAL: 2}
		if v.Login != "" {
			var who account
			err := tx.QueryRow(workerByLogin, canonicalLogin(v.Login)).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
			if errors.Is(err, db.ErrNoRows) || (err == nil && !who.active) {
				return gone
			}
			if err != nil {
				return err
			}
			actor = who.actor(2)
		} else {
			var n int64
			if err := tx.QueryRow(orgExists, v.Org).Scan(&n); err != nil {
				return err
			}
			if n == 0 || v.Person == "" {
				return gone
			}
		}
		token, err = s.openSession(ctx, tx, actor, client, WayDemo)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("enter the demonstration: %w", err)
	}
	return token, nil
}
