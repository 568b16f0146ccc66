package issuer

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Purpose is why somebody goes to an issuer.
type Purpose string

// The purposes.
const (
	Enter  Purpose = "enter"  // come in
	Link   Purpose = "link"   // say from inside that this account is theirs
	Prove  Purpose = "prove"  // prove who they are once more
	Accept Purpose = "accept" // come in by the link of an invitation
)

// sealFor is what the state of a step is sealed for.
const sealFor = "oidc v1"

// What a page's own link is sealed for, and for how long: as a session at most.
const (
	linkFor  = "oidc link v1"
	linkLife = 12 * time.Hour
)

// state is what a browser carries while it is away.
type state struct {
	Issuer   string
	State    string
	Nonce    string
	Verifier string
	Purpose  Purpose
	Invite   string // the link's token, of Accept
	Next     string // where they were going
	Session  core.ID
	At       int64 // µs UTC
}

// Begin makes the address that the browser goes to, and the value it carries until
// the answer (a cookie). browser is the cookie of access.NewBrowser. Link and Prove
// need somebody who is in, of those whom the issuer is for (Forbidden). token is that
// of an invitation's link for Accept, that of LinkToken for Link. NotFound for an
// unknown issuer, Unavailable while it does not answer.
func (s *Service) Begin(ctx context.Context, id string, purpose Purpose, browser, back, next, token string) (to, carried string, err error) {
	k := s.find(id)
	if k == nil {
		return "", "", errs.New(errs.NotFound, "access.error.not_found")
	}
	if !s.Access.BrowserOK(browser) {
		return "", "", errs.New(errs.Forbidden, "access.error.csrf")
	}
	if purpose == Link || purpose == Prove {
		if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
			return "", "", err
		}
	}
	if (purpose == Link || purpose == Prove) && !k.lets(core.ActorFrom(ctx).Kind) || purpose == Accept && k.For == Persons {
		return "", "", errs.New(errs.Forbidden, "access.error.forbidden")
	}
	if purpose == Link {
		if err := s.Access.OwnKeys(ctx); err != nil {
			return "", "", err
		}
		var asked string
		if s.Access.OpenState(linkFor, string(core.ActorFrom(ctx).Session), token, &asked) != nil {
			return "", "", errs.New(errs.Forbidden, "access.error.csrf")
		}
	}
	p, err := s.discover(ctx, k)
	if err != nil {
		return "", "", err
	}
	c, err := s.client(ctx, k, p, back)
	if err != nil {
		return "", "", err
	}
	st := state{Issuer: id, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Purpose: purpose, Next: next,
		Session: core.ActorFrom(ctx).Session, At: s.Clock.Now().UnixMicro()}
	if purpose == Accept {
		st.Invite = token
	}
	if carried, err = s.Access.SealState(sealFor, browser, st, stateLife); err != nil {
		return "", "", err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(st.Nonce), oauth2.S256ChallengeOption(st.Verifier)}
	if acr := k.asked(); acr != "" {
		options = append(options, oauth2.SetAuthURLParam("acr_values", acr))
	}
	if k.wantsAMR() { // many give it only when they are asked
		options = append(options, oauth2.SetAuthURLParam("claims", `{"id_token":{"amr":null}}`))
	}
	// What the provider remembers may be somebody else's: the screen of a counter, of a
	// family. Whoever links or proves does so now, and a person says who they are each time.
	if st.fresh() || k.For == Persons {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	if st.fresh() {
		options = append(options, oauth2.SetAuthURLParam("max_age", "0"))
	}
	return c.AuthCodeURL(st.State, options...), carried, nil
}

// fresh tells whether the issuer must have proved who it is since the question.
func (st state) fresh() bool { return st.Purpose == Prove || st.Purpose == Link }

// LinkToken is what the page puts in its link to Begin for Link: another site that
// leads a browser there, with its own account open at the issuer, links nothing.
func (s *Service) LinkToken(ctx context.Context) (string, error) {
	if err := s.Access.Can(ctx, access.AccountUse, access.Here(ctx)); err != nil {
		return "", err
	}
	return s.Access.SealState(linkFor, string(core.ActorFrom(ctx).Session), "link", linkLife)
}

// Done is what came of an answer.
type Done struct {
	Token   string // the cookie's value; "" after Link
	Next    string
	Purpose Purpose
	Persons bool // the issuer is for persons
}

// claims are those that count.
type claims struct {
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AZP      string   `json:"azp"`
	AuthTime int64    `json:"auth_time"`
	Email    string   `json:"email"`
	Verified bool     `json:"email_verified"`
}

func refused() error { return errs.New(errs.Unauthenticated, "errs.signin.issuer_refused") }

// Finish reads the answer that the browser brings back. Unauthenticated: the answer
// is not one to our question, or the issuer said no (errs.signin.issuer_refused); it
// names nobody who was invited (errs.signin.issuer_unknown), or no person who linked it
// (errs.signin.issuer_nobody); its proof is not a fresh
// one. Conflict: that account is linked to somebody else. TooMany: too many refused
// answers. Unavailable: the issuer does not answer.
func (s *Service) Finish(ctx context.Context, id, browser, carried, back string, answer url.Values, client access.Client) (Done, error) {
	k := s.find(id)
	if k == nil {
		return Done{}, errs.New(errs.NotFound, "access.error.not_found")
	}
	var st state
	if err := s.Access.OpenState(sealFor, browser, carried, &st); err != nil {
		return Done{}, err
	}
	out := Done{Next: st.Next, Purpose: st.Purpose, Persons: k.For == Persons}
	// A refused answer writes a line: whoever holds a question may not write a thousand.
	hold, err := s.Access.HoldNow(ctx, "oidc", st.State, client)
	if err != nil {
		return out, err
	}
	fail := func(cause string, err error) (Done, error) {
		if jerr := s.Access.Failed(ctx, "", journal.Event{Object: "issuer"}, cause); jerr != nil {
			return out, jerr
		}
		return out, errs.Wrap(errs.Unauthenticated, "errs.signin.issuer_refused", err)
	}
	if st.Issuer != id || subtle.ConstantTimeCompare([]byte(st.State), []byte(answer.Get("state"))) != 1 {
		return fail("oidc_state", errors.New("not the answer to our question"))
	}
	if iss := answer.Get("iss"); iss != "" && iss != k.URL { // RFC 9207: another issuer answers
		return fail("oidc_iss", errors.New("another issuer answers"))
	}
	if answer.Get("error") != "" || answer.Get("code") == "" || len(answer.Get("code")) > 4096 {
		return fail("oidc_error", fmt.Errorf("the issuer says %.60q", answer.Get("error")))
	}
	// The state serves once, whatever comes of the code.
	if err := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.Access.Spend(tx, "oidc", st.State, stateLife) }); err != nil {
		return out, err
	}
	raw, token, cl, err := s.exchange(ctx, k, st, back, answer.Get("code"))
	if errs.Is(err, errs.Unavailable) { // nobody's failure
		if rerr := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.Access.Release(tx, hold) }); rerr != nil {
			return out, rerr
		}
		return out, err
	}
	if err != nil {
		return fail("oidc_token", err)
	}
	if st.fresh() && (cl.AuthTime == 0 || time.Unix(cl.AuthTime, 0).Before(time.UnixMicro(st.At).Add(-skew))) {
		return fail("oidc_old", errors.New("the proof is not a fresh one"))
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if out.Token, err = s.settle(ctx, tx, k, st, token.Subject, cl, raw, client); err != nil {
			return err
		}
		return s.Access.Release(tx, hold)
	})
	return out, err
}

// exchange gives the code back and checks what it is worth.
func (s *Service) exchange(ctx context.Context, k *known, st state, back, code string) (raw string, token *oidc.IDToken, cl claims, err error) {
	p, err := s.discover(ctx, k)
	if err != nil {
		return "", nil, cl, err
	}
	c, err := s.client(ctx, k, p, back)
	if err != nil {
		return "", nil, cl, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, s.HTTP), 2*callLimit)
	defer cancel()
	got, err := c.Exchange(ctx, code, oauth2.VerifierOption(st.Verifier))
	var said *oauth2.RetrieveError
	var net *url.Error
	switch {
	case errors.As(err, &said) && said.Response != nil && said.Response.StatusCode >= 500, errors.As(err, &net):
		return "", nil, cl, down(k, err)
	case err != nil:
		return "", nil, cl, fmt.Errorf("give the code back: %w", err)
	}
	raw, _ = got.Extra("id_token").(string) // none, or no text: "" does not verify below
	now := func() time.Time { return s.Clock.Now().Add(-skew) }
	token, err = p.Verifier(&oidc.Config{ClientID: k.ClientID, Now: now}).Verify(ctx, raw)
	if err != nil {
		return "", nil, cl, fmt.Errorf("the id token: %w", err)
	}
	if err := token.Claims(&cl); err != nil {
		return "", nil, cl, fmt.Errorf("the claims: %w", err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(st.Nonce)) != 1:
		return "", nil, cl, errors.New("another nonce")
	case token.IssuedAt.After(s.Clock.Now().Add(5 * skew)):
		return "", nil, cl, errors.New("a token of the future")
	case len(token.Audience) > 1 && cl.AZP != k.ClientID, cl.AZP != "" && cl.AZP != k.ClientID:
		return "", nil, cl, errors.New("a token for another client")
	case token.Subject == "" || len(token.Subject) > maxSubject:
		return "", nil, cl, errors.New("a token of nobody")
	}
	return raw, token, cl, nil
}

const (
	selectLink = `SELECT org_id, owner_kind, owner FROM federated WHERE subject_hash = $1`
	insertLink = `INSERT INTO federated (subject_hash, org_id, owner_kind, owner, id, issuer, linked_at, used_on) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`
	useLink    = `UPDATE federated SET used_on = $2 WHERE subject_hash = $1`
)

// settle does what the purpose asks, with somebody whom the issuer has proved.
func (s *Service) settle(ctx context.Context, tx *db.Tx, k *known, st state, subject string, cl claims, raw string, client access.Client) (string, error) {
	f := found{hash: k.subjectHash(subject)}
	err := tx.QueryRow(selectLink, f.hash).Scan(&f.org, &f.kind, &f.owner)
	f.linked = err == nil
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return "", fmt.Errorf("read a linked account: %w", err)
	}
	switch st.Purpose {
	case Link, Prove:
		return s.settleOwn(ctx, tx, k, st, f, cl)
	case Accept:
		if k.For == Persons {
			return "", refused()
		}
		if f.linked {
			return "", errs.New(errs.Conflict, "errs.signin.issuer_taken")
		}
		if f.org, f.owner, err = s.Access.SpendInvitation(tx, st.Invite); err != nil {
			return "", err
		}
	case Enter:
		if k.For == Persons || f.linked {
			break
		}
		if !cl.Verified || cl.Email == "" {
			return "", errs.New(errs.Unauthenticated, "errs.signin.issuer_unknown")
		}
		if f.org, f.owner, err = s.Access.SpendInvitationOf(tx, cl.Email); err != nil {
			return "", err
		}
		if f.owner == "" {
			return "", errs.New(errs.Unauthenticated, "errs.signin.issuer_unknown")
		}
	default:
		return "", refused()
	}
	actor, err := s.actorOf(tx, k, f, k.aal(cl.ACR, cl.AMR))
	if err != nil {
		return "", err
	}
	if !f.linked {
		if err := s.link(core.WithActor(ctx, actor), tx, k, f.hash, access.OwnerWorker, f.owner); err != nil {
			return "", err
		}
	}
	if err := s.used(tx, f.hash, f.org); err != nil {
		return "", err
	}
	leave := ""
	if len(raw) <= maxToken {
		leave = raw
	}
	return s.Access.Enter(ctx, tx, actor, client, access.Entry{Way: k.way(), Leave: leave})
}

// found is what is known of an account that an issuer has proved.
type found struct {
	hash   string
	linked bool
	org    core.ID
	kind   string // access.OwnerWorker, access.OwnerHolder
	owner  core.ID
}

// settleOwn links the account to who is in, or proves them once more.
func (s *Service) settleOwn(ctx context.Context, tx *db.Tx, k *known, st state, f found, cl claims) (string, error) {
	a := core.ActorFrom(ctx)
	if a.IsZero() || a.Session != st.Session || !k.lets(a.Kind) {
		return "", refused()
	}
	kind, owner, err := ownerOf(tx, a)
	if err != nil {
		return "", err
	}
	if st.Purpose == Prove {
		if !f.linked || f.kind != kind || f.owner != owner || f.org != a.Org || k.aal(cl.ACR, cl.AMR) < a.AAL {
			return "", refused()
		}
		return s.Access.Renew(ctx, tx, k.way())
	}
	if f.linked && (f.kind != kind || f.owner != owner || f.org != a.Org) {
		return "", errs.New(errs.Conflict, "errs.signin.issuer_taken")
	}
	if owner == "" { // the first that a person has
		if owner, err = s.Access.MakeHolder(tx, a.Org, a.ID); err != nil {
			return "", err
		}
	}
	return "", s.link(ctx, tx, k, f.hash, kind, owner)
}

// ownerOf is whom an actor's accounts are linked to; "" for a person for whom nothing
// was ever made.
func ownerOf(q db.Querier, a core.Actor) (kind string, owner core.ID, err error) {
	if a.Kind != core.ActorPerson {
		return access.OwnerWorker, a.ID, nil
	}
	owner, err = access.HolderOf(q, a.Org, a.ID)
	return access.OwnerHolder, owner, err
}

// actorOf is whom an account lets in, with the assurance of the answer.
func (s *Service) actorOf(tx *db.Tx, k *known, f found, aal int) (core.Actor, error) {
	if k.For != Persons {
		actor, active, err := s.Access.WorkerActor(tx, f.org, f.owner, aal)
		if err == nil && !active {
			err = errs.New(errs.Unauthenticated, "errs.signin.issuer_unknown")
		}
		return actor, err
	}
	person, err := core.ID(""), error(nil)
	if f.linked && f.kind == access.OwnerHolder {
		person, err = access.PersonOf(tx, f.org, f.owner)
	}
	if err == nil && person == "" {
		err = errs.New(errs.Unauthenticated, "errs.signin.issuer_nobody")
	}
	return core.Actor{Kind: core.ActorPerson, ID: person, Org: f.org, AAL: aal}, err
}

// link writes that an account at the issuer is the actor's.
func (s *Service) link(ctx context.Context, tx *db.Tx, k *known, hash, kind string, owner core.ID) error {
	id, err := s.Access.NewID()
	if err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	n, err := tx.Exec(insertLink, hash, a.Org, kind, owner, id, k.ID, tx.Now(), "")
	if err != nil {
		return fmt.Errorf("link an account: %w", err)
	}
	if n == 0 {
		return nil // already theirs
	}
	return s.Journal.Record(ctx, tx, journal.Event{Kind: "issuer.link", Object: "issuer", ObjectID: id, Subjects: subjects(a)})
}

// subjects are the persons whom a line about the actor's own accounts concerns.
func subjects(a core.Actor) []core.ID {
	if a.Kind == core.ActorPerson {
		return []core.ID{a.ID}
	}
	return nil
}

func (s *Service) used(tx *db.Tx, hash string, org core.ID) error {
	day, err := s.Access.Today(tx, org)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(useLink, hash, day.String()); err != nil {
		return fmt.Errorf("use a linked account: %w", err)
	}
	return nil
}
