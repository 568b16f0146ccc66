package rights

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"codeberg.org/parvis/parvis/rights/check"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// Problem is one thing to correct in a rule file, told in French.
type Problem = lang.Problem

// Problems is every problem of a law, one per line as an error.
type Problems = lang.Problems

// Entity is what a variable belongs to.
type Entity = ir.Entity

// The entities, those of openfisca-france.
const (
	Person    = ir.Person
	Family    = ir.Family
	TaxUnit   = ir.TaxUnit
	Household = ir.Household
)

// Role is a person's place in a group.
type Role = ir.Role

// The roles of a family, of a tax unit and of a household.
const (
	Parent         = ir.Parent
	Child          = ir.Child
	Declarant      = ir.Declarant
	Dependant      = ir.Dependant
	Reference      = ir.Reference
	Partner        = ir.Partner
	HouseholdChild = ir.HouseholdChild
	Other          = ir.Other
)

// Law is a checked set of rule files. It never changes and is safe for
// concurrent use.
type Law struct {
	prog      *eval.Program
	rights    []Right
	forms     []Form
	examples  []fileExample
	warnings  Problems
	variables []Variable
	// Evaluators of results that are done, for the next ones.
	plain, bounds sync.Pool

	marshal func() ([]byte, error)
	digest  func() string
}

type fileExample struct {
	file    string
	example *lang.Example
}

// Load reads every .md file of fsys, checks them together and returns the law.
// The error is a Problems when the files themselves are at fault.
func Load(fsys fs.FS) (*Law, error) {
	files, problems, err := parseAll(fsys)
	if err != nil {
		return nil, err
	}
	return build(fsys, files, problems)
}

// build checks parsed files together and makes the law of them.
func build(fsys fs.FS, files []*lang.File, problems Problems) (*Law, error) {
	read := func(name string) ([]byte, error) {
		b, err := fs.ReadFile(fsys, path.Clean(name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("ce fichier n'existe pas")
		}
		return b, err
	}
	prog, more := check.Program(files, read)
	problems = append(problems, more...)
	if prog == nil || problems.Err() != nil {
		problems.Sort()
		return nil, problems
	}
	l := newLaw(prog)
	for _, f := range files {
		for _, s := range f.Sheets {
			r, wrong := l.sheet(f.Name, s)
			problems = append(problems, wrong...)
			l.rights = append(l.rights, r)
		}
		for _, q := range f.Forms {
			form, wrong := l.form(f.Name, q)
			problems = append(problems, wrong...)
			l.forms = append(l.forms, form)
		}
		for _, e := range f.Examples {
			l.examples = append(l.examples, fileExample{f.Name, e})
		}
	}
	problems = append(problems, l.formOfEach()...)
	sort.Slice(l.rights, func(i, j int) bool { return l.rights[i].Name < l.rights[j].Name })
	problems.Sort()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	l.warnings = problems
	return l, nil
}

// FromIR makes a law from a stored program, to replay an old result. It has no
// sheets and no examples.
func FromIR(marshalled []byte) (*Law, error) {
	prog, err := ir.Unmarshal(marshalled)
	if err != nil {
		return nil, err
	}
	return newLaw(prog), nil
}

func newLaw(prog *ir.Program) *Law {
	l := &Law{prog: eval.Prepare(prog), marshal: sync.OnceValues(prog.Marshal)}
	l.digest = sync.OnceValue(func() string {
		b, err := l.marshal()
		if err != nil { // plain structs of numbers and texts: cannot happen
			return ""
		}
		return ir.Digest(b)
	})
	for i := range prog.Vars {
		l.variables = append(l.variables, l.describe(int32(i)))
	}
	return l
}

// parseAll reads and parses the rule files, on every core: it is most of the
// start of a program.
func parseAll(fsys fs.FS) ([]*lang.File, Problems, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".md") {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read law: %w", err)
	}
	files := make([]*lang.File, len(names))
	wrong, errs := make([]Problems, len(names)), make([]error, len(names))
	var next atomic.Int32
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(names)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(names); i = int(next.Add(1)) - 1 {
				content, err := fs.ReadFile(fsys, names[i])
				if err != nil {
					errs[i] = fmt.Errorf("read law: %w", err)
					continue
				}
				files[i], wrong[i] = lang.Parse(names[i], content)
			}
		})
	}
	wg.Wait()
	return files, slices.Concat(wrong...), errors.Join(errs...)
}

// Digest names the law: it changes with any rule, parameter, sentence or
// article, and with nothing else.
func (l *Law) Digest() string { return l.digest() }

// IR returns the marshalled program, to be stored once per digest.
func (l *Law) IR() ([]byte, error) { return l.marshal() }

// Program is the checked program behind the law, for evaluators and tools. It
// must not be changed.
func (l *Law) Program() *eval.Program { return l.prog }

// Warnings are what a maintainer should look at although the law can be used.
func (l *Law) Warnings() Problems { return l.warnings }

// Rights lists the rights that have a sheet, by name.
func (l *Law) Rights() []Right { return l.rights }

// Right returns the sheet of a right.
func (l *Law) Right(name string) (Right, bool) {
	for _, r := range l.rights {
		if r.Name == name {
			return r, true
		}
	}
	return Right{}, false
}

// Nearest returns the names of variables closest to name, closest first.
func (l *Law) Nearest(name string) []string {
	names := make([]string, len(l.prog.IR.Vars))
	for i := range l.prog.IR.Vars {
		names[i] = l.prog.IR.Vars[i].Name
	}
	return lang.Nearest(name, names, 3)
}

// Stale lists the parameters whose next value was expected by the month and has
// not been written.
func (l *Law) Stale(m Month) []Stale {
	var out []Stale
	for i := range l.prog.IR.Params {
		p := &l.prog.IR.Params[i]
		if last := p.Versions[len(p.Versions)-1]; p.Expected != 0 && p.Expected <= m.FirstDay() && last.From < p.Expected {
			out = append(out, Stale{Parameter: p.Name, Since: last.From.String(), Expected: p.Expected.String()})
		}
	}
	for i := range l.prog.IR.Scales {
		s := &l.prog.IR.Scales[i]
		if last := s.Versions[len(s.Versions)-1]; s.Expected != 0 && s.Expected <= m.FirstDay() && last.From < s.Expected {
			out = append(out, Stale{Parameter: s.Name, Since: last.From.String(), Expected: s.Expected.String()})
		}
	}
	return out
}

// NewestComplete returns the newest month for which the law has every value that
// was expected, and no later than the month of its newest value.
func (l *Law) NewestComplete() Month {
	newest := Day(0)
	for i := range l.prog.IR.Params {
		for _, v := range l.prog.IR.Params[i].Versions {
			newest = max(newest, v.From)
		}
	}
	for i := range l.prog.IR.Scales {
		for _, v := range l.prog.IR.Scales[i].Versions {
			newest = max(newest, v.From)
		}
	}
	m := newest.Month()
	for first := m - 120; m > first; m-- {
		if len(l.Stale(m)) == 0 {
			return m
		}
	}
	return newest.Month()
}

// Stale is a parameter whose newer value should be known by now.
type Stale struct {
	Parameter string `json:"parameter"`
	Since     string `json:"since"`    // day its last value is from
	Expected  string `json:"expected"` // day a newer one was expected
}
