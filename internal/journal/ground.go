package journal

import (
	"maps"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// Details that say in the name of what a gesture was allowed.
const (
	detailPolicy    = "policy"
	detailAgreement = "agreement"
)

// agreementMark begins the reason of a line whose gesture rested on an agreement,
// when nobody wrote one: « agreement:<kind>:<id> ».
const agreementMark = "agreement:"

// ground writes in the name of what the gesture was allowed: the policy in the part
// that only inquiries read, the agreement in the part that the person reads.
func (e *Event) ground(g core.Ground) {
	if g.Policy == "" {
		return
	}
	detail := maps.Clone(e.Detail)
	if detail == nil {
		detail = make(map[string]string, 2)
	}
	detail[detailPolicy] = g.Policy
	if g.Agreement != "" {
		detail[detailAgreement] = string(g.Agreement)
		if e.Reason == "" {
			e.Reason = agreementMark + g.Kind + ":" + string(g.Agreement)
		}
	}
	e.Detail = detail
}

// Agreement is the agreement on which the gesture rested, and its kind ("consent",
// "reason", "relative"); "" for an accompaniment. Reason is then no sentence.
func (e Entry) Agreement() (kind string, id core.ID) {
	rest, ok := strings.CutPrefix(e.Reason, agreementMark)
	if !ok {
		return "", ""
	}
	kind, name, _ := strings.Cut(rest, ":")
	return kind, core.ID(name)
}

// Policy is the id of the policy that allowed the gesture, "" in older lines.
func (e Entry) Policy() string { return e.Detail[detailPolicy] }
