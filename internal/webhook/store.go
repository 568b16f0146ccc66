package webhook

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	endpointColumns = `id, name, url, kinds, state, version, failing_since, old_until, made_at, made_by`
	selectEndpoints = `SELECT ` + endpointColumns + ` FROM webhook_endpoint WHERE org_id = $1 ORDER BY name, id LIMIT 20 /* every row: at most twenty */`
	selectEndpoint  = `SELECT ` + endpointColumns + ` FROM webhook_endpoint WHERE org_id = $1 AND id = $2`
	countEndpoints  = `SELECT COUNT(*) FROM webhook_endpoint WHERE org_id = $1 /* every row: at most twenty */`
	countSameURL    = `SELECT COUNT(*) FROM webhook_endpoint WHERE org_id = $1 AND url = $2 AND id <> $3 /* every row: at most twenty */`
	countBroken     = `SELECT COUNT(*) FROM webhook_endpoint WHERE org_id = $1 AND state = 'broken' /* every row: at most twenty */`
	anyOn           = `SELECT COUNT(*) FROM (SELECT 1 AS one FROM webhook_endpoint WHERE org_id = $1 AND state = 'on' LIMIT 1) AS listening /* every row: at most twenty */`
	insertEndpoint  = `INSERT INTO webhook_endpoint (org_id, id, name, url, kinds, state, secret, old_secret, old_until, failing_since, version, made_at, made_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 1, $9, $10)`
	updateEndpoint = `UPDATE webhook_endpoint SET name = $3, url = $4, kinds = $5, state = $6, failing_since = $7, version = version + 1
WHERE org_id = $1 AND id = $2 AND version = $8`
	selectSecrets    = `SELECT secret, old_secret, old_until FROM webhook_endpoint WHERE org_id = $1 AND id = $2`
	rotateSecret     = `UPDATE webhook_endpoint SET secret = $3, old_secret = $4, old_until = $5, version = version + 1 WHERE org_id = $1 AND id = $2`
	deleteEndpoint   = `DELETE FROM webhook_endpoint WHERE org_id = $1 AND id = $2`
	deleteDeliveries = `DELETE FROM webhook_delivery WHERE org_id = $1 AND endpoint_id = $2`
	noteSuccess      = `UPDATE webhook_endpoint SET failing_since = 0 WHERE org_id = $1 AND id = $2 AND failing_since > 0`
	noteFailure      = `UPDATE webhook_endpoint SET failing_since = $3 WHERE org_id = $1 AND id = $2 AND failing_since = 0`
	breakEndpoint    = `UPDATE webhook_endpoint SET state = 'broken', version = version + 1 WHERE org_id = $1 AND id = $2 AND state = 'on'`

	deliveryColumns  = `id, kind, person_id, object, object_id, event_at, state, attempts, next_at, status, fault, tried_at`
	selectDeliveries = `SELECT ` + deliveryColumns + ` FROM webhook_delivery WHERE org_id = $1 AND endpoint_id = $2 AND id < $3 AND ($4 = '' OR state = $4) ORDER BY id DESC LIMIT $5`
	selectDelivery   = `SELECT ` + deliveryColumns + ` FROM webhook_delivery WHERE org_id = $1 AND endpoint_id = $2 AND id = $3`
	countWaiting     = `SELECT COUNT(*) FROM webhook_delivery WHERE org_id = $1 AND endpoint_id = $2 AND state = 'waiting'`
	insertDelivery   = `INSERT INTO webhook_delivery (org_id, endpoint_id, id, kind, person_id, object, object_id, event_at, state, attempts, next_at, lease_until, status, fault, tried_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, 0, $11, 0) ON CONFLICT DO NOTHING`
	retryDelivery = `UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = $4, lease_until = 0, fault = '' WHERE org_id = $1 AND endpoint_id = $2 AND id = $3 AND state = 'dead'`
	retryAllDead  = `UPDATE webhook_delivery SET state = 'waiting', attempts = 0, next_at = $3, lease_until = 0, fault = '' WHERE org_id = $1 AND endpoint_id = $2 AND state = 'dead'`
	buryWaiting   = `UPDATE webhook_delivery SET state = 'dead', fault = 'stopped' WHERE org_id = $1 AND endpoint_id = $2 AND state = 'waiting'`

	// Endpoints with something due, so that a long queue hides no other address.
	listDue = `SELECT e.org_id, e.id FROM webhook_endpoint e WHERE e.state = 'on' AND EXISTS (SELECT 1 FROM webhook_delivery d
WHERE d.org_id = e.org_id AND d.endpoint_id = e.id AND d.state = 'waiting' AND d.next_at <= $1) LIMIT 200 /* every row: a few addresses of each organisation */`
	listDueOf = `SELECT id FROM webhook_delivery WHERE org_id = $1 AND endpoint_id = $2 AND state = 'waiting' AND next_at <= $3 ORDER BY next_at, id LIMIT 20`
	nextDue   = `SELECT MIN(next_at) FROM (SELECT (SELECT MIN(d.next_at) FROM webhook_delivery d WHERE d.org_id = e.org_id AND d.endpoint_id = e.id AND d.state = 'waiting') AS next_at
FROM webhook_endpoint e WHERE e.state = 'on') AS due /* every row: a few addresses of each organisation */`
	claimDelivery = `UPDATE webhook_delivery SET lease_until = $4, next_at = $4, attempts = attempts + 1, tried_at = $5
WHERE org_id = $1 AND endpoint_id = $2 AND id = $3 AND state = 'waiting' AND lease_until <= $5 RETURNING ` + deliveryColumns
	endDelivery = `UPDATE webhook_delivery SET state = $5, next_at = $6, lease_until = 0, status = $7, fault = $8
WHERE org_id = $1 AND endpoint_id = $2 AND id = $3 AND lease_until = $4 AND state = 'waiting'`

	sweepDeliveries = `DELETE FROM webhook_delivery WHERE (state = 'done' AND event_at < $1) OR (state = 'dead' AND event_at < $2)`
)

type scanner interface{ Scan(dest ...any) error }

func scanEndpoint(r scanner) (Endpoint, error) {
	var e Endpoint
	var kinds string
	var failing, old, made int64
	if err := r.Scan(&e.ID, &e.Name, &e.URL, &kinds, &e.State, &e.Version, &failing, &old, &made, &e.MadeBy); err != nil {
		return e, err
	}
	for _, k := range strings.Fields(kinds) {
		e.Kinds = append(e.Kinds, Kind(k))
	}
	e.FailingSince, e.OldUntil, e.MadeAt = instant(failing), instant(old), instant(made)
	return e, nil
}

func joinKinds(kinds []Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, " ")
}

func scanDelivery(r scanner) (Delivery, error) {
	var d Delivery
	var at, next, tried int64
	err := r.Scan(&d.ID, &d.Kind, &d.Person, &d.Object, &d.ObjectID, &at, &d.State, &d.Attempts, &next, &d.Status, &d.Fault, &tried)
	d.At, d.NextAt, d.TriedAt = instant(at), instant(next), instant(tried)
	return d, err
}

// instant reads µs UTC; 0 is the zero time.
func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func loadEndpoint(q db.Querier, org, id core.ID) (Endpoint, error) {
	e, err := scanEndpoint(q.QueryRow(selectEndpoint, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return e, errs.New(errs.NotFound, "webhooks.error.unknown")
	}
	if err != nil {
		return e, fmt.Errorf("read endpoint %s: %w", id, err)
	}
	return e, nil
}

func loadEndpoints(q db.Querier, org core.ID) ([]Endpoint, error) {
	var list []Endpoint
	rows, err := q.Query(selectEndpoints, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		e, err := scanEndpoint(r)
		list = append(list, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	return list, nil
}

// secrets opens the keys that sign now: the present one, and for a day the one of
// before.
func (s *Service) secrets(q db.Querier, org, id core.ID, now int64) ([][]byte, error) {
	var sealed, old []byte
	var until int64
	if err := q.QueryRow(selectSecrets, org, id).Scan(&sealed, &old, &until); err != nil {
		return nil, fmt.Errorf("read the secret of endpoint %s: %w", id, err)
	}
	key, err := s.Fields.Open("webhook_endpoint", "secret", string(org+id), sealed)
	if err != nil {
		return nil, fmt.Errorf("open the secret of endpoint %s: %w", id, err)
	}
	keys := [][]byte{key}
	if until > now {
		before, err := s.Fields.Open("webhook_endpoint", "old_secret", string(org+id), old)
		if err != nil {
			return nil, fmt.Errorf("open the secret of before of endpoint %s: %w", id, err)
		}
		keys = append(keys, before)
	}
	return keys, nil
}
