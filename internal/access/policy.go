package access

import (
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// Action is a gesture that a rule may grant.
type Action string

// The actions. Those on a person's file first.
const (
	PersonFind    Action = "person.find"   // name, birth year and team in a list or a search
	PersonCreate  Action = "person.create" // open a file for somebody new
	PersonOpen    Action = "person.open"   // read the file
	PersonEdit    Action = "person.edit"   // identity and contact
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
	SeenRead      Action = "lines.read"   // the journal of a file, as its person reads it

	MembersList Action = "members.list"
	MembersEdit Action = "members.edit" // invite, change, deactivate, reset
	TeamEdit    Action = "team.edit"
	OrgRead     Action = "org.read"
	OrgEdit     Action = "org.edit"
	WebhookEdit Action = "webhook.edit" // which other programs are told what happens, by ids

	AccountUse Action = "account.use" // one's own sessions, drafts and password
	TokenEdit  Action = "token.edit"  // one's own access tokens, for programs

	OrgCreate    Action = "org.create"
	MemberAdd    Action = "member.add"    // without an invitation: demo, import
	MemberRescue Action = "member.rescue" // from the machine's command line
	MachineKeep  Action = "machine.keep"  // backup, doctor
)

// Actions lists every action, in the order of the rules' documentation.
func Actions() []Action {
	return []Action{
		PersonFind, PersonCreate, PersonOpen, PersonEdit, HouseholdEdit, FactRead, FactSave,
		RightRead, RightCompute, RightDecide, PlanRead, PlanEdit, SheetRead, SheetPrint, NoteRead, NoteWrite, StatementAdd, FileExport, ImportRun,
		CaseHand, CaseAnswer, CaseClose, CaseReopen, CaseOwn, CoverEdit, DeathRecord, AddressRead, SeenRead,
		MembersList, MembersEdit, TeamEdit, OrgRead, OrgEdit, WebhookEdit, AccountUse, TokenEdit,
		OrgCreate, MemberAdd, MemberRescue, MachineKeep,
	}
}

// Changes tells whether the action writes: a file that no longer changes refuses it.
func (a Action) Changes() bool {
	_, verb, _ := strings.Cut(string(a), ".")
	switch verb {
	case "find", "open", "read", "list", "own", "print", "export", "use":
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
}

// role is in what capacity a rule speaks to an actor. A worker who also
// administers the members has two.
type role int

const (
	roleWorker role = iota
	roleAdmin
	rolePerson
	roleOperator
	roleSystem
)

// relation is what must hold between the actor and the resource.
type relation int

const (
	sameOrg     relation = iota // the resource is of the actor's organisation
	accompanies                 // one of the actor's teams accompanies the person
	herself                     // the resource is the actor's own file
	machine                     // the machine itself: no organisation, nobody
)

// rule grants actions to a role under a relation. Everything else is refused.
// key is the sentence that says to people in the name of what.
type rule struct {
	id       string
	key      string
	role     role
	relation relation
	aal      int // lowest assurance of the session; 0 for the system
	actions  []Action
}

// policy is the whole of the rules; it is never written.
var policy = rules()

func rules() []rule {
	file := []Action{PersonFind, PersonOpen, PersonEdit, HouseholdEdit, FactRead, FactSave,
		RightRead, RightCompute, RightDecide, PlanRead, PlanEdit, SheetRead, SheetPrint, NoteRead, NoteWrite, StatementAdd, FileExport, CaseHand, CaseClose, DeathRecord, AddressRead, SeenRead}
	return []rule{
		{"find", "access.rule.find", roleWorker, sameOrg, 2, []Action{PersonFind, PersonCreate, ImportRun}},
		{"accompany", "access.rule.accompany", roleWorker, accompanies, 2, file},
		{"accompanied", "access.rule.accompanied", roleWorker, accompanies, 2, []Action{CaseReopen}},
		{"hand_over", "access.rule.hand_over", roleWorker, sameOrg, 2, []Action{CaseAnswer, CoverEdit}},
		{"own_sheet", "access.rule.own_sheet", rolePerson, herself, 2, []Action{RightRead, SheetRead, SheetPrint}},
		{"own_plan", "access.rule.own_plan", rolePerson, herself, 2, []Action{PlanRead}},
		{"own_file", "access.rule.own_file", rolePerson, herself, 2, []Action{FileExport}},
		{"own_case", "access.rule.own_case", rolePerson, herself, 2, []Action{CaseOwn}},
		{"own_words", "access.rule.own_words", rolePerson, herself, 2, []Action{NoteRead, StatementAdd}},
		{"own_journal", "access.rule.own_journal", rolePerson, herself, 2, []Action{SeenRead}},
		{"colleague", "access.rule.colleague", roleWorker, sameOrg, 2, []Action{MembersList, OrgRead}},
		{"administer", "access.rule.administer", roleAdmin, sameOrg, 2, []Action{MembersList, MembersEdit, TeamEdit, OrgRead, OrgEdit, WebhookEdit}},
		{"account", "access.rule.account", roleWorker, sameOrg, 1, []Action{AccountUse}},
		{"account", "access.rule.account", roleAdmin, sameOrg, 1, []Action{AccountUse}},
		{"account", "access.rule.account", rolePerson, sameOrg, 1, []Action{AccountUse}},
		{"token", "access.rule.token", roleWorker, sameOrg, 2, []Action{TokenEdit}},
		{"machine", "access.rule.machine", roleOperator, machine, 0, []Action{MachineKeep, MemberRescue}},
		{"system", "access.rule.system", roleSystem, sameOrg, 0, append(slices.Clone(file), PersonCreate, ImportRun, CaseReopen,
			MembersList, MembersEdit, TeamEdit, OrgRead, OrgEdit, WebhookEdit, MemberAdd)},
		{"system", "access.rule.system", roleSystem, machine, 0, []Action{OrgCreate}},
	}
}

// who is an actor with what the rules want to know of them now.
type who struct {
	core.Actor
	administers bool // a worker who also administers the members
	inactive    bool
}

func (w who) has(r role) bool {
	if w.inactive {
		return false
	}
	switch w.Kind {
	case core.ActorWorker:
		return r == roleWorker || (r == roleAdmin && w.administers)
	case core.ActorOrgAdmin:
		return r == roleAdmin
	case core.ActorPerson:
		return r == rolePerson
	case core.ActorOperator:
		return r == roleOperator
	case core.ActorSystem:
		return r == roleSystem
	}
	return false
}

func (w who) stands(rel relation, res Resource) bool {
	switch rel {
	case machine:
		return res.Org == "" && res.Person == ""
	case sameOrg:
		return w.inOrg(res)
	case accompanies:
		return w.inOrg(res) && res.Person != "" && slices.ContainsFunc(res.Teams, w.InTeam)
	case herself:
		return w.inOrg(res) && res.Person != "" && res.Person == w.ID
	}
	return false
}

func (w who) inOrg(res Resource) bool { return res.Org != "" && res.Org == w.Org }

// Decision is the answer to "may I, and in the name of what?".
type Decision struct {
	Allowed bool
	Rule    string // the rule that granted, "" when refused
	Key     string // its sentence in the catalogue: "access.rule.<id>"
	Seen    bool   // refused, but its existence is no secret to the actor
	Weak    bool   // refused only because the session lacks its second factor
}

// decide is the pure heart of Can: the first rule that grants wins.
func decide(w who, action Action, res Resource) Decision {
	var d Decision
	for _, r := range policy {
		if !w.has(r.role) || !w.stands(r.relation, res) {
			continue
		}
		if !slices.Contains(r.actions, action) {
			continue
		}
		if w.AAL < r.aal {
			d.Weak = true
			continue
		}
		return Decision{Allowed: true, Rule: r.id, Key: r.key}
	}
	d.Seen = w.sees(res)
	return d
}

// sees tells whether the actor knows that the resource exists: a worker may find
// every person of the organisation; a member knows the organisation itself. An
// administrator or a person knows nothing of another person.
func (w who) sees(res Resource) bool {
	if w.inactive || !w.inOrg(res) {
		return false
	}
	switch {
	case res.Person == "":
		return true
	case w.Kind == core.ActorWorker, w.Kind == core.ActorSystem:
		return true
	}
	return w.Kind == core.ActorPerson && res.Person == w.ID
}
