package kit

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core/clock"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

const (
	maxForm  = 256 << 10 // bytes of a form
	maxDrain = 64 << 20  // bytes read and thrown away before a refusal
)

// parseForm reads an urlencoded form of at most most bytes into r.PostForm.
// Other bodies and broken text are refused; a body too large is read to its end
// (within maxDrain) so that the browser shows the answer instead of a cut line.
func (k *Kit) parseForm(w http.ResponseWriter, r *http.Request, most int64) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength > most || (err == nil && kind != "application/x-www-form-urlencoded") {
		tooLarge := r.ContentLength > most
		if err := k.drain(r); err != nil {
			return err
		}
		if tooLarge {
			return errs.New(errs.TooLarge, "web.error.form_too_large", "size", strconv.Itoa(int(most>>10)))
		}
		return errs.New(errs.Invalid, "web.error.form_kind")
	}
	body := r.Body
	r.Body = http.MaxBytesReader(w, body, most)
	if err := r.ParseForm(); err != nil {
		r.Body = body
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			if err := k.drain(r); err != nil {
				return err
			}
			return errs.Wrap(errs.TooLarge, "web.error.form_too_large", err, "size", strconv.Itoa(int(most>>10)))
		}
		return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	return readable(r.PostForm)
}

// readable refuses texts that no keyboard types and no database takes: bytes that
// are not UTF-8, and the NUL.
func readable(values url.Values) error {
	for name, list := range values {
		for _, v := range append(list, name) {
			if !isText(v) {
				return errs.New(errs.Invalid, "web.error.form_encoding")
			}
		}
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// checkAddress does the same for an address: a path that is no text leads nowhere.
func checkAddress(u *url.URL) error {
	if !isText(u.Path) {
		return errs.New(errs.NotFound, "")
	}
	if u.RawQuery == "" {
		return nil
	}
	return readable(u.Query())
}

// drain throws the rest of the body away, at most maxDrain bytes and 20 s.
func (k *Kit) drain(r *http.Request) error {
	if r.Body == nil || r.ContentLength == 0 {
		return nil
	}
	if _, err := io.CopyN(io.Discard, &slowReader{r: r.Body, clock: k.Clock, end: k.Clock.Now().Add(20 * time.Second)}, maxDrain); err != nil && !errors.Is(err, io.EOF) {
		return errs.Wrap(errs.TooLarge, "web.error.form_too_large", err, "size", strconv.Itoa(maxForm>>10))
	}
	return nil
}

// slowReader stops reading when its time is over.
type slowReader struct {
	r     io.Reader
	clock clock.Clock
	end   time.Time
}

var errSlow = errors.New("body sent too slowly")

func (s *slowReader) Read(b []byte) (int, error) {
	if s.clock.Now().After(s.end) {
		return 0, errSlow
	}
	return s.r.Read(b)
}
