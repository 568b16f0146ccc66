package server

import (
	"os"
	"runtime/debug"
)

// Collecting garbage each time the heap has doubled, as Go does by itself, costs a
// tenth of the processor here: what lives is a few tens of megabytes, and each page
// leaves half a one. Five times that is still little memory; near the limit it
// collects more often rather than grow.
const (
	gcPercent   = 400
	memoryLimit = 512 << 20 // bytes, soft
)

// TuneMemory sets the pace of the garbage collector for a process that serves,
// unless GOGC or GOMEMLIMIT say otherwise.
func TuneMemory() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
}
