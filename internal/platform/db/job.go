package db

import (
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// Job is work to do later, at least once. It holds ids only: content stays in
// the rows they name.
type Job struct {
	ID       core.ID // given by Enqueue
	Kind     string  // "rights.compute": who handles it
	Org      core.ID // "" for the whole installation
	RunAt    int64   // µs UTC, 0 for at once
	Args     []core.ID
	Attempts int // runs so far, the present one included
}

const maxArgs = 500 // ids in one job or one event

const insertJob = `INSERT INTO job (id, kind, org_id, args, run_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)`

// Enqueue leaves a job that runs once this use case is committed.
func (tx *Tx) Enqueue(job Job) error {
	if job.Kind == "" || strings.HasPrefix(job.Kind, eventKind) {
		return fmt.Errorf("enqueue: %q is no kind of job", job.Kind)
	}
	if len(job.Args) > maxArgs {
		return fmt.Errorf("enqueue %s: %d ids, at most %d", job.Kind, len(job.Args), maxArgs)
	}
	return tx.enqueue(job)
}

func (tx *Tx) enqueue(job Job) error {
	args, err := packIDs(job.Args)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind, err)
	}
	id, err := tx.newID()
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind, err)
	}
	at := job.RunAt
	if at == 0 {
		at = tx.Now()
	}
	if _, err := tx.Exec(insertJob, id, job.Kind, job.Org, args, at, tx.Now()); err != nil {
		return fmt.Errorf("enqueue %s: %w", job.Kind, err)
	}
	tx.woke = true
	return nil
}

const insertEvent = `INSERT INTO outbox (id, topic, org_id, args, created_at) VALUES ($1, $2, $3, $4, $5)`

// Emit leaves a line in the outbox: once this use case is committed, every
// consumer of the topic gets it at least once. Ids only.
func (tx *Tx) Emit(topic string, org core.ID, ids ...core.ID) error {
	if topic == "" {
		return errors.New("emit: an event needs a topic")
	}
	if len(ids) > maxArgs {
		return fmt.Errorf("emit %s: %d ids, at most %d", topic, len(ids), maxArgs)
	}
	args, err := packIDs(ids)
	if err != nil {
		return fmt.Errorf("emit %s: %w", topic, err)
	}
	id, err := tx.newID()
	if err != nil {
		return fmt.Errorf("emit %s: %w", topic, err)
	}
	if _, err := tx.Exec(insertEvent, id, topic, org, args, tx.Now()); err != nil {
		return fmt.Errorf("emit %s: %w", topic, err)
	}
	tx.woke = true
	return nil
}

// packIDs writes ids separated by spaces, which no id contains.
func packIDs(ids []core.ID) (string, error) {
	var b strings.Builder
	for i, id := range ids {
		if id == "" || strings.ContainsAny(string(id), " \n") {
			return "", fmt.Errorf("id %d is empty or not an id", i)
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(id))
	}
	return b.String(), nil
}

func unpackIDs(s string) []core.ID {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, " ")
	out := make([]core.ID, len(parts))
	for i, p := range parts {
		out[i] = core.ID(p)
	}
	return out
}
