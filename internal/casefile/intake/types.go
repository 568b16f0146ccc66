package intake

import (
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// State is where an import stands.
type State string

// The states, in their order.
const (
	StateReading  State = "reading"  // rows are being kept
	StateRead     State = "read"     // waits for its columns to be named
	StateChecking State = "checking" // rows are being checked
	StateChecked  State = "checked"  // waits for a confirmation
	StateRunning  State = "running"
	StateDone     State = "done"
	StateUndoing  State = "undoing"
	StateUndone   State = "undone"
)

// Busy tells whether a job works on it.
func (s State) Busy() bool {
	return s == StateReading || s == StateChecking || s == StateRunning || s == StateUndoing
}

// Verdict is what the check says of a row.
type Verdict string

// The verdicts.
const (
	RowUnchecked Verdict = ""
	RowFresh     Verdict = "fresh" // somebody new
	RowKnown     Verdict = "known" // looks like somebody known
	RowBad       Verdict = "bad"   // something to correct: nothing is written
	RowTwice     Verdict = "twice" // an earlier row of the same file says the same
)

// RowChoice is what the worker chose for a row that looks like somebody known.
type RowChoice string

// The choices. A row without choice is skipped.
const (
	ChoiceNone  RowChoice = ""
	ChoiceSame  RowChoice = "same"  // add its facts to the known file
	ChoiceOther RowChoice = "other" // open another file
	ChoiceSkip  RowChoice = "skip"
)

// Table is a file as it was read, before its columns have a meaning.
type Table struct {
	Name      string // the file's, as sent
	Format    string // csv, xlsx
	Encoding  string
	Separator string
	Date1904  bool
	NoHeader  bool
	Header    []string
	Rows      []Cells
	Problems  []Fault
}

// Cells is one row of it.
type Cells struct {
	Line  int
	Cells []string
}

// Fault is something to correct in a row. Key is a catalogue key with its
// arguments; Column the name of the column, "" for the whole row.
type Fault struct {
	Line   int               `json:"line,omitempty"`
	Column string            `json:"column,omitempty"`
	Key    string            `json:"key"`
	Args   map[string]string `json:"args,omitempty"`
}

// Sentence is the fault as an error that a printer says.
func (f Fault) Sentence() *errs.Error {
	e := errs.New(errs.Invalid, f.Key)
	if len(f.Args) > 0 {
		e.Args = map[string]any{}
		for k, v := range f.Args {
			e.Args[k] = v
		}
	}
	return e
}

// Import is one import and how far it went.
type Import struct {
	ID          core.ID
	Team        core.ID
	Worker      core.ID
	WorkerName  string
	State       State
	Version     int64
	MadeAt      int64 // µs UTC
	ConfirmedAt int64
	EndedAt     int64
	Head
	Count Count
}

// Head is what the file was and how it is read; kept sealed.
type Head struct {
	Name      string   `json:"name"`
	Format    string   `json:"format"`
	Encoding  string   `json:"encoding,omitempty"`
	Separator string   `json:"separator,omitempty"`
	Date1904  bool     `json:"date1904,omitempty"`
	NoHeader  bool     `json:"no_header,omitempty"`
	Columns   []string `json:"columns"`
	// Fields says what each column is: "" (not read), a name of Fields, or
	// "fact:" and a variable.
	Fields []string `json:"fields,omitempty"`
	// Month is the first month that facts hold from, YYYY-MM, unless a column says
	// it row by row.
	Month string `json:"month,omitempty"`
	// Failed is the key of what stopped it, "" when nothing did.
	Failed string `json:"failed,omitempty"`
}

// Count counts rows.
type Count struct {
	Rows, Checked                      int
	Fresh, Known, Bad, Twice           int
	Same, Other, Skip                  int // choices among Known
	Done                               int // rows whose outcome is known
	Created, Added, Skipped, Unwritten int
	Removed, Kept                      int // after an undo
}

// ToCreate is how many files a confirmation would open.
func (c Count) ToCreate() int { return c.Fresh + c.Other }

// The outcomes of a row, as stored.
const (
	outcomeCreated = "created"
	outcomeAdded   = "added"
	outcomeSkipped = "skipped"
	outcomeBad     = "bad"
	outcomeRemoved = "removed"
	outcomeKept    = "kept"
)

// Row is one row as pages show it.
type Row struct {
	Line     int
	Cells    []string
	Verdict  Verdict
	Choice   RowChoice
	Outcome  string
	Faults   []Fault
	Like     *casefile.Found // who it looks like most; nil when nobody
	Person   core.ID         // whom it became or went to
	Name     string          // as read
	Birth    core.PartialDate
	HasFacts int
}

// The fields a column may be.
const (
	fieldUsual     = "usual_name"
	fieldGiven     = "given_names"
	fieldBirthName = "birth_name"
	fieldUse       = "first_name_of_use"
	fieldTitle     = "title"
	fieldBirth     = "birth"
	fieldPhone     = "phone"
	fieldLanguages = "languages"
	fieldAddress   = "address" // several columns may be: one line each
	fieldPostcode  = "postcode"
	fieldCity      = "city"
	fieldCommune   = "commune"
	fieldReferent  = "referent"
	fieldOrigin    = "origin"
	fieldMonth     = "fact_month"
	factPrefix     = "fact:"
)

// Fields lists what a column may be besides a fact, in the order of a form.
func Fields() []string {
	return []string{fieldUsual, fieldGiven, fieldBirthName, fieldUse, fieldTitle, fieldBirth, fieldPhone, fieldLanguages,
		fieldAddress, fieldPostcode, fieldCity, fieldCommune, fieldReferent, fieldOrigin, fieldMonth}
}

// validateMapping checks what the page of the columns sent.
func (s *Service) validateMapping(h Head, fields []string, month string) error {
	var f errs.Fields
	if len(fields) != len(h.Columns) {
		return errs.New(errs.Invalid, "errs.casefile.import_columns")
	}
	seen := map[string]bool{}
	named := false
	for i, name := range fields {
		if name == "" {
			continue
		}
		at := "column." + h.Columns[i]
		if variable, is := strings.CutPrefix(name, factPrefix); is {
			if _, known := s.files.Variable(variable); !known {
				f.Add(at, "errs.casefile.variable_unknown", "variable", casefile.Clip(variable))
			}
		} else if !slices.Contains(Fields(), name) {
			f.Add(at, "errs.casefile.choice_unknown")
		}
		if seen[name] && name != fieldAddress {
			f.Add(at, "errs.casefile.import_field_twice", "column", h.Columns[i])
		}
		seen[name] = true
		named = named || name == fieldUsual || name == fieldGiven || name == fieldUse
	}
	if !named {
		f.Add("", "errs.casefile.import_no_name")
	}
	if month != "" {
		if d, err := core.ParsePartialDate(month); err != nil || d.Month == 0 || d.Day != 0 {
			f.Add("month", "errs.casefile.import_month", "value", casefile.Clip(month))
		}
	}
	return f.Err()
}
