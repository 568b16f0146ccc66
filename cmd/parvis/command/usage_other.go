//go:build !unix

package command

import (
	"runtime"
	"time"
)

// usage is the memory that the program took from the machine; the processor time
// is not known here.
func usage() (cpu time.Duration, memory int64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return 0, int64(m.Sys)
}
