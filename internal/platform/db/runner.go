package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
)

// Event is one line of the outbox as a consumer gets it.
type Event struct {
	ID    core.ID // the same at every delivery: what makes a consumer idempotent
	Topic string
	Org   core.ID // "" for the whole installation
	IDs   []core.ID
	At    int64 // µs UTC, when the use case emitted it
}

// Runner runs jobs and delivers the outbox: at least once, never before the
// commit, one after the other, in no promised order. Register handlers first, then Run. Several
// processes may run one each: a lease keeps a job to one of them at a time.
//
// A handler that fails or panics is tried again after 10 s, 20 s, 40 s… up to an
// hour; after eight tries the job is dead: kept with its last error, for doctor.
// A handler must be idempotent and must end when its context does (the lease).
type Runner struct {
	d         *DB
	jobs      map[string]func(context.Context, Job) error
	consumers map[string][]string // names, by topic
}

const (
	lease       = 5 * time.Minute
	firstPause  = 10 * time.Second
	longPause   = time.Hour
	maxAttempts = 8
	idlePoll    = 10 * time.Second // looks again, for what other processes left
	batch       = 50               // outbox lines or jobs per transaction
	maxError    = 500              // bytes of an error that are kept
)

// eventKind is the job that brings one event to one consumer.
const eventKind = "event/"

// NewRunner makes a Runner without handlers.
func NewRunner(d *DB) *Runner {
	return &Runner{d: d, jobs: map[string]func(context.Context, Job) error{}, consumers: map[string][]string{}}
}

// Handle registers what runs the jobs of a kind. Twice the same kind is an error
// of the program: it panics.
func (r *Runner) Handle(kind string, fn func(ctx context.Context, j Job) error) {
	if kind == "" || r.jobs[kind] != nil {
		panic("db: two handlers for jobs of kind " + kind)
	}
	r.jobs[kind] = fn
}

// Consume registers a consumer of a topic. Its name is kept in the database with
// the events it has yet to get: do not change it.
func (r *Runner) Consume(topic, name string, fn func(ctx context.Context, e Event) error) {
	r.Handle(eventKind+topic+"/"+name, func(ctx context.Context, j Job) error {
		e, err := unpackEvent(j, topic)
		if err != nil {
			return err
		}
		return fn(ctx, e)
	})
	r.consumers[topic] = append(r.consumers[topic], name)
}

// Run works until ctx is done, then waits for the handler that is running and
// returns nil. Trouble of the database goes to the log and is tried again.
func (r *Runner) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-r.d.wake:
		}
		pause := idlePoll
		if err := r.Drain(ctx); err != nil && ctx.Err() == nil {
			r.d.log.Error("db: runner", "err", err)
		} else if next, ok := r.nextDue(ctx); ok {
			pause = min(idlePoll, max(0, next))
		}
		timer.Reset(pause)
	}
}

// Drain runs everything that is due now and returns when nothing is left: what
// Run does, for tests and for commands.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		moved, err := r.fanOut(ctx)
		if err != nil {
			return err
		}
		ran, err := r.runDue(ctx)
		if err != nil {
			return err
		}
		if moved+ran == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

const (
	listOutbox   = `SELECT seq, id, topic, org_id, args, created_at FROM outbox /* every row: the oldest first, until the limit */ ORDER BY seq LIMIT $1 FOR UPDATE`
	deleteOutbox = `DELETE FROM outbox WHERE seq = $1`
)

// fanOut turns outbox lines into one job per consumer, in one transaction each
// batch: from there on the same leases and retries hold for both.
func (r *Runner) fanOut(ctx context.Context) (moved int, err error) {
	err = r.d.Tx(ctx, func(tx *Tx) error {
		moved = 0
		type line struct {
			seq int64
			e   Event
		}
		var lines []line
		rows, err := tx.Query(listOutbox, batch)
		err = Each(rows, err, func(rows *Rows) error {
			var l line
			var ids string
			if err := rows.Scan(&l.seq, &l.e.ID, &l.e.Topic, &l.e.Org, &ids, &l.e.At); err != nil {
				return err
			}
			l.e.IDs = unpackIDs(ids)
			lines = append(lines, l)
			return nil
		})
		if err != nil {
			return fmt.Errorf("list outbox: %w", err)
		}
		for _, l := range lines {
			for _, name := range r.consumers[l.e.Topic] {
				if err := tx.enqueueEvent(name, l.e); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(deleteOutbox, l.seq); err != nil {
				return fmt.Errorf("delete outbox line: %w", err)
			}
		}
		moved = len(lines)
		return nil
	})
	return moved, err
}

// enqueueEvent leaves the job that brings e to a consumer. The event's id and
// instant travel in front of its ids.
func (tx *Tx) enqueueEvent(consumer string, e Event) error {
	ids := append([]core.ID{e.ID, core.ID(fmt.Sprint(e.At))}, e.IDs...)
	return tx.enqueue(Job{Kind: eventKind + e.Topic + "/" + consumer, Org: e.Org, Args: ids})
}

func unpackEvent(j Job, topic string) (Event, error) {
	if len(j.Args) < 2 {
		return Event{}, errors.New("an event job without its event")
	}
	e := Event{ID: j.Args[0], Topic: topic, Org: j.Org, IDs: j.Args[2:]}
	if _, err := fmt.Sscan(string(j.Args[1]), &e.At); err != nil {
		return Event{}, fmt.Errorf("instant of event %s: %w", e.ID, err)
	}
	return e, nil
}

const (
	listDue = `SELECT id, kind FROM job WHERE dead_at = 0 AND run_at <= $1 AND lease_until <= $1 ORDER BY run_at, id LIMIT $2`
	claim   = `UPDATE job SET lease_until = $2, attempts = attempts + 1
		WHERE id = $1 AND dead_at = 0 AND lease_until <= $3 AND run_at <= $3
		RETURNING kind, org_id, args, run_at, attempts`
	finishJob = `DELETE FROM job WHERE id = $1 AND lease_until = $2`
	retryJob  = `UPDATE job SET run_at = $3, lease_until = 0, error = $4, dead_at = $5 WHERE id = $1 AND lease_until = $2`
)

// runDue runs the jobs that are due, one after the other.
func (r *Runner) runDue(ctx context.Context) (ran int, err error) {
	type due struct {
		id   core.ID
		kind string
	}
	var list []due
	err = r.d.Read(ctx, func(q Querier) error {
		rows, err := q.Query(listDue, r.now(), batch)
		return Each(rows, err, func(rows *Rows) error {
			var one due
			err := rows.Scan(&one.id, &one.kind)
			list = append(list, one)
			return err
		})
	})
	if err != nil {
		return 0, fmt.Errorf("list jobs: %w", err)
	}
	for _, one := range list {
		if ctx.Err() != nil {
			return ran, ctx.Err()
		}
		if r.jobs[one.kind] == nil {
			if err := r.postpone(ctx, one.id); err != nil {
				return ran, err
			}
			continue
		}
		did, err := r.runOne(ctx, one.id)
		if err != nil {
			return ran, err
		}
		if did {
			ran++
		}
	}
	return ran, nil
}

// postpone leaves a job that this process has no handler for to another one.
func (r *Runner) postpone(ctx context.Context, id core.ID) error {
	now := r.now()
	return r.d.Tx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE job SET run_at = $2, error = 'no handler in the process that looked' WHERE id = $1 AND lease_until <= $3`,
			id, now+longPause.Microseconds(), now)
		return err
	})
}

// runOne takes the lease of a job, runs it and writes down how it went. did is
// false when another process has it.
func (r *Runner) runOne(ctx context.Context, id core.ID) (did bool, err error) {
	var j Job
	var until int64
	err = r.d.Tx(ctx, func(tx *Tx) error {
		now := r.now()
		until = now + lease.Microseconds()
		j = Job{ID: id}
		var args string
		err := tx.QueryRow(claim, id, until, now).Scan(&j.Kind, &j.Org, &args, &j.RunAt, &j.Attempts)
		j.Args = unpackIDs(args)
		return err
	})
	if errors.Is(err, ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim job %s: %w", id, err)
	}
	failed := r.call(ctx, j)
	// The outcome is written even when the process is told to end meanwhile.
	err = r.d.Tx(context.WithoutCancel(ctx), func(tx *Tx) error {
		if failed == nil {
			_, err := tx.Exec(finishJob, id, until)
			return err
		}
		now := r.now()
		dead := int64(0)
		if j.Attempts >= maxAttempts {
			dead = now
		}
		_, err := tx.Exec(retryJob, id, until, now+backoff(j.Attempts).Microseconds(), clip(failed.Error()), dead)
		return err
	})
	if err != nil {
		return true, fmt.Errorf("end job %s: %w", id, err)
	}
	if failed != nil {
		r.d.log.Warn("db: a job failed", "kind", j.Kind, "job", id, "attempt", j.Attempts, "dead", j.Attempts >= maxAttempts, "err", failed)
	}
	return true, nil
}

// call runs the handler for at most the time of the lease; a panic is a failure.
func (r *Runner) call(ctx context.Context, j Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, lease)
	defer cancel()
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: j.ID, Org: j.Org})
	done := make(chan error, 1)
	var wait sync.WaitGroup
	wait.Go(func() { // its own goroutine, so that even runtime.Goexit comes back
		ended := false
		defer func() {
			if p := recover(); p != nil {
				r.d.log.Error("db: a job panicked", "kind", j.Kind, "job", j.ID, "stack", string(debug.Stack()))
				done <- fmt.Errorf("panic: %v", p)
			} else if !ended {
				done <- errors.New("the handler left its goroutine")
			}
		}()
		err := r.jobs[j.Kind](ctx, j)
		ended = true
		done <- err
	})
	wait.Wait()
	return <-done
}

// nextDue tells how long it is until the next job, ok false when there is none.
func (r *Runner) nextDue(ctx context.Context) (time.Duration, bool) {
	var at *int64
	err := r.d.Read(ctx, func(q Querier) error {
		return q.QueryRow(`SELECT MIN(CASE WHEN lease_until > run_at THEN lease_until ELSE run_at END) FROM job WHERE dead_at = 0`).Scan(&at)
	})
	if err != nil || at == nil {
		return 0, false
	}
	return time.Duration(*at-r.now()) * time.Microsecond, true
}

func (r *Runner) now() int64 { return r.d.clock.Now().UnixMicro() }

// DeadJob is a job that failed too often, for doctor.
type DeadJob struct {
	ID     core.ID
	Kind   string
	Org    core.ID
	DeadAt int64 // µs UTC
	Error  string
}

// DeadJobs lists at most limit dead jobs, the latest first.
func (d *DB) DeadJobs(ctx context.Context, limit int) ([]DeadJob, error) {
	var out []DeadJob
	err := d.Read(ctx, func(q Querier) error {
		rows, err := q.Query(`SELECT id, kind, org_id, dead_at, error FROM job WHERE dead_at > 0 ORDER BY dead_at DESC, id LIMIT $1`, limit)
		return Each(rows, err, func(rows *Rows) error {
			var j DeadJob
			err := rows.Scan(&j.ID, &j.Kind, &j.Org, &j.DeadAt, &j.Error)
			out = append(out, j)
			return err
		})
	})
	return out, err
}

func backoff(attempt int) time.Duration {
	return min(longPause, firstPause<<min(attempt-1, 20))
}

// clip makes a text that a column takes out of an error's.
func clip(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), maxError)], ""), "\x00", "")
}
