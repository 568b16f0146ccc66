package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Guessing is slowed by login and by network. The first failures are free, then
// each one doubles the wait, up to maxWait. Failures are forgotten after a day
// without one. A refused attempt does not count, so that nobody can keep somebody
// else locked out for ever. A network forgets one failure each networkForgets, since
// nothing proves it innocent as a success does a login: the typing mistakes of a
// whole office must not add up over the weeks. Whoever guesses gains nothing by it,
// one try each maxWait is what they have anyway.
const (
	freeByLogin    = 5
	freeByNetwork  = 30 // a whole office may share one address
	firstWait      = 30 * time.Second
	maxWait        = 15 * time.Minute
	forgetFailures = 24 * time.Hour
	networkForgets = maxWait
)

// brake is one thing whose failures are counted.
type brake struct {
	key     string // HMAC: the table names nobody
	free    int
	forgets time.Duration // one failure is forgotten each; 0 = none before forgetFailures
}

// brakes are those of one attempt under a login.
func (s *Service) brakes(login string, client Client) []brake {
	return s.brakesOf("brake login", login, client)
}

// wait is how long nobody may try again after so many failures.
func wait(failures int64, free int) time.Duration {
	over := failures - int64(free)
	switch {
	case over <= 0:
		return 0
	case over > 10:
		return maxWait
	}
	return min(firstWait<<(over-1), maxWait)
}

const (
	addBrake   = `INSERT INTO sign_in_lock (key, failures, last_at, until_at) VALUES ($1, 0, $2, 0) ON CONFLICT DO NOTHING`
	readBrake  = `SELECT failures, last_at, until_at FROM sign_in_lock WHERE key = $1 FOR UPDATE`
	writeBrake = `UPDATE sign_in_lock SET failures = $2, last_at = $3, until_at = $4 WHERE key = $1`
)

// brakeNow counts an attempt as failed before it is made, so that a thousand
// attempts at once are not a thousand free ones; ease takes it back. TooMany, with
// the minutes to wait, while a brake holds: nothing is counted then.
func (s *Service) brakeNow(ctx context.Context, all []brake) error {
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		for _, b := range all {
			if _, err := tx.Exec(addBrake, b.key, now); err != nil {
				return fmt.Errorf("brake: %w", err)
			}
			var failures, last, until int64
			if err := tx.QueryRow(readBrake, b.key).Scan(&failures, &last, &until); err != nil {
				return fmt.Errorf("brake: %w", err)
			}
			// A hold longer than the longest comes from a clock that was put back.
			if left := until - now; left > 0 && left <= maxWait.Microseconds() {
				return errs.New(errs.TooMany, "access.error.too_many_tries", "n", minutes(left))
			}
			since := now
			if b.forgets > 0 && now > last {
				step := b.forgets.Microseconds()
				failures = max(0, failures-(now-last)/step)
				since -= (now - last) % step // the time that counts towards the next one
			}
			if now-last > forgetFailures.Microseconds() {
				failures = 0
			}
			failures++
			until = 0
			if w := wait(failures, b.free); w > 0 {
				until = now + w.Microseconds()
			}
			if _, err := tx.Exec(writeBrake, b.key, failures, since, until); err != nil {
				return fmt.Errorf("brake: %w", err)
			}
		}
		return nil
	})
}

// minutes rounds up, for people.
func minutes(micros int64) int {
	m := time.Minute.Microseconds()
	return int((micros + m - 1) / m)
}

// ease takes back the failure that brakeNow counted, in the transaction of the
// success. A proved login forgets its other failures too; a network keeps them.
func (s *Service) ease(tx *db.Tx, all []brake, proved bool) error {
	for _, b := range all {
		var failures, last, until int64
		err := tx.QueryRow(readBrake, b.key).Scan(&failures, &last, &until)
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("ease a brake: %w", err)
		}
		failures--
		if proved && b.free == freeByLogin {
			failures = 0
		}
		if _, err := tx.Exec(writeBrake, b.key, max(failures, 0), last, 0); err != nil {
			return fmt.Errorf("ease a brake: %w", err)
		}
	}
	return nil
}
