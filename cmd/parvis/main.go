// Command parvis is the front door: flags and wiring, no logic of its own.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		info, _ := debug.ReadBuildInfo()
		fmt.Println("parvis", info.Main.Version)
		return
	}
	os.Exit(2)
}
