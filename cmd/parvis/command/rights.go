package command

import (
	"log/slog"

	"codeberg.org/parvis/parvis/cmd/parvis/server"
)

// rightsCmd is the engine at the command line, without a database.
type rightsCmd struct {
	Evaluate rightsEvaluate `cmd:"" help:"cli.help.rights_evaluate"`
	Explain  rightsExplain  `cmd:"" help:"cli.help.rights_explain"`
	Check    rightsCheck    `cmd:"" help:"cli.help.rights_check"`
	Sweep    rightsSweep    `cmd:"" help:"sweep.help"`
	Serve    rightsServe    `cmd:"" help:"cli.help.rights_serve"`
}

// rightsServe answers the OpenFisca web API, without a database.
type rightsServe struct {
	Listen string `help:"cli.help.listen" placeholder:"HOST:PORT"`
	Law    string `help:"cli.help.law_dir" placeholder:"DIR"`
}

// Run serves until the session's context ends.
func (c *rightsServe) Run(s *session) error {
	l, err := loadLaw(c.Law)
	if err != nil {
		return err
	}
	listen := c.Listen
	if listen == "" {
		listen = defaultListen
	}
	engine, err := server.OpenEngine(s.ctx, listen, l, s.logger(slog.LevelWarn))
	if err != nil {
		return err
	}
	s.print("ready " + engine.URL())
	return engine.Serve(s.ctx)
}
