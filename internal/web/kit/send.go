package kit

import (
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// File is what SendFile gives.
type File struct {
	Name    string // as it is called on the reader's machine
	Type    string
	Bytes   int64
	Inline  bool // shown by the browser rather than kept
	Content io.ReadCloser
}

// SendFile streams a file and closes it. What breaks once bytes have left is logged: the
// browser sees that the file is shorter than was said.
func (k *Kit) SendFile(w http.ResponseWriter, r *http.Request, f File) error {
	kind := "attachment"
	if f.Inline {
		kind = "inline"
	}
	head := w.Header()
	head.Set("Content-Type", f.Type)
	head.Set("Content-Disposition", mime.FormatMediaType(kind, map[string]string{"filename": strings.Map(plain, f.Name)}))
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Length", strconv.FormatInt(f.Bytes, 10))
	_, err := io.CopyBuffer(w, f.Content, make([]byte, 64<<10))
	if cerr := f.Content.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		k.Log.Warn("a file was not sent to its end", "trace", From(r.Context()).ID, "err", err)
	}
	return nil
}

// plain leaves out of a file's name what leads elsewhere.
func plain(r rune) rune {
	if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
		return '-'
	}
	return r
}
