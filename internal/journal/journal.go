// Package journal writes who did what about whom, why, and on whose agreement,
// in the same transaction as the act itself, in a form that can be proved later
// and read by the person it concerns.
//
// Guarantees. A write and its line are committed together or not at all. A read
// is shown only once its line is committed: when the line cannot be written the
// caller gets errs.Unavailable and has nothing to show. Lines are numbered
// without a hole per tree; a line's leaf is SHA-256(salt ‖ event), so that an
// event can be erased and its place in the tree still be proved.
//
// What not to do. Never put content in an event: ids and codes only (the written
// reason is the one exception, because the person reads it). Never write to the
// tables of this package from elsewhere. Call Record last in a transaction: on
// PostgreSQL it holds the organisation's head until the commit.
//
//	err := db.Tx(ctx, func(tx *db.Tx) error {
//		… // the write
//		return j.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: []core.ID{person}})
//	})
//
// The bytes of an event are a contract, described in docs/journal.md.
package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Limits of one event. A sweep over more persons writes one event per
// MaxSubjects of them, with the same run in Detail.
const (
	MaxSubjects     = 500
	maxKindBytes    = 64
	maxReasonBytes  = 2000
	maxDetailPairs  = 16
	maxDetailBytes  = 128 // of one key or one value
	maxFunctionByte = 200
)

// Event is what happened. The actor, the organisation and the instant come from
// the context and the transaction.
type Event struct {
	// Kind is a code with a catalogue key "journal.<kind>": "file.open",
	// "fact.save", "search", "session.open".
	Kind string
	// Subjects are the persons concerned, in any order; a list or a search names
	// everyone it showed. Empty for what concerns nobody's file.
	Subjects []core.ID
	// Object and ObjectID name the row acted upon, when it is not the person:
	// "fact", "right", "worker".
	Object   string
	ObjectID core.ID
	// Reason is why, or on whose agreement; "" means the accompaniment by the
	// person's team. The person reads it.
	Reason string
	// Code is the code of a printed paper, in its bare form. It goes into the part that
	// the person sees, and the paper then has a receipt. "" for anything else.
	Code string
	// Detail holds ids and codes, never content. It is never shown to a person,
	// so it may name rows of others.
	Detail map[string]string
}

// Journal writes and reads lines. It is safe for concurrent use.
type Journal struct {
	db     *db.DB
	random io.Reader
	places sync.Map // time zone name -> *time.Location
	tap    func(tx *db.Tx, org core.ID, e Event) error
	key    *Key // nil until SignWith
}

// Tell has fn called for each line, in its transaction and before it is written:
// what listens to what happens leaves its own line in the outbox. Call it once,
// before the first line. fn must not write lines.
func (j *Journal) Tell(fn func(tx *db.Tx, org core.ID, e Event) error) { j.tap = fn }

// New makes a Journal. random gives salts and identifiers; nil means the
// system's. It must be unpredictable outside tests: a guessable salt would let
// an erased event be found again by trial.
func New(database *db.DB, random io.Reader) *Journal {
	if random == nil {
		random = rand.Reader
	}
	return &Journal{db: database, random: random}
}

// usualPart is room enough for most parts of a line, in bytes.
const usualPart = 512

type contextKey int

const functionKey contextKey = 0

// WithFunction returns a context that carries the actor's function as people
// read it, « assistante sociale ». It goes into the part of the line that the
// person sees, as it was that day.
func WithFunction(ctx context.Context, function string) context.Context {
	return context.WithValue(ctx, functionKey, function)
}

func functionFrom(ctx context.Context) string {
	s, _ := ctx.Value(functionKey).(string)
	if len(s) > maxFunctionByte {
		s = strings.ToValidUTF8(s[:maxFunctionByte], "")
	}
	return s
}

// Record writes one line in the caller's transaction, in the tree of the actor's
// organisation (the installation's own tree when it has none). It refuses an
// event without an actor, without a kind, or over the limits: those are faults
// of the caller, so the error is Internal and the whole transaction fails.
func (j *Journal) Record(ctx context.Context, tx *db.Tx, e Event) error {
	actor := core.ActorFrom(ctx)
	if err := e.check(actor); err != nil {
		return errs.Wrap(errs.Internal, "errs.internal", fmt.Errorf("journal line %q: %w", e.Kind, err))
	}
	at := tx.Now()
	id, err := core.NewID(time.UnixMicro(at), j.random)
	if err != nil {
		return fmt.Errorf("journal line %q: %w", e.Kind, err)
	}
	subjects := distinct(e.Subjects)
	salts := make([]byte, saltBytes*(2+len(subjects)))
	if _, err := io.ReadFull(j.random, salts); err != nil {
		return fmt.Errorf("journal line %q: salt: %w", e.Kind, err)
	}
	if j.tap != nil {
		if err := j.tap(tx, actor.Org, e); err != nil {
			return fmt.Errorf("journal line %q: %w", e.Kind, err)
		}
	}
	head, err := j.takeSeat(tx, actor.Org)
	if err != nil {
		return fmt.Errorf("journal line %q: %w", e.Kind, err)
	}
	e.ground(core.GroundFor(ctx, e.Subjects))
	sealed := closedPart{At: at, ID: id, Actor: actor, ObjectID: e.ObjectID, Detail: e.Detail}.encode(make([]byte, 0, usualPart))
	open := openPart{
		Tree: head.tree, Seq: head.seq, Org: actor.Org,
		Day: core.DateOf(time.UnixMicro(at).In(head.place)), Kind: e.Kind,
		ActorKind: actor.Kind, Function: functionFrom(ctx), Object: e.Object, Reason: e.Reason, Code: e.Code,
		Closed: commit(salts[saltBytes:2*saltBytes], sealed),
	}
	about := make([]subject, len(subjects))
	for i, person := range subjects {
		about[i] = subject{person: person, salt: salts[(2+i)*saltBytes : (3+i)*saltBytes]}
		open.Subjects = append(open.Subjects, about[i].commitment())
	}
	event := open.encode(make([]byte, 0, usualPart))
	salt := salts[:saltBytes]
	err = insertLine(tx, row{
		org: actor.Org, tree: head.tree, seq: head.seq, id: id, at: at, day: open.Day.String(),
		event: event, salt: salt, closed: sealed, closedSalt: salts[saltBytes : 2*saltBytes],
		subjects: packSubjects(about), leaf: commit(salt, event),
	})
	if err == nil && e.Code != "" {
		_, err = tx.Exec(insertPaper, actor.Org, e.Code, head.tree, head.seq)
	}
	if err == nil && head.seq+1-head.indexed >= indexEvery {
		head.indexed, err = indexSubjects(tx, actor.Org, head.tree, head.indexed)
	}
	if err == nil && (head.seq+1)%groupLines == 0 {
		_, err = raise(tx, actor.Org, head.tree, head.seq+1, maxGroups)
	}
	if err != nil {
		return fmt.Errorf("journal line %q: %w", e.Kind, err)
	}
	head.seq++
	tx.Remember(seatOf(actor.Org), head)
	return nil
}

// Read runs fn on one snapshot, then commits the line of what fn read, and only
// then returns: send no byte before. fn's own error is returned as it is and
// leaves no line, since nothing was read. When the line cannot be written the
// error is Unavailable: show nothing, say it plainly.
func (j *Journal) Read(ctx context.Context, fn func(q db.Querier) (Event, error)) error {
	var event Event
	err := j.db.Read(ctx, func(q db.Querier) error {
		var err error
		event, err = fn(q)
		return err
	})
	if err != nil {
		return err
	}
	return unwritten(j.db.Tx(ctx, func(tx *db.Tx) error { return j.Record(ctx, tx, event) }))
}

// ReadBriefly is Read for what takes a millisecond at the most, the page of one
// person: fn and its line may share one transaction of the only writer.
func (j *Journal) ReadBriefly(ctx context.Context, fn func(q db.Querier) (Event, error)) error {
	var event Event
	read := false
	err := j.db.ReadThenTx(ctx, func(q db.Querier) error {
		var err error
		event, err = fn(q)
		read = err == nil
		return err
	}, func(tx *db.Tx) error { return j.Record(ctx, tx, event) })
	if !read {
		return err
	}
	return unwritten(err)
}

// unwritten is what a read answers when its line could not be written.
func unwritten(err error) error {
	var known *errs.Error
	if err == nil || (errors.As(err, &known) && known.Kind == errs.Internal) {
		return err
	}
	return errs.Wrap(errs.Unavailable, "journal.error.unavailable", fmt.Errorf("journal line of a read: %w", err))
}

func (e Event) check(actor core.Actor) error {
	switch {
	case actor.IsZero():
		return errors.New("no actor in the context")
	case e.Kind == "" || len(e.Kind) > maxKindBytes:
		return fmt.Errorf("kind of %d bytes, want 1 to %d", len(e.Kind), maxKindBytes)
	case len(e.Subjects) > MaxSubjects:
		return fmt.Errorf("%d subjects, want at most %d", len(e.Subjects), MaxSubjects)
	case slices.ContainsFunc(e.Subjects, func(id core.ID) bool { return id == "" || len(id) > maxDetailBytes }):
		return errors.New("a subject without id, or with one too long")
	case len(e.Reason) > maxReasonBytes:
		return fmt.Errorf("reason of %d bytes, want at most %d", len(e.Reason), maxReasonBytes)
	case len(e.Detail) > maxDetailPairs:
		return fmt.Errorf("%d details, want at most %d", len(e.Detail), maxDetailPairs)
	case !validCode(e.Code):
		return fmt.Errorf("code %.20q", e.Code)
	case len(e.Object) > maxKindBytes || len(e.ObjectID) > maxDetailBytes:
		return errors.New("object too long")
	}
	for _, s := range []string{e.Kind, e.Reason, e.Object, string(e.ObjectID)} {
		if !utf8.ValidString(s) {
			return errors.New("text that is not UTF-8")
		}
	}
	for k, v := range e.Detail {
		if !utf8.ValidString(k) || !utf8.ValidString(v) {
			return errors.New("detail that is not UTF-8")
		}
		if len(k) > maxDetailBytes || len(v) > maxDetailBytes {
			return fmt.Errorf("detail %.20q longer than %d bytes", k, maxDetailBytes)
		}
	}
	return nil
}

// distinct returns the ids sorted and once each, leaving the caller's slice as
// it is: the order of a list tells a rank.
func distinct(ids []core.ID) []core.ID {
	if len(ids) < 2 {
		return ids
	}
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}
