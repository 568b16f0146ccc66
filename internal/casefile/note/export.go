package note

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// Exporters are the notes and the words of a file, for its copy.
func (s *Service) Exporters() []casefile.Exporter {
	return []casefile.Exporter{notesPart{s}, wordsPart{s}}
}

// notesPart are the notes in a copy: those of the teams, those shared with the
// person, and the taker's own. What a circle keeps is asked for apart: a copy
// travels, and may speak of a child in danger to the one who endangers it.
type notesPart struct{ s *Service }

type exportedNote struct {
	ID         core.ID           `json:"id"`
	Kind       Kind              `json:"kind"`
	On         string            `json:"on"`
	Visibility Visibility        `json:"visibility"`
	Text       string            `json:"text"`
	WrittenAt  string            `json:"written_at"`
	WrittenBy  string            `json:"written_by,omitempty"`
	Before     []exportedVersion `json:"before,omitempty"`
	Withdrawn  *exportedVersion  `json:"withdrawn,omitempty"` // its reason, when, by whom
}

type exportedVersion struct {
	Text string `json:"text"`
	At   string `json:"at"`
	By   string `json:"by,omitempty"`
}

const selectOldTexts = `SELECT t.note_id, t.id, t.state, t.body, t.written_at, t.written_by
FROM note_text t JOIN note n ON n.org_id = t.org_id AND n.id = t.note_id
WHERE t.org_id = $1 AND n.file_id IN ` + casefile.SameHuman + ` AND n.visibility <> 'circle' AND t.visibility <> 'circle' AND t.id <> n.text_id
AND t.state IN ('kept', 'reason') AND ` + workerSees + ` AND ` + versionSeen + ` ORDER BY t.id LIMIT 20000`

func (p notesPart) ExportPart(ctx context.Context, q db.Querier, o casefile.Opened, file core.ID) (casefile.ExportPart, error) {
	part := casefile.ExportPart{Name: "notes"}
	r := &reader{Opened: o, file: file, who: core.ActorFrom(ctx), s: p.s}
	list, err := r.list(q, Filter{}, place{}, maxNotes)
	if err != nil {
		return part, err
	}
	olds, err := r.oldTexts(q)
	if err != nil {
		return part, err
	}
	var who []core.ID
	for _, n := range list {
		who = append(who, n.Author, n.WithdrawnBy)
	}
	for _, v := range olds {
		who = append(who, v.By)
	}
	names, err := workerNames(q, o.Org, who)
	if err != nil {
		return part, err
	}
	say := i18n.For(i18n.French)
	at := map[core.ID]int{}
	out := []exportedNote{}
	for _, n := range list {
		if n.Visibility == ForCircle {
			continue
		}
		text := Mask(n.Body)
		part.Masked += CountThird(n.Body)
		at[n.ID] = len(out)
		out = append(out, exportedNote{ID: n.ID, Kind: n.Kind, On: n.On.String(), Visibility: n.Visibility, Text: text, WrittenAt: instant(n.WrittenAt), WrittenBy: names[n.Author]})
		if n.Withdrawn() {
			out[len(out)-1].Withdrawn = &exportedVersion{At: instant(n.WithdrawnAt), By: names[n.WithdrawnBy]}
		}
		row := casefile.ExportRow{
			Label: say.T("notes.export_label", "date", n.On, "kind", say.T("notes.kind_"+string(n.Kind))), Text: text,
			More: say.T("notes.written_by", "worker", names[n.Author], "date", p.day(ctx, n.WrittenAt)),
		}
		if n.Edited {
			row.More += " " + say.T("notes.edited_by", "worker", names[n.ChangedBy], "date", p.day(ctx, n.ChangedAt))
		}
		if n.Withdrawn() {
			row.More += " " + say.T("notes.withdrawn_by", "worker", names[n.WithdrawnBy], "date", p.day(ctx, n.WithdrawnAt))
		}
		part.Rows = append(part.Rows, row)
	}
	for _, v := range olds {
		i, ok := at[v.note]
		if !ok {
			continue
		}
		masked := exportedVersion{Mask(v.Body), instant(v.At), names[v.By]}
		part.Masked += CountThird(v.Body)
		if v.State != stateReason {
			out[i].Before = append(out[i].Before, masked)
		} else if out[i].Withdrawn != nil {
			out[i].Withdrawn.Text = masked.Text
		}
	}
	part.JSON = out
	part.Says = say.T("notes.export_circles")
	return part, nil
}

// oldText is a version that no longer counts, or the reason of a withdrawal.
type oldText struct {
	Version
	note core.ID
}

// oldTexts reads those of the copy. The person takes notes as they stand.
func (r *reader) oldTexts(q db.Querier) ([]oldText, error) {
	if r.person() {
		return nil, nil
	}
	var list []oldText
	rows, err := q.Query(selectOldTexts, r.args()...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		var v oldText
		var sealed []byte
		if err := row.Scan(&v.note, &v.ID, &v.State, &sealed, &v.At, &v.By); err != nil {
			return err
		}
		var err error
		v.Body, err = r.s.openBody(v.ID, sealed)
		list = append(list, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return list, nil
}

func (p notesPart) day(ctx context.Context, us int64) core.Date {
	return core.DateOf(time.UnixMicro(us).In(p.s.cases.Place(core.ActorFrom(ctx).Org)))
}

// wordsPart are the person's own words in a copy, masked too where they are marked.
type wordsPart struct{ s *Service }

type exportedWords struct {
	ID       core.ID `json:"id"`
	Note     core.ID `json:"note,omitempty"` // beside which it stands, when that note is in the copy
	On       string  `json:"said_on"`
	Text     string  `json:"text"`
	ByPerson bool    `json:"by_person"` // written by the person; otherwise taken down by a worker
	At       string  `json:"written_at"`
	By       string  `json:"taken_down_by,omitempty"`
}

func (p wordsPart) ExportPart(ctx context.Context, q db.Querier, o casefile.Opened, file core.ID) (casefile.ExportPart, error) {
	part := casefile.ExportPart{Name: "words"}
	r := &reader{Opened: o, file: file, who: core.ActorFrom(ctx), s: p.s}
	// What stands beside the note of a circle is asked for with it, unless the
	// person wrote it.
	list, err := r.statements(q, `SELECT `+statementColumns+` WHERE s.org_id = $1 AND s.file_id IN `+r.files()+` AND $3 <> '' AND `+r.heard()+`
AND (s.by_person = 1 OR NOT EXISTS (SELECT 1 FROM note c WHERE c.org_id = s.org_id AND c.id = s.note_id AND c.visibility = 'circle'))
ORDER BY s.said_on DESC, s.id DESC LIMIT `+strconv.Itoa(maxWordsOf), r.args()...)
	if err != nil {
		return part, err
	}
	var who []core.ID
	for _, st := range list {
		who = append(who, st.By)
	}
	names, err := workerNames(q, o.Org, who)
	if err != nil {
		return part, err
	}
	here := map[core.ID]bool{} // the notes of the copy
	rows, err := q.Query(`SELECT n.id FROM note n WHERE n.org_id = $1 AND n.file_id IN `+r.files()+` AND n.visibility <> 'circle' AND `+r.sees()+` LIMIT `+strconv.Itoa(maxNotes), r.args()...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		var id core.ID
		err := row.Scan(&id)
		here[id] = true
		return err
	})
	if err != nil {
		return part, fmt.Errorf("read notes of words: %w", err)
	}
	say := i18n.For(i18n.French)
	out := []exportedWords{}
	for _, st := range list {
		b := Body{Text: st.Words}
		part.Masked += CountThird(b)
		words := exportedWords{ID: st.ID, On: st.On.String(), Text: Mask(b), ByPerson: st.ByPerson, At: instant(st.At)}
		row := casefile.ExportRow{Label: say.Date(st.On), Text: words.Text, More: say.T("notes.words_by_person")}
		if here[st.Note] {
			words.Note = st.Note
		}
		if !st.ByPerson {
			words.By = names[st.By]
			row.More = say.T("notes.words_taken", "worker", names[st.By])
		}
		out = append(out, words)
		part.Rows = append(part.Rows, row)
	}
	part.JSON = out
	return part, nil
}

func instant(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339) }
