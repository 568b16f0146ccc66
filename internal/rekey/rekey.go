// Package rekey renews the installation's key: what encrypts the database and what
// seals single fields.
//
// Guarantees. The switch is one step: stopped anywhere, the installation starts with
// the old key or with the new one, and Open finds which. The new key is on the disk
// before anything is encrypted with it. The key of before stays in the data, sealed
// with the new one: what it sealed opens and is sealed again little by little
// (Reseal), and what it signs (the journal, mandates) goes on under the public keys
// that people hold. The journal says that the key was renewed.
//
// What not to do. Do not drop the key of before with the key file: backups made under
// it open with nothing else. On PostgreSQL, do not leave a server running that
// started with the old key: it cannot read what the others seal.
//
//	done, err := rekey.Renew(ctx, rekey.Order{Place: place, Ring: ring, DB: db.Config{URL: url}, Told: printSheet})
package rekey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Order says what to renew.
type Order struct {
	Place   secret.Place
	Ring    *secret.Keyring // the present key, as its file holds it
	Install string          // 32 hexadecimal digits
	DB      db.Config       // without its Key
	Random  io.Reader       // nil for the system's
	// Told is called with the new key before it serves: its recovery sheet is to be
	// printed even if the machine stops right after. An error stops everything.
	Told func(next *secret.Keyring) error

	at func(stage string) // tests: what was just done
}

func (o Order) done(stage string) {
	if o.at != nil {
		o.at(stage)
	}
}

// Open opens the rows of an installation, whose key's file holds ring, and returns
// the keyring with the keys of before. A renewal that was stopped after its switch is
// found, and finished unless cfg.NoMigrate. Errors are those of db.Open.
func Open(ctx context.Context, p secret.Place, ring *secret.Keyring, cfg db.Config) (*db.DB, *secret.Keyring, error) {
	cfg.Key = ring.Derive("db")
	d, err := db.Open(ctx, cfg)
	var known *errs.Error
	if errors.As(err, &known) && known.Key == "errs.db.wrong_key" {
		next, nextErr := p.Next(nil)
		if nextErr != nil || next == nil {
			return nil, nil, errors.Join(err, nextErr)
		}
		cfg.Key = next.Derive("db")
		var other error
		if d, other = db.Open(ctx, cfg); other != nil {
			return nil, nil, err
		}
		err, ring = nil, next
		if !cfg.NoMigrate {
			err = p.Promote()
		}
	}
	if err == nil {
		ring, err = remember(ctx, d, ring)
	}
	if err != nil {
		if d != nil {
			err = errors.Join(err, d.Close())
		}
		return nil, nil, err
	}
	return d, ring, nil
}

// keptName is the row of the table install that holds the keys of before.
const keptName = "old_keys"

// kept is one key of before: its recovery sheet, sealed with the present key.
type kept struct {
	ID     string `json:"id"`
	At     int64  `json:"at"` // when it was replaced, µs UTC
	Sealed []byte `json:"sealed"`
}

const (
	selectKept = `SELECT value FROM install WHERE name = $1`
	insertKept = `INSERT INTO install (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2`
)

func readKept(q db.Querier) ([]kept, error) {
	var text string
	err := q.QueryRow(selectKept, keptName).Scan(&text)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	var all []kept
	if err == nil {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return nil, fmt.Errorf("keys of before: %w", err)
	}
	return all, nil
}

// remember completes the present key with those of before.
func remember(ctx context.Context, d *db.DB, ring *secret.Keyring) (*secret.Keyring, error) {
	var all []kept
	err := d.Read(ctx, func(q db.Querier) error {
		var err error
		all, err = readKept(q)
		return err
	})
	if err != nil || len(all) == 0 {
		return ring, err
	}
	fields, err := secret.NewFields(rand.Reader, ring)
	if err != nil {
		return nil, err
	}
	var before []*secret.Keyring
	for _, k := range all {
		sheet, err := fields.OpenString("install", keptName, k.ID, k.Sealed)
		if err != nil {
			return nil, fmt.Errorf("key %s of before: %w", k.ID, err)
		}
		one, err := secret.ParseSheet(sheet)
		if err != nil {
			return nil, fmt.Errorf("key %s of before: %w", k.ID, err)
		}
		before = append(before, one)
	}
	return ring.After(before...), nil
}

// Renew makes a new key and has it serve. It returns the new keyring, with the keys
// of before. Errors: errs.Conflict with key errs.db.in_use when somebody has the
// SQLite database open, those of the key file, of the database. After an error the
// present key or the next one serves: Open finds it, and doing it again is safe.
func Renew(ctx context.Context, o Order) (*secret.Keyring, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	// What was begun before is finished first.
	d, ring, err := Open(ctx, o.Place, o.Ring, o.DB)
	if err != nil {
		return nil, err
	}
	postgres := d.Dialect() == db.Postgres
	if !postgres {
		err = d.Close()
	} else {
		defer func() { err = errors.Join(err, d.Close()) }()
	}
	if err != nil {
		return nil, err
	}
	next, err := o.Place.Next(o.Random)
	if err != nil {
		return nil, err
	}
	o.done("made")
	if err := o.Place.Keep(ring); err != nil {
		return nil, err
	}
	o.done("kept")
	if o.Told != nil {
		if err := o.Told(next); err != nil {
			return nil, err
		}
	}
	next = next.After(append(ring.Before(), ring)...)
	if postgres {
		err = o.take(ctx, d, next, true)
	} else {
		old := o.DB
		old.Key = ring.Derive("db")
		err = db.Rekey(ctx, old, next.Derive("db"), func(copied *db.DB) error {
			o.done("copied")
			if err := copied.Integrity(ctx); err != nil {
				return err
			}
			err := o.take(ctx, copied, next, false)
			o.done("taken")
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	o.done("switched")
	err = o.Place.Promote()
	o.done("promoted")
	return next, err
}

// take writes into the data what goes with a new key, in one transaction.
func (o Order) take(ctx context.Context, d *db.DB, next *secret.Keyring, check bool) error {
	fields, err := secret.NewFields(o.Random, next)
	if err != nil {
		return err
	}
	lines := journal.New(d, o.Random)
	sign, err := journal.NewKey(o.Install, next.Derive("journal"))
	if err != nil {
		return err
	}
	lines.SignWith(sign)
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorOperator, ID: "root"})
	err = d.Tx(ctx, func(tx *db.Tx) error {
		was, err := readKept(tx)
		if err != nil {
			return err
		}
		var all []kept
		for i, k := range next.Before() {
			one := kept{ID: k.ID(), At: tx.Now()}
			if i < len(was) {
				one.At = was[i].At
			}
			if one.Sealed, err = fields.SealString("install", keptName, one.ID, k.Sheet()); err != nil {
				return err
			}
			all = append(all, one)
		}
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertKept, keptName, string(text)); err != nil {
			return err
		}
		if check {
			if err := tx.TakeKey(next.Derive("db")); err != nil {
				return err
			}
		}
		return lines.Record(ctx, tx, journal.Event{Kind: "lock.renew", Detail: map[string]string{"key": next.ID(), "before": all[len(all)-1].ID}})
	})
	if err != nil {
		return fmt.Errorf("take the new key: %w", err)
	}
	return nil
}
