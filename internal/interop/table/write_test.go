package table_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/interop/table"
)

// TestWrittenTablesAreReadBack: in both formats; what a spreadsheet would compute is
// only text.
func TestWrittenTablesAreReadBack(t *testing.T) {
	rows := [][]string{{"raison", "trimestre 1"}, {"Un courrier <reçu> & lu ; ici", "12"}, {"=1+2", "s"}}
	x, err := table.WriteXLSX([]table.Sheet{{Name: "Pourquoi [les gens] viennent, tout au long de l'année", Rows: rows}, {Rows: rows}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := table.WriteCSV(rows)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(c), "\ufeffraison;") || !strings.Contains(string(c), "'=1+2") {
		t.Errorf("CSV: %q", c)
	}
	for name, data := range map[string][]byte{"xlsx": x, "csv": c} {
		got, err := table.Read(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var cells [][]string
		for _, r := range got.Rows {
			cells = append(cells, []string{r.Cells[0], strings.TrimPrefix(r.Cells[1], "'")})
		}
		cells[1][0] = strings.TrimPrefix(cells[1][0], "'")
		if diff := cmp.Diff(rows[1:], cells); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
