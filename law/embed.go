// Package law embeds the rule files, so that the program carries its law
// wherever it runs. Everything else in this folder is for jurists.
package law

import "embed"

// Files holds every rule file and reference table.
//
//go:embed *.md local/*.md tables/*.txt
var Files embed.FS
