package issuer_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// liar is an issuer that answers what a test wants: what a real one never does.
type liar struct {
	*httptest.Server
	key    *rsa.PrivateKey
	claims map[string]any
	alg    string
	broken bool // signs with another key
	status int  // of the token endpoint
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	l := &liar{key: key, alg: "RS256"}
	say := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"issuer": l.URL, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		say(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": "AQAB"}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		if l.status != 0 {
			w.WriteHeader(l.status)
			return
		}
		say(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": l.sign(t)})
	})
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

func (l *liar) sign(t *testing.T) string {
	t.Helper()
	part := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := part(map[string]any{"alg": l.alg, "kid": "1"}) + "." + part(l.claims)
	if l.alg == "none" {
		return text + "."
	}
	key := l.key
	if l.broken {
		var err error
		if key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// TestTokensThatLie: each claim that counts, wrong; then all right.
func TestTokensThatLie(t *testing.T) {
	l := newLiar(t)
	each(t, l.URL, func(t *testing.T, w *world) {
		l.status, l.alg, l.broken = 0, "RS256", false
		try := func(change func(c map[string]any)) (issuer.Done, error) {
			t.Helper()
			to, carried := w.begin(t.Context(), issuer.Enter, "")
			u, err := url.Parse(to)
			w.ok(err)
			q := u.Query()
			if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) < 40 {
				t.Fatalf("no PKCE: %s", to)
			}
			now := w.clock.Now().Unix()
			l.claims = map[string]any{"iss": l.URL, "aud": "parvis", "sub": "nadia", "nonce": q.Get("nonce"), "iat": now, "exp": now + 300,
				"acr": "eidas2", "amr": []string{"otp"}, "email": nadiaLogin, "email_verified": true}
			change(l.claims)
			return w.finish(t.Context(), carried, url.Values{"state": {q.Get("state")}, "code": {"c"}})
		}
		for what, change := range map[string]func(c map[string]any){
			"another nonce":        func(c map[string]any) { c["nonce"] = "x" },
			"no nonce":             func(c map[string]any) { delete(c, "nonce") },
			"another audience":     func(c map[string]any) { c["aud"] = "autre" },
			"two audiences":        func(c map[string]any) { c["aud"] = []string{"parvis", "autre"} },
			"for another client":   func(c map[string]any) { c["azp"] = "autre" },
			"another issuer":       func(c map[string]any) { c["iss"] = "https://evil.example" },
			"expired":              func(c map[string]any) { c["exp"] = w.clock.Now().Add(-2 * time.Minute).Unix() },
			"of the future":        func(c map[string]any) { c["iat"] = w.clock.Now().Add(time.Hour).Unix() },
			"of nobody":            func(c map[string]any) { c["sub"] = "" },
			"signed by another":    func(map[string]any) { l.broken = true },
			"not signed":           func(map[string]any) { l.alg = "none" },
			"an address that lies": func(c map[string]any) { c["email_verified"] = "yes" },
		} {
			l.alg, l.broken = "RS256", false
			_, err := try(change)
			want(t, what, err, errs.Unauthenticated, "errs.signin.issuer_refused")
		}
		l.alg, l.broken = "RS256", false
		l.status = http.StatusServiceUnavailable
		_, err := try(func(map[string]any) {})
		want(t, "it stops answering", err, errs.Unavailable, "errs.signin.issuer_down")
		l.status = 0
		done, err := try(func(map[string]any) {})
		w.ok(err)
		if _, _, err := w.access.Resume(t.Context(), done.Token); err != nil {
			t.Error(err)
		}
		w.ok(w.access.SignOut(t.Context(), done.Token))
		// Somebody who left opens nothing any more.
		w.ok(w.access.DeactivateMember(w.claire, w.nadia))
		_, err = try(func(map[string]any) {})
		want(t, "somebody who left", err, errs.Unauthenticated, "errs.signin.issuer_unknown")
	})
}
