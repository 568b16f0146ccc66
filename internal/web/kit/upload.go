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

// Upload is the file of a form. It was read into memory: nothing of it touched a
// disk.
type Upload struct {
	Name string // as the browser says it; never a path to open
	Data []byte
	// TooLarge says that the file was over the limit; Data is then nil.
	TooLarge bool
}

// UploadHandler answers a form with a file; r.PostForm holds its other fields,
// which must come before the file in the form.
type UploadHandler func(w http.ResponseWriter, r *http.Request, up Upload) error

const (
	maxUploadFields = 20
	maxUploadField  = 4 << 10
	uploadTime      = 2 * time.Minute
)

// HandleUpload registers a form with one file of at most maxBytes, read part by
// part through MultipartReader. A larger one is read to its end, thrown away, so
// that the browser shows the answer.
func (k *Kit) HandleUpload(pattern string, guard Guard, maxBytes int64, h UploadHandler) {
	k.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := k.runUpload(w, r, guard, maxBytes, h); err != nil {
			k.Fail(w, r, err)
		}
	})
}

func (k *Kit) runUpload(w http.ResponseWriter, r *http.Request, guard Guard, maxBytes int64, h UploadHandler) error {
	v := From(r.Context())
	if !guard.lets(v.Actor) {
		// The body is read first: a line cut in the middle shows nothing at all.
		return errors.Join(k.turnAway(v), k.drain(r))
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return errors.Join(errs.Wrap(errs.Invalid, "web.error.form_kind", err), k.drain(r))
	}
	body := &slowReader{r: r.Body, clock: k.Clock, end: k.Clock.Now().Add(uploadTime)}
	up, err := readParts(r, parts, maxBytes)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, body, 4*maxDrain); err != nil && !errors.Is(err, io.EOF) {
		return errs.Wrap(errs.TooLarge, "web.error.form_too_large", err, "size", strconv.FormatInt(maxBytes>>10, 10))
	}
	if err := readable(r.PostForm); err != nil {
		return err
	}
	if err := k.checkToken(r); err != nil {
		return err
	}
	return k.runOnce(w, r, func(w http.ResponseWriter, r *http.Request) error { return h(w, r, up) })
}

// readParts fills r.PostForm with the fields before the file, and reads the file.
func readParts(r *http.Request, parts *multipart.Reader, maxBytes int64) (Upload, error) {
	r.PostForm = url.Values{}
	r.Form = r.PostForm
	for range maxUploadFields {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return Upload{}, nil
		}
		if err != nil {
			return Upload{}, broken(err)
		}
		if part.FileName() == "" && part.Header.Get("Content-Type") == "" {
			value, err := io.ReadAll(io.LimitReader(part, maxUploadField+1))
			if err != nil || len(value) > maxUploadField {
				return Upload{}, broken(err)
			}
			r.PostForm.Add(part.FormName(), string(value))
			continue
		}
		up := Upload{Name: part.FileName()}
		if up.Data, err = io.ReadAll(io.LimitReader(part, maxBytes+1)); err != nil {
			return Upload{}, broken(err)
		}
		if int64(len(up.Data)) > maxBytes {
			up.Data, up.TooLarge = nil, true
		}
		return up, nil
	}
	return Upload{}, broken(errors.New("too many fields"))
}
