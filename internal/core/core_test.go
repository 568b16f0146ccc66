package core_test

import (
	"bytes"
	"testing"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"pgregory.net/rapid"
)

func TestNewIDIsAVersion7UUIDInOrderOfTime(t *testing.T) {
	random := bytes.NewReader(bytes.Repeat([]byte{0xff}, 40))
	at := time.Date(2026, 6, 11, 9, 0, 0, 0, time.UTC)
	a, err := core.NewID(at, random)
	if err != nil {
		t.Fatal(err)
	}
	b, err := core.NewID(at.Add(time.Millisecond), random)
	if err != nil {
		t.Fatal(err)
	}
	if a >= b {
		t.Errorf("%s is not before %s", a, b)
	}
	if a[14] != '7' || a[19] != 'b' {
		t.Errorf("%s: version and variant bits of RFC 9562 are not set", a)
	}
	if got, err := core.ParseID(string(a)); err != nil || got != a {
		t.Errorf("ParseID(%s) = %s, %v", a, got, err)
	}
	if _, err := core.NewID(at, bytes.NewReader(nil)); err == nil {
		t.Error("an empty source of randomness gave an id")
	}
}

func TestParseIDTakesOneForm(t *testing.T) {
	for _, bad := range []string{"", "x", "019752F0-0000-7000-8000-000000000000", "{019752f0-0000-7000-8000-00000000000}",
		"019752f0x0000-7000-8000-000000000000", "019752f0-0000-7000-8000-00000000000g"} {
		if id, err := core.ParseID(bad); err == nil {
			t.Errorf("ParseID(%q) = %s", bad, id)
		}
	}
}

func TestParsePartialDate(t *testing.T) {
	for _, good := range []string{"", "1984", "1984-03", "1984-03-12", "2024-02-29"} {
		d, err := core.ParsePartialDate(good)
		if err != nil || d.String() != good {
			t.Errorf("ParsePartialDate(%q) = %v, %v", good, d, err)
		}
	}
	for _, bad := range []string{"84", "1984-3", "1984-13", "1984-00", "2023-02-29", "1984-03-00", "1984-03-12-01", "0000-01-01", "+984", "12/03/1984", "1984-03-1x"} {
		if d, err := core.ParsePartialDate(bad); err == nil {
			t.Errorf("ParsePartialDate(%q) = %v", bad, d)
		}
	}
}

func TestAgeOfAPartialBirthDateIsAnInterval(t *testing.T) {
	day := core.Date{Year: 2026, Month: time.June, Day: 11}
	for _, c := range []struct {
		birth            string
		youngest, oldest int
	}{
		{"1992-02-03", 34, 34},
		{"2006-06-11", 20, 20},
		{"2006-06-12", 19, 19},
		{"1992", 33, 34},
		{"1992-06", 33, 34},
		{"1992-05", 34, 34},
		{"2026-09-01", -1, -1},
	} {
		d, err := core.ParsePartialDate(c.birth)
		if err != nil {
			t.Fatal(err)
		}
		if y, o := d.AgeOn(day); y != c.youngest || o != c.oldest {
			t.Errorf("born %s: %d to %d, want %d to %d", c.birth, y, o, c.youngest, c.oldest)
		}
	}
}

func TestEveryDayOfAPartialDateLiesWithinItsBoundsAndAges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		birth := core.DateOf(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 45000).Draw(t, "birth")))
		day := core.DateOf(birth.Time().AddDate(0, 0, rapid.IntRange(-400, 40000).Draw(t, "later")))
		whole := core.PartialDate{Year: birth.Year, Month: int(birth.Month), Day: birth.Day}
		part := whole
		part.Day = 0
		if rapid.Bool().Draw(t, "year only") {
			part.Month = 0
		}
		first, last := part.Bounds()
		if birth.Before(first) || last.Before(birth) {
			t.Fatalf("%s is outside %s … %s", birth, first, last)
		}
		age, same := whole.AgeOn(day)
		if age != same {
			t.Fatalf("a whole date has two ages")
		}
		if y, o := part.AgeOn(day); age < y || age > o || o-y > 1 {
			t.Fatalf("born %s, on %s: age %d not within %d … %d", part, day, age, y, o)
		}
	})
}
