package blob_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/vault/blob"
)

func name(t testing.TB) blob.Name {
	t.Helper()
	n, err := blob.NewName(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// each runs the same test on a folder and on an S3 server of this process.
func each(t *testing.T, fn func(t *testing.T, s blob.Store)) {
	t.Run("folder", func(t *testing.T) {
		s, err := blob.OpenFolder(filepath.Join(t.TempDir(), "papers"))
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s)
	})
	t.Run("s3", func(t *testing.T) {
		back := s3mem.New()
		if err := back.CreateBucket("parvis"); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(gofakes3.New(back).Server())
		t.Cleanup(server.Close)
		s, err := blob.OpenS3(t.Context(), blob.Bucket{URL: server.URL, Region: "us-east-1", Bucket: "parvis", Prefix: "papers/", Key: "key", Secret: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s)
	})
}

func all(t *testing.T, s blob.Store) []blob.Name {
	t.Helper()
	var out []blob.Name
	err := s.List(t.Context(), func(n blob.Name, at time.Time) error {
		if at.IsZero() {
			t.Error("a blob of no instant")
		}
		out = append(out, n)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestAStore(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		var names []blob.Name
		for _, size := range []int{1, 300, 100 << 10, 11 << 20} {
			n := name(t)
			names = append(names, n)
			content := make([]byte, size)
			if _, err := rand.Read(content); err != nil {
				t.Fatal(err)
			}
			// A reader of small pieces, whose length nobody knows.
			got, err := s.Put(t.Context(), n, iotest.HalfReader(bytes.NewReader(content)))
			if err != nil || got != int64(size) {
				t.Fatalf("put %d bytes: %d, %v", size, got, err)
			}
			r, err := s.Open(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			back, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil || !bytes.Equal(back, content) {
				t.Fatalf("%d bytes come back as %d: %v", size, len(back), err)
			}
		}
		slices.Sort(names)
		if got := all(t, s); !slices.Equal(got, names) {
			t.Errorf("listed %v, want %v", got, names)
		}
		for _, n := range names {
			for range 2 {
				if err := s.Remove(t.Context(), n); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Open(t.Context(), n); !errs.Is(err, errs.NotFound) {
				t.Errorf("opened what was removed: %v", err)
			}
		}
		for _, bad := range []blob.Name{"", "../../etc/passwd", "x", blob.Name(filepath.Join("..", string(names[0])))} {
			if _, err := s.Put(t.Context(), bad, bytes.NewReader(nil)); err == nil {
				t.Errorf("put under %q", bad)
			}
			if _, err := s.Open(t.Context(), bad); !errs.Is(err, errs.NotFound) {
				t.Errorf("open %q: %v", bad, err)
			}
		}
	})
}

// A sender who leaves in the middle, early or late, leaves nothing.
func TestInterrupted(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		left := errors.New("the line was cut")
		for _, size := range []int64{10, 12 << 20} {
			n := name(t)
			_, err := s.Put(t.Context(), n, io.MultiReader(io.LimitReader(zeros{}, size), iotest.ErrReader(left)))
			if !errors.Is(err, left) {
				t.Errorf("after %d bytes: %v", size, err)
			}
			if _, err := s.Open(t.Context(), n); !errs.Is(err, errs.NotFound) {
				t.Errorf("after %d bytes something is there: %v", size, err)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := s.Put(ctx, name(t), io.LimitReader(zeros{}, 1<<20)); err == nil {
			t.Error("written after the end of the request")
		}
		if got := all(t, s); len(got) > 0 {
			t.Errorf("left: %v", got)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s blob.Store) {
		var work sync.WaitGroup
		for range 8 {
			n := name(t)
			work.Go(func() {
				if _, err := s.Put(t.Context(), n, io.LimitReader(zeros{}, 200<<10)); err != nil {
					t.Error(err)
				}
			})
		}
		work.Wait()
		if got := all(t, s); len(got) != 8 {
			t.Errorf("%d blobs", len(got))
		}
	})
}

// What a killed program was writing goes; what is whole, and what is not ours, stays.
func TestHalfWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "papers")
	s, err := blob.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := name(t)
	if _, err := s.Put(t.Context(), n, bytes.NewReader([]byte("whole"))); err != nil {
		t.Fatal(err)
	}
	shelf := filepath.Join(dir, string(n[:2]))
	for _, f := range []string{".new-123", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(shelf, f), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, c := range []struct {
		before time.Time
		left   int
	}{{now.Add(-time.Hour), 3}, {now.Add(time.Hour), 2}} {
		if err := s.RemoveHalfWritten(t.Context(), c.before); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(shelf)
		if err != nil || len(files) != c.left {
			t.Errorf("%d files left, want %d: %v", len(files), c.left, err)
		}
	}
	if got := all(t, s); len(got) != 1 || got[0] != n {
		t.Errorf("listed %v", got)
	}
	info, err := os.Stat(filepath.Join(shelf, string(n)))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v %v", info.Mode(), err)
	}
}

func TestNames(t *testing.T) {
	if n := name(t); !n.Valid() {
		t.Errorf("%s is no version 4 UUID", n)
	}
	for _, bad := range []blob.Name{"0197530b-0000-7000-8000-000000000000", "0197530B-0000-4000-8000-000000000000", "../530b-0000-4000-8000-000000000000"} {
		if bad.Valid() {
			t.Errorf("%s is taken for a name", bad)
		}
	}
}

func TestS3NeedsTLS(t *testing.T) {
	for _, u := range []string{"http://s3.example.org", "s3.example.org", "ftp://127.0.0.1", ""} {
		if _, err := blob.OpenS3(t.Context(), blob.Bucket{URL: u, Bucket: "b"}); err == nil {
			t.Errorf("%q is taken", u)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
