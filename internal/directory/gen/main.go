// Gen makes the embedded list of communes from the npm package
// @etalab/decoupage-administratif, which is a development tool only.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"codeberg.org/parvis/parvis/internal/directory"
)

func main() {
	from := flag.String("from", "", "folder of the npm package")
	to := flag.String("to", "", "file to write")
	flag.Parse()
	if err := generate(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "communes:", err)
		os.Exit(1)
	}
}

func generate(from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there: npm ci", from)
	}
	communes, err := os.ReadFile(filepath.Join(from, "data", "communes.json"))
	if err != nil {
		return err
	}
	departments, err := os.ReadFile(filepath.Join(from, "data", "departements.json"))
	if err != nil {
		return err
	}
	text, err := directory.TextOfPackage(communes, departments)
	if err != nil {
		return err
	}
	list, err := directory.ReadList([]byte(text))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	if err := list.WritePacked(&packed); err != nil {
		return err
	}
	return os.WriteFile(to, packed.Bytes(), 0o644)
}
