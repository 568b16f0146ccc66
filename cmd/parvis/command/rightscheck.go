package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

// rightsCheck reads rule files and says what to correct in them: file, line,
// column, advice. The worked examples are run too.
type rightsCheck struct {
	Dir string `arg:"" optional:"" help:"cli.help.law_dir" placeholder:"DIR"`
}

// Run prints one line per problem, and one per figure that waits for a newer
// value; it fails when there is a problem.
func (c *rightsCheck) Run(s *session) error {
	problems := 0
	tell := func(where string, p rights.Problem) {
		fmt.Fprintln(s.Stdout, filepath.Join(where, p.String()))
	}
	l, err := loadLaw(c.Dir)
	var list rights.Problems
	switch {
	case errors.As(err, &list):
		for _, p := range list {
			tell(c.Dir, p)
			if !p.Warning {
				problems++
			}
		}
	case err != nil:
		return err
	default:
		for _, p := range l.Warnings() {
			tell(c.Dir, p)
		}
		held := 0
		for _, e := range l.RunExamples() {
			if e.Failure == "" {
				held++
				continue
			}
			problems++
			fmt.Fprintf(s.Stdout, "%s:%d: %s: %s\n", filepath.Join(c.Dir, e.File), e.Line, e.Title, e.Failure)
		}
		now := s.now()
		for _, old := range l.Stale(rights.MonthOf(now.Year(), int(now.Month()))) {
			s.print(s.p.T("cli.rights.stale", "name", old.Parameter, "date", old.Expected))
		}
		s.print(s.p.T("cli.rights.checked", "law", l.Digest(), "variables", len(l.Variables()), "rights", len(l.Rights()), "examples", held))
	}
	if problems > 0 {
		return errs.New(errs.Invalid, "cli.rights.problems", "n", problems)
	}
	return nil
}

// loadLaw reads the rule files of a directory, or the embedded ones for "". Its
// error is a rights.Problems when the files themselves are at fault.
func loadLaw(dir string) (*rights.Law, error) {
	if dir == "" {
		return rights.Load(law.Files)
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errs.Wrap(errs.NotFound, "cli.input.absent", err, "file", dir)
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, "cli.input.unreadable", err, "file", dir)
	case !info.IsDir():
		return nil, errs.New(errs.Invalid, "cli.rights.not_directory", "file", dir)
	}
	found := false
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
		found = found || strings.HasSuffix(name, ".md")
		return err
	})
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "cli.input.unreadable", err, "file", dir)
	}
	if !found {
		return nil, errs.New(errs.NotFound, "cli.rights.no_rules", "dir", dir)
	}
	return rights.Load(os.DirFS(dir))
}
