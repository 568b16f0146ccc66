package access

import (
	"strings"
	"sync"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"codeberg.org/parvis/parvis/internal/core"
)

// The types of Cedar's entities, as in policies/parvis.cedarschema.
const (
	typeOrganisation types.EntityType = "Organisation"
	typeTeam         types.EntityType = "Team"
	typeWorker       types.EntityType = "Worker"
	typeOrgAdmin     types.EntityType = "OrgAdmin"
	typeAuditor      types.EntityType = "Auditor"
	typeClerk        types.EntityType = "Clerk"
	typePerson       types.EntityType = "Person"
	typeOperator     types.EntityType = "Operator"
	typeSystem       types.EntityType = "System"
	typeHouse        types.EntityType = "House"
	typeFile         types.EntityType = "File"
	typeMachine      types.EntityType = "Machine"
)

func uid(kind types.EntityType, id core.ID) types.EntityUID {
	return types.NewEntityUID(kind, types.String(id))
}

// setOf is a set of entities of one type.
func setOf(kind types.EntityType, ids []core.ID) types.Set {
	all := make([]types.Value, len(ids))
	for i, id := range ids {
		all[i] = uid(kind, id)
	}
	return types.NewSet(all...)
}

func texts[T ~string](list []T) types.Set {
	all := make([]types.Value, len(list))
	for i, s := range list {
		all[i] = types.String(s)
	}
	return types.NewSet(all...)
}

// principal is who asks, for Cedar. ok is false for nobody.
func (w who) principal() (e types.Entity, ok bool) {
	if w.made != nil {
		return *w.made, true
	}
	org := uid(typeOrganisation, w.Org)
	aal := types.Long(w.AAL)
	switch w.Kind {
	case core.ActorWorker:
		return types.Entity{UID: uid(typeWorker, w.ID), Attributes: types.NewRecord(types.RecordMap{
			"org": org, "teams": setOf(typeTeam, w.Teams), "aal": aal, "active": types.Boolean(!w.inactive),
			"administers": types.Boolean(w.administers), "program": types.Boolean(w.Program),
		})}, true
	case core.ActorOrgAdmin:
		return types.Entity{UID: uid(typeOrgAdmin, w.ID), Attributes: types.NewRecord(types.RecordMap{
			"org": org, "aal": aal, "active": types.Boolean(!w.inactive), "administers": types.True,
		})}, true
	case core.ActorClerk:
		return types.Entity{UID: uid(typeClerk, w.ID), Attributes: types.NewRecord(types.RecordMap{
			"org": org, "aal": aal, "active": types.Boolean(!w.inactive), "administers": types.Boolean(w.administers),
		})}, true
	case core.ActorAuditor:
		return types.Entity{UID: uid(typeAuditor, w.ID), Attributes: types.NewRecord(types.RecordMap{
			"org": org, "aal": aal, "active": types.Boolean(!w.inactive),
		})}, true
	case core.ActorPerson:
		return types.Entity{UID: uid(typePerson, w.ID), Attributes: types.NewRecord(types.RecordMap{
			"org": org, "aal": aal, "file": uid(typeFile, w.ID),
		})}, true
	case core.ActorOperator:
		return types.Entity{UID: uid(typeOperator, w.ID)}, true
	case core.ActorSystem:
		return types.Entity{UID: uid(typeSystem, w.ID), Attributes: types.NewRecord(types.RecordMap{"org": org})}, true
	}
	return e, false
}

// entity is what a gesture is about, for Cedar. ok is false for what is nobody's: a
// person without an organisation.
func (r Resource) entity() (e types.Entity, ok bool) {
	org := uid(typeOrganisation, r.Org)
	switch {
	case r.Org == "" && r.Person == "":
		return types.Entity{UID: uid(typeMachine, "")}, true
	case r.Org == "":
		return e, false
	case r.Person == "":
		return types.Entity{UID: uid(typeHouse, r.Org), Attributes: types.NewRecord(types.RecordMap{"org": org})}, true
	}
	return types.Entity{UID: uid(typeFile, r.Person), Attributes: types.NewRecord(types.RecordMap{"org": org, "teams": setOf(typeTeam, r.Teams)})}, true
}

// days counts a date from 1 January 1970.
func days(d core.Date) types.Long {
	return types.Long(d.Time().Unix() / int64(24*time.Hour/time.Second))
}

// record is what the request invokes, for Cedar; now is the instant of the
// decision and today the day it is at the organisation.
func (i *Invoked) record(now time.Time) types.Record {
	if i == nil {
		i = &Invoked{}
	}
	if !i.At.IsZero() {
		now = i.At
	}
	file := uid(typeFile, i.Person)
	m := types.RecordMap{"today": days(i.Today), "now": types.Long(now.UnixMicro()), "category": types.String(i.Category)}
	switch i.Kind {
	case InvokedConsent:
		m["consent"] = types.NewRecord(types.RecordMap{
			"file": file, "teams": setOf(typeTeam, i.Teams), "categories": texts(i.Categories), "gestures": texts(i.Gestures),
			"from": days(i.From), "until": days(i.Until), "revoked": types.Boolean(i.Revoked),
		})
	case InvokedGrant:
		m["grant"] = types.NewRecord(types.RecordMap{
			"file": file, "teams": setOf(typeTeam, i.Teams), "gestures": texts(i.Gestures),
			"from": days(i.From), "until": days(i.Until), "revoked": types.Boolean(i.Revoked),
		})
	case InvokedReason:
		m["reason"] = types.NewRecord(types.RecordMap{
			"file": file, "worker": uid(typeWorker, i.To), "categories": texts(i.Categories),
			"until": types.Long(i.Ends.UnixMicro()), "granted": types.Boolean(i.Granted && !i.Revoked),
		})
	case InvokedRelative:
		m["relative"] = types.NewRecord(types.RecordMap{
			"file": file, "relative": uid(typeFile, i.To), "categories": texts(i.Categories),
			"from": days(i.From), "until": days(i.Until), "revoked": types.Boolean(i.Revoked),
		})
	}
	return types.NewRecord(m)
}

// standing is all that makes a principal: two equal ones are the same entity.
type standing struct {
	kind                           core.ActorKind
	id, org                        core.ID
	teams                          string
	aal                            int
	program, administers, inactive bool
}

// keptPrincipals is how many principals a service remembers before it forgets all.
const keptPrincipals = 512

// principals remembers the entities of those who asked lately. It is safe for
// concurrent use.
type principals struct {
	mu   sync.Mutex
	kept map[standing]*types.Entity
}

// fill gives w its entity, made once.
func (p *principals) fill(w *who) {
	var teams strings.Builder
	for _, t := range w.Teams {
		teams.WriteString(string(t))
		teams.WriteByte(0)
	}
	key := standing{w.Kind, w.ID, w.Org, teams.String(), w.AAL, w.Program, w.administers, w.inactive}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.kept[key]; e != nil {
		w.made = e
		return
	}
	e, ok := w.principal()
	if !ok {
		return
	}
	if p.kept == nil || len(p.kept) >= keptPrincipals {
		p.kept = make(map[standing]*types.Entity)
	}
	w.made, p.kept[key] = &e, &e
}
