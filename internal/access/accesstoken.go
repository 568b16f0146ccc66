package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// TokenScope is one thing an access token lets a program do: "persons:read". It
// only narrows what the worker may do: every gesture is still asked of the policy.
type TokenScope string

// The scopes. Writing includes nothing else: a program that reads and writes
// holds both.
const (
	PersonsRead     TokenScope = "persons:read"
	PersonsWrite    TokenScope = "persons:write"
	HouseholdsRead  TokenScope = "households:read"
	HouseholdsWrite TokenScope = "households:write"
	FactsRead       TokenScope = "facts:read"
	FactsWrite      TokenScope = "facts:write"
	RightsRead      TokenScope = "rights:read"
	RightsWrite     TokenScope = "rights:write"
	PlanReads       TokenScope = "plan:read" // expectations, goals, steps, calls and letters
	PlanWrites      TokenScope = "plan:write"
	NotesRead       TokenScope = "notes:read" // those that the worker may read, and the person's words
	NotesWrite      TokenScope = "notes:write"
	WebhooksRead    TokenScope = "webhooks:read" // by somebody who administers
	WebhooksWrite   TokenScope = "webhooks:write"
)

// TokenScopes lists the scopes in their order on a page.
func TokenScopes() []TokenScope {
	return []TokenScope{PersonsRead, PersonsWrite, HouseholdsRead, HouseholdsWrite, FactsRead, FactsWrite, RightsRead, RightsWrite, PlanReads, PlanWrites, NotesRead, NotesWrite, WebhooksRead, WebhooksWrite}
}

const (
	tokenPrefix  = "parvis_" // so that a leaked one is recognised
	maxTokens    = 20        // alive, of one worker
	maxTokenDays = 365
)

// AccessToken is what is known of a token once its secret has been shown.
type AccessToken struct {
	ID     core.ID
	Name   string // what its worker calls it: « export du lundi »
	Scopes []TokenScope
	AAL    int // of the session that made it
	MadeAt time.Time
	EndsAt time.Time
	UsedOn core.Date // the last day it served; zero = never
	// Function and Place are those of its worker and organisation; only
	// ResumeToken fills them.
	Function string
	Place    string
}

// Context returns ctx with the token's actor, and the function that the journal
// writes down.
func (t AccessToken) Context(ctx context.Context, actor core.Actor) context.Context {
	return journal.WithFunction(core.WithActor(ctx, actor), t.Function)
}

// Allows tells whether the token has the scope.
func (t AccessToken) Allows(s TokenScope) bool { return slices.Contains(t.Scopes, s) }

// NewAccessToken is what the page sends.
type NewAccessToken struct {
	Name   string
	Scopes []TokenScope
	Until  core.Date // last day it serves, at most a year ahead
}

// validate checks the form on a day: fields name, scopes, until.
func (n NewAccessToken) validate(today core.Date) error {
	var f errs.Fields
	required(&f, "name", n.Name, maxFunction)
	if len(n.Scopes) == 0 {
		f.Add("scopes", "access.error.token_scopes")
	}
	for _, s := range n.Scopes {
		if !slices.Contains(TokenScopes(), s) {
			f.Add("scopes", "access.error.token_scopes")
			break
		}
	}
	if n.Until.Before(today) || today.AddDays(maxTokenDays).Before(n.Until) {
		f.Add("until", "access.error.token_until", "last", today.AddDays(maxTokenDays))
	}
	return f.Err()
}

const (
	countTokens = `SELECT COUNT(*) FROM access_token WHERE org_id = $1 AND worker = $2 AND revoked_at IS NULL AND ends_at > $3`
	insertToken = `INSERT INTO access_token (token_hash, org_id, id, worker, name, scopes, aal, made_at, ends_at, used_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')`
)

// MakeToken makes a token in the actor's name; the secret exists nowhere else
// afterwards. Invalid on its fields.
func (s *Service) MakeToken(ctx context.Context, in NewAccessToken) (AccessToken, secret.String, error) {
	if err := s.Can(ctx, TokenEdit, Here(ctx)); err != nil {
		return AccessToken{}, "", err
	}
	if err := s.Recent(ctx); err != nil {
		return AccessToken{}, "", err
	}
	place, err := s.placeOf(ctx)
	if err != nil {
		return AccessToken{}, "", err
	}
	in.Name = strings.TrimSpace(in.Name)
	in.Scopes = slices.Compact(slices.Sorted(slices.Values(in.Scopes)))
	if err := in.validate(clock.Today(s.clock, place)); err != nil {
		return AccessToken{}, "", err
	}
	a := core.ActorFrom(ctx)
	random, err := s.newToken()
	if err != nil {
		return AccessToken{}, "", err
	}
	id, err := s.newID()
	if err != nil {
		return AccessToken{}, "", err
	}
	next := in.Until.AddDays(1)
	ends := time.Date(next.Year, next.Month, next.Day, 0, 0, 0, 0, place)
	made := AccessToken{ID: id, Name: in.Name, Scopes: in.Scopes, AAL: a.AAL, EndsAt: ends.UTC()}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		var alive int64
		if err := tx.QueryRow(countTokens, a.Org, a.ID, tx.Now()).Scan(&alive); err != nil {
			return fmt.Errorf("count tokens: %w", err)
		}
		if alive >= maxTokens {
			return errs.Fields{errs.New(errs.Invalid, "access.error.token_many", "max", maxTokens).On("name")}
		}
		hash, _ := hashToken(random)
		made.MadeAt = instant(tx.Now())
		if _, err := tx.Exec(insertToken, hash, a.Org, id, a.ID, in.Name, joinScopes(in.Scopes), a.AAL, tx.Now(), ends.UnixMicro()); err != nil {
			return fmt.Errorf("insert token: %w", err)
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "token.make", Object: "token", ObjectID: id, Detail: scopeDetail(in.Scopes)})
	})
	if err != nil {
		return AccessToken{}, "", err
	}
	return made, secret.String(tokenPrefix + random), nil
}

// placeOf is the time zone of the actor's organisation.
func (s *Service) placeOf(ctx context.Context) (*time.Location, error) {
	house, err := s.House(ctx)
	if err != nil {
		return nil, err
	}
	place, err := time.LoadLocation(house.Place)
	if err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", house.ID, err)
	}
	return place, nil
}

const listTokens = `SELECT id, name, scopes, aal, made_at, ends_at, used_on FROM access_token
WHERE org_id = $1 AND worker = $2 AND revoked_at IS NULL AND ends_at > $3 ORDER BY id DESC LIMIT 100`

// Tokens lists the actor's own tokens that still serve, the newest first.
func (s *Service) Tokens(ctx context.Context) ([]AccessToken, error) {
	if err := s.Can(ctx, TokenEdit, Here(ctx)); err != nil {
		return nil, err
	}
	a, now := core.ActorFrom(ctx), s.now()
	var out []AccessToken
	err := s.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listTokens, a.Org, a.ID, now)
		return db.Each(rows, err, func(r *db.Rows) error {
			var t AccessToken
			var scopes, used string
			var made, ends int64
			if err := r.Scan(&t.ID, &t.Name, &scopes, &t.AAL, &made, &ends, &used); err != nil {
				return err
			}
			t.MadeAt, t.EndsAt, t.Scopes = instant(made), instant(ends), splitScopes(scopes)
			if used != "" {
				var err error
				if t.UsedOn, err = core.ParseDate(used); err != nil {
					return err
				}
			}
			out = append(out, t)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return out, nil
}

const revokeToken = `UPDATE access_token SET revoked_at = $4 WHERE org_id = $1 AND worker = $2 AND id = $3 AND revoked_at IS NULL`

// RevokeToken ends one of the actor's own tokens, at once. NotFound when it is not
// theirs or already ended.
func (s *Service) RevokeToken(ctx context.Context, id core.ID) error {
	if err := s.Can(ctx, TokenEdit, Here(ctx)); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(revokeToken, a.Org, a.ID, id, tx.Now())
		if err != nil {
			return fmt.Errorf("revoke token: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "token.revoke", Object: "token", ObjectID: id})
	})
}

const revokeAllTokens = `UPDATE access_token SET revoked_at = $3 WHERE org_id = $1 AND worker = $2 AND revoked_at IS NULL`

// revokeTokens ends every token of a worker whose way in is closed or made anew.
func revokeTokens(tx *db.Tx, org, worker core.ID) error {
	if _, err := tx.Exec(revokeAllTokens, org, worker, tx.Now()); err != nil {
		return fmt.Errorf("revoke tokens: %w", err)
	}
	return nil
}

const resumeToken = `SELECT k.org_id, k.id, k.worker, k.aal, k.name, k.scopes, k.made_at, k.ends_at, k.used_on,
w.function, w.works, t.team, o.place
FROM access_token k
JOIN org o ON o.org_id = k.org_id
JOIN worker w ON w.org_id = k.org_id AND w.id = k.worker AND w.active = 1
LEFT JOIN worker_team t ON t.org_id = w.org_id AND t.worker = w.id
WHERE k.token_hash = $1 AND k.revoked_at IS NULL AND k.ends_at > $2 ORDER BY t.team`

const useToken = `UPDATE access_token SET used_on = $2 WHERE token_hash = $1 AND used_on < $2`

// ResumeToken finds in whose name a program speaks: its actor has the worker's
// teams as they are now, and the token's id as its session, which the journal
// keeps. Unauthenticated when the token is unknown, over, revoked, or its worker
// is no longer active; nothing tells which.
func (s *Service) ResumeToken(ctx context.Context, token string) (core.Actor, AccessToken, error) {
	unknown := errs.New(errs.Unauthenticated, "access.error.token")
	random, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return core.Actor{}, AccessToken{}, unknown
	}
	hash, ok := hashToken(random)
	if !ok {
		return core.Actor{}, AccessToken{}, unknown
	}
	var a core.Actor
	var t AccessToken
	var used string
	now := s.now()
	err := s.db.Read(ctx, func(q db.Querier) error {
		a, t = core.Actor{}, AccessToken{}
		rows, err := q.Query(resumeToken, hash, now)
		return db.Each(rows, err, func(r *db.Rows) error {
			var scopes string
			var made, ends int64
			var works bool
			var team *core.ID
			if err := r.Scan(&a.Org, &t.ID, &a.ID, &a.AAL, &t.Name, &scopes, &made, &ends, &used, &t.Function, &works, &team, &t.Place); err != nil {
				return err
			}
			a.Kind, a.Session, a.Program, t.AAL = kindOf(works, false), t.ID, true, a.AAL
			t.Scopes, t.MadeAt, t.EndsAt = splitScopes(scopes), instant(made), instant(ends)
			if team != nil {
				a.Teams = append(a.Teams, *team)
			}
			return nil
		})
	})
	if err != nil {
		return core.Actor{}, AccessToken{}, fmt.Errorf("resume token: %w", err)
	}
	if a.IsZero() {
		return core.Actor{}, AccessToken{}, unknown
	}
	place, err := time.LoadLocation(t.Place)
	if err != nil {
		return core.Actor{}, AccessToken{}, fmt.Errorf("time zone of %s: %w", a.Org, err)
	}
	if day := clock.Today(s.clock, place); used < day.String() {
		err := s.db.Tx(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(useToken, hash, day.String())
			return err
		})
		if err != nil {
			return core.Actor{}, AccessToken{}, fmt.Errorf("note the use of a token: %w", err)
		}
	}
	return a, t, nil
}

// scopeDetail says the scopes in a journal line, whose details are short: the
// areas that are read, and those that are written.
func scopeDetail(all []TokenScope) map[string]string {
	detail := map[string]string{}
	for _, s := range all {
		area, verb, _ := strings.Cut(string(s), ":")
		if detail[verb] != "" {
			area = " " + area
		}
		detail[verb] += area
	}
	return detail
}

func joinScopes(all []TokenScope) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = string(s)
	}
	return strings.Join(words, " ")
}

func splitScopes(s string) []TokenScope {
	var all []TokenScope
	for _, w := range strings.Fields(s) {
		all = append(all, TokenScope(w))
	}
	return all
}
