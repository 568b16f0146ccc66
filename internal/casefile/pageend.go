package casefile

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// PageEnd writes where a page of a list ended, for the address of the next one: the
// key the list is sorted by, and the row that tells two of the same key apart.
func PageEnd(key string, id core.ID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(key + "\x00" + string(id)))
}

// ParsePageEnd reads what PageEnd wrote; "" is the beginning of the list. Invalid on
// anything else: an address is typed by anybody.
func ParsePageEnd(s string) (key string, id core.ID, err error) {
	if s == "" {
		return "", "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	key, last, ok := strings.Cut(string(b), "\x00")
	if err != nil || !ok || len(b) > 512 || !utf8.ValidString(key) {
		return "", "", errs.New(errs.Invalid, "errs.casefile.page_unknown")
	}
	if id, err = core.ParseID(last); err != nil {
		return "", "", errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
	}
	return key, id, nil
}
