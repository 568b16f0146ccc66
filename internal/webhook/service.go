package webhook

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/outbound"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// keepOld is how long the secret of before signs beside the new one.
const keepOld = 24 * time.Hour

// Deps is what the service needs. DB, Access, Journal, Fields and Clock must be
// set.
type Deps struct {
	DB      *db.DB
	Access  *access.Service
	Journal *journal.Journal
	Fields  *secret.Fields
	Clock   clock.Clock
	Random  io.Reader    // nil: the system's
	Log     *slog.Logger // nil: none
	// Private allows addresses of the installation's own network, and http.
	Private bool
	Timeout time.Duration // of one try; 0 = 10 s
}

// Service is the way in. It is safe for concurrent use.
type Service struct {
	Deps
	client *http.Client
	wake   chan struct{} // one token: a delivery waits
}

// New makes a Service. It fails when something needed is missing.
func New(d Deps) (*Service, error) {
	if d.DB == nil || d.Access == nil || d.Journal == nil || d.Fields == nil || d.Clock == nil {
		return nil, errors.New("webhook: DB, Access, Journal, Fields and Clock are needed")
	}
	if d.Random == nil {
		d.Random = rand.Reader
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Timeout <= 0 {
		d.Timeout = 10 * time.Second
	}
	return &Service{Deps: d, client: outbound.New(outbound.Options{Timeout: d.Timeout, Private: d.Private}), wake: make(chan struct{}, 1)}, nil
}

func (s *Service) allow(ctx context.Context) (org core.ID, err error) {
	return core.ActorFrom(ctx).Org, s.Access.Can(ctx, access.WebhookEdit, access.Here(ctx))
}

// Endpoints lists the organisation's addresses, by name: at most twenty.
func (s *Service) Endpoints(ctx context.Context) (list []Endpoint, err error) {
	org, err := s.allow(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		list, err = loadEndpoints(q, org)
		return err
	})
	return list, err
}

// Endpoint reads one address.
func (s *Service) Endpoint(ctx context.Context, id core.ID) (e Endpoint, err error) {
	org, err := s.allow(ctx)
	if err != nil {
		return e, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		e, err = loadEndpoint(q, org, id)
		return err
	})
	return e, err
}

// BrokenHere counts the addresses that the program stopped, for the notice to the
// organisation's managers; 0 for whoever manages nothing.
func (s *Service) BrokenHere(ctx context.Context) (n int, err error) {
	org, err := s.allow(ctx)
	if errs.Is(err, errs.Forbidden) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = s.DB.Read(ctx, func(q db.Querier) error { return q.QueryRow(countBroken, org).Scan(&n) })
	return n, err
}

// Add writes an address. The secret exists nowhere else afterwards. Invalid on its
// fields.
func (s *Service) Add(ctx context.Context, in EndpointInput) (Endpoint, secret.String, error) {
	org, err := s.allow(ctx)
	if err != nil {
		return Endpoint{}, "", err
	}
	if err := in.validate(s.Private); err != nil {
		return Endpoint{}, "", err
	}
	id, err := core.NewID(s.Clock.Now(), s.Random)
	if err != nil {
		return Endpoint{}, "", err
	}
	key, err := newSecret(s.Random)
	if err != nil {
		return Endpoint{}, "", err
	}
	sealed, err := s.Fields.Seal("webhook_endpoint", "secret", string(org+id), key)
	if err != nil {
		return Endpoint{}, "", fmt.Errorf("seal a secret: %w", err)
	}
	var made Endpoint
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(countEndpoints, org).Scan(&n); err != nil {
			return fmt.Errorf("count endpoints: %w", err)
		}
		if n >= maxEndpoints {
			return errs.Fields{errs.New(errs.Invalid, "webhooks.error.too_many", "max", maxEndpoints).On("url")}
		}
		if err := sameURL(tx, org, "", in.URL); err != nil {
			return err
		}
		if _, err := tx.Exec(insertEndpoint, org, id, in.Name, in.URL, joinKinds(in.Kinds), in.state(), sealed, []byte{}, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("insert endpoint: %w", err)
		}
		if made, err = loadEndpoint(tx, org, id); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.make", Object: "webhook", ObjectID: id})
	})
	if err != nil {
		return Endpoint{}, "", err
	}
	return made, showSecret(key), nil
}

func (in EndpointInput) state() State {
	if in.Paused {
		return Paused
	}
	return On
}

// sameURL refuses an address that is told already: twice the same message helps
// nobody, and a form sent twice writes once.
func sameURL(tx *db.Tx, org, id core.ID, url string) error {
	var n int
	if err := tx.QueryRow(countSameURL, org, url, id).Scan(&n); err != nil {
		return fmt.Errorf("count endpoints: %w", err)
	}
	if n > 0 {
		return errs.Fields{errs.New(errs.Invalid, "webhooks.error.url_same").On("url")}
	}
	return nil
}

// Edit changes an address; resuming one that was stopped forgets its failures, and
// what was told meanwhile is not sent unless it is tried again. *Conflict when
// somebody changed it meanwhile.
func (s *Service) Edit(ctx context.Context, id core.ID, in EndpointInput) error {
	org, err := s.allow(ctx)
	if err != nil {
		return err
	}
	if err := in.validate(s.Private); err != nil {
		return err
	}
	return s.changed(s.DB.Tx(ctx, func(tx *db.Tx) error {
		stored, err := loadEndpoint(tx, org, id)
		if err != nil {
			return err
		}
		if err := sameURL(tx, org, id, in.URL); err != nil {
			return err
		}
		failing := int64(0)
		if stored.State == On && !in.Paused && stored.URL == in.URL && !stored.FailingSince.IsZero() {
			failing = stored.FailingSince.UnixMicro()
		}
		n, err := tx.Exec(updateEndpoint, org, id, in.Name, in.URL, joinKinds(in.Kinds), in.state(), failing, in.Version)
		if err != nil {
			return fmt.Errorf("update endpoint: %w", err)
		}
		if n == 0 {
			return &Conflict{Current: stored}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.edit", Object: "webhook", ObjectID: id})
	}))
}

// changed wakes the sender after a change that may have made something due.
func (s *Service) changed(err error) error {
	if err == nil {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return err
}

// Rotate makes a new secret; the one of before signs beside it for a day, so that
// the receiver can change in between.
func (s *Service) Rotate(ctx context.Context, id core.ID) (secret.String, error) {
	org, err := s.allow(ctx)
	if err != nil {
		return "", err
	}
	key, err := newSecret(s.Random)
	if err != nil {
		return "", err
	}
	sealed, err := s.Fields.Seal("webhook_endpoint", "secret", string(org+id), key)
	if err != nil {
		return "", fmt.Errorf("seal a secret: %w", err)
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := loadEndpoint(tx, org, id); err != nil {
			return err
		}
		keys, err := s.secrets(tx, org, id, tx.Now())
		if err != nil {
			return err
		}
		old, err := s.Fields.Seal("webhook_endpoint", "old_secret", string(org+id), keys[0])
		if err != nil {
			return fmt.Errorf("seal a secret: %w", err)
		}
		if _, err := tx.Exec(rotateSecret, org, id, sealed, old, tx.Now()+keepOld.Microseconds()); err != nil {
			return fmt.Errorf("rotate a secret: %w", err)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.rotate", Object: "webhook", ObjectID: id})
	})
	if err != nil {
		return "", err
	}
	return showSecret(key), nil
}

// Remove forgets an address and what was sent there.
func (s *Service) Remove(ctx context.Context, id core.ID) error {
	org, err := s.allow(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := loadEndpoint(tx, org, id); err != nil {
			return err
		}
		for _, sql := range []string{deleteDeliveries, deleteEndpoint} {
			if _, err := tx.Exec(sql, org, id); err != nil {
				return fmt.Errorf("remove an endpoint: %w", err)
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.remove", Object: "webhook", ObjectID: id})
	})
}

// Deliveries lists what was sent or waits, the latest event first, at most fifty a
// page. state "" is every state; after is "" or a page's next.
func (s *Service) Deliveries(ctx context.Context, id core.ID, state DeliveryState, after string, limit int) (list []Delivery, next string, err error) {
	org, err := s.allow(ctx)
	if err != nil {
		return nil, "", err
	}
	switch state {
	case "", Waiting, Done, Dead:
	default:
		return nil, "", errs.New(errs.Invalid, "webhooks.error.page")
	}
	if limit <= 0 || limit > maxPage {
		limit = maxPage
	}
	if after == "" {
		after = "~" // after every id
	} else if !messageID(after) {
		return nil, "", errs.New(errs.Invalid, "webhooks.error.page")
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		list, next = nil, ""
		if _, err := loadEndpoint(q, org, id); err != nil {
			return err
		}
		rows, err := q.Query(selectDeliveries, org, id, after, string(state), limit+1)
		err = db.Each(rows, err, func(r *db.Rows) error {
			d, err := scanDelivery(r)
			list = append(list, d)
			return err
		})
		if err != nil {
			return fmt.Errorf("read deliveries: %w", err)
		}
		if len(list) > limit {
			list = list[:limit]
			next = list[limit-1].ID
		}
		return nil
	})
	return list, next, err
}

// Retry has a message that was given up tried again, from the start; delivery ""
// is every one of the address. NotFound when there is none such.
func (s *Service) Retry(ctx context.Context, id core.ID, delivery string) error {
	org, err := s.allow(ctx)
	if err != nil {
		return err
	}
	return s.changed(s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := loadEndpoint(tx, org, id); err != nil {
			return err
		}
		var n int64
		var err error
		if delivery == "" {
			n, err = tx.Exec(retryAllDead, org, id, tx.Now())
		} else {
			n, err = tx.Exec(retryDelivery, org, id, delivery, tx.Now())
		}
		if err != nil {
			return fmt.Errorf("retry a delivery: %w", err)
		}
		if n == 0 {
			return errs.New(errs.NotFound, "webhooks.error.unknown")
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.retry", Object: "webhook", ObjectID: id})
	}))
}

// Try sends a message of kind webhook.test at once and tells how it went, whatever
// the state of the address. It is tried once.
func (s *Service) Try(ctx context.Context, id core.ID) (Delivery, error) {
	org, err := s.allow(ctx)
	if err != nil {
		return Delivery{}, err
	}
	event, err := core.NewID(s.Clock.Now(), s.Random)
	if err != nil {
		return Delivery{}, err
	}
	message := idOf(event, 0)
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := loadEndpoint(tx, org, id); err != nil {
			return err
		}
		if _, err := tx.Exec(insertDelivery, org, id, message, Trial, "", "", "", tx.Now(), Waiting, tx.Now(), ""); err != nil {
			return fmt.Errorf("insert a trial: %w", err)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.test", Object: "webhook", ObjectID: id})
	})
	if err != nil {
		return Delivery{}, err
	}
	if _, err := s.attempt(ctx, org, id, message); err != nil {
		return Delivery{}, err
	}
	var d Delivery
	err = s.DB.Read(ctx, func(q db.Querier) error {
		d, err = scanDelivery(q.QueryRow(selectDelivery, org, id, message))
		return err
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("read a trial: %w", err)
	}
	return d, nil
}

// Sweep forgets what was sent a month ago, and what was given up three months ago.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		day := 24 * time.Hour.Microseconds()
		_, err := tx.Exec(sweepDeliveries, tx.Now()-30*day, tx.Now()-90*day)
		return err
	})
}
