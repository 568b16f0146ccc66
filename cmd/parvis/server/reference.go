package server

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/demo"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/law"
)

// The files of a data directory that stand for embedded reference facts.
const (
	communesFile = "communes.gz"
	zonesFile    = "zones.txt"
	zonesTable   = "tables/zones-logement.txt" // in the rule files
	maxZones     = 4 << 20                     // bytes
)

// Communes is the list of communes of an installation: the one that was imported,
// else the embedded one. In a demo, a commune bears the name of the invented town
// that stands on its ground.
func (d Dir) Communes(log *slog.Logger) *directory.Communes {
	o := directory.Options{File: d.file(communesFile), Log: log}
	if d.Demo {
		o.Renamed = demo.Ground()
	}
	return directory.New(o)
}

// SetCommunes replaces the list of communes, for the next start.
func (d Dir) SetCommunes(list directory.List) error {
	var packed strings.Builder
	if err := list.WritePacked(&packed); err != nil {
		return fmt.Errorf("pack communes: %w", err)
	}
	return d.write(communesFile, packed.String())
}

// SetZones replaces the housing zones of the communes, for the next start. Zones
// that the rule files cannot take are refused, and nothing is written.
func (d Dir) SetZones(zones directory.Zones) error {
	var table strings.Builder
	if err := zones.WriteTable(&table); err != nil {
		return fmt.Errorf("write zones: %w", err)
	}
	if _, _, err := openLaw(zonedLaw{FS: law.Files, zones: []byte(table.String())}); err != nil {
		return err
	}
	return d.write(zonesFile, table.String())
}

// Law is the rule files of an installation: the embedded ones, with the zones that
// were imported. A damaged file of zones is an error: amounts would change silently.
func (d Dir) Law() (fs.FS, error) {
	info, err := os.Stat(d.file(zonesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return law.Files, nil
	}
	if err == nil && info.Size() > maxZones {
		err = fmt.Errorf("%s has %d bytes", zonesFile, info.Size())
	}
	var zones []byte
	if err == nil {
		zones, err = os.ReadFile(d.file(zonesFile))
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "cli.data.unreadable", err, "dir", d.Path)
	}
	return zonedLaw{FS: law.Files, zones: zones}, nil
}

// zonedLaw is rule files with another table of zones.
type zonedLaw struct {
	fs.FS
	zones []byte
}

var _ fs.ReadFileFS = zonedLaw{}

// ReadFile reads one file, the zones from memory.
func (z zonedLaw) ReadFile(name string) ([]byte, error) {
	if name == zonesTable {
		return z.zones, nil
	}
	return fs.ReadFile(z.FS, name)
}
