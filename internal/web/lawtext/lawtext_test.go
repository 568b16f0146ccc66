package lawtext_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
)

func TestSay(t *testing.T) {
	l := load(t)
	af, ok := l.Right("af")
	if !ok {
		t.Fatal("the law has no family allowances")
	}
	key := lawtext.Right("af", lawtext.Title)
	for _, c := range []struct{ tag, want string }{
		{i18n.French, "Allocations familiales"}, {i18n.EasyFrench, "Allocations familiales"},
		{i18n.English, "Family allowances"}, {i18n.Arabic, "الإعانات العائلية"},
	} {
		if got := lawtext.Say(i18n.For(c.tag), key, af.Title); got.Text != c.want || got.Lang != "" {
			t.Errorf("%s: the title is %+v, want %q in the page's language", c.tag, got, c.want)
		}
	}
}

// TestSayAnotherLaw: a sentence with the key of a translated one, but other words
// (an older result, a folder given by --law), stays French and says so.
func TestSayAnotherLaw(t *testing.T) {
	const old = "Allocation d'avant: 1946 ?"
	key := lawtext.Right("af", lawtext.Title)
	for _, c := range []struct{ tag, lang string }{
		{i18n.French, ""}, {i18n.EasyFrench, ""}, {i18n.English, "fr"}, {i18n.Arabic, "fr"},
	} {
		got := lawtext.Say(i18n.For(c.tag), key, old)
		if want := (lawtext.Text{Text: "Allocation d’avant\u00a0: 1946\u202f?", Lang: c.lang}); got != want {
			t.Errorf("%s: %+v, want %+v", c.tag, got, want)
		}
	}
}

func TestParameterAndValue(t *testing.T) {
	l := load(t)
	en := i18n.For(i18n.English)
	if got := lawtext.Parameter(en, l, "bmaf"); got.Lang != "" || got.String() == "bmaf" {
		t.Errorf("bmaf is %q, lang %q", got, got.Lang)
	}
	if got := lawtext.Parameter(en, l, "nothing_of_the_law"); got.String() != "nothing_of_the_law" {
		t.Errorf("an unknown parameter is %q", got)
	}
	if got := lawtext.Value(en, l, "zone_apl", "zone_2"); got.String() != "Zone II" {
		t.Errorf("zone_2 is %q", got)
	}
	if got := lawtext.Value(en, l, "af", "12"); got.String() != "12" {
		t.Errorf("the value of a number is %q", got)
	}
}
