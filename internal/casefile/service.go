package casefile

import (
	"context"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Service is the way in: every use case of the files of persons.
type Service struct{}

var errNotYet = errs.New(errs.Unavailable, "errs.casefile.not_yet")

// --- persons

// SuggestDuplicates looks for people already known who may be this one: same
// phone, or a name that looks or sounds alike with a birth that does not
// contradict. At most 10, the likeliest first.
func (s *Service) SuggestDuplicates(ctx context.Context, in NewPerson) ([]Found, error) {
	return nil, errNotYet
}

// CreatePerson opens a file. Unless in.SeenDuplicates it fails with
// *LooksLike when somebody known may be this person.
func (s *Service) CreatePerson(ctx context.Context, in NewPerson) (core.ID, error) {
	return "", errNotYet
}

// Person reads identity and contact alone, for the edit page.
func (s *Service) Person(ctx context.Context, id core.ID) (Person, error) {
	return Person{}, errNotYet
}

// UpdatePerson writes identity and contact; p.Version is the one the form
// showed. *PersonConflict when it is no longer the stored one.
func (s *Service) UpdatePerson(ctx context.Context, p Person) error { return errNotYet }

// OpenFile reads all that the page of a person shows, for a month (0 = this
// month). It never computes.
func (s *Service) OpenFile(ctx context.Context, person core.ID, month core.Month) (*File, error) {
	return nil, errNotYet
}

// Search finds people by name (accents, case, part of a name, misspelt), birth
// (1992, 03/02/1992), phone, or the code of a printed sheet. after is "" or a
// page's Next; limit is at most 50.
func (s *Service) Search(ctx context.Context, text, after string, limit int) (FoundPage, error) {
	return FoundPage{}, errNotYet
}

// ListFiles lists the files of the worker's teams by name.
func (s *Service) ListFiles(ctx context.Context, after string, limit int) (FoundPage, error) {
	return FoundPage{}, errNotYet
}

// RecentFiles lists the files this worker opened last, at most limit ≤ 10.
func (s *Service) RecentFiles(ctx context.Context, limit int) ([]Found, error) {
	return nil, errNotYet
}

// TalkAbout lists rights to talk about in the worker's teams, by name.
func (s *Service) TalkAbout(ctx context.Context, after string, limit int) (TalkPage, error) {
	return TalkPage{}, errNotYet
}

// TouchContact notes that the person got in touch: retention starts again.
func (s *Service) TouchContact(ctx context.Context, person core.ID) error { return errNotYet }

// --- household

// Household reads the household of a file on a day (zero = today).
func (s *Service) Household(ctx context.Context, file core.ID, on core.Date) (HouseholdView, error) {
	return HouseholdView{}, errNotYet
}

// AddToHousehold adds somebody under the roof, or a relative elsewhere.
func (s *Service) AddToHousehold(ctx context.Context, file core.ID, in HouseholdInput) (core.ID, error) {
	return "", errNotYet
}

// LeaveHousehold ends a stay: until is the first day the person is gone.
func (s *Service) LeaveHousehold(ctx context.Context, file, member core.ID, version int64, until core.Date) error {
	return errNotYet
}

// EndCouple dates a separation: until is the first day apart. It moves nobody.
func (s *Service) EndCouple(ctx context.Context, file, kinship core.ID, version int64, until core.Date) error {
	return errNotYet
}

// MoveHome opens another dwelling for the file's person and those who go with
// them, from a day.
func (s *Service) MoveHome(ctx context.Context, file core.ID, with []core.ID, from core.Date) (core.ID, error) {
	return "", errNotYet
}

// --- facts

// Variables lists what may be known, in the order of the pages.
func (s *Service) Variables() []Variable { return nil }

// Variable finds one by name.
func (s *Service) Variable(name string) (Variable, bool) { return Variable{}, false }

// SaveFacts writes the cells of one form, all or none, and computes the rights
// again. errs.Fields with fields "<i>.value", "<i>.from"… when something is
// wrong; *FactConflict when somebody saved the same cell meanwhile: everything
// is kept, the pairs wait for a choice.
func (s *Service) SaveFacts(ctx context.Context, file core.ID, in []FactInput) ([]Fact, error) {
	return nil, errNotYet
}

// ChooseFact settles a conflict: keep counts, the other is replaced by it.
func (s *Service) ChooseFact(ctx context.Context, file, keep, drop core.ID) error { return errNotYet }

// Timeline reads every fact of a file, replaced ones too, the latest first.
func (s *Service) Timeline(ctx context.Context, file core.ID, after string, limit int) ([]Fact, string, error) {
	return nil, "", errNotYet
}

// --- rights

// Recompute evaluates the rights of a file for a month (0 = this month) and
// stores them, unless law and facts are those of the stored result.
func (s *Service) Recompute(ctx context.Context, file core.ID, month core.Month) error {
	return errNotYet
}

// Explain reads one stored result whole.
func (s *Service) Explain(ctx context.Context, file core.ID, right string, month core.Month) (Explained, error) {
	return Explained{}, errNotYet
}

// Decide writes what the person decided about a right. *DecisionConflict when
// somebody decided meanwhile.
func (s *Service) Decide(ctx context.Context, file core.ID, in DecisionInput) (Decision, error) {
	return Decision{}, errNotYet
}

// Decisions reads the history of a right, the latest first, at most 50.
func (s *Service) Decisions(ctx context.Context, file core.ID, right string) ([]Decision, error) {
	return nil, errNotYet
}

// NextQuestion reads the question worth asking next, ok false when none is.
func (s *Service) NextQuestion(ctx context.Context, file core.ID) (q Question, ok bool, err error) {
	return Question{}, false, errNotYet
}

// AnswerQuestion writes the cells of an answer and computes again.
func (s *Service) AnswerQuestion(ctx context.Context, file core.ID, a Answer) error { return errNotYet }

// --- sheets and drafts

// MakeSheet gives a code to the results shown, for the counter. It writes.
func (s *Service) MakeSheet(ctx context.Context, file core.ID, month core.Month) (Sheet, error) {
	return Sheet{}, errNotYet
}

// SheetByCode finds a sheet by the code read on it; spaces, hyphens, case and
// the usual confusions (O for 0, I and L for 1) do not matter.
func (s *Service) SheetByCode(ctx context.Context, code string) (Sheet, error) {
	return Sheet{}, errNotYet
}

// KeepDraft keeps a form's text for the worker whose session ended; owner is
// the actor of that session. At most 64 kB, 20 drafts a worker.
func (s *Service) KeepDraft(ctx context.Context, owner core.Actor, path string, fields map[string][]string) (core.ID, error) {
	return "", errNotYet
}

// Drafts lists the drafts of the worker, the latest first.
func (s *Service) Drafts(ctx context.Context) ([]Draft, error) { return nil, errNotYet }

// Draft reads one of the worker's drafts.
func (s *Service) Draft(ctx context.Context, id core.ID) (Draft, error) { return Draft{}, errNotYet }

// DropDraft deletes one, once used.
func (s *Service) DropDraft(ctx context.Context, id core.ID) error { return errNotYet }

// LooksLike says that somebody known may be the new person.
type LooksLike struct{ Found []Found }

// Error is for the log.
func (l *LooksLike) Error() string { return "somebody known looks like this person" }

// Unwrap makes it an errs.Conflict for whoever only looks at the kind.
func (l *LooksLike) Unwrap() error { return errs.New(errs.Conflict, "errs.casefile.looks_like") }
