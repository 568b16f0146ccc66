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

// writer owns the one connection that writes. Its goroutine opens a transaction
// when somebody waits, gives each waiting use case its turn on the connection
// inside a savepoint, commits once, and tells everybody. A use case runs on its
// caller's own goroutine, so that a panic or a t.FailNow stays there.
type writer struct {
	conn   *liteConn
	keeper *keeper
	log    *slog.Logger
	queue  chan *turn
	back   chan outcome // the connection comes back from a turn
	stop   chan struct{}
	ended  chan struct{}
	once   sync.Once
	broken error // set by the turn that lost the group's transaction
}

// turn is one use case waiting to write.
type turn struct {
	state  atomic.Int32
	start  chan error // nil: the connection is yours; else the group could not begin
	commit chan error
}

const (
	turnWaiting = iota
	turnGiven
	turnLeft // its caller went away
)

// outcome tells how a turn ended.
type outcome int

const (
	turnKept   outcome = iota // its rows are part of the group
	turnUndone                // its savepoint was rolled back
	turnBroke                 // the whole transaction is gone
)

func startWriter(conn *liteConn, k *keeper, log *slog.Logger) *writer {
	w := &writer{
		conn: conn, keeper: k, log: log,
		queue: make(chan *turn, 4*groupSize), back: make(chan outcome),
		stop: make(chan struct{}), ended: make(chan struct{}),
	}
	k.watch(conn)
	go w.loop()
	return w
}

// tx waits for a turn, runs fn and waits for the commit.
func (w *writer) tx(ctx context.Context, d *DB, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &turn{start: make(chan error, 1), commit: make(chan error, 1)}
	select {
	case w.queue <- t:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return errClosed()
	}
	select {
	case err := <-t.start:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		if t.state.CompareAndSwap(turnWaiting, turnLeft) {
			return ctx.Err()
		}
		if err := <-t.start; err != nil {
			return err
		}
	case <-w.ended:
		// Closing answered everybody in the queue; a turn queued after that is alone.
		select {
		case err := <-t.start:
			if err != nil {
				return err
			}
		default:
			return errClosed()
		}
	}
	tx := &Tx{ctx: ctx, s: w.conn, d: d}
	if err := w.take(tx, fn); err != nil {
		return err
	}
	if err := <-t.commit; err != nil {
		return err
	}
	d.committed(tx)
	return nil
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

func (w *writer) loop() {
	defer close(w.ended)
	timer := time.NewTimer(longTurn)
	defer timer.Stop()
	members := make([]*turn, 0, groupSize)
	for {
		select {
		case t := <-w.queue:
			members = w.group(t, members[:0], timer)
		case <-w.stop:
			for { // those who queued before the end are still served
				select {
				case t := <-w.queue:
					members = w.group(t, members[:0], timer)
				default:
					return
				}
			}
		}
	}
}

// group runs one transaction, beginning with the turn t.
func (w *writer) group(t *turn, members []*turn, timer *time.Timer) []*turn {
	if !t.state.CompareAndSwap(turnWaiting, turnGiven) {
		return members
	}
	if err := run(w.conn.begin); err != nil {
		t.start <- unavailable(fmt.Errorf("begin: %w", err))
		return members
	}
	began := clock.System{}.Now()
	for t != nil {
		t.start <- nil
		switch w.wait(timer) {
		case turnKept:
			members = append(members, t)
		case turnBroke:
			w.end(members, w.broken)
			w.broken = nil
			return members
		}
		t = nil
		if len(members) < groupSize && (clock.System{}).Now().Sub(began) < groupTime {
			t = w.next()
		}
	}
	w.conn.ctx = context.Background()
	if len(members) == 0 {
		w.rollback()
		return members
	}
	if err := run(w.conn.commit); err != nil {
		w.end(members, fmt.Errorf("commit: %w", err))
		return members
	}
	for _, t := range members {
		t.commit <- nil
	}
	w.keeper.committed(w.conn)
	return members
}

// next takes a waiting turn, if there is one.
func (w *writer) next() *turn {
	for {
		select {
		case t := <-w.queue:
			if t.state.CompareAndSwap(turnWaiting, turnGiven) {
				return t
			}
		default:
			return nil
		}
	}
}

// wait waits for the connection to come back, and tells the log when that is long.
func (w *writer) wait(timer *time.Timer) outcome {
	timer.Reset(longTurn)
	for {
		select {
		case out := <-w.back:
			return out
		case <-timer.C:
			w.log.Error("db: a use case holds the writer", "seconds", longTurn.Seconds())
		}
	}
}

// end undoes a group that could not be committed and tells its members.
func (w *writer) end(members []*turn, cause error) {
	w.rollback()
	w.log.Error("db: a group of use cases was lost", "use_cases", len(members), "err", cause)
	for _, t := range members {
		t.commit <- unavailable(cause)
	}
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

func (w *writer) close() error {
	w.once.Do(func() { close(w.stop) })
	<-w.ended
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
