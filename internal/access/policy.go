package access

import (
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"codeberg.org/parvis/parvis/internal/core"
)

// Action is a gesture that a policy may grant; policies/parvis.cedarschema has the same.
type Action string

// The actions. Those on a person's file first.
const (
	PersonFind    Action = "person.find"   // name, birth year and team in a list or a search
	PersonCreate  Action = "person.create" // open a file for somebody new
	PersonOpen    Action = "person.open"   // read the file
	PersonEdit    Action = "person.edit"   // identity and contact
	TalkRead      Action = "talk.read"     // rights worth talking about, found by a run over one's files
	TalkRun       Action = "talk.run"      // start such a run over one's own files
	TalkPause     Action = "talk.pause"    // set a right aside for a while
	TalkInform    Action = "talk.inform"   // note that the person was told of the runs, or objects
	TalkOwn       Action = "talk.own"      // what the runs are to me
	TalkRefuse    Action = "talk.refuse"   // I do not want them, or I do again
	TalkCount     Action = "talk.count"    // how many files, small numbers hidden
	TalkTry       Action = "talk.try"      // what another rule would change in one's files
	HouseholdEdit Action = "household.edit"
	FactRead      Action = "fact.read"
	FactSave      Action = "fact.save"
	RightRead     Action = "right.read"
	RightCompute  Action = "right.compute"
	RightDecide   Action = "right.decide"
	PlanRead      Action = "plan.read" // expectations, goals and steps
	PlanEdit      Action = "plan.edit"
	SheetRead     Action = "sheet.read"
	SheetPrint    Action = "sheet.print"
	NoteRead      Action = "note.read"     // those that the reader's circle, team or own space may see
	NoteWrite     Action = "note.write"    // and correct, withdraw, keep for a circle
	StatementAdd  Action = "statement.add" // the person's own words
	FileExport    Action = "file.export"   // a copy of the file leaves the program
	ImportRun     Action = "import.run"    // bring persons and facts of another program into one's own team
	CaseHand      Action = "case.hand"     // propose an accompaniment to a colleague or a team
	CaseAnswer    Action = "case.answer"   // accept or decline one; the service checks to whom it was proposed
	CaseClose     Action = "case.close"
	CaseReopen    Action = "case.reopen"  // read how an accompaniment ended, and begin again
	CaseOwn       Action = "case.own"     // who accompanies me
	AddressRead   Action = "address.read" // a protected address, with a reason
	DeathRecord   Action = "death.record" // and take it back
	CoverEdit     Action = "cover.edit"   // who looks after whose deadlines during an absence
	FactOwn       Action = "fact.own"     // the facts of one's own file
	SpaceOwn      Action = "screen.own"   // what one's own space shows
	SeenRead      Action = "lines.read"   // the journal of a file, as its person reads it

	AgreementRead   Action = "agreement.read"   // what the person agreed to, and what they took back
	AgreementGive   Action = "agreement.give"   // write down what the person agrees to
	AgreementRevoke Action = "agreement.revoke" // and take it back
	SharedRead      Action = "shared.read"      // one category of a file, on the agreement that the request names
	SharedTake      Action = "shared.take"
	SharedDeposit   Action = "shared.deposit"
	OutsideAsk      Action = "outside.ask"    // open for an hour, with a reason, the file of another team
	OutsideAnswer   Action = "outside.answer" // be the second person

	PaperOwn     Action = "paper.own"     // all that one does with one's own papers
	PaperList    Action = "paper.list"    // which papers of a file one's teams were given
	PaperDeposit Action = "paper.deposit" // put a paper in somebody's, without reading the others
	PaperRead    Action = "paper.read"    // one paper, on the grant that the request names
	PaperTake    Action = "paper.take"    // a copy of it

	CardEdit      Action = "card.edit"      // a person's ways in: make and stop their card
	SessionBeside Action = "session.beside" // open a person's own space with them, on one's screen

	PassageNote   Action = "passage.note"   // at the desk: write down who comes, calls or writes, without their file
	PassageList   Action = "passage.list"   // read what was written down there
	PassageAttach Action = "passage.attach" // put a passage in the file of who came, as they wish
	PassageRead   Action = "passage.read"   // the passages of one file
	PassageOwn    Action = "passage.own"    // one's own
	ObstacleNote  Action = "obstacle.note"  // what a service made impossible, nobody named
	RegisterRead  Action = "register.read"  // who asked to be called in a heatwave; and the calls
	RegisterEdit  Action = "register.edit"
	FiguresRead   Action = "figures.read"   // what is counted, small numbers hidden
	ArchiveRule   Action = "archive.rule"   // how long files are kept, and the lists of those to delete: names nobody
	ArchiveList   Action = "archive.list"   // which files of one's teams leave soon
	ArchiveOpen   Action = "archive.open"   // read a file in the archive; the service checks who is named
	ArchiveReturn Action = "archive.return" // bring back the file of who is there again
	DemandEdit    Action = "demand.edit"    // what the person asks about their data: write it down, answer
	DemandOwn     Action = "demand.own"     // one's own
	ChildRead     Action = "child.read"     // what is kept apart for a child; the service checks who is named
	ChildNote     Action = "child.note"
	HoldEdit      Action = "hold.edit" // keep a file from deletion

	MembersList  Action = "members.list"
	MembersEdit  Action = "members.edit" // invite, change, deactivate, reset
	TeamEdit     Action = "team.edit"
	OrgRead      Action = "org.read"
	OrgEdit      Action = "org.edit"
	WebhookEdit  Action = "webhook.edit"  // which other programs are told what happens, by ids
	ResetApprove Action = "reset.approve" // give a colleague who lost everything a new way in

	AccountUse Action = "account.use" // one's own sessions, drafts and password
	TokenEdit  Action = "token.edit"  // one's own access tokens, for programs

	OrgCreate    Action = "org.create"
	MemberAdd    Action = "member.add"    // without an invitation: demo, import
	MemberRescue Action = "member.rescue" // from the machine's command line
	MachineKeep  Action = "machine.keep"  // backup, doctor
	LinesErase   Action = "lines.erase"   // take away what lines of the journal say; their place stays
	JournalAudit Action = "lines.audit"   // the lines of one's organisation, without names
)

// Actions lists every action, in the order of the policies' documentation.
func Actions() []Action {
	return []Action{
		TalkRead, TalkRun, TalkPause, TalkInform, TalkOwn, TalkRefuse, TalkCount, TalkTry,
		PersonFind, PersonCreate, PersonOpen, PersonEdit, HouseholdEdit, FactRead, FactSave,
		RightRead, RightCompute, RightDecide, PlanRead, PlanEdit, SheetRead, SheetPrint, NoteRead, NoteWrite, StatementAdd, FileExport, ImportRun,
		CaseHand, CaseAnswer, CaseClose, CaseReopen, CaseOwn, CoverEdit, DeathRecord, AddressRead, SeenRead, FactOwn, SpaceOwn,
		AgreementRead, AgreementGive, AgreementRevoke, SharedRead, SharedTake, SharedDeposit, OutsideAsk, OutsideAnswer,
		PaperOwn, PaperList, PaperDeposit, PaperRead, PaperTake,
		CardEdit, SessionBeside,
		PassageNote, PassageList, PassageAttach, PassageRead, PassageOwn, ObstacleNote, RegisterRead, RegisterEdit, FiguresRead,
		ArchiveRule, ArchiveList, ArchiveOpen, ArchiveReturn, HoldEdit, ChildRead, ChildNote, DemandEdit, DemandOwn,
		MembersList, MembersEdit, TeamEdit, OrgRead, OrgEdit, WebhookEdit, ResetApprove, LinesErase, AccountUse, TokenEdit,
		OrgCreate, MemberAdd, MemberRescue, MachineKeep, JournalAudit,
	}
}

// Changes tells whether the action writes: a file that no longer changes refuses it.
func (a Action) Changes() bool {
	_, verb, _ := strings.Cut(string(a), ".")
	switch verb {
	case "find", "open", "read", "list", "own", "print", "export", "use", "audit", "take", "ask", "revoke":
		return false
	}
	return true
}

// Resource is what a gesture is about. Org is never guessed: an empty one is
// nobody's. Teams are those that accompany the person today; for CaseReopen, those
// that did.
type Resource struct {
	Org    core.ID
	Person core.ID // "" when no person is concerned
	Teams  []core.ID
	// Invoked is the agreement that the request names; nil for the one of the context,
	// if any.
	Invoked *Invoked
}

// who is an actor with what the policies want to know of them now.
type who struct {
	core.Actor
	administers bool // a worker who also administers the members
	inactive    bool
	made        *types.Entity // for Cedar; nil: not made yet
}

// Decision is the answer to "may I, and in the name of what?".
type Decision struct {
	Allowed bool
	Rule    string // the policy that granted or, of a refusal, the one that forbade; "" when none spoke
	Key     string // its sentence in the catalogue
	Seen    bool   // refused, but its existence is no secret to the actor
	Weak    bool   // refused only because the session lacks its second factor
}

// decide is the pure heart of Can: what no policy grants is refused, what one
// forbids too.
func (e *engine) decide(w who, action Action, res Resource, now time.Time) Decision {
	resource, ok := res.entity()
	if !ok {
		return Decision{}
	}
	principal, ok := w.principal()
	if !ok {
		return Decision{}
	}
	var context types.Record
	if e.invoking[action] {
		context = res.Invoked.record(now)
	}
	v := e.ask(principal, resource, action, context)
	d := Decision{Allowed: v.allowed, Rule: v.policy, Key: e.sentences[v.policy]}
	if d.Allowed {
		return d
	}
	d.Seen = e.ask(principal, resource, know, types.Record{}).allowed
	if w.AAL < 2 {
		w.AAL, w.made = 2, nil
		strong, _ := w.principal()
		d.Weak = e.ask(strong, resource, action, context).allowed
	}
	return d
}
