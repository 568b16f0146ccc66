package command

import (
	"fmt"
	"runtime/debug"
)

// versionCmd prints what was built: the version, the commit, Go's version.
type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(s *session) error {
	s.print(version())
	return nil
}

// version reads what Go wrote into the program when it was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "parvis"
	}
	number, commit, changed := info.Main.Version, "", ""
	if number == "" {
		number = "(devel)"
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision" && len(setting.Value) >= 12:
			commit = " " + setting.Value[:12]
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changed = "+"
		}
	}
	return fmt.Sprintf("parvis %s%s%s (%s)", number, commit, changed, info.GoVersion)
}
