package openfisca

import (
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights"
)

// parameter is a figure of the law as /parameter/{id} describes it: values by the
// day they begin, null once there is none; brackets of a barème by threshold; or
// the parts of a grid.
type parameter struct {
	ID          string                        `json:"id"`
	Description string                        `json:"description"`
	Metadata    map[string]any                `json:"metadata"`
	Values      map[string]*float64           `json:"values,omitempty"`
	Brackets    map[string]map[string]float64 `json:"brackets,omitempty"`
	Parts       map[string]listed             `json:"subparams,omitempty"`
}

// parameters lists the figures, grids left out: their cells stand for them.
func (h *handler) parameters(w http.ResponseWriter, r *http.Request) {
	base := address(r, "parameter/")
	out := map[string]listed{}
	for _, p := range h.law.Parameters() {
		if len(p.Parts) == 0 {
			out[p.Name] = listed{p.Label, base + p.Name}
		}
	}
	writeJSON(w, http.StatusOK, out)
}

// parameter finds one by its name; a/b is a.b, as clients of either age write it.
func (h *handler) parameter(w http.ResponseWriter, r *http.Request) {
	id := strings.ReplaceAll(strings.Trim(r.PathValue("id"), "/"), "/", ".")
	for _, p := range h.law.Parameters() {
		if p.Name == id {
			writeJSON(w, http.StatusOK, describe(p, address(r, "parameter/")))
			return
		}
	}
	write(w, http.StatusNotFound, (&Problem{code: "unknown_parameter", args: []any{clip(id)}, near: h.law.NearestParameter(clip(id))}).JSON(language(r)))
}

func describe(p rights.Parameter, base string) parameter {
	out := parameter{ID: p.Name, Description: p.Label, Metadata: map[string]any{"unit": p.Unit}}
	references := map[string]string{}
	for _, v := range p.Values {
		if out.Values == nil {
			out.Values = map[string]*float64{}
		}
		out.Values[v.From] = nil
		if !v.Ended {
			out.Values[v.From] = &v.Value
		}
		if v.Source != "" {
			references[v.From] = v.Source
		}
	}
	for _, v := range p.Brackets {
		if out.Brackets == nil {
			out.Brackets = map[string]map[string]float64{}
			out.Metadata["type"] = map[bool]string{true: "marginal_rate", false: "single_amount"}[p.Marginal]
		}
		by := map[string]float64{}
		for i, t := range v.Thresholds {
			by[strconv.FormatFloat(t, 'f', -1, 64)] = v.Values[i]
		}
		out.Brackets[v.From] = by
		if v.Source != "" {
			references[v.From] = v.Source
		}
	}
	for _, name := range p.Parts {
		if out.Parts == nil {
			out.Parts = map[string]listed{}
		}
		out.Parts[strings.TrimPrefix(name, p.Name+".")] = listed{p.Label, base + name}
	}
	if len(references) > 0 {
		out.Metadata["reference"] = references
	}
	return out
}

// clip shortens what a client made up.
func clip(s string) string {
	if r := []rune(strings.ToValidUTF8(s, "�")); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
