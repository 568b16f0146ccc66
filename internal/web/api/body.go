package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	maxBody  = 64 << 10 // bytes
	maxDepth = 12       // of JSON
)

// readBody reads the whole body, checks that it is JSON with one meaning, and puts
// it back. An empty body passes: the operation says whether it needs one.
func (h *Handler) readBody(r *http.Request) ([]byte, error) {
	tooLarge := refuse(http.StatusRequestEntityTooLarge, "too-large", "api.problem.body_large", "size", maxBody>>10)
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "malformed", "api.problem.body_read")
	}
	if len(body) > maxBody {
		return nil, tooLarge
	}
	if len(body) > 0 {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || kind != contentJSON {
			return nil, refuse(http.StatusUnsupportedMediaType, "media-type", "api.problem.media")
		}
		if key := checkJSON(body); key != "" {
			return nil, refuse(http.StatusBadRequest, "malformed", key)
		}
		r.Header.Set("Content-Type", contentJSON)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// checkJSON returns "" for one JSON value in UTF-8 that every reader understands
// alike and every database keeps, else the key of what is wrong: a name twice in
// one object (whatever its case), a NUL, too many levels, anything after the value.
func checkJSON(data []byte) (key string) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return "api.problem.json"
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	type level struct {
		object bool
		name   bool // the next string is a name
		seen   map[string]bool
	}
	var open []level
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return ""
		}
		if err != nil {
			return "api.problem.json"
		}
		text, isText := t.(string)
		if isText && strings.ContainsRune(text, 0) {
			return "api.problem.json_text"
		}
		if n := len(open); n > 0 && open[n-1].object && open[n-1].name && isText {
			name := strings.ToLower(text)
			if open[n-1].seen[name] {
				return "api.problem.json_key"
			}
			open[n-1].seen[name], open[n-1].name = true, false
			continue
		}
		if delim, ok := t.(json.Delim); ok {
			switch delim {
			case '{', '[':
				if len(open) >= maxDepth {
					return "api.problem.json_depth"
				}
				open = append(open, level{object: delim == '{', name: true, seen: map[string]bool{}})
				continue
			}
			open = open[:len(open)-1]
		}
		if n := len(open); n > 0 {
			open[n-1].name = true
		}
	}
}
