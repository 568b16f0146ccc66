package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// inviteKind says what a link is for.
type inviteKind string

const (
	inviteSetUp inviteKind = "setup"
	inviteJoin  inviteKind = "join"
	inviteReset inviteKind = "reset"
)

// Invitation is a link to hand to a colleague. Its token is shown once and never
// stored.
type Invitation struct {
	Token  secret.String
	Worker core.ID
	EndsAt time.Time
}

// InviteView is what the page of an invitation shows.
type InviteView struct {
	OrgName string
	Name    string
	Login   string
	Reset   bool // a new password and code for an account already in use
	EndsAt  time.Time
	Enrolment
}

// AcceptForm is what that page sends: fields password, code.
type AcceptForm struct {
	Password secret.String
	Code     string
}

// invite is one row.
type invite struct {
	hash   string
	org    core.ID
	id     core.ID
	kind   inviteKind
	worker core.ID
	ends   int64
}

// errLink is the one answer to a link that is wrong, used, replaced or too old.
func errLink() error { return errs.New(errs.NotFound, "access.error.link") }

const insertInvite = `INSERT INTO invite (token_hash, org_id, id, kind, worker, made_by, made_at, ends_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

const dropInvites = `DELETE FROM invite WHERE org_id = $1 AND worker = $2 AND used_at IS NULL`

// newInvite makes a link that replaces the unused ones of the same worker.
func (s *Service) newInvite(tx *db.Tx, org, worker core.ID, kind inviteKind, by core.ID, life time.Duration) (Invitation, error) {
	token, err := s.newToken()
	if err != nil {
		return Invitation{}, err
	}
	id, err := s.newID()
	if err != nil {
		return Invitation{}, err
	}
	if _, err := tx.Exec(dropInvites, org, worker); err != nil {
		return Invitation{}, fmt.Errorf("drop older links: %w", err)
	}
	hash, _ := hashToken(token)
	ends := tx.Now() + life.Microseconds()
	if _, err := tx.Exec(insertInvite, hash, org, id, kind, worker, by, tx.Now(), ends); err != nil {
		return Invitation{}, fmt.Errorf("insert a link: %w", err)
	}
	return Invitation{Token: secret.String(token), Worker: worker, EndsAt: instant(ends)}, nil
}

const readInvite = `SELECT token_hash, org_id, id, kind, worker, ends_at FROM invite WHERE token_hash = $1 AND used_at IS NULL`

// readInvite returns the invitation of a token that still opens.
func (s *Service) readInvite(q db.Querier, token string) (invite, error) {
	hash, ok := hashToken(token)
	if !ok {
		return invite{}, errLink()
	}
	var i invite
	err := q.QueryRow(readInvite, hash).Scan(&i.hash, &i.org, &i.id, &i.kind, &i.worker, &i.ends)
	if errors.Is(err, db.ErrNoRows) || (err == nil && s.now() >= i.ends) {
		return invite{}, errLink()
	}
	if err != nil {
		return invite{}, fmt.Errorf("read a link: %w", err)
	}
	return i, nil
}

const useInvite = `UPDATE invite SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL`

// spendInvite makes sure that a link opens once, whoever else holds it.
func spendInvite(tx *db.Tx, i invite) error {
	n, err := tx.Exec(useInvite, i.hash, tx.Now())
	if err != nil {
		return fmt.Errorf("use a link: %w", err)
	}
	if n == 0 {
		return errLink()
	}
	return nil
}

// OpenInvite shows an invitation to the browser that holds its link; browser is
// the cookie of NewBrowser, to which the second factor's secret is bound: opening
// the link again in the same browser shows the same one. NotFound for every link
// that does not open.
func (s *Service) OpenInvite(ctx context.Context, token, browser string) (InviteView, error) {
	if !s.BrowserOK(browser) {
		return InviteView{}, errs.New(errs.Forbidden, "access.error.csrf")
	}
	var v InviteView
	err := s.db.Read(ctx, func(q db.Querier) error {
		i, err := s.readInvite(q, token)
		if err != nil {
			return err
		}
		if i.kind == inviteSetUp {
			return errLink()
		}
		v.Reset, v.EndsAt = i.kind == inviteReset, instant(i.ends)
		return q.QueryRow(loginByID, i.org, i.worker).Scan(&v.Login, &v.Name, &v.OrgName)
	})
	if err != nil {
		return InviteView{}, fmt.Errorf("open an invitation: %w", err)
	}
	if v.Enrolment, err = newEnrolment(s.enrolmentSecret(token, browser), v.OrgName, v.Login); err != nil {
		return InviteView{}, fmt.Errorf("open an invitation: %w", err)
	}
	return v, nil
}

// AcceptInvite sets the password and the second factor of the invited worker and
// opens their session. Errors: Invalid on the fields password or code (the link
// stays good), NotFound when the link does not open any more.
func (s *Service) AcceptInvite(ctx context.Context, token, browser string, form AcceptForm, client Client) (session string, err error) {
	v, err := s.OpenInvite(ctx, token, browser)
	if err != nil {
		return "", err
	}
	hash, step, err := s.checkEnrolment(ctx, token, browser, form, v.Login, v.Name, v.OrgName)
	if err != nil {
		return "", err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.readInvite(tx, token)
		if err != nil {
			return err
		}
		if err := spendInvite(tx, i); err != nil {
			return err
		}
		var who account
		if err := tx.QueryRow(workerByID, i.org, i.worker).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active); err != nil {
			return err
		}
		if !who.active {
			return errLink()
		}
		if err := s.enrol(tx, who, hash, s.enrolmentSecret(token, browser), step); err != nil {
			return err
		}
		session, err = s.openSession(ctx, tx, who.actor(2), client, "invitation")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("accept an invitation: %w", err)
	}
	return session, nil
}

// checkEnrolment proves a new password and the first code before anything is
// written. names are what the password may not be made of.
func (s *Service) checkEnrolment(ctx context.Context, token, browser string, form AcceptForm, names ...string) (hash string, step int64, err error) {
	var f errs.Fields
	if e := checkNewPassword(form.Password.Reveal(), names...); e != nil {
		f = append(f, e)
	}
	key := s.enrolmentSecret(token, browser)
	step, ok := totpStep(key, form.Code, s.clock.Now(), totpSkew)
	if !ok {
		// Only here may a clock that is wrong be told apart: whoever reads this
		// page holds the secret anyway.
		if _, near := totpStep(key, form.Code, s.clock.Now(), clockHint); near {
			f.Add("code", "access.error.clock")
		} else {
			f.Add("code", "access.error.wrong_code")
		}
	}
	if err := f.Err(); err != nil {
		return "", 0, err
	}
	hash, err = s.hashPassword(ctx, form.Password.Reveal())
	return hash, step, err
}

// enrol gives a worker their two credentials and closes what was open before.
func (s *Service) enrol(tx *db.Tx, who account, passwordHash string, totpSecret []byte, step int64) error {
	if err := s.replaceCredential(tx, who.org, who.id, kindPassword, []byte(passwordHash), 0); err != nil {
		return err
	}
	if err := s.replaceCredential(tx, who.org, who.id, kindTOTP, totpSecret, step); err != nil {
		return err
	}
	if err := revokeTokens(tx, who.org, who.id); err != nil {
		return err
	}
	_, err := closeSessions(tx, who.org, who.id, "")
	return err
}

const countWorkers = `SELECT COUNT(*) FROM worker`

func noWorker(q db.Querier) (bool, error) {
	var n int64
	err := q.QueryRow(countWorkers).Scan(&n)
	return n == 0, err
}

// FirstStart makes the one link that opens an installation without any worker, to
// be printed on the terminal; needed is false when there is somebody already. Each
// call replaces the link before it.
func (s *Service) FirstStart(ctx context.Context) (token string, needed bool, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if needed, err = noWorker(tx); err != nil || !needed {
			return err
		}
		i, err := s.newInvite(tx, "", "", inviteSetUp, "", s.opt.SetUp)
		token = i.Token.Reveal()
		return err
	})
	if err != nil {
		return "", false, fmt.Errorf("first start: %w", err)
	}
	return token, needed, nil
}

// SetUpForm is what the first page sends. Its fields are those of Organisation and
// Worker (roles and teams are not asked), team_name, password, code.
type SetUpForm struct {
	Organisation Organisation
	TeamName     string
	Worker       Worker
	AcceptForm
}

// OpenSetUp shows the second factor of the first worker. The organisation's name
// is not known yet: the application will list "Parvis". NotFound when the link
// does not open.
func (s *Service) OpenSetUp(ctx context.Context, token, browser string) (Enrolment, error) {
	if !s.BrowserOK(browser) {
		return Enrolment{}, errs.New(errs.Forbidden, "access.error.csrf")
	}
	err := s.db.Read(ctx, func(q db.Querier) error {
		_, err := s.readSetUp(q, token)
		return err
	})
	if err != nil {
		return Enrolment{}, fmt.Errorf("open the set-up: %w", err)
	}
	return newEnrolment(s.enrolmentSecret(token, browser), "Parvis", "Parvis")
}

func (s *Service) readSetUp(q db.Querier, token string) (invite, error) {
	i, err := s.readInvite(q, token)
	if err != nil {
		return invite{}, err
	}
	none, err := noWorker(q)
	if err != nil {
		return invite{}, err
	}
	if i.kind != inviteSetUp || !none {
		return invite{}, errLink()
	}
	return i, nil
}

// SetUp makes the organisation, its first team and its first worker, who works in
// it and administers it, and opens their session. All or nothing. Invalid with
// every field that is wrong; NotFound when the link does not open any more.
func (s *Service) SetUp(ctx context.Context, token, browser string, form SetUpForm, client Client) (session string, err error) {
	if _, err := s.OpenSetUp(ctx, token, browser); err != nil {
		return "", err
	}
	form.Organisation.Trim()
	form.Worker.Trim()
	form.TeamName = strings.TrimSpace(form.TeamName)
	form.Worker.Works, form.Worker.Administers, form.Worker.Teams = true, true, nil
	var f errs.Fields
	form.Organisation.validate(&f)
	required(&f, "team_name", form.TeamName, maxName)
	form.Worker.validate(&f)
	hash, step, err := s.checkEnrolment(ctx, token, browser, form.AcceptForm,
		form.Worker.Login, form.Worker.Name, form.Organisation.Name)
	var more errs.Fields
	if errors.As(err, &more) {
		f, err = append(f, more...), nil
	}
	if err != nil {
		return "", err
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.readSetUp(tx, token)
		if err != nil {
			return err
		}
		if err := spendInvite(tx, i); err != nil {
			return err
		}
		org, err := s.insertOrg(ctx, tx, form.Organisation)
		if err != nil {
			return err
		}
		team, err := s.newID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertTeam, org, team, form.TeamName, tx.Now()); err != nil {
			return err
		}
		form.Worker.Teams = []core.ID{team}
		id, err := s.insertWorker(tx, org, form.Worker)
		if err != nil {
			return err
		}
		who := account{org: org, id: id, works: true, active: true}
		if err := s.enrol(tx, who, hash, s.enrolmentSecret(token, browser), step); err != nil {
			return err
		}
		if err := s.journal.Record(as(ctx, org), tx, journal.Event{Kind: "member.add", Object: "worker", ObjectID: id}); err != nil {
			return err
		}
		session, err = s.openSession(ctx, tx, who.actor(2), client, "setup")
		return err
	})
	if err != nil {
		return "", fmt.Errorf("set up: %w", err)
	}
	return session, nil
}
