package kit

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

const (
	cookieSession = "parvis"
	cookieBrowser = "parvis_door"
	cookieLang    = "parvis_lang"
	cookieFlash   = "parvis_flash"
	cookieStep    = "parvis_step"
	cookieWait    = "parvis_wait"
)

// cookieName is what a cookie is called: on TLS with the prefix by which a browser
// refuses one that another host of the same domain, or plain http, would set.
func cookieName(r *http.Request, name string) string {
	if secure(r) {
		return "__Host-" + name
	}
	return name
}

// setCookie writes a cookie for the whole site, out of reach of scripts and of
// other sites. It is Secure on TLS only, so that a loopback demo works. life 0
// ends with the browser; a negative life deletes.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	c := &http.Cookie{ // #nosec G124 -- Secure on TLS alone, so that a loopback demo works
		Name: cookieName(r, name), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: secure(r),
	}
	switch {
	case life > 0:
		c.MaxAge = int(life.Seconds())
	case life < 0:
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// secure tells whether the visitor came over TLS, to us or to the proxy in front.
func secure(r *http.Request) bool {
	return r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"
}

// readCookie returns a cookie's value, "" when it is absent or absurdly long.
func readCookie(r *http.Request, name string) string {
	c, err := r.Cookie(cookieName(r, name))
	if err != nil || len(c.Value) > 3000 {
		return ""
	}
	return c.Value
}

// SignIn gives the browser its session token, until it is closed: the server
// keeps the limits of idleness and age, and an ended session is still told from
// a forged one.
func (k *Kit) SignIn(w http.ResponseWriter, r *http.Request, token string) {
	setCookie(w, r, cookieSession, token, 0)
	setCookie(w, r, cookieStep, "", -1)
}

// SignOut takes the session token back from the browser.
func (k *Kit) SignOut(w http.ResponseWriter, r *http.Request) {
	setCookie(w, r, cookieSession, "", -1)
	setCookie(w, r, cookieStep, "", -1)
}

// SetStep keeps the value that ties two steps of one entrance together (the
// challenge between password and code), for ten minutes.
func (k *Kit) SetStep(w http.ResponseWriter, r *http.Request, value string) {
	setCookie(w, r, cookieStep, value, 10*time.Minute)
}

// SetWait keeps the value that ties a browser to a request which somebody else
// answers, as long as that may take: SetStep's life is too short, and a sign-in tried
// meanwhile would write over it.
func (k *Kit) SetWait(w http.ResponseWriter, r *http.Request, value string, life time.Duration) {
	setCookie(w, r, cookieWait, value, life)
}

// Wait returns the value of SetWait, "" when there is none.
func (k *Kit) Wait(r *http.Request) string { return readCookie(r, cookieWait) }

// Step returns the value of SetStep, "" when there is none.
func (k *Kit) Step(r *http.Request) string { return readCookie(r, cookieStep) }

// FlashKind is the tone of a flash message.
type FlashKind string

// The tones: done, information, something did not happen.
const (
	FlashDone FlashKind = ""
	FlashCalm FlashKind = "calm"
	FlashBad  FlashKind = "bad"
)

// Flash is a message shown on the next page: what happened in bold, then what
// is safe or what to do. Keys only: no name of a person goes into the cookie.
type Flash struct {
	Kind FlashKind `json:"k,omitempty"`
	Bold string    `json:"b"`           // catalogue key
	Rest string    `json:"r,omitempty"` // catalogue key
	Href string    `json:"h,omitempty"` // a local path, linked by Link
	Link string    `json:"l,omitempty"` // catalogue key
}

// Icon is the flash's symbol.
func (f Flash) Icon() string {
	switch f.Kind {
	case FlashCalm:
		return "clock"
	case FlashBad:
		return "alert"
	}
	return "check"
}

// SetFlash shows f on the next page.
func (k *Kit) SetFlash(w http.ResponseWriter, r *http.Request, f Flash) {
	data, err := json.Marshal(f)
	if err != nil {
		k.Log.Error("flash", "trace", From(r.Context()).ID, "err", err)
		return
	}
	body := base64.RawURLEncoding.EncodeToString(data)
	mac := base64.RawURLEncoding.EncodeToString(k.sign("flash", body)[:16])
	setCookie(w, r, cookieFlash, body+"."+mac, 5*time.Minute)
}

// AddFlash shows f on this page.
func (v *Visit) AddFlash(f Flash) { v.flashes = append(v.flashes, f) }

func (k *Kit) readFlash(r *http.Request) []Flash {
	body, mac, ok := strings.Cut(readCookie(r, cookieFlash), ".")
	if !ok || !k.sameSignature(mac, "flash", body) {
		return nil
	}
	data, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil
	}
	var f Flash
	if json.Unmarshal(data, &f) != nil {
		return nil
	}
	return []Flash{f}
}
