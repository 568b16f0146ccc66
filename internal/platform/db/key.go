package db

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"crypto/rand"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// checkKey compares the key with the one this database was first opened with: on
// PostgreSQL nothing else would notice that sealed fields have another key.
func (d *DB) checkKey(ctx context.Context, key []byte) error {
	if len(key) == 0 {
		return nil
	}
	want := keyCheck(key)
	return d.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec(`INSERT INTO install (name, value) VALUES ('key_check', $1) ON CONFLICT (name) DO NOTHING`, want); err != nil {
			return err
		}
		var have string
		if err := tx.QueryRow(`SELECT value FROM install WHERE name = 'key_check'`).Scan(&have); err != nil {
			return err
		}
		if !hmac.Equal([]byte(have), []byte(want)) {
			return errs.Wrap(errs.Unavailable, "errs.db.wrong_key", errors.New("the key is not the one this database was made with"))
		}
		return nil
	})
}

func keyCheck(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("parvis database key check"))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// TakeKey has the database know a new key from the commit on: the last step of
// renewing it on PostgreSQL. On SQLite, whose files are encrypted, Rekey does it.
func (tx *Tx) TakeKey(key []byte) error {
	_, err := tx.Exec(`UPDATE install SET value = $1 WHERE name = 'key_check'`, keyCheck(key))
	return err
}

// newID makes an id at the clock's instant from the system's randomness.
func newID(c clock.Clock) (core.ID, error) { return core.NewID(c.Now(), rand.Reader) }
