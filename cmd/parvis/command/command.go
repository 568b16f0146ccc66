// Package command is what `parvis …` does: each command reads its flags, calls
// one room, and says what happened in the language of the terminal.
//
// Exit codes: 0 done, 1 it could not be done, 2 the command was not understood.
// Results go to standard output, everything else to standard error. Secrets come
// by file or by standard input, never by a flag.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	done    = 0
	failed  = 1
	misused = 2
)

// Env is what a command may touch of the process it runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
}

// shape is the command line. Help texts are catalogue keys.
type shape struct {
	Demo    demo       `cmd:"" help:"cli.help.demo"`
	Serve   serve      `cmd:"" help:"cli.help.serve"`
	Doctor  doctor     `cmd:"" help:"cli.help.doctor"`
	Key     key        `cmd:"" help:"cli.help.key"`
	Member  member     `cmd:"" help:"cli.help.member"`
	Journal journalCmd `cmd:"" help:"proof.help.journal"`
	Verify  verify     `cmd:"" help:"proof.help.verify"`
	Backup  backupCmd  `cmd:"" help:"backup.help.backup"`
	Restore restore    `cmd:"" help:"backup.help.restore"`
	Rekey   rekeyCmd   `cmd:"" help:"rekey.help.rekey"`
	Import  importCmd  `cmd:"" help:"cli.help.import"`
	// How long files are kept.
	Retention retentionCmd `cmd:"" help:"keeping.cli_help"`
	Export    exportCmd    `cmd:"" help:"cli.help.export"`
	Rights    rightsCmd    `cmd:"" help:"cli.help.rights"`
	Version   versionCmd   `cmd:"" help:"cli.help.version"`
}

// session is one run of a command.
type session struct {
	Env
	ctx context.Context
	p   *i18n.Printer
	now func() time.Time
}

// print writes a line of the result to standard output.
func (s *session) print(text string) { fmt.Fprintln(s.Stdout, text) }

// say tells on standard error, in the reader's language, what is being done.
func (s *session) say(key string, args ...any) { fmt.Fprintln(s.Stderr, s.p.T(key, args...)) }

// logger is where a running server tells what it does: one line of JSON each.
func (s *session) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(s.Stderr, &slog.HandlerOptions{Level: level}))
}

// Main runs the command that args name (without the program's name) and returns
// the process's exit code. When ctx ends, a running server shuts down cleanly.
func Main(ctx context.Context, args []string, env Env) int {
	s := &session{Env: env, ctx: ctx, p: i18n.For(language(env.Getenv)), now: time.Now}
	helped := false
	parser, err := kong.New(&shape{},
		kong.Name("parvis"),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(int) { helped = true }),
		kong.Help(s.help),
	)
	if err != nil {
		fmt.Fprintln(env.Stderr, err)
		return failed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	switch {
	case helped:
		return done
	case err != nil:
		s.misuse(err)
		return misused
	}
	err = parsed.Run(s)
	switch {
	case err == nil:
		return done
	case errors.Is(err, context.Canceled) && ctx.Err() != nil: // stopped before it had begun
		s.say("cli.error.stopped")
		return failed
	}
	return s.fail(err)
}
