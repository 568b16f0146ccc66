package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/rights"
)

// Rights is what is stored of the rights of a file for a month.
type Rights struct {
	Month    string  `json:"month"`
	Computed string  `json:"computed,omitempty" doc:"When; absent = never"`
	Law      string  `json:"law,omitempty" doc:"Digest of the law that computed them"`
	Stale    string  `json:"stale,omitempty" doc:"Absent when fresh; facts, law or never: compute again"`
	Items    []Right `json:"items"`
}

// Right is what is proposed of one right and what was decided. When the person
// said no, only that is said, until somebody reopens it.
type Right struct {
	Right    string    `json:"right" doc:"The engine's name: af, aide_logement"`
	Result   *Result   `json:"result,omitempty"`
	Decision *Decision `json:"decision,omitempty" doc:"The one that counts"`
}

// Result is what the calculation proposes; the public body alone decides.
type Result struct {
	Evaluation core.ID   `json:"evaluation"`
	Status     string    `json:"status" doc:"probable, not_due or to_verify"`
	Amount     int64     `json:"amount_cents,omitempty" doc:"What reaches the account; probable only"`
	Min        int64     `json:"min_cents,omitempty"`
	Max        int64     `json:"max_cents,omitempty"`
	Missing    []Missing `json:"missing,omitempty" doc:"Facts that would settle it"`
}

// Missing is a fact that a right still needs.
type Missing struct {
	Variable string  `json:"variable"`
	Subject  Subject `json:"subject"`
}

// Explanation is one stored result whole.
type Explanation struct {
	Right
	Month    string `json:"month"`
	Computed string `json:"computed"`
	Law      string `json:"law"`
	Facts    string `json:"facts" doc:"Digest of the facts that were read"`
	Stale    string `json:"stale,omitempty"`
	// Detail is the engine's own result, as parvis rights prints it; it is left
	// out of a right that the person does not want.
	Detail json.RawMessage `json:"detail,omitempty" doc:"The engine's own result: explanation, what was assumed, what law texts are overdue"`
}

// Decision is what the person decided about a right, or what happened.
type Decision struct {
	ID        core.ID `json:"id"`
	Kind      string  `json:"kind" doc:"to_claim, claimed, receives, not_wanted, contested or reopened"`
	NonTakeUp string  `json:"non_take_up,omitempty"`
	Amount    int64   `json:"amount_cents,omitempty"`
	Since     string  `json:"since,omitempty"`
	Source    string  `json:"source"`
	Detail    string  `json:"detail,omitempty"`
	At        string  `json:"at"`
	By        core.ID `json:"by"`
}

// Decisions is the history of a right, the latest first.
type Decisions struct {
	Items []Decision `json:"items"`
}

// NewDecision notes what the person decided.
type NewDecision struct {
	Kind      string  `json:"kind" enum:"to_claim,claimed,receives,not_wanted,contested,reopened"`
	NonTakeUp string  `json:"non_take_up,omitempty" enum:"non_connaissance,non_demande,non_reception,non_proposition,"`
	Amount    int64   `json:"amount_cents,omitempty" minimum:"0" maximum:"1000000" doc:"receives only"`
	Since     string  `json:"since,omitempty" maxLength:"10"`
	Source    string  `json:"source,omitempty" enum:"said,document,imported,caf_letter,"`
	Detail    string  `json:"detail,omitempty" maxLength:"120"`
	After     core.ID `json:"after,omitempty" maxLength:"36" doc:"The last decision that was read; absent = there was none"`
}

type rightsInput struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	Month string `query:"month" maxLength:"7" doc:"2026-06; this month when absent"`
}

type rightInput struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	Month string `query:"month" maxLength:"7" doc:"2026-06; this month when absent"`
	Right string `path:"right" maxLength:"64" doc:"The engine's name"`
}

type decisionsInput struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	Right string `path:"right" maxLength:"64" doc:"The engine's name"`
}

func (h *Handler) registerRights() {
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/rights", id: "listRights", scope: access.RightsRead, summary: "Stored rights of a month; nothing is computed"},
		func(ctx context.Context, in *rightsInput) (*struct{ Body Rights }, error) {
			id, month, err := in.read()
			if err != nil {
				return nil, err
			}
			s, err := h.cases.StoredRights(ctx, id, month)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body Rights }{Rights{Month: s.Month.String(), Computed: instant(s.Computed), Law: s.Law, Stale: string(s.Stale), Items: []Right{}}}
			for _, l := range s.Rights {
				out.Body.Items = append(out.Body.Items, rightOf(l))
			}
			return out, nil
		})
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/rights/compute", id: "computeRights", scope: access.RightsWrite, status: http.StatusNoContent,
		summary: "Compute the rights of a month again; nothing happens when law and facts are those of the stored result"},
		func(ctx context.Context, in *rightsInput) (*struct{}, error) {
			id, month, err := in.read()
			if err != nil {
				return nil, err
			}
			return nil, h.cases.Recompute(ctx, id, month)
		})
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/rights/{right}", id: "explainRight", scope: access.RightsRead, summary: "One stored result whole, with its explanation"}, h.explain)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}/rights/{right}/decisions", id: "listDecisions", scope: access.RightsRead, summary: "What was decided about a right, the latest first, at most 50"},
		func(ctx context.Context, in *decisionsInput) (*struct{ Body Decisions }, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			list, err := h.cases.Decisions(ctx, id, in.Right)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body Decisions }{Decisions{Items: []Decision{}}}
			for _, d := range list {
				out.Body.Items = append(out.Body.Items, decisionOf(d))
			}
			return out, nil
		})
	add(h, operation{method: http.MethodPost, path: "/persons/{id}/rights/{right}/decisions", id: "decide", scope: access.RightsWrite, status: http.StatusCreated,
		summary: "Note what the person decided; 409 urn:parvis:problem:decision-conflict when somebody decided meanwhile"}, h.decide)
}

func (h *Handler) explain(ctx context.Context, in *rightInput) (*struct{ Body Explanation }, error) {
	id, month, err := rightsInput{ID: in.ID, Month: in.Month}.read()
	if err != nil {
		return nil, err
	}
	x, err := h.cases.Explain(ctx, id, in.Right, month)
	if err != nil {
		return nil, err
	}
	line := casefile.RightLine{Right: x.Result.Right, Result: &x.Result, Decision: x.Decision}
	out := &struct{ Body Explanation }{Explanation{Right: rightOf(line), Month: x.Month.String(), Computed: instant(x.ComputedAt), Law: x.LawDigest, Facts: x.FactsDigest, Stale: string(x.Stale)}}
	if !line.Silenced() {
		if out.Body.Detail, err = json.Marshal(x.Detail); err != nil {
			return nil, fmt.Errorf("write the explanation: %w", err)
		}
	}
	return out, nil
}

func (h *Handler) decide(ctx context.Context, in *struct {
	ID    string `path:"id" maxLength:"64" doc:"The person's id"`
	Right string `path:"right" maxLength:"64" doc:"The engine's name"`
	Body  NewDecision
}) (*refOutput, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	var f errs.Fields
	d := casefile.DecisionInput{Right: in.Right, Kind: casefile.DecisionKind(b.Kind), NonTakeUp: casefile.NonTakeUp(b.NonTakeUp), Amount: core.Cents(b.Amount),
		Since: date(&f, "since", b.Since), Source: casefile.Source(b.Source), Detail: b.Detail, After: b.After}
	if err := f.Err(); err != nil {
		return nil, err
	}
	made, err := h.cases.Decide(ctx, id, d)
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(id) + "/rights/" + made.Right + "/decisions", Body: Ref{ID: made.ID}}, nil
}

func (in rightsInput) read() (core.ID, core.Month, error) {
	id, err := parseID(in.ID)
	if err != nil || in.Month == "" {
		return id, 0, err
	}
	month, err := rights.ParseMonth(in.Month)
	if err != nil || month.String() != in.Month {
		return "", 0, errs.Fields{errs.New(errs.Invalid, "api.problem.month").On("query.month")}
	}
	return id, month, nil
}

func rightOf(l casefile.RightLine) Right {
	out := Right{Right: l.Right}
	if l.Decision != nil {
		d := decisionOf(*l.Decision)
		out.Decision = &d
	}
	if l.Result != nil && !l.Silenced() {
		out.Result = &Result{Evaluation: l.Result.Evaluation, Status: string(l.Result.Status), Amount: int64(l.Result.Amount), Min: int64(l.Result.Min), Max: int64(l.Result.Max)}
		for _, m := range l.Result.Missing {
			out.Result.Missing = append(out.Result.Missing, Missing{Variable: m.Variable, Subject: Subject{Kind: string(m.Subject.Kind), ID: m.Subject.ID}})
		}
	}
	return out
}

func decisionOf(d casefile.Decision) Decision {
	return Decision{ID: d.ID, Kind: string(d.Kind), NonTakeUp: string(d.NonTakeUp), Amount: int64(d.Amount), Since: d.Since.String(), Source: string(d.Source), Detail: d.Detail, At: instant(d.At), By: d.By}
}
