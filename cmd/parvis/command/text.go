package command

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"github.com/alecthomas/kong"
)

// language reads the terminal's language as POSIX orders it: LC_ALL, then
// LC_MESSAGES, then LANG. Whatever is neither English nor Arabic is French.
func language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := getenv(name)
		if value == "" {
			continue
		}
		tag, _, _ := strings.Cut(value, ".")
		tag, _, _ = strings.Cut(tag, "_")
		if tag == i18n.English || tag == i18n.Arabic {
			return tag
		}
		return i18n.French
	}
	return i18n.French
}

// misusedError says that the command was understood but one of its values was not.
type misusedError struct{ cause *errs.Error }

func (m misusedError) Error() string { return m.cause.Error() }
func (m misusedError) Unwrap() error { return m.cause }

// misuse makes the error of a flag or an argument that has a wrong value.
func misuse(key string, args ...any) error {
	return misusedError{errs.New(errs.Invalid, key, args...)}
}

// fail says why a command could not be done, and returns its exit code. The
// operator at the terminal may read the cause too.
func (s *session) fail(err error) int {
	var fields errs.Fields
	var known *errs.Error
	switch {
	case errors.As(err, &fields):
		for _, e := range fields {
			fmt.Fprintln(s.Stderr, "parvis: "+s.p.Error(e))
		}
	case errors.As(err, &known) && known.Key != "" && s.p.Has(known.Key):
		fmt.Fprintln(s.Stderr, "parvis: "+s.p.Error(known))
		if known.Err != nil {
			fmt.Fprintln(s.Stderr, "        ("+known.Err.Error()+")")
		}
	default:
		fmt.Fprintln(s.Stderr, "parvis: "+s.p.T("cli.error.unexpected"))
		fmt.Fprintln(s.Stderr, "        ("+err.Error()+")")
	}
	var wrong misusedError
	if errors.As(err, &wrong) {
		return misused
	}
	return failed
}

// shapes of what kong reports, each with the key that says it.
var misuses = []struct {
	pattern *regexp.Regexp
	key     string
}{
	{regexp.MustCompile(`^unknown flag (\S+?),? did you mean "?([^"?]+)"?\?$`), "cli.misuse.flag_near"},
	{regexp.MustCompile(`^unknown flag (\S+)`), "cli.misuse.flag"},
	{regexp.MustCompile(`^unexpected argument (\S+?),? did you mean "?([^"?]+)"?\?$`), "cli.misuse.argument_near"},
	{regexp.MustCompile(`^unexpected argument (\S+)`), "cli.misuse.argument"},
	{regexp.MustCompile(`^expected (?:one of )?(".*")$`), "cli.misuse.missing"},
	{regexp.MustCompile(`^missing positional arguments (.*)$`), "cli.misuse.missing"},
	{regexp.MustCompile(`^(--\S+): expected .* value but got "EOL"`), "cli.misuse.value"},
	{regexp.MustCompile(`^(--[^:=]+)(?:=\S*)?: (.*)$`), "cli.misuse.wrong_value"},
}

// misuse says what of the command line was not understood.
func (s *session) misuse(err error) {
	text := err.Error()
	for _, m := range misuses {
		found := m.pattern.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		args := []any{"what", strings.ReplaceAll(found[1], `"`, "")}
		if len(found) > 2 {
			args = append(args, "near", found[2])
		}
		fmt.Fprintln(s.Stderr, "parvis: "+s.p.T(m.key, args...))
		s.say("cli.misuse.help")
		return
	}
	fmt.Fprintln(s.Stderr, "parvis: "+s.p.T("cli.misuse.whatever", "what", text))
	s.say("cli.misuse.help")
}

// help prints the page of a command: one line on what it does, how to type it,
// its commands or its arguments and flags.
func (s *session) help(_ kong.HelpOptions, c *kong.Context) error {
	node := c.Selected()
	if node == nil {
		node = c.Model.Node
	}
	typed := node.FullPath()
	for _, p := range node.Positional {
		typed += " " + p.Summary()
	}
	switch {
	case !node.Leaf():
		typed += " " + s.p.T("cli.help.command")
	case len(node.Flags) > 0:
		typed += " [--…]"
	}
	about := node.Help
	if node == c.Model.Node {
		about = "cli.help.parvis"
	}
	fmt.Fprintf(c.Stdout, "%s\n\n  %s\n", s.p.T(about), typed)
	var rows [][2]string
	for _, child := range node.Children {
		rows = append(rows, [2]string{child.Name, s.p.T(child.Help)})
	}
	s.table(c, "cli.help.commands", rows)
	rows = nil
	for _, p := range node.Positional {
		rows = append(rows, [2]string{p.Summary(), s.p.T(p.Help)})
	}
	for _, f := range node.Flags {
		if f.Name == "help" {
			continue
		}
		name := "--" + f.Name
		if !f.IsBool() {
			name += " " + f.FormatPlaceHolder()
		}
		rows = append(rows, [2]string{name, s.p.T(f.Help)})
	}
	s.table(c, "cli.help.flags", rows)
	return nil
}

func (s *session) table(c *kong.Context, title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	if title == "cli.help.flags" {
		sort.SliceStable(rows, func(i, j int) bool { return !strings.HasPrefix(rows[i][0], "-") && strings.HasPrefix(rows[j][0], "-") })
	}
	fmt.Fprintf(c.Stdout, "\n%s\n", s.p.T(title))
	for _, r := range rows {
		fmt.Fprintf(c.Stdout, "  %-*s  %s\n", width, r[0], r[1])
	}
}
