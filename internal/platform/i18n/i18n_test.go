package i18n

import (
	"strings"
	"testing"
	"testing/fstest"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

func TestMoney(t *testing.T) {
	fr, en, ar := For(French), For(English), For(Arabic)
	tests := []struct{ name, got, want string }{
		{"cents", fr.Money(15225), "152,25~€"},
		{"whole", fr.Money(48500), "485~€"},
		{"thousands", fr.Money(114890), "1~148,90~€"},
		{"one cent digit", fr.Money(5), "0,05~€"},
		{"negative", fr.Money(-128258), "−1~282,58~€"},
		{"million", fr.Money(123456789_00), "123~456~789~€"},
		{"cents always", fr.MoneyCents(94000), "940,00~€"},
		{"rounded up", fr.MoneyRound(48496), "485~€"},
		{"rounded half away", fr.MoneyRound(-48450), "−485~€"},
		{"range", fr.MoneyRange(0, 40155), "0 à 402~€"},
		{"range of one", fr.MoneyRange(40155, 40155), "402~€"},
		{"plus", fr.MoneySigned(56259), "+~562,59~€"},
		{"minus", fr.MoneySigned(-244), "−~2,44~€"},
		{"english", en.Money(114890), "€1,148.90"},
		{"english negative", en.Money(-5), "−€0.05"},
		{"english range", en.MoneyRange(0, 40155), "€0 to €402"},
		{"arabic keeps Latin digits, isolated", ar.Money(15225), "\u2066152,25~€\u2069"},
		{"arabic signed is isolated once", ar.MoneySigned(-244), "\u2066−~2,44~€\u2069"},
		{"percent", fr.Percent(0.165), "16,5~%"},
		{"percent english", en.Percent(0.005), "0.5%"},
		{"decimal", fr.Decimal(1.8), "1,8"},
		{"decimal whole", fr.Decimal(12400), "12~400"},
		{"decimal negative", fr.Decimal(-0.25), "−0,25"},
		{"number", en.Number(-1234567), "−1,234,567"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want := strings.ReplaceAll(tt.want, "~", "\u00a0"); tt.got != want {
				t.Errorf("got %+q, want %+q", tt.got, want)
			}
		})
	}
}

func TestDates(t *testing.T) {
	fr, en, ar := For(French), For(English), For(Arabic)
	d := core.Date{Year: 2026, Month: 6, Day: 11}
	m, err := core.ParsePartialDate("1984-03")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, got, want string }{
		{"day", fr.Day(d), "jeudi 11 juin 2026"},
		{"week day", fr.WeekDay(d), "jeudi 11 juin"},
		{"date", fr.Date(d), "11 juin 2026"},
		{"first of the month", fr.DayMonth(core.Date{Year: 2026, Month: 4, Day: 1}), "1er avril"},
		{"easy French", For(EasyFrench).Day(d), "jeudi 11 juin 2026"},
		{"english", en.Day(d), "Thursday 11 June 2026"},
		{"english first", en.DayMonth(core.Date{Year: 2026, Month: 4, Day: 1}), "1 April"},
		{"arabic", ar.Day(d), "الخميس 11 يونيو 2026"},
		{"none", fr.Date(core.Date{}), ""},
		{"month", fr.Month(d.CalendarMonth()), "juin 2026"},
		{"partial month", fr.PartialDate(m), "mars 1984"},
		{"partial year", fr.PartialDate(core.PartialDate{Year: 1984}), "1984"},
		{"hour", fr.Hour(9*60 + 30), "9~h~30"},
		{"full hour", fr.Hour(17 * 60), "17~h"},
		{"five past", fr.Hour(9*60 + 5), "9~h~05"},
		{"english hour", en.Hour(9*60 + 5), "9:05"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want := strings.ReplaceAll(tt.want, "~", "\u00a0"); tt.got != want {
				t.Errorf("got %+q, want %+q", tt.got, want)
			}
		})
	}
}

func TestList(t *testing.T) {
	for _, tt := range []struct {
		tag  string
		in   []string
		want string
	}{
		{French, nil, ""},
		{French, []string{"Yanis"}, "Yanis"},
		{French, []string{"Yanis", "Lina"}, "Yanis et Lina"},
		{English, []string{"Yanis", "Lina", "Fatiha"}, "Yanis, Lina and Fatiha"},
		{Arabic, []string{"Yanis", "Lina"}, "\u2068Yanis\u2069 و\u2068Lina\u2069"},
	} {
		if got := For(tt.tag).List(tt.in); got != tt.want {
			t.Errorf("%s List(%q) = %+q, want %+q", tt.tag, tt.in, got, tt.want)
		}
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]string{
		"": French, "fr-FR,fr;q=0.9": French, "en-GB,en;q=0.8,fr;q=0.5": English,
		"ar-DZ": Arabic, "ti,am": French, "*": French, "not a header;;;": French,
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}

// small is a catalogue of one text in every language, with the words load needs.
func small(t *testing.T, fr, ar string) map[string]*Printer {
	t.Helper()
	fsys := fstest.MapFS{
		"catalogue/fr/x.toml":        {Data: []byte(fr)},
		"catalogue/fr-x-falc/x.toml": {Data: []byte("[x]\neasy = \"Simple.\"\n")},
		"catalogue/en/x.toml":        {Data: []byte(fr)},
		"catalogue/ar/x.toml":        {Data: []byte(ar)},
	}
	all, err := newShelf(fsys).all()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestPlaceholdersAndPlurals(t *testing.T) {
	fr := "[x]\nhello = \"Bonjour {{.name}} !\"\neasy = \"Difficile\"\nbold = \"<b>{{.name}}</b> dit : « l'eau »\"\n[x.child]\none = \"{{.n}} enfant\"\nother = \"{{.n}} enfants\"\n"
	ar := "[x]\nhello = \"مرحبا {{.name}}\"\neasy = \"صعب\"\nbold = \"<b>{{.name}}</b>\"\n[x.child]\nzero = \"لا أطفال\"\none = \"طفل واحد\"\ntwo = \"طفلان\"\nfew = \"{{.n}} أطفال\"\nmany = \"{{.n}} طفلا\"\nother = \"{{.n}} طفل\"\n"
	all := small(t, fr, ar)
	tests := []struct{ name, got, want string }{
		{"french space", all[French].T("x.hello", "name", "Samira"), "Bonjour Samira\u202f!"},
		{"fallback of easy French", all[EasyFrench].T("x.hello", "name", "Samira"), "Bonjour Samira\u202f!"},
		{"easy French of its own", all[EasyFrench].T("x.easy"), "Simple."},
		{"missing key comes back", all[French].T("x.nothing"), "x.nothing"},
		{"missing argument shows", all[French].T("x.hello"), "Bonjour {name}\u202f!"},
		{"markup, escaped argument", string(all[French].HTML("x.bold", "name", "<i>&")), "<b>&lt;i&gt;&amp;</b> dit\u00a0: «\u00a0l’eau\u00a0»"},
		{"zero is singular in French", all[French].N("x.child", 0), "0 enfant"},
		{"one", all[French].N("x.child", 1), "1 enfant"},
		{"two", all[French].N("x.child", 2), "2 enfants"},
		{"arabic zero", all[Arabic].N("x.child", 0), "لا أطفال"},
		{"arabic two", all[Arabic].N("x.child", 2), "طفلان"},
		{"arabic few", all[Arabic].N("x.child", 7), "7 أطفال"},
		{"arabic many", all[Arabic].N("x.child", 12), "12 طفلا"},
		{"arabic hundred", all[Arabic].N("x.child", 100), "100 طفل"},
		{"arabic isolates names", all[Arabic].T("x.hello", "name", "Samira"), "مرحبا \u2068Samira\u2069"},
		{"no argument, no template", all[English].T("x.easy"), "Difficile"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if want := strings.ReplaceAll(tt.want, "~", "\u00a0"); tt.got != want {
				t.Errorf("got %+q, want %+q", tt.got, want)
			}
		})
	}
}

// Our choice of plural form agrees with go-i18n's own on every count that a page
// may show.
func TestPluralsAgreeWithGoI18n(t *testing.T) {
	text := "[x.n]\nzero = \"zero\"\none = \"one\"\ntwo = \"two\"\nfew = \"few\"\nmany = \"many\"\nother = \"other\"\n"
	all := small(t, "[x.n]\none = \"one\"\nmany = \"many\"\nother = \"other\"\n", text)
	bundle := goi18n.NewBundle(language.French)
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	bundle.MustParseMessageFileBytes([]byte("[x.n]\none = \"one\"\nmany = \"many\"\nother = \"other\"\n"), "fr.toml")
	bundle.MustParseMessageFileBytes([]byte("[x.n]\none = \"one\"\nother = \"other\"\n"), "en.toml")
	bundle.MustParseMessageFileBytes([]byte(text), "ar.toml")
	for _, tag := range []string{French, English, Arabic} {
		localizer := goi18n.NewLocalizer(bundle, tag)
		for _, n := range append(seq(0, 1200), 10_000, 100_011, 1_000_000, 2_000_003) {
			want := localizer.MustLocalize(&goi18n.LocalizeConfig{MessageID: "x.n", PluralCount: n})
			if got := all[tag].N("x.n", n); got != want {
				t.Fatalf("%s %d: %s, go-i18n says %s", tag, n, got, want)
			}
		}
	}
}

func seq(from, to int) []int {
	var out []int
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"another area":     "[y]\na = \"b\"\n",
		"bad placeholder":  "[x]\na = \"{{name}}\"\n",
		"open placeholder": "[x]\na = \"{{.name\"\n",
		"no other":         "[x.a]\none = \"b\"\n",
		"broken TOML":      "[x\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := newShelf(fstest.MapFS{"catalogue/fr/x.toml": {Data: []byte(text)}}).all(); err == nil {
				t.Error("loaded")
			}
		})
	}
}

func TestErrorNeverShowsItsCause(t *testing.T) {
	p := For(French)
	for _, e := range []*errs.Error{nil, errs.New(errs.Internal, ""), errs.New(errs.Internal, "no.such.key")} {
		if got, want := p.Error(e), p.T("errs.internal"); got != want {
			t.Errorf("Error(%v) = %q, want %q", e, got, want)
		}
	}
}

func BenchmarkT(b *testing.B) {
	p := For(French)
	for b.Loop() {
		p.T("common.and")
	}
}

func BenchmarkTWithArguments(b *testing.B) {
	p := For(French)
	for b.Loop() {
		p.T("common.range", "low", "0", "high", "402")
	}
}
