package person

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// nationalityFact is the fact whose value is a country: ISO 3166-1, two letters.
const nationalityFact = "nationalite"

// countryName says a country's code ("FR"): in the catalogue's words, else in the
// Unicode Consortium's (CLDR), else the code itself.
func countryName(p *i18n.Printer, code string) string {
	if key := "web.country." + strings.ToLower(code); p.Has(key) {
		return p.T(key)
	}
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := display.Regions(language.Make(p.Lang())).Name(r); name != "" {
		return name
	}
	return code
}

// countryCodes are the countries of ISO 3166-1 in force.
var countryCodes = sync.OnceValue(func() []string {
	var codes []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			if r, err := language.ParseRegion(code); err == nil && r.IsCountry() && r.Canonicalize() == r && r.String() == code {
				codes = append(codes, code)
			}
		}
	}
	return codes
})

// countries lists every country by its name in the reader's language, in the order
// of that language: the browser finds one by its first letters, without a script.
func countries(p *i18n.Printer) []option {
	codes := countryCodes()
	list := make([]option, len(codes))
	for i, code := range codes {
		list[i] = option{code, countryName(p, code)}
	}
	order := collate.New(language.Make(p.Lang()))
	slices.SortFunc(list, func(a, b option) int { return order.CompareString(a.Label, b.Label) })
	return list
}
