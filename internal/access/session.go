package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxSessions is how many sessions somebody may hold; opening one more closes the
// one used longest ago.
const maxSessions = 10

// keepClosed is how long an ended session is remembered, so that an expired one
// can be told from a forged one.
const keepClosed = 30 * 24 * time.Hour

// SessionInfo is what pages show of the session, besides the actor.
type SessionInfo struct {
	ID          core.ID
	Owner       core.Actor // Kind, ID and Org, of an expired session too
	Name        string     // the worker's shown name; "" for a person
	Function    string     // « assistante sociale »
	Administers bool
	TeamNames   []string // by name
	OrgName     string
	Place       string // IANA time zone of the organisation
	OpenedAt    time.Time
	UsedAt      time.Time // to the minute
	EndsAt      time.Time // whatever happens
	Device      string
	Current     bool      // in Sessions: the one asking
	Expired     bool      // Resume refused it only because its time is over
	Way         string    // how its holder came in: WayPassword, WayPasskey…
	ProvedAt    time.Time // when they last proved who they are
	Beside      core.ID   // a person's session opened at a worker's side: the worker; "" otherwise
	BesideName  string    // that worker's shown name
	AAL         int       // in Sessions; elsewhere the actor carries it
}

// Context returns ctx with the actor of the session, the function that the journal
// writes down, and what Recent asks.
func (i SessionInfo) Context(ctx context.Context, actor core.Actor) context.Context {
	ctx = context.WithValue(ctx, proofKey{}, proof{at: i.ProvedAt.UnixMicro(), way: i.Way, beside: i.Beside})
	return journal.WithFunction(core.WithActor(ctx, actor), i.Function)
}

const resumeSession = `SELECT s.org_id, s.id, s.actor_kind, s.actor, s.aal, s.device, s.opened_at, s.touched_at, s.ends_at, s.closed_at,
s.way, s.proved_at, s.beside, b.name, b.active,
w.name, w.function, w.works, w.administers, w.welcomes, w.active, t.team, m.name, o.name, o.place
FROM session s
JOIN org o ON o.org_id = s.org_id
LEFT JOIN worker b ON b.org_id = s.org_id AND b.id = s.beside
LEFT JOIN worker w ON w.org_id = s.org_id AND w.id = s.actor AND s.actor_kind <> 'person'
LEFT JOIN worker_team t ON t.org_id = w.org_id AND t.worker = w.id
LEFT JOIN team m ON m.org_id = t.org_id AND m.id = t.team
WHERE s.token_hash = $1 ORDER BY m.name, t.team`

// sessionRow is a session joined to its worker, one row per team.
type sessionRow struct {
	actor    core.Actor
	info     SessionInfo
	touched  int64
	ends     int64
	closed   bool
	inactive bool
}

// Resume finds whose session a cookie is. The error is Unauthenticated when there
// is none: with info.Expired and info.Owner when the session was real and its time
// is over (what the owner was writing may be kept for them), with the zero info
// when it is unknown, closed, or its owner is no longer active.
func (s *Service) Resume(ctx context.Context, token string) (core.Actor, SessionInfo, error) {
	unknown := errs.New(errs.Unauthenticated, "access.error.sign_in")
	hash, ok := hashToken(token)
	if !ok {
		return core.Actor{}, SessionInfo{}, unknown
	}
	var row *sessionRow
	err := s.db.Read(ctx, func(q db.Querier) error {
		var err error
		row, err = readSession(q, hash)
		return err
	})
	if err != nil {
		return core.Actor{}, SessionInfo{}, fmt.Errorf("resume session: %w", err)
	}
	if row == nil || row.closed || row.inactive {
		return core.Actor{}, SessionInfo{}, unknown
	}
	now := s.now()
	if now >= row.ends || now-row.touched >= s.idle(row.actor.AAL).Microseconds() {
		row.info.Expired = true
		return core.Actor{}, row.info, errs.New(errs.Unauthenticated, "access.error.expired")
	}
	if now-row.touched >= s.opt.Touch.Microseconds() {
		if err := s.touch(ctx, hash, now); err != nil {
			return core.Actor{}, SessionInfo{}, err
		}
	}
	row.info.Current = true
	return row.actor, row.info, nil
}

const touchSession = `UPDATE session SET touched_at = $2 WHERE token_hash = $1 AND closed_at IS NULL AND touched_at < $2`

func (s *Service) touch(ctx context.Context, hash string, now int64) error {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(touchSession, hash, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// readSession returns nil when there is no such session.
func readSession(q db.Querier, hash string) (*sessionRow, error) {
	var out *sessionRow
	rows, err := q.Query(resumeSession, hash)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var one sessionRow
		var opened int64
		var closed *int64
		var name, function, teamName, besideName *string
		var works, administers, welcomes, active, besideActive *bool
		var team *core.ID
		var proved int64
		i, a := &one.info, &one.actor
		err := r.Scan(&a.Org, &i.ID, &a.Kind, &a.ID, &a.AAL, &i.Device, &opened, &one.touched, &one.ends, &closed,
			&i.Way, &proved, &i.Beside, &besideName, &besideActive, &name, &function, &works, &administers, &welcomes, &active, &team, &teamName, &i.OrgName, &i.Place)
		if err != nil {
			return err
		}
		if out == nil {
			if a.Kind != core.ActorPerson {
				if name == nil { // the worker's row is gone
					one.inactive = true
				} else {
					i.Name, i.Function, i.Administers, one.inactive = *name, *function, *administers, !*active
					a.Kind = kindOf(*works, *welcomes)
				}
			}
			if i.Beside != "" { // it never outlives the worker's own access
				one.inactive = one.inactive || besideActive == nil || !*besideActive
				if besideName != nil {
					i.BesideName = *besideName
				}
			}
			i.ProvedAt = instant(proved)
			one.closed = closed != nil
			a.Session = i.ID
			i.Owner = core.Actor{Kind: a.Kind, ID: a.ID, Org: a.Org}
			i.OpenedAt, i.UsedAt, i.EndsAt = instant(opened), instant(one.touched), instant(one.ends)
			out = &one
		}
		if team != nil {
			out.actor.Teams = append(out.actor.Teams, *team)
			if teamName != nil {
				out.info.TeamNames = append(out.info.TeamNames, *teamName)
			}
		}
		return nil
	})
	return out, err
}

// kindOf is the kind of a member: one who accompanies nobody welcomes at the desk, or
// only administers.
func kindOf(works, welcomes bool) core.ActorKind {
	switch {
	case works:
		return core.ActorWorker
	case welcomes:
		return core.ActorClerk
	}
	return core.ActorOrgAdmin
}

func instant(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

const insertSession = `INSERT INTO session (token_hash, org_id, id, actor_kind, actor, aal, device, opened_at, touched_at, ends_at, way, proved_at, beside, federated)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10, $8, $11, $12)`

const oldestSessions = `SELECT token_hash FROM session WHERE org_id = $1 AND actor = $2 AND closed_at IS NULL
ORDER BY touched_at DESC, token_hash LIMIT 100 OFFSET $3`

const closeOne = `UPDATE session SET closed_at = $2 WHERE token_hash = $1 AND closed_at IS NULL`

// openSession writes a session for an actor whose identity has been proved, and
// its line. Nothing may follow it in the transaction but the commit.
func (s *Service) openSession(ctx context.Context, tx *db.Tx, actor core.Actor, client Client, way string) (token string, err error) {
	return s.insertSession(ctx, tx, actor, client, Entry{Way: way})
}

func (s *Service) insertSession(ctx context.Context, tx *db.Tx, actor core.Actor, client Client, e Entry) (token string, err error) {
	if err := mayEnter(tx, actor, e); err != nil {
		return "", err
	}
	if token, err = s.newToken(); err != nil {
		return "", err
	}
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	var old []string
	rows, err := tx.Query(oldestSessions, actor.Org, actor.ID, maxSessions-1)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var h string
		err := r.Scan(&h)
		old = append(old, h)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("list sessions: %w", err)
	}
	for _, h := range old { // at most one, unless the limit was lowered
		if _, err := tx.Exec(closeOne, h, tx.Now()); err != nil {
			return "", fmt.Errorf("close the oldest session: %w", err)
		}
	}
	var leave []byte // NULL for most
	if e.Leave != "" {
		if leave, err = s.fields.SealString("session", "federated", string(id), e.Leave); err != nil {
			return "", err
		}
	}
	hash, _ := hashToken(token)
	_, err = tx.Exec(insertSession, hash, actor.Org, id, actor.Kind, actor.ID, actor.AAL, client.device(), tx.Now(), tx.Now()+s.life(actor.AAL, e).Microseconds(),
		e.Way, e.Beside, leave)
	if err != nil {
		return "", fmt.Errorf("insert session: %w", err)
	}
	actor.Session = id
	line := journal.Event{Kind: "session.open", Object: "session", ObjectID: id, Detail: map[string]string{"way": e.Way}}
	by := actor
	if e.Beside != "" { // the worker opens it: the line is theirs, the person reads it
		line.Kind, by = "session.beside", core.ActorFrom(ctx)
	}
	if actor.Kind == core.ActorPerson {
		line.Subjects = []core.ID{actor.ID}
	}
	return token, s.journal.Record(core.WithActor(ctx, by), tx, line)
}

const sessionByHash = `SELECT org_id, id, actor_kind, actor FROM session WHERE token_hash = $1 AND closed_at IS NULL`

// SignOut closes the session of a cookie. An unknown or ended one is no error:
// the cookie goes all the same.
func (s *Service) SignOut(ctx context.Context, token string) error {
	hash, ok := hashToken(token)
	if !ok {
		return nil
	}
	var a core.Actor
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		a = core.Actor{}
		err := tx.QueryRow(sessionByHash, hash).Scan(&a.Org, &a.Session, &a.Kind, &a.ID)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(closeOne, hash, tx.Now()); err != nil {
			return err
		}
		return s.recordClosed(core.WithActor(ctx, a), tx, a.Kind, a.ID, a.Session)
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if a.Session != "" {
		for _, f := range s.left {
			f(a.Session)
		}
	}
	return nil
}

func (s *Service) recordClosed(ctx context.Context, tx *db.Tx, kind core.ActorKind, owner, session core.ID) error {
	e := journal.Event{Kind: "session.close", Object: "session", ObjectID: session}
	if kind == core.ActorPerson {
		e.Subjects = []core.ID{owner}
	}
	return s.journal.Record(ctx, tx, e)
}

const listSessions = `SELECT id, device, opened_at, touched_at, ends_at, way, aal FROM session
WHERE org_id = $1 AND actor = $2 AND closed_at IS NULL AND ends_at > $3 AND touched_at > $4
ORDER BY touched_at DESC, token_hash LIMIT 100`

// Sessions lists the actor's own open sessions, the last used first.
func (s *Service) Sessions(ctx context.Context) ([]SessionInfo, error) {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return nil, err
	}
	a, now := core.ActorFrom(ctx), s.now()
	var out []SessionInfo
	err := s.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listSessions, a.Org, a.ID, now, now-max(s.opt.Idle, s.opt.IdleOne).Microseconds())
		return db.Each(rows, err, func(r *db.Rows) error {
			var i SessionInfo
			var opened, used, ends int64
			err := r.Scan(&i.ID, &i.Device, &opened, &used, &ends, &i.Way, &i.AAL)
			if err != nil || now-used >= s.idle(i.AAL).Microseconds() {
				return err
			}
			i.OpenedAt, i.UsedAt, i.EndsAt = instant(opened), instant(used), instant(ends)
			i.Owner = core.Actor{Kind: a.Kind, ID: a.ID, Org: a.Org}
			i.Current = i.ID == a.Session
			out = append(out, i)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return out, nil
}

const closeByID = `UPDATE session SET closed_at = $4 WHERE org_id = $1 AND actor = $2 AND id = $3 AND closed_at IS NULL`

// CloseSession closes one of the actor's own sessions. NotFound when it is not
// theirs or already closed.
func (s *Service) CloseSession(ctx context.Context, id core.ID) error {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(closeByID, a.Org, a.ID, id, tx.Now())
		if err != nil {
			return fmt.Errorf("close session: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		return s.recordClosed(ctx, tx, a.Kind, a.ID, id)
	})
}

// CloseOtherSessions closes every session of the actor but the one asking.
func (s *Service) CloseOtherSessions(ctx context.Context) error {
	if err := s.Can(ctx, AccountUse, Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := closeSessions(tx, a.Org, a.ID, a.Session)
		if err != nil || n == 0 {
			return err
		}
		return s.recordClosed(ctx, tx, a.Kind, a.ID, "")
	})
}

const closeAll = `UPDATE session SET closed_at = $4 WHERE org_id = $1 AND actor = $2 AND id <> $3 AND closed_at IS NULL`

// closeSessions closes every session of somebody but one ("" = none).
func closeSessions(tx *db.Tx, org, owner, but core.ID) (int64, error) {
	n, err := tx.Exec(closeAll, org, owner, but, tx.Now())
	if err != nil {
		return 0, fmt.Errorf("close sessions: %w", err)
	}
	return n, nil
}

const (
	sweepSessions = `DELETE FROM session WHERE ends_at < $1 /* every row: once a day */`
	sweepInvites  = `DELETE FROM invite WHERE ends_at < $1 /* every row: once a day */`
	sweepLocks    = `DELETE FROM sign_in_lock WHERE last_at < $1`
	sweepSpent    = `DELETE FROM spent WHERE ends_at < $1`
	sweepResets   = `DELETE FROM reset_request WHERE ends_at < $1 /* every row: once a day */`
)

// Sweep deletes what ended long ago: sessions and invitations after 30 days,
// failed attempts after two, tokens after 30, answers kept for programs after one. A daily job of the program itself.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	for _, step := range []struct {
		sql    string
		before time.Time
	}{
		{sweepSessions, now.Add(-keepClosed)}, {sweepInvites, now.Add(-keepClosed)}, {sweepLocks, now.Add(-2 * forgetFailures)},
		{sweepTokens, now.Add(-keepClosed)}, {sweepRequests, now.Add(-keepRequest)},
		{sweepSpent, now}, {sweepResets, now.Add(-keepClosed)},
	} {
		err := s.db.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(step.sql, step.before.UnixMicro())
			return err
		})
		if err != nil {
			return fmt.Errorf("sweep access: %w", err)
		}
	}
	return nil
}
