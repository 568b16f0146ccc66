package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/internal/interop/sweep"
	"codeberg.org/parvis/parvis/rights"
)

// rightsSweep computes the rights of many households: a file of lines, or a
// made-up population. An absent cell takes OpenFisca's default.
type rightsSweep struct {
	File      string `arg:"" optional:"" help:"sweep.help_in" placeholder:"FILE"`
	Out       string `help:"sweep.help_out" placeholder:"FILE"`
	Month     string `help:"sweep.help_month" placeholder:"2026-06"`
	Synthetic int    `help:"sweep.help_synthetic" placeholder:"N"`
	Seed      uint64 `help:"sweep.help_seed" default:"1" placeholder:"S"`
	Rights    string `help:"sweep.help_rights" placeholder:"rsa,ppa"`
	Format    string `help:"sweep.help_format" placeholder:"csv|jsonl|parquet"`
	Skip      bool   `name:"skip-bad-lines" help:"sweep.help_skip"`
	Law       string `help:"cli.help.law_dir" placeholder:"DIR"`
	Patch     string `help:"sweep.help_patch" placeholder:"FILE"`
}

// maxSynthetic bounds a made-up population: some hours of one machine.
const maxSynthetic = 1_000_000_000

// Run sweeps, and reports.
func (c *rightsSweep) Run(s *session) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if o.Law, err = loadLaw(c.Law); err != nil {
		var list rights.Problems
		if errors.As(err, &list) {
			err = errs.Wrap(errs.Invalid, "cli.rights.unusable", err)
		}
		return err
	}
	var patched *rights.Law
	var changes []rights.Change
	if c.Patch != "" {
		if patched, changes, err = patchedLaw(c.Law, c.Patch); err != nil {
			return err
		}
	}
	if c.Month == "" {
		o.Month = o.Law.NewestComplete()
	} else if o.Month, err = rights.ParseMonth(c.Month); err != nil || !plausible(o.Month) {
		return misuse("cli.rights.month", "value", c.Month)
	}
	for _, name := range o.Rights {
		if _, known := o.Law.Variable(name); !known {
			return misuse("cli.rights.unknown", "name", name, "near", s.p.List(o.Law.Nearest(name)))
		}
	}
	s.say("sweep.month", "month", s.p.Month(o.Month), "law", o.Law.Digest())
	bar := &progressBar{s: s, last: s.now()}
	o.Progress, o.Now = bar.show, s.now
	o.Resumed = func(n int) { s.say("sweep.resumed", "n", s.p.Number(int64(n))) }
	said := 0
	o.Bad = func(b *sweep.BadLine) {
		switch said++; {
		case said <= maxSaid:
			s.say("sweep.bad_line", "line", s.p.Number(int64(b.Line)), "what", s.whatIsBad(b))
		case said == maxSaid+1:
			s.say("sweep.bad_more")
		}
	}
	if patched != nil {
		err := c.whatIf(s, o, patched, changes)
		bar.end()
		return err
	}
	began := s.now()
	report, err := sweep.Run(s.ctx, o)
	bar.end()
	if err != nil {
		return c.failed(s, o, report, err)
	}
	cpu, memory := usage()
	took := max(s.now().Sub(began).Seconds(), 1e-3)
	fmt.Fprintln(s.Stderr, s.p.N("sweep.report", report.Households, "file", o.Out, "cpu", s.p.Decimal(math.Round(cpu.Seconds()*10)/10),
		"rate", s.p.Number(int64(float64(report.Households-report.Resumed)/took)), "memory", s.p.Number(memory>>20)))
	if report.Skipped > 0 {
		s.say("sweep.skipped", "n", s.p.Number(int64(report.Skipped)))
	}
	if report.Slow > 0 {
		s.say("sweep.slow", "n", s.p.Number(int64(report.Slow)))
	}
	return nil
}

// maxSaid is how many bad lines are told one by one.
const maxSaid = 20

func (c *rightsSweep) options() (sweep.Options, error) {
	o := sweep.Options{In: c.File, Out: c.Out, Synthetic: c.Synthetic, Seed: c.Seed, Format: c.Format, Skip: c.Skip}
	switch {
	case (c.File == "") == (c.Synthetic == 0):
		return o, misuse("sweep.what")
	case c.Out == "":
		return o, misuse("sweep.no_out")
	case c.Synthetic < 0 || c.Synthetic > maxSynthetic:
		return o, misuse("sweep.number", "most", maxSynthetic)
	}
	if c.File != "" {
		if info, err := os.Stat(c.File); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
			return o, errs.New(errs.NotFound, "sweep.absent", "file", c.File)
		}
		o.Seed = 0
	}
	if o.Format == "" {
		if o.Format = strings.TrimPrefix(filepath.Ext(c.Out), "."); o.Format == "" {
			o.Format = sweep.CSV
		}
	}
	switch o.Format {
	case sweep.CSV, sweep.JSONL, sweep.Parquet:
	default:
		return o, misuse("sweep.format", "value", o.Format)
	}
	for name := range strings.SplitSeq(c.Rights, ",") {
		if name = strings.TrimSpace(name); name != "" {
			o.Rights = append(o.Rights, name)
		}
	}
	return o, nil
}

// failed says why a sweep stopped, and how it goes on.
func (c *rightsSweep) failed(s *session, o sweep.Options, report sweep.Report, err error) error {
	var bad *sweep.BadLine
	switch {
	case errors.As(err, &bad):
		return errs.New(errs.Invalid, "sweep.bad_stop", "file", c.File, "line", s.p.Number(int64(bad.Line)), "what", s.whatIsBad(bad))
	case errors.Is(err, sweep.ErrOther):
		return errs.New(errs.Conflict, "sweep.another", "file", o.Out, "partial", sweep.Partial(o.Out), "note", sweep.Note(o.Out))
	case errors.Is(err, context.Canceled):
		s.say("sweep.stopped", "n", s.p.Number(int64(report.Households)))
	}
	return err
}

// whatIsBad says what is wrong with a line.
func (s *session) whatIsBad(b *sweep.BadLine) string {
	var p *openfisca.Problem
	switch {
	case errors.As(b.Err, &p):
		what := p.Message(s.p.Lang())
		if len(p.Path) > 0 {
			what = strings.Join(p.Path, " › ") + " : " + what
		}
		return s.p.T("sweep.bad_fact", "what", what)
	case errors.Is(b.Err, sweep.ErrTooLong):
		return s.p.T("sweep.bad_long")
	}
	return s.p.T("sweep.bad_shape")
}

// progressBar tells on standard error how far a sweep is: on one line of a
// terminal, else a line from time to time.
type progressBar struct {
	s        *session
	last     time.Time
	terminal bool
	asked    bool
	shown    bool
}

func (b *progressBar) show(p sweep.Progress) {
	if !b.asked {
		b.asked = true
		if f, ok := b.s.Stderr.(*os.File); ok {
			info, err := f.Stat()
			b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
		}
	}
	every := 10 * time.Second
	if b.terminal {
		every = 200 * time.Millisecond
	}
	now := b.s.now()
	if now.Sub(b.last) < every {
		return
	}
	b.last = now
	text := b.s.p.T("sweep.going", "n", b.s.p.Number(int64(p.Households)))
	if p.Total > 0 {
		share := min(float64(p.Done)/float64(p.Total), 1)
		text = b.s.p.T("sweep.going_share", "n", b.s.p.Number(int64(p.Households)), "share", b.s.p.Percent(math.Round(share*1000)/1000))
		if b.terminal {
			full := int(share * 30)
			text = "[" + strings.Repeat("#", full) + strings.Repeat("·", 30-full) + "] " + text
		}
	}
	if b.terminal {
		b.shown = true
		b.print("\r\x1b[K" + text)
		return
	}
	b.print(text + "\n")
}

// end leaves the line of the bar.
func (b *progressBar) end() {
	if b.shown {
		b.print("\r\x1b[K")
	}
}

// print writes on standard error; a terminal that is gone changes nothing of the
// sweep.
func (b *progressBar) print(text string) { _, _ = b.s.Stderr.Write([]byte(text)) }
