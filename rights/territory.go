package rights

// within tells whether a local aid exists where a subject lives, as far as known:
// an aid of another town, or of a town nobody said, would only make noise.
func (t *Total) within(work *pool, right Right, subject int32, m Month) bool {
	ev := work.shared[m]
	if ev == nil {
		ev = t.plainEvaluator(m)
		work.shared[m] = ev
	}
	for _, c := range t.reservedCells(right.Territory, right, subject, m) {
		if v := ev.Nodes[ev.Index(c)].Value; !v.Unknown && !v.NA && v.F != 0 {
			return true
		}
	}
	return false
}

// elsewhere is the result of a local aid of another place.
func (t *Total) elsewhere(right Right, subject int32, m Month) Result {
	return Result{
		Right: right.Name, Entity: right.Entity, Subject: t.sit.ids[right.Entity][subject], Month: m.String(), Law: t.law.Digest(),
		Status: NotDue, Verdict: NotDue, Elsewhere: true,
		Missing: []Missing{}, Refused: []Missing{}, Reasons: []string{}, Gaps: []string{}, Assumed: []Assumed{}, Stale: []Stale{},
	}
}
