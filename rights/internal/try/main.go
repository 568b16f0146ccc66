// Command try reads a folder of rule files and tells every problem, then runs
// the worked examples. It is a helper for who writes the language itself;
// `parvis rights check` is the command for everybody.
package main

import (
	"fmt"
	"os"
	"time"

	"codeberg.org/parvis/parvis/rights"
)

func main() {
	dir := "law"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	start := time.Now()
	l, err := rights.Load(os.DirFS(dir))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("lue en %s\n", time.Since(start).Round(time.Millisecond))
	for _, w := range l.Warnings() {
		fmt.Println("à revoir:", w)
	}
	report := l.RunExamples()
	failed := 0
	for _, r := range report {
		if r.Failure != "" {
			failed++
			fmt.Printf("%s:%d: %s\n", r.File, r.Line, r.Failure)
		}
	}
	fmt.Printf("exemples: %d attendus, %d faux\n", len(report), failed)
	if failed > 0 {
		os.Exit(1)
	}
}
