package sweep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"codeberg.org/parvis/parvis/internal/interop/openfisca"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/population"
)

// Options say what to compute, from what, to where.
type Options struct {
	Law    *rights.Law
	Month  rights.Month
	Rights []string // by name; empty for every right that has a sheet

	In        string // a file of lines, plain or gzipped; "" for made-up households
	Synthetic int    // how many made-up households
	Seed      uint64

	Out    string
	Format string           // CSV, JSONL or Parquet
	Skip   bool             // pass over bad lines instead of stopping
	Cores  int              // 0 for all
	Now    func() time.Time // nil: the note of how far it went is written after each block

	// Resumed is told first when an earlier run had computed households; Progress
	// after each block; Bad of each bad line that is passed over. They are called by
	// one goroutine.
	Resumed  func(households int)
	Progress func(Progress)
	Bad      func(*BadLine)
}

// Progress tells how far a sweep is.
type Progress struct {
	Households int   // computed, those of an earlier run that was killed included
	Done       int64 // of Total: households, or bytes of the file
	Total      int64 // 0 when unknown
}

// Report tells how a sweep ended.
type Report struct {
	Households int // in the result
	Resumed    int // of them, computed by an earlier run that was killed
	Skipped    int // bad lines passed over
	Slow       int // households that met what the law does not know
}

// Run sweeps. The error is a *BadLine when a line cannot be computed, a
// *rights.InputError for a right the law does not have, an ErrOther when Out holds
// the beginning of another sweep, or the context's; what is done is kept beside
// Out and gone on from by the next Run with the same options.
func Run(ctx context.Context, o Options) (Report, error) {
	names := o.Rights
	if len(names) == 0 {
		for _, r := range o.Law.Rights() {
			names = append(names, r.Name)
		}
	}
	prog, list, err := columns(o.Law, o.Month, names)
	if err != nil {
		return Report{}, err
	}
	out, err := openOutput(o, names, newEncoder(o.Format, list, o.Law.Digest()))
	if err != nil {
		return Report{}, err
	}
	defer out.close()
	if out.state.Households > 0 && o.Resumed != nil {
		o.Resumed(out.state.Households)
	}
	var src source
	if o.In == "" {
		src = &madeUp{n: o.Synthetic, at: out.state.Lines}
	} else {
		f, err := os.Open(o.In)
		if err != nil {
			return Report{}, fmt.Errorf("open %s: %w", o.In, err)
		}
		defer f.Close()
		if src, err = openLines(f, out.state.Lines); err != nil {
			return Report{}, err
		}
	}
	s := &sweep{o: o, prog: prog, list: list, src: src, out: out}
	s.report.Households, s.report.Resumed, s.report.Skipped = out.state.Households, out.state.Households, out.state.Skipped
	if err := s.run(ctx); err != nil {
		return s.report, err
	}
	return s.report, out.finish()
}

type sweep struct {
	o      Options
	prog   *columnar.Program
	list   []right
	src    source
	out    *output
	report Report
}

// computed is a block's result.
type computed struct {
	block
	out        []byte
	note       *rowGroup
	households int
	slow       int
	bad        []*BadLine
	err        error
}

// run reads blocks in one goroutine, computes them on every core, and writes
// them in their order in this one.
func (s *sweep) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cores := s.o.Cores
	if cores <= 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	// A block belongs to one goroutine at a time: free, waiting, done, free again.
	free, waiting, done := make(chan *computed, cores+1), make(chan *computed, cores+1), make(chan *computed, cores+1)
	for range cores + 1 {
		free <- &computed{}
	}
	var wg sync.WaitGroup
	var readErr error
	wg.Go(func() {
		defer close(waiting)
		for index := 0; ; index++ {
			var c *computed
			select {
			case c = <-free:
			case <-ctx.Done():
				return
			}
			if err := s.src.next(&c.block); err != nil {
				if !errors.Is(err, io.EOF) {
					readErr = err
				}
				return
			}
			c.index = index
			waiting <- c
		}
	})
	var workers sync.WaitGroup
	for range cores {
		workers.Go(func() {
			w, err := s.worker()
			for c := range waiting {
				if c.err = err; err == nil {
					c.err = w.compute(ctx, c)
				}
				done <- c
			}
		})
	}
	wg.Go(func() {
		workers.Wait()
		close(done)
	})
	err := s.write(ctx, done, free, stop)
	wg.Wait()
	if err == nil {
		err = readErr
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// write takes blocks in the order of the file.
func (s *sweep) write(ctx context.Context, done <-chan *computed, free chan<- *computed, stop func()) error {
	early := map[int]*computed{}
	next := 0
	var failed error
	for c := range done {
		early[c.index] = c
		for c := early[next]; c != nil; c = early[next] {
			delete(early, next)
			next++
			if failed == nil && ctx.Err() == nil {
				if failed = s.accept(c); failed != nil {
					stop()
				}
			}
			free <- c
		}
	}
	return failed
}

func (s *sweep) accept(c *computed) error {
	if c.err != nil {
		return c.err
	}
	for _, bad := range c.bad {
		if !s.o.Skip {
			return bad
		}
		s.report.Skipped++
		if s.o.Bad != nil {
			s.o.Bad(bad)
		}
	}
	s.report.Households += c.households
	s.report.Slow += c.slow
	if err := s.out.write(c, s.report); err != nil {
		return err
	}
	if s.o.Progress != nil {
		s.o.Progress(Progress{Households: s.report.Households, Done: s.src.done(&c.block), Total: s.src.total()})
	}
	return nil
}

// worker computes blocks in memory that it keeps.
type worker struct {
	s       *sweep
	fill    filler
	ev      *columnar.Evaluator
	batches []*columnar.Batch
	in      [][]int // per batch: its households, as indexes of places
	enc     encoder
	places  []place // of the households of the block, in their order
	ids     []byte
	rows    []Row
}

// place is where a household of a block is.
type place struct {
	id   [2]int // in ids
	rows [2]int // in rows
}

func (s *sweep) worker() (*worker, error) {
	w := &worker{s: s, ev: s.prog.NewEvaluator(), enc: newEncoder(s.o.Format, s.list, s.o.Law.Digest())}
	classes := 1
	if s.o.In == "" {
		pop, err := population.New(s.o.Law.Program(), s.o.Seed, s.o.Month)
		if err != nil {
			return nil, err
		}
		w.fill, classes = &madeUpFiller{pop: pop}, population.Classes
	} else {
		w.fill = &lineFiller{law: s.o.Law, prog: s.prog, plain: openfisca.NewPlain(s.o.Law)}
	}
	for range classes {
		w.batches, w.in = append(w.batches, s.prog.NewBatch()), append(w.in, nil)
	}
	return w, nil
}

// maxBatch is how many households a batch has at most: some 4 kB each while they
// are computed, which must stay in the near caches; with fewer, what each
// operation costs once is not shared enough.
const maxBatch = 256

func (w *worker) compute(ctx context.Context, c *computed) error {
	w.places, w.ids, w.rows = w.places[:0], w.ids[:0], w.rows[:0]
	c.households, c.slow, c.bad = 0, 0, c.bad[:0]
	for i := range c.count {
		k, id, err := w.fill.fill(&c.block, i, w.batches)
		var bad *BadLine
		switch {
		case errors.Is(err, errBlank):
			continue
		case errors.As(err, &bad):
			c.bad = append(c.bad, bad)
			continue
		case err != nil:
			return err
		}
		start := len(w.ids)
		w.ids = append(w.ids, id...)
		w.in[k] = append(w.in[k], len(w.places))
		w.places = append(w.places, place{id: [2]int{start, len(w.ids)}})
		if w.batches[k].Len() >= maxBatch {
			if err := w.run(ctx, c, k); err != nil {
				return err
			}
		}
	}
	for k := range w.batches {
		if err := w.run(ctx, c, k); err != nil {
			return err
		}
	}
	for _, p := range w.places {
		w.enc.row(w.ids[p.id[0]:p.id[1]], w.rows[p.rows[0]:p.rows[1]])
	}
	c.households = len(w.places)
	out, note := w.enc.block()
	c.out, c.note = append(c.out[:0], out...), nil
	if note != nil {
		n := *note
		c.note = &n
	}
	return nil
}

// run computes a batch and empties it.
func (w *worker) run(ctx context.Context, c *computed, k int) error {
	b := w.batches[k]
	if b.Len() == 0 {
		return nil
	}
	b.Seal()
	got, err := w.ev.Run(ctx, b)
	if err != nil {
		return err
	}
	c.slow += got.Slow
	for home, i := range w.in[k] {
		start := len(w.rows)
		w.rows = rows(w.s.list, b, got, home, w.rows)
		w.places[i].rows = [2]int{start, len(w.rows)}
	}
	w.in[k] = w.in[k][:0]
	b.Reset()
	return nil
}
