package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"

	"pgregory.net/rapid"
)

func ring(t testing.TB, fill byte) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring(bytes.Repeat([]byte{fill}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func fields(t testing.TB, current *secret.Keyring, older ...*secret.Keyring) *secret.Fields {
	t.Helper()
	f, err := secret.NewFields(rand.Reader, current.After(older...))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// key returns the catalogue key of err, or "".
func key(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return ""
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	s := secret.String("hunter2")
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "s", s, "k", ring(t, 7))
	marshalled, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%v %s %q %x %d %#v %+v %v %#v %x", s, s, s, s, s, s, struct{ S secret.String }{s}, ring(t, 7), ring(t, 7), ring(t, 7)) +
		logged.String() + string(marshalled)
	for _, leak := range []string{"hunter2", "68756e74657232", "0707", "\\a\\a", "7, 7"} {
		if strings.Contains(all, leak) {
			t.Errorf("%q leaks in %s", leak, all)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not give the text")
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	a, b := ring(t, 1), ring(t, 2)
	seen := map[string]string{}
	for name, k := range map[string][]byte{
		"a db": a.Derive("db"), "a session": a.Derive("session"), "b db": b.Derive("db"), "a hmac": []byte(a.HMAC("db", "")),
	} {
		if len(k) != 32 {
			t.Errorf("%s: %d bytes", name, len(k))
		}
		if other, ok := seen[string(k)]; ok {
			t.Errorf("%s equals %s", name, other)
		}
		seen[string(k)] = name
	}
	if !bytes.Equal(a.Derive("db"), ring(t, 1).Derive("db")) {
		t.Error("the same purpose gives two keys")
	}
	// A change of derivation would lock every existing installation out.
	if got, want := fmt.Sprintf("%x", a.Derive("db")), "9a43f05c276a566d1762820e226712aa41d176c5efcba63c07ba671d34b8aebe"; got != want {
		t.Errorf("Derive(db) of the known key = %s, want %s", got, want)
	}
	if got, want := a.HMAC("phone", "+33612345678"), "4df11191b6c26ba4846e56f03ab5559e"; got != want {
		t.Errorf("HMAC of the known key = %s, want %s", got, want)
	}
	if a.HMAC("phone", "1") == a.HMAC("phone", "2") || a.HMAC("phone", "1") == a.HMAC("mail", "1") {
		t.Error("HMAC does not depend on value and purpose")
	}
}

func TestSealedFieldOpensOnlyInItsPlace(t *testing.T) {
	f := fields(t, ring(t, 1))
	sealed, err := f.SealString("person", "nir", "id1", "1 84 12 76 451 089 46")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("451")) {
		t.Error("the value is readable")
	}
	if got, err := f.OpenString("person", "nir", "id1", sealed); got != "1 84 12 76 451 089 46" || err != nil {
		t.Errorf("Open = %q, %v", got, err)
	}
	again, err := f.SealString("person", "nir", "id1", "1 84 12 76 451 089 46")
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealing twice gives the same bytes (%v)", err)
	}
	for _, place := range [][3]string{{"person", "nir", "id2"}, {"person", "phone", "id1"}, {"person2", "nir", "id1"}, {"personnir", "", "id1"}} {
		if _, err := f.Open(place[0], place[1], place[2], sealed); key(err) != "errs.key.field" {
			t.Errorf("opens in %v: %v", place, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if got, err := f.Open("person", "nir", "id1", bad); err == nil || got != nil {
			t.Errorf("byte %d changed: opened as %q", i, got)
		}
	}
	for n := range sealed {
		if _, err := f.Open("person", "nir", "id1", sealed[:n]); err == nil {
			t.Errorf("opens cut to %d bytes", n)
		}
	}
}

func TestOlderKeyStillOpens(t *testing.T) {
	before := fields(t, ring(t, 1))
	sealed, err := before.SealString("t", "c", "i", "old")
	if err != nil {
		t.Fatal(err)
	}
	after := fields(t, ring(t, 2), ring(t, 1))
	if got, err := after.OpenString("t", "c", "i", sealed); got != "old" || err != nil {
		t.Errorf("with the older key: %q, %v", got, err)
	}
	if _, err := fields(t, ring(t, 2)).Open("t", "c", "i", sealed); key(err) != "errs.key.other_key" {
		t.Errorf("without the older key: %v, want errs.key.other_key", err)
	}
	fresh, err := after.SealString("t", "c", "i", "new")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.Open("t", "c", "i", fresh); key(err) != "errs.key.other_key" {
		t.Errorf("new values are still sealed with the older key: %v", err)
	}
}

func TestSealLimits(t *testing.T) {
	f := fields(t, ring(t, 1))
	if _, err := f.Seal("t", "c", "i", make([]byte, 1<<20+1)); err == nil {
		t.Error("more than 1 MiB was sealed")
	}
	sealed, err := f.Seal("t", "c", "i", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Open("t", "c", "i", sealed); len(got) != 0 || err != nil {
		t.Errorf("the empty value opens as %q, %v", got, err)
	}
}

func TestSheetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		master := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")
		k, err := secret.NewKeyring(master)
		if err != nil {
			t.Fatal(err)
		}
		sheet := k.Sheet()
		typed := sheet
		if rapid.Bool().Draw(t, "careless") {
			typed = "# my sheet\n\n" + strings.NewReplacer("0", "o", "1", "l", "-", " ", "1:", "", "2:", "", "3:", "", "4:", "").Replace(strings.ToLower(sheet))
		}
		back, err := secret.ParseSheet(typed)
		if err != nil {
			t.Fatalf("%s: %v", typed, err)
		}
		if !bytes.Equal(back.Derive("db"), k.Derive("db")) {
			t.Fatalf("another key comes back from\n%s", typed)
		}
	})
}

// One wrong symbol, two swapped neighbours or two swapped lines are always found,
// and the line is named.
func TestSheetNamesTheWrongLine(t *testing.T) {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	rapid.Check(t, func(t *rapid.T) {
		k, err := secret.NewKeyring(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(k.Sheet()), "\n")
		n := rapid.IntRange(0, 3).Draw(t, "line")
		b := []byte(lines[n])
		at := rapid.SampledFrom([]int{3, 4, 5, 6, 8, 9, 10, 11, 13, 14, 15, 16, 18}).Draw(t, "symbol")
		before := b[at]
		b[at] = alphabet[rapid.IntRange(0, 31).Draw(t, "by")]
		if b[at] == before {
			return
		}
		lines[n] = string(b)
		_, err = secret.ParseSheet(strings.Join(lines, "\n"))
		var e *errs.Error
		if !errors.As(err, &e) || e.Key != "errs.key.sheet_check" || e.Args["line"] != n+1 {
			t.Fatalf("line %d with %q for %q: %v", n+1, b[at], before, err)
		}
	})
	k := ring(t, 9)
	lines := strings.Split(strings.TrimSpace(k.Sheet()), "\n")
	lines[0], lines[1] = strings.TrimPrefix(lines[1], "2: "), strings.TrimPrefix(lines[0], "1: ")
	if _, err := secret.ParseSheet(strings.Join(lines, "\n")); key(err) != "errs.key.sheet_check" {
		t.Errorf("two swapped lines: %v", err)
	}
}

func TestSheetErrors(t *testing.T) {
	good := strings.Split(strings.TrimSpace(ring(t, 5).Sheet()), "\n")
	with := func(i int, line string) string {
		l := append([]string{}, good...)
		l[i] = line
		return strings.Join(l, "\n")
	}
	for _, c := range []struct {
		name, text, key string
		line            any
	}{
		{"empty", "", "errs.key.sheet_lines", nil},
		{"three lines", strings.Join(good[:3], "\n"), "errs.key.sheet_lines", nil},
		{"short line", with(2, good[2][:12]), "errs.key.sheet_length", 3},
		{"foreign letter", with(1, strings.Replace(good[1], good[1][3:4], "É", 1)), "errs.key.sheet_symbol", 2},
		{"U inside", with(1, "2: U"+good[1][4:]), "errs.key.sheet_symbol", 2},
		{"first symbol too large", with(3, "4: Z"+good[3][4:]), "errs.key.sheet_check", 4},
		{"a novel", strings.Repeat("a", 10<<10), "errs.key.sheet_lines", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := secret.ParseSheet(c.text)
			var e *errs.Error
			if !errors.As(err, &e) || e.Kind != errs.Invalid || e.Key != c.key || e.Args["line"] != c.line {
				t.Errorf("got %v, want %s on line %v", err, c.key, c.line)
			}
		})
	}
}

func FuzzParseSheet(f *testing.F) {
	k, err := secret.NewKeyring(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(k.Sheet())
	f.Add("1:\n2:\n3:\n4:")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := secret.ParseSheet(text)
		if (k == nil) == (err == nil) {
			t.Errorf("key %v with error %v", k != nil, err)
		}
	})
}
