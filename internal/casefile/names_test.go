package casefile

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/core"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"Éloïse d’Œuvre":   "eloise d oeuvre",
		"NGUYỄN Thị Mai":   "nguyen thi mai",
		"Łukasz-Đorđe Øst": "lukasz dorde ost",
		"فَاطِمَة أحمد":    "فاطمه احمد",
		"  ":               "",
		"Jean\u00a0Paul":   "jean paul",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSoundAlike(t *testing.T) {
	for _, group := range [][]string{
		{"diallo", "dialo"}, {"dupont", "dupond", "dupon"}, {"cisse", "sisse", "cise"},
		{"philippe", "filipe"}, {"traore", "traores"}, {"maurel", "morel"}, {"khadija", "kadija"},
		{"schmitt", "chmit"}, {"quentin", "kentin"}, {"benoit", "benoi"}, {"youssouf", "yusuf", "iusuf"},
	} {
		for _, w := range group[1:] {
			if sound(w) != sound(group[0]) {
				t.Errorf("sound(%q) = %q, sound(%q) = %q: want the same", w, sound(w), group[0], sound(group[0]))
			}
		}
	}
	for _, group := range [][]string{{"mohamed", "mohammed", "muhammad"}, {"gebremedhin", "gabramadhin"}} {
		for _, w := range group[1:] {
			if bones(w) != bones(group[0]) {
				t.Errorf("bones(%q) = %q, bones(%q) = %q: want the same", w, bones(w), group[0], bones(group[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"martin", "moulin"}, {"diallo", "diop"}, {"haddad", "belkacem"}} {
		if sound(pair[0]) == sound(pair[1]) {
			t.Errorf("%q and %q sound the same: %q", pair[0], pair[1], sound(pair[0]))
		}
	}
}

func TestParseQuery(t *testing.T) {
	for in, want := range map[string]query{
		"dialo fatou":              {words: []string{"dialo", "fatou"}},
		"Fatou DIALLO 1991":        {words: []string{"diallo", "fatou"}, birth: "1991"},
		"haddad 3/2/1992":          {words: []string{"haddad"}, birth: "1992-02-03"},
		"1992-02":                  {birth: "1992-02"},
		"06 39 98 41 22":           {phone: "+33639984122"},
		"+33 (0)6.39.98.41.22":     {phone: "+33639984122"},
		"d'almeida":                {words: []string{"almeida", "d"}},
		"31/02/1992":               {words: []string{"1992", "31", "02"}},
		"a b c d e f g":            {words: []string{"a", "b", "c", "d", "e"}},
		"":                         {},
		"% _ ' ; DROP":             {words: []string{"drop"}},
		"\x00\xff" + "زينب":        {words: []string{"زينب"}},
		strings.Repeat("x ", 1000): {words: []string{"x", "x", "x", "x", "x"}},
	} {
		got := parseQuery(in)
		if !slices.Equal(got.words, want.words) || got.birth != want.birth || got.phone != want.phone {
			t.Errorf("parseQuery(%q) = %+v, want %+v", in, got, want)
		}
	}
}

func TestNameKeysFindPartsAndParticles(t *testing.T) {
	keys := nameKeys(Identity{UsualName: "Le Goff", GivenNames: "Marie Françoise", Birth: core.PartialDate{Year: 1950}})
	for _, want := range [][2]string{{keyName, "legoff"}, {keyName, "goff"}, {keyPart, "oise"}, {keyBirth, "1950"}, {keyName, "francoise"}} {
		if !slices.ContainsFunc(keys, func(k nameKey) bool { return k.kind == want[0] && k.key == want[1] }) {
			t.Errorf("no key %v in %v", want, keys)
		}
	}
	for _, k := range keys {
		if k.kind == keyPart && len([]rune(k.key)) < minSuffix {
			t.Errorf("suffix %q is too short", k.key)
		}
	}
}

func TestSheetCode(t *testing.T) {
	rnd := rand.NewChaCha8([32]byte{1})
	for range 200 {
		code, err := newCode(rnd)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := NormalCode(" " + strings.ToLower(ShowCode(code)) + " "); !ok || got != code {
			t.Fatalf("NormalCode(%q) = %q, %v", ShowCode(code), got, ok)
		}
		for i := range code { // any one letter wrong, any two swapped
			for _, c := range []byte(crockford) {
				wrong := []byte(code)
				wrong[i] = c
				if _, ok := NormalCode(string(wrong)); ok != (c == code[i]) {
					t.Fatalf("%s read as %s: ok %v", code, wrong, ok)
				}
			}
			for j := range i {
				wrong := []byte(code)
				wrong[i], wrong[j] = wrong[j], wrong[i]
				if _, ok := NormalCode(string(wrong)); ok && !bytes.Equal(wrong, []byte(code)) {
					t.Fatalf("%s read as %s was accepted", code, wrong)
				}
			}
		}
	}
	if got, ok := NormalCode("oil-000"); ok || got != "011000" {
		t.Errorf("NormalCode(oil-000) = %q, %v: want 011000, refused", got, ok)
	}
	for _, bad := range []string{"", "7QF", "7QF-M2K-7", "7QF-M2ü", "AAAAAAA"} {
		if _, ok := NormalCode(bad); ok {
			t.Errorf("NormalCode(%q) accepted", bad)
		}
	}
}

func TestNormalPhone(t *testing.T) {
	for in, want := range map[string]string{
		"06 39 98 41 22":       "+33639984122",
		"06.39.98.41.22":       "+33639984122",
		"0033639984122":        "+33639984122",
		"+33 6 39 98 41 22":    "+33639984122",
		"+33 (0)6 39 98 41 22": "+33639984122",
		"+213 661 12 34 56":    "+213661123456",
		"0639984122x":          "",
		"0639":                 "",
		"+336":                 "",
		"1992":                 "",
		"samira@exemple.fr":    "",
	} {
		if got, ok := NormalPhone(in); got != want || ok != (want != "") {
			t.Errorf("NormalPhone(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}
