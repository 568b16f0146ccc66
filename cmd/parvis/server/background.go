package server

import (
	"context"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/access/code"
	"codeberg.org/parvis/parvis/internal/backup"
	"codeberg.org/parvis/parvis/internal/casefile/draft"
	"codeberg.org/parvis/parvis/internal/casefile/due"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/casefile/monthly"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/rekey"
)

// sweepEvery is how often what ended is cleared: sessions, invitations, drafts.
const sweepEvery = 24 * time.Hour

// lookForDue is how often the steps of the day are looked for: they are told once.
const lookForDue = 10 * time.Minute

// signEvery is how long the journal grows, at most, before what it says is signed.
const signEvery = time.Minute

// background runs what the installation does by itself until ctx ends: jobs and
// events, and the daily sweep. The returned function waits for both.
func (s *Server) background(ctx context.Context) (wait func()) {
	var work sync.WaitGroup
	runs := monthly.New(s.Cases)
	work.Go(func() {
		jobs := db.NewRunner(s.DB)
		jobs.Handle(intake.Job, s.Imports.Run)
		jobs.Handle(intake.JobRights, s.Imports.Compute)
		jobs.Handle(monthly.Job, runs.Run)
		jobs.Handle(talk.Job, s.Talks.Run)
		jobs.Handle(retention.JobBack, s.Retention.Back)
		jobs.Handle(retention.JobDelete, s.Retention.Delete)
		jobs.Handle(code.Job, s.Codes.Deliver)
		s.Webhooks.Listen(jobs)
		if err := jobs.Run(ctx); err != nil {
			s.log.Error("jobs stopped", "err", err)
		}
	})
	work.Go(func() {
		if err := s.Webhooks.Run(ctx); err != nil {
			s.log.Error("webhooks stopped", "err", err)
		}
	})
	work.Go(func() {
		n, err := rekey.Reseal(ctx, s.DB, s.ring)
		if err != nil && ctx.Err() == nil {
			s.log.Error("values sealed with an earlier key", "err", err)
		} else if n > 0 {
			s.log.Info("values sealed again with the present key", "n", n)
		}
	})
	work.Go(func() { due.Run(ctx, s.Cases, lookForDue) })
	work.Go(func() {
		s.Journal.KeepSigning(ctx, signEvery, func(err error) { s.log.Error("checkpoint of the journal", "err", err) })
	})
	if s.backup.Every > 0 {
		copies := backup.Service{DB: s.DB, Journal: s.Journal, Dir: s.Dir.Path, Small: SmallFiles(), Install: s.Dir.Install, Log: s.log}
		work.Go(func() { copies.Run(ctx, s.backup.Order, s.backup.Every) })
	}
	work.Go(func() {
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			s.sweep(ctx, runs)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return work.Wait
}

// sweep clears what ended, and starts the calculation of the month or of a new law
// where nothing did. What fails today is tried again tomorrow.
func (s *Server) sweep(ctx context.Context, runs *monthly.Service) {
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "sweep"})
	for name, clear := range map[string]func(context.Context) error{
		"papers": s.Papers.Sweep,
		"access": s.Access.Sweep, "codes": s.Codes.Sweep, "drafts": draft.New(s.Cases).Sweep, "imports": s.Imports.Sweep, "monthly": runs.Start, "talk": s.Talks.Start, "webhook": s.Webhooks.Sweep, "retention": s.Retention.Start,
		"journal": func(ctx context.Context) error {
			_, err := s.Journal.Thin(ctx)
			return err
		},
	} {
		if err := clear(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("daily sweep", "room", name, "err", err)
		}
	}
}
