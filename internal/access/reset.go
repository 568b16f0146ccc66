package access

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// A worker who lost every way in asks from a browser, which shows a code. A
// colleague who knows them compares the code, in person or by a phone number they
// know, and approves. Only then does that browser, and no other, lead to a new
// password and a new key. Nobody approves themselves, and nothing tells the browser
// whether the login exists.

const (
	resetCodeLetters = 6
	resetPurpose     = "reset v1"
	resetDone        = time.Hour // from the approval to the new key

	// maxResets is how many requests of one login wait at once. One that waits is never
	// put aside by another, else a stranger's would put aside its owner's.
	maxResets = 3
)

// resetState is what the asking browser carries.
type resetState struct {
	Org, ID core.ID
	Code    string
	Pad     string // where Org is "": what is sealed has the same length for nobody
}

// ResetRequest is a colleague who waits for an approval.
type ResetRequest struct {
	ID      core.ID
	Worker  core.ID
	Name    string
	Code    string // « K7F-2QM », that their screen shows too
	AskedAt time.Time
}

// ResetView is what the asking browser shows.
type ResetView struct {
	Code     string
	Approved bool // may go on
	Ended    bool // refused, or too late
}

const insertReset = `INSERT INTO reset_request (org_id, id, worker, code, asked_at, ends_at, answered_by, approved, used_at)
VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0)`

const (
	dropReset    = `DELETE FROM reset_request WHERE org_id = $1 AND id = $2 AND worker = $3 AND answered_by = ''`
	countResets  = `SELECT COUNT(*) FROM reset_request WHERE org_id = $1 AND worker = $2 AND answered_by = '' AND ends_at > $3`
	refuseResets = `UPDATE reset_request SET answered_by = $4 WHERE org_id = $1 AND worker = $2 AND id <> $3 AND answered_by = ''`
)

// AskReset notes that somebody asks for a new way in. state is what the browser
// carries until an answer; it is the same for a login that does not exist, whose
// request nobody ever sees. before is what this browser carries already, "" for
// nothing: what it asked for the same login ends. Conflict when too many requests for
// the login wait already; TooMany after many.
func (s *Service) AskReset(ctx context.Context, login, browser, before string, client Client) (state string, err error) {
	if !s.BrowserOK(browser) {
		return "", errs.New(errs.Forbidden, "access.error.csrf")
	}
	login = canonicalLogin(login)
	if _, err := s.HoldNow(ctx, "reset", login, client); err != nil {
		return "", err
	}
	code, err := s.compareCode()
	if err != nil {
		return "", err
	}
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	var own resetState
	if err := s.OpenState(resetPurpose, browser, before, &own); err != nil {
		own = resetState{} // nothing of this browser waits
	}
	var who account
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		who = account{}
		err := tx.QueryRow(workerByLogin, login).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		if !who.active {
			// The same rows, of nobody: each unknown login has its own, as a known one does.
			who = account{id: core.ID(hex.EncodeToString(s.mac("reset nobody", login)))}
		}
		if _, err := tx.Exec(dropReset, who.org, own.ID, who.id); err != nil {
			return err
		}
		var waiting int64
		if err := tx.QueryRow(countResets, who.org, who.id, tx.Now()).Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxResets {
			return errs.New(errs.Conflict, "errs.signin.reset_many")
		}
		if _, err := tx.Exec(insertReset, who.org, id, who.id, code, tx.Now(), tx.Now()+s.opt.ResetAsk.Microseconds()); err != nil {
			return err
		}
		e := journal.Event{Kind: "member.reset_ask"}
		if who.org != "" {
			e.Object, e.ObjectID = "worker", who.id
		}
		return s.journal.Record(as(ctx, who.org), tx, e)
	})
	if err != nil {
		return "", fmt.Errorf("ask for a reset: %w", err)
	}
	pad := strings.Repeat("x", max(0, len(id)-len(who.org)))
	return s.SealState(resetPurpose, browser, resetState{who.org, id, code, pad}, s.opt.ResetAsk+resetDone)
}

// compareCode draws what two people compare: letters that are not mistaken for one
// another when read aloud.
func (s *Service) compareCode() (string, error) {
	const letters = "23456789ACDEFGHJKMNPQRSTVWXYZ"
	var code []byte
	var b [1]byte
	for len(code) < resetCodeLetters {
		if _, err := io.ReadFull(s.opt.Random, b[:]); err != nil {
			return "", fmt.Errorf("draw a code: %w", err)
		}
		if int(b[0]) < 256/len(letters)*len(letters) { // else some letters come more often
			code = append(code, letters[int(b[0])%len(letters)])
		}
	}
	return string(code[:3]) + "-" + string(code[3:]), nil
}

const readReset = `SELECT worker, ends_at, answered_by, approved, used_at FROM reset_request WHERE org_id = $1 AND id = $2`

type resetRow struct {
	worker         core.ID
	ends           int64
	answeredBy     core.ID
	approved, used int64
}

func scanReset(q db.Querier, org, id core.ID) (resetRow, error) {
	var r resetRow
	err := q.QueryRow(readReset, org, id).Scan(&r.worker, &r.ends, &r.answeredBy, &r.approved, &r.used)
	if errors.Is(err, db.ErrNoRows) { // a newer one of the same browser took its place
		return resetRow{used: 1}, nil
	}
	return r, err
}

func (r resetRow) view(code string, now int64) ResetView {
	v := ResetView{Code: code, Approved: r.approved == 1 && r.used == 0 && now < r.ends && r.worker != ""}
	v.Ended = !v.Approved && (r.used != 0 || now >= r.ends || r.answeredBy != "")
	return v
}

// ReadReset tells the asking browser where its request stands. Unauthenticated when
// the state is not one of this browser.
func (s *Service) ReadReset(ctx context.Context, state, browser string) (ResetView, error) {
	var st resetState
	if err := s.OpenState(resetPurpose, browser, state, &st); err != nil {
		return ResetView{}, err
	}
	var row resetRow
	err := s.db.Read(ctx, func(q db.Querier) error {
		var err error
		row, err = scanReset(q, st.Org, st.ID)
		return err
	})
	if err != nil {
		return ResetView{}, fmt.Errorf("read a reset: %w", err)
	}
	return row.view(st.Code, s.now()), nil
}

const useReset = `UPDATE reset_request SET used_at = $3 WHERE org_id = $1 AND id = $2 AND used_at = 0`

// TakeReset turns an approved request into the link by which its asker chooses a
// new password and code: sessions, keys and codes of before stop now. Conflict
// while nobody approved.
func (s *Service) TakeReset(ctx context.Context, state, browser string) (Invitation, error) {
	var st resetState
	if err := s.OpenState(resetPurpose, browser, state, &st); err != nil {
		return Invitation{}, err
	}
	var out Invitation
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := scanReset(tx, st.Org, st.ID)
		if err != nil {
			return err
		}
		if !row.view(st.Code, tx.Now()).Approved {
			return errs.New(errs.Conflict, "errs.signin.reset_waits")
		}
		switch n, err := tx.Exec(useReset, st.Org, st.ID, tx.Now()); {
		case err != nil:
			return fmt.Errorf("use a reset: %w", err)
		case n == 0:
			return errs.New(errs.Conflict, "errs.signin.reset_waits")
		}
		w, err := s.member(tx, st.Org, row.worker)
		if err != nil {
			return err
		}
		if !w.Active {
			return errs.New(errs.Conflict, "errs.signin.reset_waits")
		}
		if err := forget(tx, st.Org, row.worker); err != nil {
			return err
		}
		if out, err = s.newInvite(tx, st.Org, row.worker, inviteReset, row.answeredBy, resetDone); err != nil {
			return err
		}
		return s.recordMember(as(ctx, st.Org), tx, "member.reset", row.worker)
	})
	return out, err
}

const listResets = `SELECT r.id, r.worker, w.name, r.code, r.asked_at FROM reset_request r
JOIN worker w ON w.org_id = r.org_id AND w.id = r.worker
WHERE r.org_id = $1 AND r.answered_by = '' AND r.ends_at > $2 AND r.worker <> $3 ORDER BY r.asked_at, r.id LIMIT 100`

// ResetRequests lists the colleagues who wait, the first asked first, without the
// actor's own.
func (s *Service) ResetRequests(ctx context.Context) ([]ResetRequest, error) {
	if err := s.Can(ctx, ResetApprove, Here(ctx)); err != nil {
		return nil, err
	}
	a := core.ActorFrom(ctx)
	var out []ResetRequest
	err := s.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listResets, a.Org, s.now(), a.ID)
		return db.Each(rows, err, func(r *db.Rows) error {
			var one ResetRequest
			var at int64
			err := r.Scan(&one.ID, &one.Worker, &one.Name, &one.Code, &at)
			one.AskedAt = instant(at)
			out = append(out, one)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list resets: %w", err)
	}
	return out, nil
}

const answerReset = `UPDATE reset_request SET answered_by = $3, approved = $4, ends_at = $5
WHERE org_id = $1 AND id = $2 AND answered_by = '' AND ends_at > $6 AND worker <> $3`

// AnswerReset approves or refuses a colleague's request; to approve one ends the
// others that wait in the same name. Stale when the actor's own proof is old; NotFound when the request is their own, answered or too old.
func (s *Service) AnswerReset(ctx context.Context, id core.ID, approve bool) error {
	if err := s.Can(ctx, ResetApprove, Here(ctx)); err != nil {
		return err
	}
	if err := s.Recent(ctx); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	kind := "member.reset_refuse"
	if approve {
		kind = "member.reset_approve"
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(answerReset, a.Org, id, a.ID, approve, tx.Now()+resetDone.Microseconds(), tx.Now())
		if err != nil {
			return fmt.Errorf("answer a reset: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		row, err := scanReset(tx, a.Org, id)
		if err != nil {
			return err
		}
		if approve {
			if _, err := tx.Exec(refuseResets, a.Org, row.worker, id, a.ID); err != nil {
				return fmt.Errorf("end the other resets: %w", err)
			}
		}
		return s.recordMember(ctx, tx, kind, row.worker)
	})
}
