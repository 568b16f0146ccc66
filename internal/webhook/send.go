package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/outbound"
)

const (
	slots       = 4                  // addresses that are told at once, by one process
	lease       = time.Minute        // longer than a try can take
	poll        = 10 * time.Second   // looks again, for what other processes left
	restFailed  = 5 * time.Second    // between two messages to an address that failed
	brokenAfter = 5 * 24 * time.Hour // of failures without one success
	maxAnswer   = 4 << 10            // bytes of an answer that are read, and forgotten
	maxHold     = time.Hour          // the longest Retry-After that is followed
)

type place struct{ org, endpoint core.ID }

// Run sends what is due until ctx is done, then waits for the tries that are under
// way and returns nil.
func (s *Service) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	free := make(chan struct{}, slots)
	ended := make(chan place, slots)
	busy := map[place]bool{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case p := <-ended:
			delete(busy, p)
		case <-timer.C:
		case <-s.wake:
		}
		due, err := s.due(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("webhook: what is due", "err", err)
		}
		for _, p := range due {
			if busy[p] || len(busy) >= slots {
				continue
			}
			busy[p] = true
			free <- struct{}{}
			work.Go(func() {
				defer func() { <-free }()
				if err := s.drain(ctx, p); err != nil && ctx.Err() == nil {
					s.Log.Error("webhook: sending", "endpoint", p.endpoint, "err", err)
				}
				select {
				case ended <- p:
				case <-ctx.Done():
				}
			})
		}
		timer.Reset(s.nextLook(ctx, len(busy) > 0))
	}
}

// Drain sends everything that is due now, one address after the other: what Run
// does, for tests.
func (s *Service) Drain(ctx context.Context) error {
	due, err := s.due(ctx)
	if err != nil {
		return err
	}
	for _, p := range due {
		if err := s.drain(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// nextLook is how long until something may be due. While addresses are being told
// the end of that is awaited rather than the instant of what waits behind it.
func (s *Service) nextLook(ctx context.Context, busy bool) time.Duration {
	var at *int64
	err := s.DB.Read(ctx, func(q db.Querier) error { return q.QueryRow(nextDue).Scan(&at) })
	if err != nil || at == nil {
		return poll
	}
	wait := time.Duration(*at-s.Clock.Now().UnixMicro()) * time.Microsecond
	if busy {
		wait = max(wait, time.Second)
	}
	return min(poll, max(0, wait))
}

func (s *Service) due(ctx context.Context) (list []place, err error) {
	err = s.DB.Read(ctx, func(q db.Querier) error {
		list = nil
		rows, err := q.Query(listDue, s.Clock.Now().UnixMicro())
		return db.Each(rows, err, func(r *db.Rows) error {
			var p place
			err := r.Scan(&p.org, &p.endpoint)
			list = append(list, p)
			return err
		})
	})
	return list, err
}

// drain tells one address what is due, in order, until something fails.
func (s *Service) drain(ctx context.Context, p place) error {
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: p.endpoint, Org: p.org})
	for {
		var due []string
		err := s.DB.Read(ctx, func(q db.Querier) error {
			due = nil
			rows, err := q.Query(listDueOf, p.org, p.endpoint, s.Clock.Now().UnixMicro())
			return db.Each(rows, err, func(r *db.Rows) error {
				var id string
				err := r.Scan(&id)
				due = append(due, id)
				return err
			})
		})
		if err != nil || len(due) == 0 {
			return err
		}
		for _, id := range due {
			ok, err := s.attempt(ctx, p.org, p.endpoint, id)
			if err != nil {
				return err
			}
			if !ok {
				return s.rest(ctx, p)
			}
		}
	}
}

const restEndpoint = `UPDATE webhook_delivery SET next_at = $3 WHERE org_id = $1 AND endpoint_id = $2 AND state = 'waiting' AND next_at < $3`

// rest leaves an address that failed in peace for a moment.
func (s *Service) rest(ctx context.Context, p place) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(restEndpoint, p.org, p.endpoint, tx.Now()+restFailed.Microseconds())
		return err
	})
}

// outcome is how one try went.
type outcome struct {
	status int
	fault  Fault
	hold   time.Duration // what the receiver asks to wait
}

// attempt sends one message once. ok is false when it failed, and when it was no
// longer to be sent.
func (s *Service) attempt(ctx context.Context, org, endpoint core.ID, id string) (ok bool, err error) {
	var to Endpoint
	var d Delivery
	var keys [][]byte
	var until int64
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		var err error
		if to, err = loadEndpoint(tx, org, endpoint); err != nil {
			return err
		}
		until = tx.Now() + lease.Microseconds()
		if d, err = scanDelivery(tx.QueryRow(claimDelivery, org, endpoint, id, until, tx.Now())); err != nil {
			return err
		}
		keys, err = s.secrets(tx, org, endpoint, tx.Now())
		return err
	})
	if errors.Is(err, db.ErrNoRows) { // another process has it, or it was removed
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim delivery %s: %w", id, err)
	}
	how, err := s.post(ctx, to.URL, org, d, keys)
	if err != nil {
		return false, err
	}
	// The outcome is written even when the process is told to end meanwhile.
	return how.fault == "", s.end(context.WithoutCancel(ctx), org, to, d, until, how)
}

// post sends one message. Its error is the program's; the receiver's is in outcome.
func (s *Service) post(ctx context.Context, url string, org core.ID, d Delivery, keys [][]byte) (outcome, error) {
	body, err := d.body(org)
	if err != nil {
		return outcome{}, fmt.Errorf("write a message: %w", err)
	}
	if key := checkURL(url, s.Private); key != "" { // the installation may have become stricter
		return outcome{fault: FaultAddress}, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return outcome{fault: FaultAddress}, nil //nolint:nilerr // what was typed leads nowhere
	}
	at := s.Clock.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Parvis-Webhook/1")
	req.Header.Set("webhook-id", d.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", sign(d.ID, at, body, keys...))
	res, err := s.client.Do(req)
	if err != nil {
		return outcome{fault: faultOf(err)}, nil
	}
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // its words are nobody's business
	_ = res.Body.Close()
	how := outcome{status: res.StatusCode}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
	case res.StatusCode == http.StatusGone:
		how.fault = FaultGone
	case res.StatusCode >= 300 && res.StatusCode < 400:
		how.fault = FaultRedirect
	default:
		how.fault = FaultStatus
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 {
			how.hold = min(maxHold, time.Duration(min(n, 100_000))*time.Second)
		}
	}
	return how, nil
}

func faultOf(err error) Fault {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var header tls.RecordHeaderError
	switch {
	case errors.Is(err, outbound.ErrAddress):
		return FaultAddress
	case errors.As(err, &dns) && !dns.IsTimeout:
		return FaultName
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &header):
		return FaultTLS
	case errors.As(err, &timeout) && timeout.Timeout():
		return FaultTimeout
	}
	return FaultConnect
}

// end writes down how a try went, and stops the address after days of failures or
// when it asks for it.
func (s *Service) end(ctx context.Context, org core.ID, to Endpoint, d Delivery, until int64, how outcome) error {
	share, err := s.jitter()
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		now := tx.Now()
		state, next := Done, int64(0)
		if how.fault != "" {
			wait, again := pause(d.Attempts)
			if state = Waiting; !again || d.Kind == Trial || how.fault == FaultGone {
				state = Dead
			}
			wait = max(time.Duration(float64(wait)*share), how.hold)
			next = now + wait.Microseconds()
		}
		if _, err := tx.Exec(endDelivery, org, to.ID, d.ID, until, state, next, how.status, how.fault); err != nil {
			return fmt.Errorf("end delivery %s: %w", d.ID, err)
		}
		switch {
		case how.fault == "":
			_, err := tx.Exec(noteSuccess, org, to.ID)
			return err
		case d.Kind == Trial:
			return nil // somebody is looking: it says nothing of the days
		}
		if _, err := tx.Exec(noteFailure, org, to.ID, now); err != nil {
			return err
		}
		long := !to.FailingSince.IsZero() && now-to.FailingSince.UnixMicro() >= brokenAfter.Microseconds()
		if how.fault != FaultGone && !long {
			return nil
		}
		return s.breakOff(ctx, tx, org, to.ID)
	})
	if err != nil {
		return fmt.Errorf("end delivery: %w", err)
	}
	return nil
}

// breakOff stops an address; its managers see it on their first page.
func (s *Service) breakOff(ctx context.Context, tx *db.Tx, org, id core.ID) error {
	n, err := tx.Exec(breakEndpoint, org, id)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(buryWaiting, org, id); err != nil {
		return err
	}
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: id, Org: org})
	return s.Journal.Record(ctx, tx, journal.Event{Kind: "webhook.break", Object: "webhook", ObjectID: id})
}

// jitter is between 0.8 and 1.2, so that what failed together is not tried together.
func (s *Service) jitter() (float64, error) {
	var b [4]byte
	if _, err := io.ReadFull(s.Random, b[:]); err != nil {
		return 0, fmt.Errorf("webhook jitter: %w", err)
	}
	return 0.8 + 0.4*float64(binary.BigEndian.Uint32(b[:]))/float64(1<<32), nil
}
