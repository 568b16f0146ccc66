package vault

import (
	"context"
	"errors"
	"fmt"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// Change says what a paper is: its name, its sort, its days. By the person, or by a
// worker whose team may see it. Invalid on its fields; Conflict when somebody changed it
// meanwhile.
func (s *Service) Change(ctx context.Context, person, paper core.ID, d Details) error {
	d.Trim()
	if err := d.Validate(s.Today(ctx)); err != nil {
		return err
	}
	if err := s.takes(d.Sort); err != nil {
		return err
	}
	return s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Cases.Allow(ctx, tx, action(ctx, access.PaperDeposit), &person)
		if err != nil {
			return err
		}
		p, _, err := s.granted(ctx, tx, o, paper, See)
		if err != nil {
			return err
		}
		sealed, err := s.sealName(p.ID, d.Name)
		if err != nil {
			return err
		}
		n, err := tx.Exec(changePaper, o.Org, p.ID, d.Version, d.Sort, d.Sort.Category(), sealed, d.IssuedOn.String(), d.ExpiresOn.String())
		if err != nil {
			return fmt.Errorf("change a paper: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.papers.changed")
		}
		return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.change", Subjects: o.Humans, Object: "paper", ObjectID: p.ID})
	})
}

// mine is the first step of a gesture that a person alone makes.
func (s *Service) mine(ctx context.Context, tx *db.Tx, paper core.ID) (o casefile.Opened, p Paper, err error) {
	person := core.ActorFrom(ctx).ID
	if o, err = s.Cases.Allow(ctx, tx, access.PaperOwn, &person); err != nil {
		return o, p, err
	}
	p, err = s.one(tx, o, paper)
	return o, p, err
}

// Remove puts a paper in the bin, by its person: nobody opens it any more, its grants
// end, and thirty days later it is gone.
func (s *Service) Remove(ctx context.Context, paper core.ID) error {
	return s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, p, err := s.mine(ctx, tx, paper)
		if err != nil {
			return err
		}
		n, err := tx.Exec(binPaper, o.Org, p.ID, tx.Now())
		if err != nil {
			return fmt.Errorf("put a paper in the bin: %w", err)
		}
		if n == 0 {
			return nil // it is there already
		}
		if _, err := tx.Exec(endGrantsOf, o.Org, p.ID, tx.Now(), []byte{}); err != nil {
			return fmt.Errorf("end grants: %w", err)
		}
		return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.remove", Subjects: o.Humans, Object: "paper", ObjectID: p.ID})
	})
}

// Restore takes a paper out of the bin. Its grants stay ended.
func (s *Service) Restore(ctx context.Context, paper core.ID) error {
	return s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, p, err := s.mine(ctx, tx, paper)
		if err != nil {
			return err
		}
		same, err := s.scan(tx.QueryRow(sameDigest, o.Org, p.Person, p.digest))
		if err == nil && same.ID != p.ID {
			return errs.New(errs.Conflict, "errs.papers.already")
		}
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look for the same paper: %w", err)
		}
		n, err := tx.Exec(restorePaper, o.Org, p.ID)
		if err != nil {
			return fmt.Errorf("take a paper out of the bin: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.restore", Subjects: o.Humans, Object: "paper", ObjectID: p.ID})
	})
}

// Share lets a team that accompanies the person see papers until a day, by the person.
// Invalid on its fields papers, team, until; an error that Locked tells when their card
// is asked first. All of them are shared, or none.
func (s *Service) Share(ctx context.Context, papers []core.ID, sh Sharing) error {
	if len(papers) == 0 {
		return errs.Fields{errs.New(errs.Invalid, "errs.papers.none_chosen").On("papers")}
	}
	if len(papers) > maxShelf {
		return errs.Fields{errs.New(errs.Invalid, "errs.papers.too_many").On("papers")}
	}
	person := core.ActorFrom(ctx).ID
	// The heads of the files are read before the transaction: they may lie far away.
	keys := map[core.ID]lock.FileKey{}
	var list []Paper
	private := map[core.ID]lock.Private{}
	err := s.Cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.Cases.Allow(ctx, q, access.PaperOwn, &person)
		if err != nil {
			return err
		}
		if err := s.checkSharing(ctx, o, sh); err != nil {
			return err
		}
		for _, id := range papers {
			p, err := s.one(q, o, id)
			if err != nil {
				return err
			}
			if _, known := private[p.key]; !known {
				if private[p.key], err = s.private(ctx, q, p.key); err != nil {
					return err
				}
			}
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range list {
		file, err := s.Blobs.Open(ctx, p.blob)
		if err != nil {
			return err
		}
		key, err := lock.FileKeyOf(file, private[p.key])
		if err = errors.Join(err, file.Close()); err != nil {
			return errs.Wrap(errs.Unavailable, "errs.papers.damaged", err)
		}
		keys[p.ID] = key
	}
	return s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Cases.Allow(ctx, tx, access.PaperOwn, &person)
		if err != nil {
			return err
		}
		if err := s.checkSharing(ctx, o, sh); err != nil {
			return err
		}
		for id, key := range keys {
			p, err := s.one(tx, o, id)
			if err != nil {
				return err
			}
			if p.GoneAt != 0 {
				return gone()
			}
			if err := s.grant(ctx, tx, &p, key, sh); err != nil {
				return err
			}
		}
		return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.share", Subjects: o.Humans, Object: "team", ObjectID: sh.Team})
	})
}

// Unshare ends a grant at once, by the person: its key is deleted.
func (s *Service) Unshare(ctx context.Context, paper, grant core.ID) error {
	return s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, p, err := s.mine(ctx, tx, paper)
		if err != nil {
			return err
		}
		for _, g := range p.Grants {
			if g.ID != grant {
				continue
			}
			if _, err := tx.Exec(endGrant, o.Org, g.ID, tx.Now(), []byte{}); err != nil {
				return fmt.Errorf("end a grant: %w", err)
			}
			return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.unshare", Subjects: o.Humans, Object: "paper", ObjectID: p.ID})
		}
		return gone()
	})
}

// CheckShare tells whether Share would take what is asked, without doing it: for the page
// that shows exactly what leaves.
func (s *Service) CheckShare(ctx context.Context, papers []core.ID, sh Sharing) error {
	person := core.ActorFrom(ctx).ID
	return s.Cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.Cases.Allow(ctx, q, access.PaperOwn, &person)
		if err != nil {
			return err
		}
		if len(papers) == 0 {
			return errs.Fields{errs.New(errs.Invalid, "errs.papers.none_chosen").On("papers")}
		}
		return s.checkSharing(ctx, o, sh)
	})
}
