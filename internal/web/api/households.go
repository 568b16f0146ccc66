package api

import (
	"context"
	"errors"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Household is who lives with a file's person on a day, and the groups that the
// law derives.
type Household struct {
	ID      core.ID   `json:"id,omitempty" doc:"Absent when nothing was said yet: the person alone"`
	On      string    `json:"on"`
	People  []Human   `json:"people" doc:"Everybody named below"`
	Members []Member  `json:"members" doc:"Who lives there on the day"`
	Kin     []Kinship `json:"kin"`
	Family  Family    `json:"family" doc:"The famille of the CAF"`
	Taxes   []TaxUnit `json:"tax_units" doc:"The foyers fiscaux of everybody there"`
}

// Human is what a household shows of each of its people.
type Human struct {
	ID        core.ID `json:"id"`
	FirstName string  `json:"first_name,omitempty"`
	UsualName string  `json:"usual_name,omitempty"`
	Birth     string  `json:"birth,omitempty"`
}

// Member is a stay in the dwelling.
type Member struct {
	ID      core.ID `json:"id" doc:"Of the stay, not of the person"`
	Version int64   `json:"version" doc:"To be sent in If-Match"`
	Person  core.ID `json:"person"`
	From    string  `json:"from,omitempty" doc:"First day; absent = since we know"`
	Until   string  `json:"until,omitempty" doc:"First day gone; absent = still there"`
	Housed  bool    `json:"housed,omitempty"`
}

// Kinship is one dated relation.
type Kinship struct {
	ID      core.ID `json:"id"`
	Version int64   `json:"version"`
	Kind    string  `json:"kind" doc:"parent_of (a is a parent of b) or couple"`
	A       core.ID `json:"a"`
	B       core.ID `json:"b"`
	Couple  string  `json:"couple,omitempty" doc:"married, pacs or concubinage"`
	From    string  `json:"from,omitempty"`
	Until   string  `json:"until,omitempty" doc:"First day apart"`
}

// Family is a famille for the CAF.
type Family struct {
	Parents  []core.ID `json:"parents"`
	Children []core.ID `json:"children"`
}

// TaxUnit is a foyer fiscal.
type TaxUnit struct {
	Declarants []core.ID `json:"declarants"`
	Dependants []core.ID `json:"dependants"`
}

// NewMember adds somebody to the dwelling, or a relative who lives elsewhere.
type NewMember struct {
	Person core.ID `json:"person,omitempty" maxLength:"36" doc:"Somebody known; absent = somebody new, by name"`
	Identity
	LivesIn  bool      `json:"lives_in,omitempty" doc:"In the same dwelling"`
	Housed   bool      `json:"housed,omitempty" doc:"Not at home in their own right"`
	From     string    `json:"from,omitempty" maxLength:"10"`
	Until    string    `json:"until,omitempty" maxLength:"10" doc:"First day gone, when it is known"`
	Relation string    `json:"relation,omitempty" enum:"child,parent,partner," doc:"What they are to the file's person"`
	Couple   string    `json:"couple,omitempty" enum:"married,pacs,concubinage,"`
	Since    string    `json:"since,omitempty" maxLength:"10" doc:"Of the couple"`
	Apart    string    `json:"apart,omitempty" maxLength:"10" doc:"First day apart"`
	ParentOf []core.ID `json:"parent_of,omitempty" maxItems:"20"`
	Other    core.ID   `json:"other_parent,omitempty" maxLength:"36" doc:"Of a child: another person of the household who is its parent"`
}

type householdInput struct {
	ID string `path:"id" maxLength:"64" doc:"The person's id"`
	On string `query:"on" maxLength:"10" doc:"A day; today when absent"`
}

type leaveInput struct {
	ID      string `path:"id" maxLength:"64" doc:"The person's id"`
	Member  string `path:"member" maxLength:"64" doc:"The stay's id"`
	IfMatch string `header:"If-Match" doc:"The stay's version, as an ETag: needed"`
	Body    struct {
		Until string `json:"until" maxLength:"10" doc:"First day gone"`
	}
}

func (h *Handler) registerHouseholds() {
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/household", id: "readHousehold", scope: access.HouseholdsRead, summary: "Who lives with the person on a day"},
		func(ctx context.Context, in *householdInput) (*struct{ Body Household }, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			var f errs.Fields
			on := date(&f, "query.on", in.On)
			if err := f.Err(); err != nil {
				return nil, err
			}
			v, err := h.cases.Household(ctx, id, on)
			if err != nil {
				return nil, err
			}
			return &struct{ Body Household }{householdOf(v)}, nil
		})
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/household/members", id: "addMember", scope: access.HouseholdsWrite, status: http.StatusCreated,
		summary: "Add somebody to the dwelling, or a relative elsewhere"}, h.addMember)
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/household/members/{member}/leave", id: "leaveHousehold", scope: access.HouseholdsWrite, status: http.StatusNoContent,
		summary: "End a stay", refusals: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}},
		func(ctx context.Context, in *leaveInput) (*struct{}, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			member, err := parseID(in.Member)
			if err != nil {
				return nil, err
			}
			version, err := parseMatch(in.IfMatch)
			if err != nil {
				return nil, err
			}
			var f errs.Fields
			until := date(&f, "until", in.Body.Until)
			if err := f.Err(); err != nil {
				return nil, err
			}
			err = h.cases.LeaveHousehold(ctx, id, member, version, until)
			var e *errs.Error
			if errs.Is(err, errs.Conflict) && errors.As(err, &e) {
				return nil, &refusal{status: http.StatusPreconditionFailed, kind: "version", cause: e}
			}
			return nil, err
		})
}

func (h *Handler) addMember(ctx context.Context, in *struct {
	ID   string `path:"id" maxLength:"64" doc:"The person's id"`
	Body NewMember
}) (*refOutput, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var f errs.Fields
	m := casefile.HouseholdInput{LivesIn: b.LivesIn, Housed: b.Housed, Relation: casefile.Relation(b.Relation), Couple: casefile.CoupleKind(b.Couple),
		From: date(&f, "from", b.From), Until: date(&f, "until", b.Until), OtherParent: b.Other, Since: date(&f, "since", b.Since), Apart: date(&f, "apart", b.Apart)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if m.Identity, err = b.Identity.read(); err != nil {
		return nil, err
	}
	if b.Person != "" {
		if m.Person, err = core.ParseID(string(b.Person)); err != nil {
			return nil, errs.Fields{errs.New(errs.Invalid, "errs.casefile.person_not_found").On("person")}
		}
	}
	for _, child := range b.ParentOf {
		c, err := core.ParseID(string(child))
		if err != nil {
			return nil, errs.Fields{errs.New(errs.Invalid, "errs.casefile.person_not_found").On("parent_of")}
		}
		m.ParentOf = append(m.ParentOf, c)
	}
	added, err := h.cases.AddToHousehold(ctx, id, m)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(id) + "/household", Body: Ref{ID: added}}, nil
}

func householdOf(v casefile.HouseholdView) Household {
	out := Household{ID: v.ID, On: v.On.String(), People: []Human{}, Members: []Member{}, Kin: []Kinship{}, Taxes: []TaxUnit{},
		Family: Family{Parents: ids(v.Groups.Family.Parents), Children: ids(v.Groups.Family.Children)}}
	named := map[core.ID]bool{}
	name := func(id core.ID) {
		if h, known := v.Humans[id]; known && !named[id] {
			named[id] = true
			out.People = append(out.People, Human{ID: h.ID, FirstName: h.FirstName, UsualName: h.UsualName, Birth: h.Birth.String()})
		}
	}
	for _, m := range v.Members {
		name(m.Person)
		out.Members = append(out.Members, Member{ID: m.ID, Version: m.Version, Person: m.Person, From: m.From.String(), Until: m.Until.String(), Housed: m.Housed})
	}
	for _, k := range v.Kin {
		name(k.A)
		name(k.B)
		out.Kin = append(out.Kin, Kinship{ID: k.ID, Version: k.Version, Kind: string(k.Kind), A: k.A, B: k.B, Couple: string(k.Couple), From: k.From.String(), Until: k.Until.String()})
	}
	for _, t := range v.Groups.TaxUnits {
		out.Taxes = append(out.Taxes, TaxUnit{Declarants: ids(t.Declarants), Dependants: ids(t.Dependants)})
	}
	return out
}

// ids is a list that is written [] when empty.
func ids(list []core.ID) []core.ID { return append([]core.ID{}, list...) }
