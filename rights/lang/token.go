package lang

// TokenKind is the kind of a token.
type TokenKind uint8

// The kinds of tokens.
const (
	TokEOF    TokenKind = iota
	TokWord             // a name or a keyword
	TokNumber           // Text holds digits and at most one dot: "66652", "474.37"
	TokDate             // Text holds YYYY-MM-DD
	TokString           // Text holds what is between « and »
	TokSymbol           // one of = ≠ < ≤ > ≥ + - × / ( ) ; : , | % €
)

// Token is one word of a rule.
type Token struct {
	Kind TokenKind
	Text string
	Pos  Pos
}

// Keywords are the words that cannot be names: the thirty of
// docs/rule-language.md, a pair of words counting as one.
func Keywords() []string {
	return []string{
		"règle", "paramètre", "barème", "table", "énumération", "entrée",
		"si", "alors", "sinon", "soit", "et", "ou", "non", "parmi", "vrai", "faux",
		"somme", "moyenne", "nombre", "maximum", "minimum", "un", "tous", "rang",
		"arrondi", "plafonné", "au moins", "est applicable", "à partir", "remonte",
	}
}

// reserved tells whether a word cannot be the name of something: keywords, the
// words that link, the names of units, M and N.
func reserved(word string) bool {
	switch word {
	case "règle", "paramètre", "barème", "table", "énumération", "entrée",
		"si", "alors", "sinon", "soit", "et", "ou", "non", "parmi", "vrai", "faux",
		"somme", "moyenne", "nombre", "maximum", "minimum", "un", "tous", "rang",
		"arrondi", "plafonné", "remonte",
		"à", "au", "aux", "de", "du", "des", "d'", "l'", "la", "le", "les", "en", "pour", "sur", "que", "qu'",
		"tel", "tels", "telle", "telles", "entre", "par", "selon", "près", "commence", "est",
		"an", "ans", "année", "années", "mois", "jour", "jours", "heure", "heures", "euro", "euros", "m²",
		"M", "N":
		return true
	}
	return false
}

// declares tells whether a word begins a declaration.
func declares(word string) bool {
	switch word {
	case "règle", "paramètre", "barème", "table", "énumération", "entrée":
		return true
	}
	return false
}

// monthNumber returns 1 to 12 for the French name of a month, or 0.
func monthNumber(word string) int {
	for i, m := range monthNames {
		if m == word || fold(m) == word {
			return i + 1
		}
	}
	return 0
}

var monthNames = [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

// MonthName returns the French name of a month, 1 to 12.
func MonthName(month int) string { return monthNames[month-1] }
