package access

import (
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

func TestNewPasswords(t *testing.T) {
	names := []string{"claire.maurel@valsevre.example", "Claire Maurel", "CCAS de Valsèvre"}
	for password, key := range map[string]string{
		"":                               "access.error.password_short",
		"onze.signes":                    "access.error.password_short",
		"éééééééééé":                     "access.error.password_short",
		"un matin de mai 1984":           "",
		"trombone pluie lampe":           "",
		"пароль из трёх слов":            "",
		"كلمة طويلة للدخول":              "",
		"aaaaaaaaaaaa":                   "access.error.password_common",
		"121212121212":                   "access.error.password_common",
		"123456789012":                   "access.error.password_common",
		"AzertyuioP123":                  "access.error.password_common",
		"Motdepasse2026!":                "access.error.password_common",
		"motdepassemotdepasse":           "access.error.password_common",
		"MotDePasseMotDePasse1":          "access.error.password_common",
		"Bonjourbonjour33":               "access.error.password_common",
		"Valsèvre2026!":                  "access.error.password_name",
		"clairemaurel1984":               "access.error.password_name",
		"CLAIRE.MAUREL":                  "access.error.password_name",
		"Valsevre sous la pluie d'avril": "",
		"nul\x00au milieu du mot":        "access.error.password_characters",
		"\xff\xfe\xfd un deux trois":     "access.error.password_characters",
		strings.Repeat("ab cd ", 200):    "access.error.password_long",
		strings.Repeat("ab cd ", 170):    "",
	} {
		got := ""
		if e := checkNewPassword(password, names...); e != nil {
			got = e.Key
			if e.Field != "password" || e.Kind != errs.Invalid {
				t.Errorf("%.30q: %v on %q", password, e.Kind, e.Field)
			}
		}
		if got != key {
			t.Errorf("%.40q: %q, want %q", password, got, key)
		}
	}
}

func TestPasswordHashes(t *testing.T) {
	s := &Service{opt: Options{Password: PasswordCost{MemoryKiB: 64, Passes: 1, Lanes: 1}, Random: zeros{}}, hashing: make(chan struct{}, 1)}
	phc, err := s.hashPassword(t.Context(), "caf\u00e9 du matin")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hash %s", phc)
	}
	for password, want := range map[string]bool{
		"caf\u00e9 du matin": true, "cafe\u0301 du matin": true, // the same é, typed in two ways
		"cafe du matin": false, "caf\u00e9 du matin ": false, "": false, strings.Repeat("x", 2000): false, "caf\u00e9 du matin\x00": false,
	} {
		ok, stale, err := s.verifyPassword(t.Context(), password, phc)
		if err != nil || ok != want || stale {
			t.Errorf("%.20q: %v, stale %v, %v; want %v", password, ok, stale, err, want)
		}
	}
	if ok, _, err := s.verifyPassword(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no password stored: %v, %v", ok, err)
	}
	s.opt.Password.Passes = 2
	if ok, stale, err := s.verifyPassword(t.Context(), "caf\u00e9 du matin", phc); !ok || !stale || err != nil {
		t.Errorf("after the cost was raised: %v, stale %v, %v", ok, stale, err)
	}
	for _, bad := range []string{
		"x", "$argon2i$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=64,t=0,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
		phc + "$", strings.ToUpper(phc),
	} {
		if ok, _, err := s.verifyPassword(t.Context(), "caf\u00e9 du matin", bad); ok || err == nil {
			t.Errorf("%.60s: accepted %v, error %v", bad, ok, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestWaits(t *testing.T) {
	for failures, want := range map[int64]string{0: "0s", 5: "0s", 6: "30s", 7: "1m0s", 8: "2m0s", 10: "8m0s", 11: "15m0s", 12: "15m0s", 1 << 40: "15m0s"} {
		if got := wait(failures, 5).String(); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
}

func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "unknown", "not an address": "unknown",
	} {
		if got := (Client{Address: address}).network(); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
