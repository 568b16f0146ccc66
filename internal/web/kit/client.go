package kit

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
)

// Client says where a request comes from, for the brakes on guessing.
func Client(r *http.Request) access.Client {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if a, err := netip.ParseAddr(host); err == nil {
		host = a.Unmap().String()
	}
	return access.Client{Address: host, Device: r.UserAgent()}
}

// Instant is a stored instant (µs UTC) at the visitor's organisation.
func Instant(v *Visit, µs int64) time.Time { return time.UnixMicro(µs).In(v.Place()) }

// DraftPath is the address that shows a form again with a draft's text.
func DraftPath(page string, id core.ID) string {
	u, err := url.Parse(LocalPath(page))
	if err != nil {
		return "/"
	}
	q := u.Query()
	q.Set(fieldDraft, string(id))
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// Origin is the address of this site as the visitor's browser shows it.
func Origin(r *http.Request) string {
	if secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// Address is the whole address of a path of this site, as the visitor reached it.
func (k *Kit) Address(r *http.Request, path string) string {
	return Origin(r) + path
}

// Capital raises the first letter of a text, for a heading: « Jeudi 11 juin ».
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
