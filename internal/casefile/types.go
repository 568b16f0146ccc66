package casefile

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Limits of what a form may send, in characters unless said otherwise.
const (
	maxName        = 80
	maxHours       = 120
	maxAddressLine = 80
	maxAddress     = 4 // lines
	maxLanguages   = 6
)

// Title is how the person wants to be addressed: « Madame Haddad » at the door.
type Title string

// The titles. TitleNone writes the name alone.
const (
	TitleNone     Title = ""
	TitleMadame   Title = "madame"
	TitleMonsieur Title = "monsieur"
)

// Interpreter says what the person needs an interpreter for.
type Interpreter string

// The needs of an interpreter.
const (
	InterpreterNo      Interpreter = ""
	InterpreterSpoken  Interpreter = "spoken"
	InterpreterWritten Interpreter = "written"
	InterpreterBoth    Interpreter = "both"
)

// Channel is the way to reach the person that they called safe. Nothing is sent
// by another one.
type Channel string

// The channels. ChannelUnknown means it was not asked yet.
const (
	ChannelUnknown    Channel = ""
	ChannelCall       Channel = "call"
	ChannelSMS        Channel = "sms"
	ChannelSMSNeutral Channel = "sms_neutral" // without the service's name
	ChannelLetter     Channel = "letter"
	ChannelInPerson   Channel = "in_person" // at the counter only
	ChannelNone       Channel = "none"      // nothing is ever sent
)

// Identity is who the person is, with names as people have them. One name is
// enough, of any kind: somebody met once in the street may have no more.
type Identity struct {
	UsualName      string // family name of every day
	GivenNames     string // as on papers, in their order, parted by spaces
	BirthName      string // "" when the same as UsualName or not said
	FirstNameOfUse string // the one to call them by; "" = the first given name
	Title          Title
	Birth          core.PartialDate // zero when unknown
}

// Address is where letters reach the person. A person without a fixed address
// has NoFixed and may still have a commune.
type Address struct {
	NoFixed   bool
	Protected bool     // never printed, exported or shown in a list
	Lines     []string // number and street, at most 4 lines
	Postcode  string   // 5 digits or ""
	City      string
	Commune   string // INSEE code, 5 characters (2A004), or ""
}

// Contact is how to speak with the person and how to reach them safely.
type Contact struct {
	Languages   []string // lower-case BCP 47 tags, the one of the heart first
	Interpreter Interpreter
	Phone       string // as typed; "+33639984122" once read from a file
	Channel     Channel
	Hours       string // « après 17 h »
	Address     Address
}

// Person is one human as one organisation knows them. Version grows by one at
// each change; a form sends back the version it showed.
type Person struct {
	ID      core.ID
	Version int64
	Identity
	Contact
}

// FirstName is the name to call the person by: the one of use, else the first
// given name, else "".
func (i Identity) FirstName() string {
	if i.FirstNameOfUse != "" {
		return i.FirstNameOfUse
	}
	first, _, _ := strings.Cut(i.GivenNames, " ")
	return first
}

// DisplayName is « Samira Haddad ».
func (i Identity) DisplayName() string {
	return strings.TrimSpace(i.FirstName() + " " + i.UsualName)
}

// Trim removes outer spaces and folds inner ones, in place.
func (i *Identity) Trim() {
	for _, s := range []*string{&i.UsualName, &i.GivenNames, &i.BirthName, &i.FirstNameOfUse} {
		*s = strings.Join(strings.Fields(*s), " ")
	}
}

// Validate checks the identity on a day: field names are those of the form
// (usual_name, given_names, birth_name, first_name_of_use, title, birth).
func (i Identity) Validate(today core.Date) error {
	var f errs.Fields
	if i.UsualName == "" && i.GivenNames == "" && i.FirstNameOfUse == "" {
		f.Add("usual_name", "errs.casefile.name_missing")
	}
	for _, n := range []struct{ field, value string }{
		{"usual_name", i.UsualName}, {"given_names", i.GivenNames},
		{"birth_name", i.BirthName}, {"first_name_of_use", i.FirstNameOfUse},
	} {
		checkName(&f, n.field, n.value)
	}
	switch i.Title {
	case TitleNone, TitleMadame, TitleMonsieur:
	default:
		f.Add("title", "errs.casefile.choice_unknown")
	}
	if !i.Birth.IsZero() {
		first, _ := i.Birth.Bounds()
		switch {
		case today.Before(first):
			f.Add("birth", "errs.casefile.birth_future")
		case today.Year-i.Birth.Year > 130:
			f.Add("birth", "errs.casefile.birth_too_old")
		}
	}
	return f.Err()
}

// checkName refuses what no name holds: control characters, digits, or more
// than maxName characters. Apostrophes, hyphens, spaces and any script pass.
func checkName(f *errs.Fields, field, value string) {
	if !utf8.ValidString(value) {
		f.Add(field, "errs.casefile.text_encoding")
		return
	}
	if utf8.RuneCountInString(value) > maxName {
		f.Add(field, "errs.casefile.text_too_long", "max", maxName)
		return
	}
	for _, r := range value {
		if unicode.IsControl(r) || unicode.IsDigit(r) || strings.ContainsRune("<>{}[]|\\^@", r) {
			f.Add(field, "errs.casefile.name_characters", "character", string(r))
			return
		}
	}
}

// Validate checks the contact: field names are those of the form (languages,
// interpreter, phone, channel, hours, address, postcode, city, commune).
func (c Contact) Validate() error {
	var f errs.Fields
	if len(c.Languages) > maxLanguages {
		f.Add("languages", "errs.casefile.too_many", "max", maxLanguages)
	}
	for _, l := range c.Languages {
		if !LanguageTag(l) {
			f.Add("languages", "errs.casefile.language_unknown", "language", Clip(l))
			break
		}
	}
	switch c.Interpreter {
	case InterpreterNo, InterpreterSpoken, InterpreterWritten, InterpreterBoth:
	default:
		f.Add("interpreter", "errs.casefile.choice_unknown")
	}
	if c.Phone != "" {
		if _, ok := NormalPhone(c.Phone); !ok {
			f.Add("phone", "errs.casefile.phone_shape")
		}
	}
	switch c.Channel {
	case ChannelUnknown, ChannelLetter, ChannelInPerson, ChannelNone:
	case ChannelCall, ChannelSMS, ChannelSMSNeutral:
		if c.Phone == "" {
			f.Add("channel", "errs.casefile.channel_needs_phone")
		}
	default:
		f.Add("channel", "errs.casefile.choice_unknown")
	}
	CheckText(&f, "hours", c.Hours, maxHours)
	a := c.Address
	if len(a.Lines) > maxAddress {
		f.Add("address", "errs.casefile.too_many", "max", maxAddress)
	}
	for _, l := range a.Lines {
		CheckText(&f, "address", l, maxAddressLine)
	}
	if a.Postcode != "" && (len(a.Postcode) != 5 || !digits(a.Postcode)) {
		f.Add("postcode", "errs.casefile.postcode_shape")
	}
	CheckText(&f, "city", a.City, maxName)
	if a.Commune != "" && !communeCode(a.Commune) {
		f.Add("commune", "errs.casefile.commune_shape")
	}
	return f.Err()
}

// CheckText adds to f what is wrong with a text of one line of at most so many
// characters.
func CheckText(f *errs.Fields, field, value string, most int) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(value, unicode.IsControl):
		f.Add(field, "errs.casefile.text_control")
	}
}

// LanguageTag accepts "ar", "kab", "pt-br": letters in groups of 2 to 8.
func LanguageTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if len(part) < 2 || len(part) > 8 || (i == 0 && len(part) > 3) {
			return false
		}
		for _, r := range part {
			if (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
				return false
			}
		}
	}
	return s != ""
}

func communeCode(s string) bool {
	if len(s) != 5 {
		return false
	}
	return digits(s) || ((s[:2] == "2A" || s[:2] == "2B") && digits(s[2:]))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Clip shortens what somebody typed before it is told back to them.
func Clip(s string) string {
	r := []rune(strings.ToValidUTF8(s, "?"))
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return string(r)
}

// NormalPhone reads a number as people write it and gives its international
// form, "+33639984122". Ten digits starting with 0 are French. ok is false when
// it cannot be a phone number.
func NormalPhone(s string) (number string, ok bool) {
	var b strings.Builder
	for i, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '+' && i == 0:
			b.WriteRune(r)
		case r == ' ' || r == '.' || r == '-' || r == '/' || r == '(' || r == ')' || r == '\u00a0' || r == '\u202f':
		default:
			return "", false
		}
	}
	n := b.String()
	switch {
	case strings.HasPrefix(n, "00"):
		n = "+" + n[2:]
	case len(n) == 10 && n[0] == '0':
		n = "+33" + n[1:]
	}
	if !strings.HasPrefix(n, "+") || len(n) < 9 || len(n) > 16 || n[1] == '0' {
		return "", false
	}
	if strings.HasPrefix(n, "+330") && len(n) == 13 { // +33 (0)6 …
		n = "+33" + n[4:]
	}
	if strings.HasPrefix(n, "+33") && len(n) != 12 {
		return "", false
	}
	return n, true
}

// Phase is where an accompaniment stands: active, archive once it ended, gone once the
// file left the active base for the intermediate archive (internal/duty/retention),
// where no list, search or calculation meets it.
type Phase string

// The phases.
const (
	PhaseActive  Phase = "active"
	PhaseArchive Phase = "archive"
	PhaseGone    Phase = "gone"
)

// CaseFile is the accompaniment of a person by a team.
type CaseFile struct {
	ID                      core.ID
	Person, Team            core.ID
	Referent                core.ID // the worker who answers for it; "" = nobody yet
	OpenedOn                core.Date
	Phase                   Phase
	LastContactFromPersonAt int64 // µs UTC; 0 = never
	Version                 int64
	Died                    core.PartialDate // the person; zero while they live
}

// NewPerson is what the form of a new person sends.
type NewPerson struct {
	Identity
	Contact
	Team     core.ID // one of the worker's teams
	Referent core.ID // "" = the worker who creates the file
	// SeenDuplicates says that the worker looked at the look-alikes and that
	// this is somebody else.
	SeenDuplicates bool
}

// Found is one line of a search or of a duplicate suggestion. Of a person of
// another team only name, birth year and team are given, and Openable is false.
type Found struct {
	Person   core.ID
	Name     string
	Birth    core.PartialDate // the year alone when not openable
	Team     core.ID          // "" when nobody accompanies them
	TeamName string
	City     string // "" when not openable or protected
	Openable bool
	// Ended says that nobody accompanies them any more: Team is the last that did.
	// Reopenable: one of the worker's teams, which may read how and begin again.
	Ended, Reopenable bool
	Died              core.PartialDate // zero while they live, or when not openable
	Why               Match
	Former            string // for MatchFormer, when openable
}

// Match says what a search line was found by, so that the page can say it.
type Match string

// What a person was found by.
const (
	MatchName  Match = "name"
	MatchSound Match = "sound"
	MatchPart  Match = "part"
	MatchBirth Match = "birth"
	MatchPhone Match = "phone"
	MatchSheet Match = "sheet"
	// MatchFormer is a name borne before: Found.Former says it.
	MatchFormer Match = "former"
)

// Found pages are keyset-paged: Next is "" on the last one.
type FoundPage struct {
	Items []Found
	Next  string
}

// OneSpace removes outer spaces and folds inner ones, line ends among them.
// What is not UTF-8 or holds control characters is left for the check to refuse.
func OneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// Prose makes line ends one character and removes outer spaces.
func Prose(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// CheckProse is CheckText for a text of several lines.
func CheckProse(f *errs.Fields, field, value string, most int) {
	switch {
	case !utf8.ValidString(value):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		f.Add(field, "errs.casefile.text_control")
	}
}
