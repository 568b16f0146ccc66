package issuer

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Linked is an account at an issuer that its owner said is theirs.
type Linked struct {
	ID       core.ID
	Name     string // of the issuer; its id when the settings no longer name it
	LinkedAt time.Time
	UsedOn   core.Date // zero = never
}

const listLinks = `SELECT id, issuer, linked_at, used_on FROM federated WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 ORDER BY linked_at, id LIMIT 50`

// List reads the actor's own linked accounts.
func (s *Service) List(ctx context.Context) ([]Linked, error) {
	if s.Access == nil {
		return nil, nil
	}
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return nil, err
	}
	a := core.ActorFrom(ctx)
	var out []Linked
	err := s.DB.Read(ctx, func(q db.Querier) error {
		kind, owner, err := ownerOf(q, a)
		if err != nil || owner == "" {
			return err
		}
		rows, err := q.Query(listLinks, a.Org, kind, owner)
		return db.Each(rows, err, func(r *db.Rows) error {
			var l Linked
			var at int64
			var used string
			if err := r.Scan(&l.ID, &l.Name, &at, &used); err != nil {
				return err
			}
			if k := s.find(l.Name); k != nil {
				l.Name = k.Name
			}
			l.LinkedAt = time.UnixMicro(at).UTC()
			if used != "" {
				if l.UsedOn, err = core.ParseDate(used); err != nil {
					return err
				}
			}
			out = append(out, l)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list linked accounts: %w", err)
	}
	return out, nil
}

const deleteLink = `DELETE FROM federated WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND id = $4`

// Unlink takes one of the actor's own linked accounts away. NotFound when it is not
// theirs.
func (s *Service) Unlink(ctx context.Context, id core.ID) error {
	if s.Access == nil {
		return errs.New(errs.NotFound, "access.error.not_found")
	}
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return err
	}
	if err := s.Access.OwnKeys(ctx); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		kind, owner, err := ownerOf(tx, a)
		if err != nil {
			return err
		}
		n, err := tx.Exec(deleteLink, a.Org, kind, owner, id)
		if err != nil {
			return fmt.Errorf("unlink an account: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "issuer.unlink", Object: "issuer", ObjectID: id, Subjects: subjects(a)})
	})
}

// LeaveURL is where a browser goes to leave the issuer too, "" when its session came
// in another way or the issuer has no such address. Ask before SignOut. back is where
// the issuer leads afterwards.
func (s *Service) LeaveURL(ctx context.Context, token, back string) (string, error) {
	if len(s.known) == 0 {
		return "", nil
	}
	way, hint, err := s.Access.LeaveHint(ctx, token)
	if err != nil || hint == "" {
		return "", err
	}
	for _, k := range s.known {
		if k.way() != way {
			continue
		}
		k.mu.Lock()
		end := k.end
		k.mu.Unlock()
		if end == "" {
			return "", nil
		}
		u, err := url.Parse(end)
		if err != nil {
			return "", nil
		}
		q := u.Query()
		q.Set("id_token_hint", hint)
		q.Set("client_id", k.ClientID)
		q.Set("post_logout_redirect_uri", back)
		u.RawQuery = q.Encode()
		return u.String(), nil
	}
	return "", nil
}
