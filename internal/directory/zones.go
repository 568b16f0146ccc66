package directory

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Zones is the housing zone of each commune, as a file brings it.
type Zones struct{ of map[string]int }

// Count is how many communes it has.
func (z Zones) Count() int { return len(z.of) }

// ReadZones reads the housing zones of the communes: lines « 79191,2 » or «
// 79191;2 » (INSEE code, zone 1, 1bis, 2 or 3; « 1bis » counts as 1), with or
// without a first line of titles. The arrondissements of Paris, Lyon and Marseille
// may be listed or not: facts hold the city. Its error is Problems.
func ReadZones(data []byte) (Zones, error) {
	var problems Problems
	z := Zones{of: make(map[string]int, 40_000)}
	if !utf8.Valid(data) {
		problems.add(0, "encoding", "")
		return Zones{}, problems
	}
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		code, zone, _ := strings.Cut(strings.ReplaceAll(line, ";", ","), ",")
		code, zone = strings.Trim(strings.TrimSpace(code), `"`), strings.ToLower(strings.Trim(strings.TrimSpace(zone), `"`))
		zone = strings.ReplaceAll(zone, " ", "")
		if number == 1 && !communeCode(code) && !strings.ContainsAny(code, "0123456789") {
			continue
		}
		at, ok := map[string]int{"1": 1, "1bis": 1, "i": 1, "ibis": 1, "2": 2, "ii": 2, "3": 3, "iii": 3}[zone]
		before, had := z.of[code]
		switch {
		case !communeCode(code):
			problems.add(number, "code", line)
		case !ok:
			problems.add(number, "zone", line)
		case had && before != at:
			problems.add(number, "twice", code)
		default:
			z.of[code] = at
		}
	}
	if len(problems) == 0 && len(z.of) < fewest {
		problems.add(0, "few", strconv.Itoa(len(z.of)))
	}
	if len(problems) > 0 {
		return Zones{}, problems
	}
	return z, nil
}

// WriteTable writes the zones as the rule files' table: « zone_2 ; 01004 01033-01034 ».
// A range has only codes that are listed.
func (z Zones) WriteTable(w io.Writer) error {
	codes := make([][]string, 4)
	for code, zone := range z.of {
		codes[zone] = append(codes[zone], code)
	}
	out := bufio.NewWriter(w)
	for zone := 1; zone <= 3; zone++ {
		slices.Sort(codes[zone])
		spans := spansOf(codes[zone])
		for line := range slices.Chunk(spans, 25) {
			if _, err := fmt.Fprintf(out, "zone_%d ; %s\n", zone, strings.Join(line, " ")); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// spansOf joins codes that follow each other: 92007 92008 92009 is 92007-92009.
func spansOf(codes []string) []string {
	var out []string
	for i := 0; i < len(codes); {
		j := i
		for j+1 < len(codes) && follows(codes[j], codes[j+1]) {
			j++
		}
		if j > i {
			out = append(out, codes[i]+"-"+codes[j])
		} else {
			out = append(out, codes[i])
		}
		i = j + 1
	}
	return out
}

func follows(a, b string) bool {
	if a[:2] != b[:2] {
		return false
	}
	m, err1 := strconv.Atoi(a[2:])
	n, err2 := strconv.Atoi(b[2:])
	return err1 == nil && err2 == nil && n == m+1
}
