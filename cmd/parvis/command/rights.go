package command

// rightsCmd is the engine at the command line, without a database.
type rightsCmd struct {
	Check rightsCheck `cmd:"" help:"cli.help.rights_check"`
}
