package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"codeberg.org/parvis/parvis/internal/core/clock"

	"github.com/ncruces/go-sqlite3"
)

// Limits of one group: use cases, and time spent running them before the commit.
const (
	groupSize = 64
	groupTime = 2 * time.Millisecond
	longTurn  = 10 * time.Second // a turn longer than this is told in the log
)

// writer owns the one connection that writes. Whoever finds it idle leads: it runs
// its own use case on its own goroutine, gives each use case that came meanwhile its
// turn on the connection, commits once, tells everybody, and hands the lead to the
// next who waits. Alone, a use case thus wakes nobody and waits for nobody. Each
// runs on its caller's own goroutine, so that a panic or a t.FailNow stays there.
type writer struct {
	conn   *liteConn
	keeper *keeper
	log    *slog.Logger
	back   chan outcome // the connection comes back from a turn
	broken error        // set by the turn that lost the group's transaction
	memory map[any]any  // what use cases of the group remember (Tx.Remember)

	mu      sync.Mutex
	led     bool    // somebody leads
	waiting []*turn // in the order they came
	closing bool
	idle    chan struct{} // closed when nobody leads any more after close
}

// turn is one use case waiting to write.
type turn struct {
	state  atomic.Int32
	start  chan turnStart
	commit chan error
}

const (
	turnWaiting int32 = iota
	turnGiven
	turnLeft // its caller went away
)

// turnStart tells a waiting use case what its turn is.
type turnStart int

const (
	turnFollow turnStart = iota // the connection is yours, inside the leader's group
	turnLead                    // the group is yours
)

// outcome tells how a turn ended.
type outcome int

const (
	turnKept   outcome = iota // its rows are part of the group
	turnUndone                // its savepoint was rolled back
	turnBroke                 // the whole transaction is gone
)

func startWriter(conn *liteConn, k *keeper, log *slog.Logger) *writer {
	k.watch(conn)
	return &writer{conn: conn, keeper: k, log: log, back: make(chan outcome), idle: make(chan struct{})}
}

// tx waits for a turn, runs fn and waits for the commit.
func (w *writer) tx(ctx context.Context, d *DB, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	switch {
	case w.closing:
		w.mu.Unlock()
		return errClosed()
	case !w.led:
		w.led = true
		w.mu.Unlock()
		return w.lead(ctx, d, nil, fn)
	}
	t := &turn{start: make(chan turnStart, 1), commit: make(chan error, 1)}
	w.waiting = append(w.waiting, t)
	w.mu.Unlock()
	var how turnStart
	select {
	case how = <-t.start:
	case <-ctx.Done():
		if t.state.CompareAndSwap(turnWaiting, turnLeft) {
			return ctx.Err()
		}
		how = <-t.start
	}
	if how == turnLead {
		return w.lead(ctx, d, nil, fn)
	}
	tx := &Tx{ctx: ctx, s: w.conn, d: d, memory: &w.memory}
	if err := w.take(tx, fn); err != nil {
		return err
	}
	if err := <-t.commit; err != nil {
		return err
	}
	d.committed(tx)
	return nil
}

// readThenTx runs read, then fn, in one transaction, when nobody writes; ran is
// false when somebody does, and nothing was done. The writer's connection keeps the
// pages it knows, which each commit takes from those that only read.
func (w *writer) readThenTx(ctx context.Context, d *DB, read func(Querier) error, fn func(*Tx) error) (ran bool, err error) {
	if err := ctx.Err(); err != nil {
		return true, err
	}
	w.mu.Lock()
	if w.led || w.closing {
		w.mu.Unlock()
		return false, nil
	}
	w.led = true
	w.mu.Unlock()
	return true, w.lead(ctx, d, read, fn)
}

// lead runs one group, this caller's use case first: it needs no savepoint, since
// nothing comes before it. read, when there is one, comes before fn on the same
// snapshot.
func (w *writer) lead(ctx context.Context, d *DB, read func(Querier) error, fn func(*Tx) error) (err error) {
	defer w.pass() // also when fn panics
	w.conn.ctx = context.Background()
	if err := run(w.conn.begin); err != nil {
		return unavailable(fmt.Errorf("begin: %w", err))
	}
	began := clock.System{}.Now()
	w.memory = nil
	tx := &Tx{ctx: ctx, s: w.conn, d: d, memory: &w.memory}
	if err := w.first(tx, read, fn); err != nil {
		return err
	}
	var members []*turn
	for len(members)+1 < groupSize && (clock.System{}).Now().Sub(began) < groupTime {
		t := w.next()
		if t == nil {
			break
		}
		t.start <- turnFollow
		switch w.wait() {
		case turnKept:
			members = append(members, t)
		case turnBroke:
			cause := w.broken
			w.broken = nil
			return w.end(members, cause)
		}
	}
	w.conn.ctx = context.Background()
	if err := run(w.conn.commit); err != nil {
		return w.end(members, fmt.Errorf("commit: %w", err))
	}
	for _, t := range members {
		t.commit <- nil
	}
	w.keeper.committed(w.conn)
	d.committed(tx)
	return nil
}

// first runs the leader's own use case; on an error, or a panic, the transaction is
// over.
func (w *writer) first(tx *Tx, read func(Querier) error, fn func(*Tx) error) (err error) {
	held := time.AfterFunc(longTurn, w.tellHeld)
	kept := false
	defer func() {
		held.Stop()
		tx.over = true
		w.conn.releaseAll()
		if !kept {
			w.rollback()
		}
	}()
	w.conn.ctx = tx.ctx
	if read != nil {
		if err := w.readFirst(tx.ctx, read); err != nil {
			return err
		}
	}
	if err := tx.finish(fn(tx)); err != nil {
		return outward(err)
	}
	kept = true
	return nil
}

// readFirst runs read on the leader's snapshot.
func (w *writer) readFirst(ctx context.Context, read func(Querier) error) error {
	r := &reader{ctx: ctx, s: w.conn}
	defer func() { r.s = nil }()
	err := outward(read(r))
	w.conn.releaseAll()
	return err
}

// take runs fn inside a savepoint and gives the connection back, also when fn
// panics.
func (w *writer) take(tx *Tx, fn func(*Tx) error) (err error) {
	out := turnBroke
	ran := false
	defer func() {
		tx.over = true
		if !ran { // a panic goes through
			out, _ = w.undo(nil)
		}
		w.back <- out
	}()
	w.conn.ctx = tx.ctx
	if err := run(w.conn.savepoint); err != nil {
		ran = true
		out, err = w.undo(err)
		return err
	}
	err = tx.finish(fn(tx))
	ran = true
	w.conn.releaseAll()
	if err == nil {
		if err = run(w.conn.releaseSP); err == nil {
			out = turnKept
			return nil
		}
	}
	out, err = w.undo(err)
	return err
}

// undo rolls the savepoint back. When SQLite already dropped the whole
// transaction (disk full, failed read), the group is lost.
func (w *writer) undo(cause error) (outcome, error) {
	w.conn.releaseAll()
	w.memory = nil // it may tell of what is undone
	cause = outward(cause)
	if w.conn.c.GetAutocommit() {
		w.broken = cause
		return turnBroke, cause
	}
	if err := errors.Join(run(w.conn.rollbackSP), run(w.conn.releaseSP)); err != nil {
		w.broken = err
		return turnBroke, errors.Join(cause, unavailable(w.broken))
	}
	return turnUndone, cause
}

// next takes a waiting turn, nil when there is none.
func (w *writer) next() *turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pop()
}

// pop is next with w.mu held.
func (w *writer) pop() *turn {
	for len(w.waiting) > 0 {
		t := w.waiting[0]
		w.waiting[0] = nil
		w.waiting = w.waiting[1:]
		if t.state.CompareAndSwap(turnWaiting, turnGiven) {
			return t
		}
	}
	w.waiting = nil
	return nil
}

// pass hands the lead to whoever waits longest, or leaves the writer idle.
func (w *writer) pass() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.pop(); t != nil {
		t.start <- turnLead
		return
	}
	w.led = false
	if w.closing {
		close(w.idle)
	}
}

// wait waits for the connection to come back, and tells the log when that is long.
func (w *writer) wait() outcome {
	held := time.AfterFunc(longTurn, w.tellHeld)
	defer held.Stop()
	return <-w.back
}

func (w *writer) tellHeld() {
	w.log.Error("db: a use case holds the writer", "seconds", longTurn.Seconds())
}

// end undoes a group that could not be committed, tells its members, and returns
// what its leader is told.
func (w *writer) end(members []*turn, cause error) error {
	w.rollback()
	w.log.Error("db: a group of use cases was lost", "use_cases", len(members)+1, "err", cause)
	for _, t := range members {
		t.commit <- unavailable(cause)
	}
	return unavailable(cause)
}

func (w *writer) rollback() {
	w.conn.ctx = context.Background()
	if w.conn.c.GetAutocommit() {
		return
	}
	if err := run(w.conn.rollback); err != nil {
		w.log.Error("db: rollback", "err", err)
	}
}

// close serves those who wait, then closes the connection. Call it once.
func (w *writer) close() error {
	w.mu.Lock()
	w.closing = true
	if !w.led {
		close(w.idle)
	}
	w.mu.Unlock()
	<-w.idle
	return w.conn.close()
}

// keeper copies the write-ahead log back into the database file on its own
// connection, so that no use case waits for it. The writer only copies the last
// pages, those written meanwhile: the log starts again from its beginning once
// nothing is left to copy and no reader needs it.
type keeper struct {
	conn  *liteConn
	log   *slog.Logger
	wake  chan struct{}
	stop  chan struct{}
	ended chan struct{}
	pages atomic.Int64 // in the log after the last commit
	after atomic.Int64 // pages at which the log is next copied
	last  atomic.Bool  // the writer is to copy the last pages
	host  bool         // a guest's housekeeper does nothing
}

const keepAfter = 4000 // pages of 4 KiB written since the last copy

func startKeeper(conn *liteConn, log *slog.Logger, host bool) *keeper {
	k := &keeper{conn: conn, log: log, host: host, wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	k.after.Store(keepAfter)
	go k.loop()
	return k
}

// watch counts the pages of the log at each commit of the writer.
func (k *keeper) watch(l *liteConn) {
	l.c.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
		if before := k.pages.Swap(int64(pages)); int64(pages) < before {
			k.after.Store(keepAfter) // the log started again
		}
		return nil
	})
}

// committed is called by the writer after each group.
func (k *keeper) committed(l *liteConn) {
	if k.last.CompareAndSwap(true, false) {
		k.copyBack(l)
	}
	if !k.host || k.pages.Load() < k.after.Load() {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// copyBack copies what no reader prevents; it waits for nobody.
func (k *keeper) copyBack(l *liteConn) {
	if _, _, err := l.c.WALCheckpoint("main", sqlite3.CHECKPOINT_PASSIVE); err != nil && !errors.Is(err, sqlite3.BUSY) {
		k.log.Error("db: copying the log back", "err", err)
	}
	k.after.Store(k.pages.Load() + keepAfter)
}

func (k *keeper) loop() {
	defer close(k.ended)
	for {
		select {
		case <-k.stop:
			return
		case <-k.wake:
			k.copyBack(k.conn)
			k.last.Store(true)
		}
	}
}

// close copies everything back and empties the log; it is the last connection.
func (k *keeper) close() error {
	close(k.stop)
	<-k.ended
	if !k.host {
		return k.conn.close()
	}
	_, _, err := k.conn.c.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) {
		err = nil // a guest still reads; the log keeps everything
	}
	return errors.Join(err, k.conn.close())
}
