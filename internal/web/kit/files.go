package kit

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Files are the files of a form, one after the other, read as they come: nothing is held
// in memory nor written to a disk by the kit.
type Files struct {
	parts *multipart.Reader
	first *multipart.Part
	left  int
	over  bool // read to the end of the form
	body  io.Reader
}

// FilesHandler answers a form with files; r.PostForm holds its other fields, which must
// come before the files in the form. Sending such a form twice is for the service to
// notice: two different photographs have the same name.
type FilesHandler func(w http.ResponseWriter, r *http.Request, files *Files) error

// filesTime is how long a form with files may take: photographs of a whole paper over a
// poor network.
const filesTime = 10 * time.Minute

// HandleFiles registers a form with at most most files, however large: the handler stops
// reading where it wants. It renews the times of the connection, which are those of a page.
func (k *Kit) HandleFiles(pattern string, guard Guard, most int, h FilesHandler) {
	k.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		defer Patiently(w)()
		if err := k.runFiles(w, r, guard, most, h); err != nil {
			k.Fail(w, r, err)
		}
	})
}

// Patiently lets a request and its answer take ten minutes instead of a page's times.
// Call what it returns at the end.
func Patiently(w http.ResponseWriter) (done func()) {
	c := http.NewResponseController(w)
	// A connection without deadlines (a test's) has nothing to renew.
	_, _ = c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})
	cut := time.AfterFunc(filesTime, func() {
		past := time.Unix(1, 0)
		_, _ = c.SetReadDeadline(past), c.SetWriteDeadline(past)
	})
	return func() { cut.Stop() }
}

func (k *Kit) runFiles(w http.ResponseWriter, r *http.Request, guard Guard, most int, h FilesHandler) error {
	v := From(r.Context())
	if !guard.lets(v.Actor) {
		return errors.Join(k.turnAway(v), k.drain(r))
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return errors.Join(errs.Wrap(errs.Invalid, "web.error.form_kind", err), k.drain(r))
	}
	files := &Files{parts: parts, left: most, body: &slowReader{r: r.Body, clock: k.Clock, end: k.Clock.Now().Add(filesTime)}}
	if err := files.fields(r); err != nil {
		return err
	}
	if err := readable(r.PostForm); err != nil {
		return err
	}
	err = k.checkToken(r)
	if err == nil && guard == PersonIn && k.OwnPage != nil {
		err = k.OwnPage(r)
	}
	if err == nil {
		err = h(w, r, files)
	}
	if err != nil {
		if derr := files.Drain(); derr != nil {
			return errors.Join(derr, err)
		}
	}
	return err
}

// Drain reads what is left of the form and throws it away: a browser reads the answer only
// once all was sent. Call it before an answer that does not wait for the last file.
func (f *Files) Drain() error {
	if f.over {
		return nil
	}
	f.left, f.over = 0, true
	if _, err := io.CopyN(io.Discard, f.body, 2*maxDrain); err != nil && !errors.Is(err, io.EOF) {
		return errs.Wrap(errs.TooLarge, "web.error.form_too_large", err, "size", strconv.Itoa(2*maxDrain>>10))
	}
	return nil
}

func broken(err error) error { return errs.Wrap(errs.Invalid, "web.error.form_broken", err) }

// fields fills r.PostForm with what comes before the first file.
func (f *Files) fields(r *http.Request) error {
	r.PostForm = url.Values{}
	r.Form = r.PostForm
	for range maxUploadFields {
		part, err := f.parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			f.left, f.over = 0, true
			return nil
		}
		if err != nil {
			return broken(err)
		}
		if part.FileName() != "" || part.Header.Get("Content-Type") != "" {
			f.first = part
			return nil
		}
		value, err := io.ReadAll(io.LimitReader(part, maxUploadField+1))
		if err != nil || len(value) > maxUploadField {
			return broken(err)
		}
		r.PostForm.Add(part.FormName(), string(value))
	}
	return broken(errors.New("too many fields"))
}

// Next gives the next file: its name as the browser says it, and its bytes, to be read
// before the next call. io.EOF after the last. A field left empty is no file.
func (f *Files) Next() (name string, file io.Reader, err error) {
	for f.left > 0 {
		part := f.first
		f.first = nil
		if part == nil {
			if part, err = f.parts.NextRawPart(); err != nil {
				f.left, f.over = 0, errors.Is(err, io.EOF)
				if f.over {
					return "", nil, io.EOF
				}
				return "", nil, broken(err)
			}
		}
		if part.FileName() == "" {
			continue
		}
		f.left--
		return part.FileName(), part, nil
	}
	return "", nil, io.EOF
}
