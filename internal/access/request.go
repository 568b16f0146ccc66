package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	keepRequest    = 24 * time.Hour
	requestRunning = 2 * time.Minute // longer than any answer may take
)

// Answered is what a program was told the first time. The zero Answered: it was
// never told anything, the request is to be done now.
type Answered struct {
	Status int
	Answer []byte // as FinishRequest got it
}

const (
	insertRequest  = `INSERT INTO api_request (org_id, token_id, key_hash, digest, status, answer, at) VALUES ($1, $2, $3, $4, 0, $5, $6) ON CONFLICT DO NOTHING`
	readRequest    = `SELECT digest, status, answer, at FROM api_request WHERE org_id = $1 AND token_id = $2 AND key_hash = $3 FOR UPDATE`
	restartRequest = `UPDATE api_request SET digest = $4, status = 0, answer = $5, at = $6 WHERE org_id = $1 AND token_id = $2 AND key_hash = $3`
	finishRequest  = `UPDATE api_request SET status = $4, answer = $5 WHERE org_id = $1 AND token_id = $2 AND key_hash = $3 AND status = 0`
	dropRequest    = `DELETE FROM api_request WHERE org_id = $1 AND token_id = $2 AND key_hash = $3 AND status = 0`
	sweepRequests  = `DELETE FROM api_request WHERE at < $1`
	sweepTokens    = `DELETE FROM access_token WHERE ends_at < $1 /* every row: once a day */`
)

// BeginRequest notes that the actor's token asks something under a key, and gives
// back what was answered when it was asked before. digest names what is asked.
// Invalid when the key served for something else within a day; Conflict while the
// same request is being answered.
func (s *Service) BeginRequest(ctx context.Context, key, digest string) (Answered, error) {
	a, hash := requestKey(ctx, key)
	var before Answered
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		before = Answered{}
		n, err := tx.Exec(insertRequest, a.Org, a.Session, hash, digest, []byte{}, tx.Now())
		if err != nil || n > 0 {
			return err
		}
		var was string
		var status, at int64
		var sealed []byte
		err = tx.QueryRow(readRequest, a.Org, a.Session, hash).Scan(&was, &status, &sealed, &at)
		if errors.Is(err, db.ErrNoRows) { // dropped meanwhile: the program may ask again
			return errs.New(errs.Conflict, "access.error.request_running")
		}
		if err != nil {
			return err
		}
		age := time.Duration(tx.Now()-at) * time.Microsecond
		switch {
		case age >= keepRequest, status == 0 && was == digest && age >= requestRunning:
			_, err := tx.Exec(restartRequest, a.Org, a.Session, hash, digest, []byte{}, tx.Now())
			return err
		case was != digest:
			return errs.New(errs.Invalid, "access.error.request_other")
		case status == 0:
			return errs.New(errs.Conflict, "access.error.request_running")
		}
		before.Status = int(status)
		before.Answer, err = s.fields.Open("api_request", "answer", string(a.Session)+hash, sealed)
		return err
	})
	if err != nil {
		return Answered{}, fmt.Errorf("begin a request: %w", err)
	}
	return before, nil
}

// FinishRequest keeps, sealed and for a day, what was answered.
func (s *Service) FinishRequest(ctx context.Context, key string, status int, answer []byte) error {
	a, hash := requestKey(ctx, key)
	sealed, err := s.fields.Seal("api_request", "answer", string(a.Session)+hash, answer)
	if err != nil {
		return fmt.Errorf("seal an answer: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(finishRequest, a.Org, a.Session, hash, status, sealed)
		return err
	})
	if err != nil {
		return fmt.Errorf("finish a request: %w", err)
	}
	return nil
}

// DropRequest frees the key of a request that wrote nothing.
func (s *Service) DropRequest(ctx context.Context, key string) error {
	a, hash := requestKey(ctx, key)
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(dropRequest, a.Org, a.Session, hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop a request: %w", err)
	}
	return nil
}

func requestKey(ctx context.Context, key string) (core.Actor, string) {
	sum := sha256.Sum256([]byte(key))
	return core.ActorFrom(ctx), hex.EncodeToString(sum[:])
}
