package command

import (
	"errors"
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/directory"
)

// importCmd brings newer reference facts into an installation.
type importCmd struct {
	Communes importCommunes `cmd:"" help:"cli.help.import_communes"`
	Zones    importZones    `cmd:"" help:"cli.help.import_zones"`
}

// exportCmd prints what an installation holds.
type exportCmd struct {
	Communes exportCommunes `cmd:"" help:"cli.help.export_communes"`
}

// maxReference bounds a file of reference facts, in bytes.
const maxReference = 32 << 20

// importCommunes replaces the list of communes.
type importCommunes struct {
	File string `arg:"" help:"cli.help.communes_file" placeholder:"FILE"`
	Data string `help:"cli.help.data" placeholder:"DIR"`
}

// Run reads the whole file before anything is replaced.
func (c *importCommunes) Run(s *session) error {
	dir, err := s.installation(c.Data)
	if err != nil {
		return err
	}
	data, err := s.readFile(c.File, maxReference)
	if err != nil {
		return err
	}
	list, err := directory.ReadList(data)
	if err != nil {
		return s.refused(c.File, err)
	}
	if err := dir.SetCommunes(list); err != nil {
		return err
	}
	s.print(s.p.T("cli.import.communes", "count", list.Count()))
	return nil
}

// importZones replaces the housing zones of the communes.
type importZones struct {
	File string `arg:"" help:"cli.help.zones_file" placeholder:"FILE"`
	Data string `help:"cli.help.data" placeholder:"DIR"`
}

// Run reads the whole file before anything is replaced.
func (c *importZones) Run(s *session) error {
	dir, err := s.installation(c.Data)
	if err != nil {
		return err
	}
	data, err := s.readFile(c.File, maxReference)
	if err != nil {
		return err
	}
	zones, err := directory.ReadZones(data)
	if err != nil {
		return s.refused(c.File, err)
	}
	if err := dir.SetZones(zones); err != nil {
		return err
	}
	s.print(s.p.T("cli.import.zones", "count", zones.Count()))
	return nil
}

// exportCommunes prints the list of communes in use, in the form that import takes.
type exportCommunes struct {
	Data string `help:"cli.help.data" placeholder:"DIR"`
}

// Run prints to standard output.
func (c *exportCommunes) Run(s *session) error {
	dir, err := s.installation(c.Data)
	if err != nil {
		return err
	}
	return dir.Communes(nil).List().WriteText(s.Stdout)
}

// installation looks at the data directory of an installation that exists.
func (s *session) installation(data string) (server.Dir, error) {
	cfg, err := place{Data: data}.config(s)
	if err != nil {
		return server.Dir{}, err
	}
	dir, err := server.LookDir(cfg.Data)
	if err != nil {
		return server.Dir{}, err
	}
	if dir.Install == "" {
		return server.Dir{}, errs.New(errs.NotFound, "cli.data.none", "dir", dir.Path)
	}
	return dir, nil
}

// refused tells what to correct in a file, line by line. Nothing was replaced.
func (s *session) refused(file string, err error) error {
	var problems directory.Problems
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		where := file
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d", file, p.Line)
		}
		// What comes from the file is shown on one line, without control characters.
		text := strings.Trim(fmt.Sprintf("%+q", p.Text), `"`)
		if clean := strings.ToValidUTF8(p.Text, "?"); !strings.ContainsFunc(clean, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			text = clean
		}
		fmt.Fprintln(s.Stderr, where+": "+s.p.T("cli.import.problem_"+p.What, "text", text))
	}
	return errs.New(errs.Invalid, "cli.import.refused", "file", file)
}
