// Package lang reads and writes rule files: the literate Markdown, the tokens and
// the syntax tree of docs/rule-language.md. It knows neither types nor units
// (package check does).
//
// Guarantees: parsing never fails as a whole; every problem comes with file,
// line, column and advice in French. Printing a tree and parsing it again gives
// the same tree.
package lang

// File is what one rule file declares.
type File struct {
	Name     string
	Params   []*Param
	Scales   []*Scale
	Tables   []*Table
	Enums    []*Enum
	Inputs   []*Input
	Rules    []*Rule
	Examples []*Example
	Sheets   []*Sheet
	Forms    []*Form
}

// TypeName is a type as written: a unit, booléen, date, texte, or an
// enumeration's name.
type TypeName struct {
	Pos  Pos
	Name string // "booléen", "date", "texte", an enumeration, or "" for a unit
	Unit string // "€/mois", "%", "nombre"
}

// Literal is a constant as written.
type Literal struct {
	Pos    Pos
	Kind   LiteralKind
	Text   string // digits with a dot, YYYY-MM-DD, text, "vrai", "faux", or a name
	Unit   string // of a number: "", "%", "€/mois"
	Negate bool
}

// LiteralKind is the kind of a literal.
type LiteralKind uint8

// The kinds of literals.
const (
	LitNumber LiteralKind = iota
	LitDate
	LitText
	LitBool
	LitName // the value of an enumeration
)

// Param is a dated parameter.
type Param struct {
	Pos      Pos
	Name     string
	Type     TypeName
	Keys     []string // "nombre" or an enumeration
	Label    string
	Versions []ParamVersion
	Expected string // YYYY-MM-DD or ""
}

// ParamVersion is a value, an end, or a grid, from a day on.
type ParamVersion struct {
	Pos    Pos
	From   string
	Ended  bool
	Value  *Literal
	Grid   *Grid
	Source string
}

// Grid is the rows of a keyed parameter as written. Head is empty with one key.
type Grid struct {
	Head []*GridKey
	Rows []GridRow
}

// GridRow is one line of a grid.
type GridRow struct {
	Key   *GridKey
	Cells []*Literal
}

// GridKey is the value of a key: a number, a name, or "en plus".
type GridKey struct {
	Pos  Pos
	Text string
	More bool
}

// Scale is a barème.
type Scale struct {
	Pos      Pos
	Name     string
	Marginal bool
	Type     TypeName
	Of       TypeName
	Label    string
	Versions []ScaleVersion
	Expected string
}

// ScaleVersion is the brackets from a day on.
type ScaleVersion struct {
	Pos      Pos
	From     string
	Source   string
	Brackets []Bracket
}

// Bracket is a threshold and the value from there on.
type Bracket struct {
	From  *Literal
	Value *Literal
}

// Table is a reference table kept in a file of its own.
type Table struct {
	Pos     Pos
	Name    string
	Type    TypeName
	Label   string
	Path    string
	Source  string
	Default *Literal
}

// Enum is an enumeration.
type Enum struct {
	Pos    Pos
	Name   string
	Values []EnumValue
}

// EnumValue is one value with its label ("" when it has none).
type EnumValue struct {
	Pos   Pos
	Name  string
	Label string
}

// Input is an input of the vocabulary.
type Input struct {
	Pos      Pos
	Name     string
	Entity   string
	Period   string
	Type     TypeName
	Label    string
	Default  *Literal
	Presumed *Literal
	When     *Expr    // condition of Presumed, nil for always
	Derived  *Derived // from another input, in the dossier; nil for none
	Spread   string   // "répartie", "répétée", "interdite" or ""
	Question string
}

// Derived says that an absent input is supposed to be another one times a
// parameter.
type Derived struct {
	Pos   Pos
	From  string
	Times string
}

// Rule is a rule.
type Rule struct {
	Pos      Pos
	Name     string
	Entity   string
	Period   string
	Type     TypeName
	Label    string
	Articles []string
	MaxPast  int // 0: none
	Start    *Literal
	Bodies   []RuleBody
}

// RuleBody is a calculation, from a day on ("" for always).
type RuleBody struct {
	Pos  Pos
	From string
	Expr *Expr
}

// ExprKind is the kind of an expression.
type ExprKind uint8

// The kinds of expressions.
const (
	ExLiteral ExprKind = iota
	ExName
	ExCall       // Name(Args…): a keyed parameter, a barème, a table, a function
	ExNA         // non applicable
	ExVerify     // à vérifier « Text »
	ExBinary     // Op: + - × / = ≠ < ≤ > ≥ et ou min max
	ExNot        // non
	ExNeg        // −
	ExIn         // Args[0] parmi (Args[1:])
	ExPrefix     // Args[0] commence par « Text »
	ExApplicable // Args[0] est applicable
	ExIf         // si Args[0] alors Args[1] sinon Args[2]
	ExLet        // soit Name = Args[0] ; Args[1]
	ExRound      // arrondi; Lit is the step, Mode "", "supérieur", "inférieur"
	ExShift      // Args[0] en Moment
	ExProject    // Args[0] du Path
	ExAtDate     // Args[0] à la date Args[1]
	ExFold       // Name domain [filter] [body]
	ExBound      // début/fin de Moment; Name is début or fin
	ExDay        // Lit (day of the month) Moment: 31 décembre N-2
	ExBetween    // Name (années, mois, jours) entre Args[0] et Args[1]
	ExExtremum   // maximum(Args…), minimum(Args…)
)

// Expr is a node of an expression. Fields a kind does not use are zero.
type Expr struct {
	Pos    Pos
	Kind   ExprKind
	Name   string
	Op     string
	Text   string
	Mode   string
	Lit    *Literal
	Args   []*Expr
	Moment *Moment
	To     *Moment  // end of a window of months
	Path   []string // outermost first: "foyers fiscaux distincts", "parents"
	Filter *Expr
}

// Moment is M, M-3, N-2, octobre N, or juin 2025.
type Moment struct {
	Pos   Pos
	Kind  MomentKind
	Month int // 1 to 12 for a named month
	Back  int // months or years before
	Year  int // of MomentDated
}

// MomentKind is the kind of a moment.
type MomentKind uint8

// The kinds of moments.
const (
	MomentMonth MomentKind = iota // M-Back
	MomentYear                    // N-Back
	MomentNamed                   // a month of N-Back
	MomentDated                   // a month of Year
)

// Example is a worked example.
type Example struct {
	Pos     Pos
	Title   string
	Month   Moment
	Members []ExampleMember
	Facts   []ExampleFacts
	Expect  []Expectation
}

// ExampleMember is a person of an example.
type ExampleMember struct {
	Pos    Pos
	Role   string // parent, enfant, occupant
	Name   string
	Age    int // in AgeIn, −1 for none
	AgeIn  string
	Born   string // YYYY-MM-DD or ""
	Values []ExampleValue
}

// ExampleFacts are facts of the family, the tax unit or the dwelling.
type ExampleFacts struct {
	Pos    Pos
	Of     string // famille, foyer, logement
	Values []ExampleValue
}

// ExampleValue is one fact; From nil means always.
type ExampleValue struct {
	Pos   Pos
	Name  string
	Value *Literal
	From  *Moment
	To    *Moment
}

// Expectation is what an example must give.
type Expectation struct {
	Pos       Pos
	Name      string
	Of        string // a person's name, or ""
	NA        bool
	Value     *Literal
	Tolerance *Literal
	Source    string
}

// Sheet is what a right says about itself.
type Sheet struct {
	Pos   Pos
	Name  string
	Title string
	Lines []SheetLine
}

// SheetLine is one line of a sheet: a heading with a phrase or a name.
type SheetLine struct {
	Pos    Pos
	Head   string
	Text   string
	Name   string
	Source string
}

// Form is a question as one page asks it.
type Form struct {
	Pos      Pos
	Name     string
	Sentence string
	Easy     string
	Together bool // of everybody concerned on one page
	Several  bool // several answers may hold at once
	Last     bool // asked after all the others
	Asks     []FormAsk
	Answers  []FormAnswer
}

// FormAsk is a fact that a form asks.
type FormAsk struct {
	Pos  Pos
	Name string
}

// FormAnswer is an answer that sets facts, in people's words.
type FormAnswer struct {
	Pos    Pos
	Name   string
	Label  string
	Values []ExampleValue
}
