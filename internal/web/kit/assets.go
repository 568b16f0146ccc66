package kit

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed static
var staticFiles embed.FS

// Assets serves the static files under names that hold a hash of their content,
// compressed once, to be kept by browsers for a year.
type Assets struct {
	byName map[string]*asset // "common.1a2b3c4d.css"
	paths  map[string]string // "common.css" → "/static/common.1a2b3c4d.css"
}

type asset struct {
	kind   string
	plain  []byte
	packed []byte // gzip; nil when it would not be smaller
}

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".woff2": "font/woff2",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".png": "image/png", ".ico": "image/x-icon",
}

// loadAssets reads the embedded files; a stylesheet's url(name) becomes the
// hashed name, so fonts come first.
func loadAssets() (*Assets, error) {
	a := &Assets{byName: map[string]*asset{}, paths: map[string]string{}}
	var sheets []string
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".ts") || path.Base(name) == "icons.svg" {
			return err
		}
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
			return nil
		}
		data, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		return a.add(path.Base(name), data)
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	for _, name := range sheets {
		data, err := staticFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("static files: %w", err)
		}
		var missing error
		data = sheetURL.ReplaceAllFunc(data, func(m []byte) []byte {
			target := string(sheetURL.FindSubmatch(m)[1])
			to, ok := a.paths[target]
			if !ok {
				missing = fmt.Errorf("static files: %s uses %s, which is not there", name, target)
			}
			return []byte("url(" + to + ")")
		})
		if missing != nil {
			return nil, missing
		}
		if err := a.add(path.Base(name), squeeze(data)); err != nil {
			return nil, err
		}
	}
	return a, nil
}

var (
	sheetURL     = regexp.MustCompile(`url\(([a-z0-9.-]+)\)`)
	sheetComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	sheetSpace   = regexp.MustCompile(`\s*\n\s*`)
)

// squeeze drops comments and indentation from a stylesheet.
func squeeze(css []byte) []byte {
	css = sheetComment.ReplaceAll(css, nil)
	return bytes.TrimSpace(sheetSpace.ReplaceAll(css, []byte("\n")))
}

func (a *Assets) add(name string, data []byte) error {
	kind, ok := kinds[path.Ext(name)]
	if !ok {
		return fmt.Errorf("static files: %s has no known type", name)
	}
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:5]) + ext
	as := &asset{kind: kind, plain: data}
	if ext != ".woff2" && ext != ".png" {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := z.Write(data); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		if b.Len() < len(data) {
			as.packed = b.Bytes()
		}
	}
	a.byName[hashed] = as
	a.paths[name] = "/static/" + hashed
	return nil
}

// Path returns the address of a static file, "" when there is none.
func (a *Assets) Path(name string) string { return a.paths[name] }

// PackedSize returns how many bytes the file takes on the wire.
func (a *Assets) PackedSize(name string) int {
	as := a.byName[path.Base(a.paths[name])]
	if as == nil {
		return 0
	}
	if as.packed != nil {
		return len(as.packed)
	}
	return len(as.plain)
}

// ServeHTTP answers /static/{name}.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	as := a.byName[r.PathValue("name")]
	if as == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", as.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := as.plain
	if as.packed != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = as.packed
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A client that leaves is no error of ours; nothing is left to do.
	_, _ = w.Write(body)
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// icons maps a symbol's name ("door") to its element.
type icons map[string]string

// loadIcons reads static/icons.svg.
func loadIcons() (icons, error) {
	data, err := staticFiles.ReadFile("static/icons.svg")
	if err != nil {
		return nil, fmt.Errorf("icons: %w", err)
	}
	var doc struct {
		Symbols []struct {
			ID    string `xml:"id,attr"`
			Box   string `xml:"viewBox,attr"`
			Inner string `xml:",innerxml"`
		} `xml:"symbol"`
	}
	if err := xml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("icons: %w", err)
	}
	out := icons{}
	for _, s := range doc.Symbols {
		out[strings.TrimPrefix(s.ID, "i-")] = `<symbol id="` + s.ID + `" viewBox="` + s.Box + `">` + s.Inner + `</symbol>`
	}
	return out, nil
}
