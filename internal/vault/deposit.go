package vault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/vault/blob"
	"codeberg.org/parvis/parvis/internal/vault/content"
	"codeberg.org/parvis/parvis/internal/vault/lock"
)

// Deposited is what became of a paper that was brought.
type Deposited struct {
	Paper   Paper
	Already bool // the same file was there: nothing was added
	Tells   bool // the file may still say where and when it was made
}

// Deposit keeps a paper, read from r to its end, locked for its person. Errors: Invalid
// on the fields file, sort, team, until; TooLarge; Conflict with key errs.papers.no_key
// when the person has no card yet; Unavailable when nothing could be kept or scanned.
// Nothing is left of what was refused or cut short.
func (s *Service) Deposit(ctx context.Context, person core.ID, in Input, r io.Reader) (Deposited, error) {
	var out Deposited
	p := Paper{Name: CleanName(in.Name), Sort: in.Sort, Confirmed: in.Sort != ""}
	if p.Sort == "" {
		p.Sort = Guess(in.Name)
	}
	if !p.Sort.Known() {
		return out, errs.Fields{errs.New(errs.Invalid, "errs.papers.sort_missing").On("sort")}
	}
	if err := s.takes(p.Sort); err != nil {
		return out, err
	}
	p.Category = p.Sort.Category()
	var key personKey
	// Permission, key and room first: nobody sends fifty megabytes to hear no.
	err := s.Cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.allowDeposit(ctx, q, &person, in)
		if err != nil {
			return err
		}
		key, err = s.room(q, o.Org, person, 0)
		return err
	})
	if err != nil {
		return out, err
	}
	if p.blob, err = blob.NewName(s.random); err != nil {
		return out, err
	}
	info, file, err := s.keep(ctx, p.blob, key.public, r)
	if err != nil {
		return out, onFile(err)
	}
	out.Tells = info.Tells
	p.Content, p.Bytes, p.key = info.Kind, info.Bytes, key.id
	err = s.Cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.allowDeposit(ctx, tx, &person, in)
		if err != nil {
			return err
		}
		p.Person = person
		p.digest = s.digestOf(o.Org, person, info.Digest)
		same, err := s.scan(tx.QueryRow(sameDigest, o.Org, person, p.digest))
		if err == nil {
			out.Paper, out.Already = same, true
			return nil
		}
		if !errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("look for the same paper: %w", err)
		}
		if _, err := s.room(tx, o.Org, person, p.Bytes); err != nil {
			return err
		}
		if err := s.insert(ctx, tx, &p); err != nil {
			return err
		}
		if in.Team != "" {
			if err := s.grant(ctx, tx, &p, file, Sharing{Team: in.Team, Until: in.Until, Take: in.Take}); err != nil {
				return err
			}
		}
		out.Paper = p
		return s.Cases.Journal.Record(ctx, tx, journal.Event{Kind: "paper.deposit", Subjects: o.Humans, Object: "paper", ObjectID: p.ID})
	})
	if err != nil || out.Already {
		return out, errors.Join(err, s.drop(ctx, p.blob))
	}
	return out, nil
}

// allowDeposit asks for the permission and checks whom the paper is to be shown.
func (s *Service) allowDeposit(ctx context.Context, q db.Querier, person *core.ID, in Input) (casefile.Opened, error) {
	o, err := s.Cases.Allow(ctx, q, action(ctx, access.PaperDeposit), person)
	if err != nil || in.Team == "" {
		return o, err
	}
	return o, s.checkSharing(ctx, o, Sharing{Team: in.Team, Until: in.Until, Take: in.Take})
}

// room finds the person's key and refuses what would be over their quota.
func (s *Service) room(q db.Querier, org, person core.ID, more int64) (personKey, error) {
	key, err := keyOfPerson(q, org, person)
	if err != nil {
		return key, err
	}
	if key.id == "" {
		return key, errs.New(errs.Conflict, "errs.papers.no_key")
	}
	var n, bytes int64
	if err := q.QueryRow(weightOf, org, person).Scan(&n, &bytes); err != nil {
		return key, fmt.Errorf("weigh papers: %w", err)
	}
	if n >= maxPapers || bytes+more > s.Quota || more == 0 && bytes >= s.Quota {
		return key, errs.Fields{errs.New(errs.Invalid, "errs.papers.full").On("file")}
	}
	return key, nil
}

// keep looks at a document, scans it, locks it and stores it, all while it is read.
func (s *Service) keep(ctx context.Context, name blob.Name, to lock.Public, r io.Reader) (content.Info, lock.FileKey, error) {
	doc := content.Read(r)
	var clear io.Reader = doc
	verdict := func() error { return nil }
	if s.Scan != nil {
		scan, err := s.Scan.Start(ctx)
		if err != nil {
			return content.Info{}, lock.FileKey{}, err
		}
		judged := false
		defer func() {
			if !judged {
				_ = scan.Close() // given up: the document was refused for another reason
			}
		}()
		clear = io.TeeReader(doc, scan)
		verdict = func() error { judged = true; return scan.Verdict() }
	}
	file, key, err := lock.EncryptFile(clear, to)
	if err != nil {
		return content.Info{}, key, err
	}
	if _, err := s.Blobs.Put(ctx, name, file); err != nil {
		return content.Info{}, key, err
	}
	if err := verdict(); err != nil {
		return content.Info{}, key, errors.Join(err, s.drop(ctx, name))
	}
	return doc.Info(), key, nil
}

// drop removes a blob that no row names; when even that fails, the sweep does it.
func (s *Service) drop(ctx context.Context, name blob.Name) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	if err := s.Blobs.Remove(ctx, name); err != nil {
		s.Log.Error("a locked file without a row stays until the sweep", "blob", name, "err", err)
	}
	return nil
}

// onFile puts what is wrong with a document beside its field.
func onFile(err error) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Field == "" && (e.Kind == errs.Invalid || e.Kind == errs.TooLarge) {
		shown := *e
		shown.Kind = errs.Invalid
		return errs.Fields{shown.On("file")}
	}
	return err
}

// insert writes a paper's row and gives it its id.
func (s *Service) insert(ctx context.Context, tx *db.Tx, p *Paper) error {
	a := core.ActorFrom(ctx)
	var err error
	if p.ID, err = s.Cases.NewID(); err != nil {
		return err
	}
	sealed, err := s.sealName(p.ID, p.Name)
	if err != nil {
		return err
	}
	p.At, p.ByKind, p.By, p.Version = tx.Now(), a.Kind, a.ID, 1
	if _, err := tx.Exec(insertPaper, a.Org, p.ID, p.Person, p.key, p.blob, p.digest, p.Content, p.Bytes, p.Sort, p.Category, sealed, p.Confirmed,
		p.IssuedOn.String(), p.ExpiresOn.String(), p.At, p.ByKind, p.By); err != nil {
		return fmt.Errorf("keep a paper: %w", err)
	}
	return nil
}

// Sharing is what a grant is to be.
type Sharing struct {
	Team  core.ID
	Until core.Date // last day
	Take  bool      // a copy may be taken
}

// checkSharing refuses a team that does not accompany the person, and days that a grant
// cannot have: fields team, until.
func (s *Service) checkSharing(ctx context.Context, o casefile.Opened, sh Sharing) error {
	var f errs.Fields
	today := s.Today(ctx)
	if !slices.Contains(o.Teams(), sh.Team) || !isPerson(ctx) && core.ActorFrom(ctx).Kind == core.ActorWorker && !core.ActorFrom(ctx).InTeam(sh.Team) {
		f.Add("team", "errs.papers.team")
	}
	switch {
	case sh.Until.IsZero():
		f.Add("until", "errs.papers.until_missing")
	case sh.Until.Before(today):
		f.Add("until", "errs.papers.until_past")
	case today.AddDays(maxDays).Before(sh.Until):
		f.Add("until", "errs.papers.until_far")
	}
	return f.Err()
}

// grant locks the key of a paper for a team. A grant to the same team that was there
// ends: the last word counts.
func (s *Service) grant(ctx context.Context, tx *db.Tx, p *Paper, file lock.FileKey, sh Sharing) error {
	a := core.ActorFrom(ctx)
	team, err := s.teamPublic(tx, a.Org, sh.Team)
	if err != nil {
		return err
	}
	wrapped, err := lock.WrapFileKey(file, team)
	if err != nil {
		return err
	}
	id, err := s.Cases.NewID()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(endGrantTeam, a.Org, p.ID, sh.Team, tx.Now(), []byte{}); err != nil {
		return fmt.Errorf("end a grant: %w", err)
	}
	gestures, words := []Gesture{See}, string(See)
	if sh.Take {
		gestures, words = append(gestures, Take), words+" "+string(Take)
	}
	g := Grant{ID: id, Team: sh.Team, Gestures: gestures, From: s.Today(ctx), Until: sh.Until, GivenAt: tx.Now(), ByKind: a.Kind, By: a.ID, wrapped: wrapped}
	if _, err := tx.Exec(insertGrant, a.Org, g.ID, p.ID, g.Team, words, g.From.String(), g.Until.String(), wrapped, g.GivenAt, g.ByKind, g.By); err != nil {
		return fmt.Errorf("keep a grant: %w", err)
	}
	p.Grants = append(p.Grants, g)
	return nil
}
