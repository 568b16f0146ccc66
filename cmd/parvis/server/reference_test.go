package server

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// zonesOf makes a file of zones for the whole country, all in one zone.
func zonesOf(t *testing.T, zone string) directory.Zones {
	t.Helper()
	var text bytes.Buffer
	if err := directory.New(directory.Options{}).List().WriteText(&text); err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	seen := map[string]bool{}
	for line := range strings.Lines(text.String()) {
		if code, _, _ := strings.Cut(line, ";"); len(code) == 5 && !seen[code] {
			seen[code] = true
			fmt.Fprintf(&file, "%s,%s\n", code, zone)
		}
	}
	zones, err := directory.ReadZones([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	return zones
}

// Imported zones are those of the law from the next start on; without them the
// law is the embedded one, to the byte.
func TestImportedZones(t *testing.T) {
	d, err := newDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	digest := func() string {
		t.Helper()
		files, err := d.Law()
		if err != nil {
			t.Fatal(err)
		}
		l, _, err := openLaw(files)
		if err != nil {
			t.Fatal(err)
		}
		return l.Digest()
	}
	embedded, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	if got := digest(); got != embedded.Digest() {
		t.Errorf("law %s without an import, want %s", got, embedded.Digest())
	}
	if err := d.SetZones(zonesOf(t, "1bis")); err != nil {
		t.Fatal(err)
	}
	first := digest()
	if first == embedded.Digest() {
		t.Error("the imported zones change nothing")
	}
	files, err := d.Law()
	if err != nil {
		t.Fatal(err)
	}
	if zones, err := fs.ReadFile(files, zonesTable); err != nil || !bytes.HasPrefix(zones, []byte("zone_1 ; 01001-01002 01004")) {
		t.Errorf("%.60s, %v", zones, err)
	}

	// Damaged zones stop the start: amounts would change silently.
	if err := os.WriteFile(filepath.Join(d.Path, zonesFile), []byte("zone_9 ; 01001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if files, err = d.Law(); err == nil {
		_, _, err = openLaw(files)
	}
	if err == nil {
		t.Error("zones that the law does not know were taken")
	}
}

// The demo calls the ground of its invented town by its name, a real installation
// by its own.
func TestTheDemosTown(t *testing.T) {
	d, err := newDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := d.Communes(nil).Find("79191"); c.Label() != "Niort (79)" {
		t.Errorf("79191 is %s", c.Label())
	}
	d.Demo = true
	if c, ok := d.Communes(nil).Read("valsevre").One(); !ok || c.Label() != "Valsèvre (79)" || c.Current() != "79191" {
		t.Errorf("Valsèvre is %s %s", c.Label(), c.Current())
	}
}
