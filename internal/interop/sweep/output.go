package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ErrOther says that the beginning of another sweep lies beside the wanted file.
var ErrOther = errors.New("the beginning of another sweep is there")

// Partial is where a sweep that is not over writes.
func Partial(out string) string { return out + ".partial" }

// Note is where it says how far it went.
func Note(out string) string { return out + ".partial.json" }

// state is how far a sweep went: of what, and up to where.
type state struct {
	Version int      `json:"version"`
	Law     string   `json:"law"`
	Month   string   `json:"month"`
	Rights  []string `json:"rights"`
	Format  string   `json:"format"`
	In      string   `json:"in,omitempty"`
	Size    int64    `json:"size,omitempty"`
	Changed int64    `json:"changed,omitempty"` // of the file, µs
	Number  int      `json:"synthetic,omitempty"`
	Seed    uint64   `json:"seed,omitempty"`

	Lines      int        `json:"lines"` // lines or made-up households read
	Households int        `json:"households"`
	Skipped    int        `json:"skipped"`
	Bytes      int64      `json:"bytes"` // of the result
	Groups     []rowGroup `json:"groups,omitempty"`
}

// same tells whether two states are of the same sweep.
func (s *state) same(o *state) bool {
	return s.Version == o.Version && s.Law == o.Law && s.Month == o.Month && slices.Equal(s.Rights, o.Rights) && s.Format == o.Format &&
		s.In == o.In && s.Size == o.Size && s.Changed == o.Changed && s.Number == o.Number && s.Seed == o.Seed
}

// output is the file being written.
type output struct {
	path  string
	f     *os.File
	enc   encoder
	state state
	saved time.Time
	now   func() time.Time
}

// saveEvery is how often the note of how far the sweep went is written: what was
// written since is computed again after a kill.
const saveEvery = time.Second

// begun is the state of a sweep that has done nothing yet.
func begun(o Options, names []string) (state, error) {
	want := state{Version: 1, Law: o.Law.Digest(), Month: o.Month.String(), Rights: names, Format: o.Format, Number: o.Synthetic, Seed: o.Seed}
	if o.In != "" {
		info, err := os.Stat(o.In)
		if err != nil {
			return state{}, fmt.Errorf("open %s: %w", o.In, err)
		}
		path, err := filepath.Abs(o.In)
		if err != nil {
			return state{}, fmt.Errorf("open %s: %w", o.In, err)
		}
		want.In, want.Size, want.Changed = path, info.Size(), info.ModTime().UnixMicro()
	}
	return want, nil
}

// Identity says in one line what a sweep is of: the law, the month, the rights, and
// the households as their file is now. Two sweeps of one identity give the same.
func Identity(o Options) ([]byte, error) {
	want, err := begun(o, o.Rights)
	if err != nil {
		return nil, err
	}
	return json.Marshal(want)
}

func openOutput(o Options, names []string, enc encoder) (*output, error) {
	want, err := begun(o, names)
	if err != nil {
		return nil, err
	}
	out := &output{path: o.Out, enc: enc, state: want, now: o.Now}
	note, err := os.ReadFile(Note(o.Out))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("read how far the last sweep went: %w", err)
	default:
		var was state
		if err := json.Unmarshal(note, &was); err != nil {
			return nil, ErrOther
		}
		changed := was.Size != want.Size || was.Changed != want.Changed
		if was.Size, was.Changed = want.Size, want.Changed; !was.same(&want) {
			return nil, ErrOther
		}
		if !changed { // a file that was written again is swept from its beginning
			out.state = was
		}
	}
	if out.f, err = os.OpenFile(Partial(o.Out), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("write %s: %w", o.Out, err)
	}
	if err := out.begin(); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

// begin puts the file where the note says it is.
func (out *output) begin() error {
	info, err := out.f.Stat()
	if err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	if info.Size() < out.state.Bytes { // a machine that stopped lost what it had not written
		out.state.Lines, out.state.Households, out.state.Skipped, out.state.Bytes, out.state.Groups = 0, 0, 0, 0, nil
	}
	if err := out.f.Truncate(out.state.Bytes); err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	if _, err := out.f.Seek(out.state.Bytes, 0); err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	if out.state.Bytes == 0 {
		return out.put(out.enc.head())
	}
	return nil
}

func (out *output) put(b []byte) error {
	n, err := out.f.Write(b)
	out.state.Bytes += int64(n)
	if err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	return nil
}

// write adds a block.
func (out *output) write(c *computed, r Report) error {
	if c.note != nil {
		c.note.Start = out.state.Bytes
		out.state.Groups = append(out.state.Groups, *c.note)
	}
	if err := out.put(c.out); err != nil {
		return err
	}
	out.state.Lines, out.state.Households, out.state.Skipped = c.first+c.count, r.Households, r.Skipped
	now := out.saved
	if out.now != nil {
		now = out.now()
	}
	if out.now == nil || now.Sub(out.saved) >= saveEvery {
		out.saved = now
		return out.save()
	}
	return nil
}

func (out *output) save() error {
	b, err := json.Marshal(out.state)
	if err != nil {
		return fmt.Errorf("note how far the sweep went: %w", err)
	}
	next := Note(out.path) + ".new"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return fmt.Errorf("note how far the sweep went: %w", err)
	}
	if err := os.Rename(next, Note(out.path)); err != nil {
		return fmt.Errorf("note how far the sweep went: %w", err)
	}
	return nil
}

// finish ends the file and gives it its name.
func (out *output) finish() error {
	foot, err := out.enc.foot(out.state.Groups)
	if err != nil {
		return err
	}
	if err := out.put(foot); err != nil {
		return err
	}
	if err := out.f.Sync(); err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	if err := out.f.Close(); err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	out.f = nil
	if err := os.Rename(Partial(out.path), out.path); err != nil {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	if err := os.Remove(Note(out.path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write %s: %w", out.path, err)
	}
	return nil
}

// close leaves what is done beside the wanted file, with its note.
func (out *output) close() {
	if out.f == nil {
		return
	}
	// The sweep failed already; a note that cannot be written costs a new start.
	_ = out.save()
	_ = out.f.Close()
	out.f = nil
}
