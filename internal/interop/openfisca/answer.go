package openfisca

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights"
)

// Options of an answer.
type Options struct {
	Bare   bool // without the key "parvis"
	Strict bool // refuse when a fact would be assumed
}

// note is what Parvis adds to an answer.
type note struct {
	Law      string       `json:"law"`
	Assumed  []assumption `json:"assumed"`
	ToVerify []toVerify   `json:"to_verify"`
}

type assumption struct {
	Path    string       `json:"path"`
	Periods []string     `json:"periods"`
	Value   rights.Value `json:"value"`
	ReadBy  []string     `json:"read_by"`
}

type toVerify struct {
	Path   string   `json:"path"`
	Reason []string `json:"reason"`
}

// Answer computes what is asked and writes the request back with the numbers in
// the place of the nulls, and the key "parvis". The error is a *Problem.
func (req *Request) Answer(o Options) ([]byte, error) {
	t := req.Situation.Close(rights.OpenFisca)
	asks := make([]rights.Ask, len(req.Asks))
	for i, a := range req.Asks {
		asks[i] = a.Ask
	}
	answers, err := t.Compute(asks)
	if err != nil {
		return nil, inputProblem(nil, err)
	}
	n := note{Law: req.law.Digest(), Assumed: []assumption{}, ToVerify: []toVerify{}}
	seen := map[string]int{}
	for i, a := range answers {
		if a.Unknown {
			return nil, &Problem{Path: req.Asks[i].Path, code: "no_value_in_law", args: []any{req.Asks[i].Variable, strings.Join(a.Gaps, ", ")}}
		}
		for _, as := range a.Assumed {
			addAssumption(&n, seen, as)
		}
		if len(a.Reasons) > 0 {
			n.ToVerify = append(n.ToVerify, toVerify{strings.Join(req.Asks[i].Path, "/"), a.Reasons})
		}
	}
	if o.Strict && len(n.Assumed) > 0 {
		paths := make([]string, 0, len(n.Assumed))
		for _, a := range n.Assumed {
			paths = append(paths, a.Path+" ("+strings.Join(a.Periods, ", ")+")")
		}
		return nil, &Problem{code: "assumed", args: []any{strings.Join(paths, "; ")}}
	}
	return req.splice(answers, n, o)
}

// addAssumption merges an assumption with the ones already listed.
func addAssumption(n *note, seen map[string]int, as rights.Assumed) {
	path := strings.Join([]string{rights.EntityKey(as.Entity), as.Subject, as.Variable}, "/")
	periods := make([]string, 0, len(as.Spans))
	for _, s := range as.Spans {
		if s.From == s.To {
			periods = append(periods, s.From)
		} else {
			periods = append(periods, s.From+".."+s.To)
		}
	}
	if len(periods) == 0 {
		periods = []string{"ETERNITY"}
	}
	key := path + strings.Join(periods, ",")
	if i, ok := seen[key]; ok {
		for _, r := range as.ReadBy {
			if !contains(n.Assumed[i].ReadBy, r) {
				n.Assumed[i].ReadBy = append(n.Assumed[i].ReadBy, r)
			}
		}
		return
	}
	seen[key] = len(n.Assumed)
	n.Assumed = append(n.Assumed, assumption{path, periods, as.Value, append([]string(nil), as.ReadBy...)})
}

func contains(xs []string, x string) bool {
	for _, y := range xs {
		if x == y {
			return true
		}
	}
	return false
}

// splice writes the body with the numbers in place, without its own key
// "parvis", and with ours.
func (req *Request) splice(answers []rights.Answer, n note, o Options) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(req.body) + 1024)
	at := 0
	copyTo := func(end int) {
		if cut := req.parvis; cut[1] > 0 && at <= cut[0] && cut[1] <= end {
			out.Write(req.body[at:cut[0]])
			at = cut[1]
		}
		out.Write(req.body[at:end])
		at = end
	}
	for _, i := range byOffset(req.Asks) {
		copyTo(req.Asks[i].offset)
		v, _ := req.law.Variable(req.Asks[i].Variable)
		out.Write(appendValue(nil, answers[i].Value, v.Unit))
		at = req.Asks[i].offset + len("null")
	}
	end := bytes.LastIndexByte(req.body, '}')
	copyTo(end)
	text := tidyCommas(out.Bytes(), req.parvis[1] > 0)
	if o.Bare {
		return append(text, '}', '\n'), nil
	}
	b, err := json.Marshal(n)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimRight(text, " \t\r\n")
	if !bytes.HasSuffix(text, []byte("{")) {
		text = append(text, ',')
	}
	text = append(text, `"parvis":`...)
	return append(append(text, b...), '}', '\n'), nil
}

// byOffset gives the order of the asks in the body; asks are read in the order of
// the body already, so this is the identity unless a key came twice.
func byOffset(asks []Ask) []int {
	order := make([]int, len(asks))
	for i := range order {
		order[i] = i
	}
	for i := 1; i < len(order); i++ {
		for j := i; j > 0 && asks[order[j]].offset < asks[order[j-1]].offset; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	return order
}

// tidyCommas removes the comma that is left where a member was cut out of the
// outermost object: doubled, at the beginning, or at the end.
func tidyCommas(b []byte, cut bool) []byte {
	if !cut {
		return b
	}
	out := make([]byte, 0, len(b))
	text, escaped := false, false
	last := byte(0)
	for _, c := range b {
		if text {
			out = append(out, c)
			switch {
			case escaped:
				escaped = false
			case c == '\\':
				escaped = true
			case c == '"':
				text = false
			}
			last = c
			continue
		}
		if c == ',' && (last == ',' || last == '{') {
			continue
		}
		out = append(out, c)
		if c == '"' {
			text = true
		}
		if c > ' ' {
			last = c
		}
	}
	return bytes.TrimSuffix(bytes.TrimRight(out, " \t\r\n"), []byte(","))
}

// appendValue writes a result: euros with two decimals, other numbers as they are,
// not applicable as 0 or false.
func appendValue(out []byte, v rights.Value, unit string) []byte {
	if v.Kind != rights.KindNumber {
		b, err := v.MarshalJSON()
		if err != nil {
			return append(out, "null"...)
		}
		return append(out, b...)
	}
	if strings.HasPrefix(unit, "€") {
		return strconv.AppendFloat(out, rights.CentsOf(v.Number).Euros(), 'f', -1, 64)
	}
	n := math.Round(v.Number*1e6) / 1e6
	return strconv.AppendFloat(out, n, 'f', -1, 64)
}
