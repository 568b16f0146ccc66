package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

type contextKey int

const (
	tokenKey contextKey = iota
	wroteKey            // *bool: a refusal that wrote something all the same sets it
)

// authenticate puts the token's actor in the request's context.
func (h *Handler) authenticate(r *http.Request) (*http.Request, error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		if err := h.pace.take("address "+kit.Client(r).Address, maxUnknown); err != nil {
			return r, err
		}
		return r, errs.New(errs.Unauthenticated, "api.problem.unauthenticated")
	}
	actor, held, err := h.access.ResumeToken(r.Context(), strings.TrimSpace(token))
	if errs.Is(err, errs.Unauthenticated) {
		if slow := h.pace.take("address "+kit.Client(r).Address, maxUnknown); slow != nil {
			return r, slow
		}
		return r, err
	}
	if err != nil {
		return r, err
	}
	if err := h.pace.take("token "+string(held.ID), maxRequests); err != nil {
		return r, err
	}
	ctx := context.WithValue(held.Context(r.Context(), actor), tokenKey, held)
	return r.WithContext(ctx), nil
}

// checkScope refuses what the token was not made for. An operation names at least
// one scope: one that names none is refused to everybody.
func (h *Handler) checkScope(ctx huma.Context, next func(huma.Context)) {
	held, _ := ctx.Context().Value(tokenKey).(access.AccessToken)
	lacking, named := "", false
	for _, alternative := range ctx.Operation().Security {
		for _, scope := range alternative["token"] {
			named = true
			if !held.Allows(access.TokenScope(scope)) {
				lacking = scope
			}
		}
	}
	if named && lacking == "" {
		next(ctx)
		return
	}
	p := h.problem(ctx.Context(), refuse(http.StatusForbidden, "scope", "api.problem.scope", "scope", lacking))
	ctx.SetHeader("Content-Type", contentProblem)
	ctx.SetStatus(p.Status)
	if err := writeJSON(ctx.BodyWriter(), p); err != nil {
		h.kit.Log.DebugContext(ctx.Context(), "the program has left", "err", err)
	}
}

// Requests a minute.
const (
	maxRequests = 600 // of one token
	maxUnknown  = 60  // without a good token, of one address
	maxPaced    = 10_000
)

// pace counts requests by minute, on this machine: a guard against a program that
// runs away, not a measure.
type pace struct {
	clock clock.Clock

	mu     sync.Mutex
	minute time.Time
	counts map[string]int
}

func newPace(c clock.Clock) *pace { return &pace{clock: c, counts: map[string]int{}} }

// take counts one request; TooMany with the seconds to wait beyond most.
func (p *pace) take(who string, most int) error {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if minute := now.Truncate(time.Minute); !minute.Equal(p.minute) {
		p.minute = minute
		clear(p.counts)
	}
	n, known := p.counts[who]
	if n >= most || (!known && len(p.counts) >= maxPaced) {
		left := int(p.minute.Add(time.Minute).Sub(now)/time.Second) + 1
		return errs.New(errs.TooMany, "api.problem.slow", "n", left)
	}
	p.counts[who] = n + 1
	return nil
}
