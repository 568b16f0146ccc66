package lang

import (
	"strconv"
	"strings"
)

// maxDepth bounds the nesting of an expression.
const maxDepth = 200

// parser reads the tokens of one block. After a problem it skips to the next
// declaration, so that one mistake gives one message.
type parser struct {
	file     *File
	tokens   []Token
	at       int
	failed   bool // inside a declaration that already has a problem
	depth    int
	problems Problems
}

// ParseRules reads the text of one block of rules that begins at line of file,
// and adds its declarations to f.
func ParseRules(f *File, src string, line int) Problems {
	tokens, problems := lex(f.Name, src, line)
	p := &parser{file: f, tokens: tokens, problems: problems}
	for p.tok().Kind != TokEOF {
		start := p.at
		t := p.tok()
		if t.Kind != TokWord || !declares(t.Text) {
			p.fail(sprintf(msgDeclaration, t.Text), nearestAdvice(t.Text, Keywords()[:6]))
		} else {
			p.declaration()
		}
		if p.failed {
			p.resync(start)
			p.failed = false
		}
	}
	return p.problems
}

func nearestAdvice(word string, known []string) string {
	near := Nearest(word, known, 1)
	if len(near) == 0 {
		return ""
	}
	return quoted(near[0]) + " ?"
}

// resync moves to the next declaration after a problem.
func (p *parser) resync(start int) {
	p.at = max(p.at, start+1)
	for p.tokens[p.at].Kind != TokEOF {
		t := p.tokens[p.at]
		if t.Kind == TokWord && declares(t.Text) && p.at > 0 && p.tokens[p.at-1].Pos.Line < t.Pos.Line {
			return
		}
		p.at++
	}
}

// tok is the current token; the end once the declaration has failed.
func (p *parser) tok() Token { return p.ahead(0) }

func (p *parser) ahead(n int) Token {
	if p.failed || p.at+n >= len(p.tokens) {
		return Token{Kind: TokEOF, Pos: p.tokens[min(p.at, len(p.tokens)-1)].Pos}
	}
	return p.tokens[p.at+n]
}

func (p *parser) take() Token {
	t := p.tok()
	if !p.failed && p.at < len(p.tokens)-1 {
		p.at++
	}
	return t
}

func (p *parser) fail(message, advice string) {
	if !p.failed {
		p.problems = append(p.problems, Problem{File: p.file.Name, Pos: p.tok().Pos, Message: message, Advice: advice})
	}
	p.failed = true
}

func (p *parser) missing(what string) {
	t := p.tok()
	if t.Kind == TokEOF {
		p.fail(sprintf(msgExpectedEnd, what), "")
		return
	}
	p.fail(sprintf(msgExpected, what, t.Text), "")
}

// is tells whether the next tokens are these words or signs.
func (p *parser) is(words ...string) bool {
	for i, w := range words {
		t := p.ahead(i)
		if (t.Kind != TokWord && t.Kind != TokSymbol) || t.Text != w {
			return false
		}
	}
	return true
}

// accept takes these words or signs when they come next.
func (p *parser) accept(words ...string) bool {
	if !p.is(words...) {
		return false
	}
	for range words {
		p.take()
	}
	return true
}

func (p *parser) acceptAny(words ...string) bool {
	for _, w := range words {
		if p.accept(w) {
			return true
		}
	}
	return false
}

// expect takes these words or signs, or reports that they are missing.
func (p *parser) expect(words ...string) {
	if !p.accept(words...) {
		p.missing(quoted(strings.Join(words, " ")))
	}
}

func (p *parser) name() string {
	t := p.tok()
	if t.Kind != TokWord {
		p.missing(wordName)
		return ""
	}
	if reserved(t.Text) {
		p.fail(sprintf(msgReservedName, t.Text), "")
		return ""
	}
	return p.take().Text
}

func (p *parser) phrase() string {
	if p.tok().Kind != TokString {
		p.missing(wordPhrase)
		return ""
	}
	return p.take().Text
}

func (p *parser) optionalPhrase() string {
	if p.tok().Kind == TokString {
		return p.take().Text
	}
	return ""
}

func (p *parser) date() string {
	if p.tok().Kind != TokDate {
		p.missing(wordDate)
		return ""
	}
	return p.take().Text
}

func (p *parser) whole(what string) int {
	t := p.tok()
	n, err := strconv.Atoi(t.Text)
	if t.Kind != TokNumber || err != nil || n > 9999 {
		p.missing(what)
		return 0
	}
	p.take()
	return n
}

// unitWordAt tells whether the token n places ahead can start a unit.
func (p *parser) unitWordAt(n int) bool {
	t := p.ahead(n)
	switch t.Kind {
	case TokSymbol:
		return t.Text == "€" || t.Text == "%"
	case TokWord:
		switch t.Text {
		case "an", "ans", "mois", "jour", "jours", "heure", "heures", "euro", "euros", "m²":
			return true
		}
	}
	return false
}

// unit reads "€/mois" or "%"; the caller has seen that one starts here.
func (p *parser) unit() string {
	var b strings.Builder
	b.WriteString(unitName(p.take().Text))
	for p.is("/") && p.unitWordAt(1) {
		p.take()
		b.WriteString("/" + unitName(p.take().Text))
	}
	return b.String()
}

// unitName gives each unit word one form.
func unitName(w string) string {
	switch w {
	case "ans":
		return "an"
	case "jours":
		return "jour"
	case "heures":
		return "heure"
	case "euro", "euros":
		return "€"
	}
	return w
}

func (p *parser) typeName() TypeName {
	t := TypeName{Pos: p.tok().Pos}
	switch {
	case p.is("nombre") || p.unitWordAt(0):
		t.Unit = p.unit()
	case p.tok().Kind == TokWord && !reserved(p.tok().Text):
		t.Name = p.take().Text
	default:
		p.fail(sprintf(msgType, p.tok().Text), adviceType)
	}
	return t
}

// literal reads a constant.
func (p *parser) literal() *Literal {
	l := &Literal{Pos: p.tok().Pos}
	if p.accept("-") {
		l.Negate = true
	}
	t := p.tok()
	switch {
	case t.Kind == TokNumber:
		l.Text = p.take().Text
		if p.unitWordAt(0) {
			l.Unit = p.unit()
		}
		return l
	case l.Negate:
	case t.Kind == TokDate:
		l.Kind, l.Text = LitDate, p.take().Text
		return l
	case t.Kind == TokString:
		l.Kind, l.Text = LitText, p.take().Text
		return l
	case t.Kind == TokWord && (t.Text == "vrai" || t.Text == "faux"):
		l.Kind, l.Text = LitBool, p.take().Text
		return l
	case t.Kind == TokWord && !reserved(t.Text):
		l.Kind, l.Text = LitName, p.take().Text
		return l
	}
	p.missing(wordLiteral)
	return l
}

// moment reads M, M-3, N, N-2, octobre N-1 or juin 2025.
func (p *parser) moment() *Moment {
	m := &Moment{Pos: p.tok().Pos}
	back := func() int {
		// M-3 is written in one piece; « N − 15 janvier N » is a difference.
		if p.is("-") && p.ahead(1).Kind == TokNumber && p.at > 0 && p.touches(-1) && p.touches(0) {
			p.take()
			return p.whole(wordWhole)
		}
		return 0
	}
	switch {
	case p.accept("M"):
		m.Kind, m.Back = MomentMonth, back()
	case p.accept("N"):
		m.Kind, m.Back = MomentYear, back()
	case p.tok().Kind == TokWord && monthNumber(p.tok().Text) > 0:
		m.Kind, m.Month = MomentNamed, monthNumber(p.take().Text)
		switch {
		case p.accept("N"):
			m.Back = back()
		case p.tok().Kind == TokNumber:
			m.Kind, m.Year = MomentDated, p.whole(wordWhole)
		default:
			p.missing("une année")
		}
	default:
		p.fail(sprintf(msgMoment, p.tok().Text), adviceMoment)
	}
	return m
}

// touches tells whether the token n places ahead and the next one are written
// without a space between.
func (p *parser) touches(n int) bool {
	a, b := p.tokens[p.at+n], p.tokens[p.at+n+1]
	return a.Pos.Line == b.Pos.Line && a.Pos.Col+len([]rune(a.Text)) == b.Pos.Col
}

// momentAt tells whether a moment starts n tokens ahead.
func (p *parser) momentAt(n int) bool {
	t := p.ahead(n)
	if t.Kind != TokWord {
		return false
	}
	if t.Text == "M" || t.Text == "N" {
		return true
	}
	next := p.ahead(n + 1)
	return monthNumber(t.Text) > 0 && (next.Kind == TokNumber || next.Kind == TokWord && next.Text == "N")
}

// groupNames are the groups and passages, longest first among those that share
// a beginning.
var groupNames = [][]string{
	{"foyers", "fiscaux", "distincts"}, {"foyers", "fiscaux"}, {"foyer", "fiscal"},
	{"familles", "distinctes"}, {"familles"}, {"famille"},
	{"logements", "distincts"}, {"logements"}, {"logement"},
	{"personnes", "à", "charge"}, {"personne", "de", "référence"},
	{"déclarant", "principal"}, {"déclarants"},
	{"parents"}, {"enfants"}, {"membres"}, {"occupants"}, {"demandeur"}, {"conjoint"},
}

// groupNameAt returns the group or passage that starts n tokens ahead, and how
// many tokens it has; 0 when there is none.
func (p *parser) groupNameAt(n int) (string, int) {
next:
	for _, words := range groupNames {
		for i, w := range words {
			t := p.ahead(n + i)
			if t.Kind != TokWord || t.Text != w {
				continue next
			}
		}
		return strings.Join(words, " "), len(words)
	}
	return "", 0
}

// linkAt returns how many tokens link to a passage (du, des, de la, de l'), 0
// when none does.
func (p *parser) linkAt(n int) int {
	t, u := p.ahead(n), p.ahead(n+1)
	if t.Kind != TokWord {
		return 0
	}
	switch t.Text {
	case "du", "des":
		return 1
	case "de":
		if u.Kind == TokWord && (u.Text == "la" || u.Text == "l'") {
			return 2
		}
	}
	return 0
}

// path reads "foyers fiscaux distincts des parents".
func (p *parser) path() []string {
	name, n := p.groupNameAt(0)
	if n == 0 {
		p.fail(sprintf(msgGroup, p.tok().Text), adviceGroup)
		return nil
	}
	p.at += n
	names := []string{name}
	for !p.failed {
		link := p.linkAt(0)
		if link == 0 {
			return names
		}
		name, n = p.groupNameAt(link)
		if n == 0 {
			return names
		}
		p.at += link + n
		names = append(names, name)
	}
	return names
}
