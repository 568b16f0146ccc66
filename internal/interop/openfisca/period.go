package openfisca

import (
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/rights"
)

// parsePeriod reads "2025-01", "2025", "month:2025-01", "month:2025-01:3",
// "year:2025", "year:2025-01", "year:2025:2" and "ETERNITY".
func parsePeriod(s string) (rights.Period, bool) {
	if strings.EqualFold(s, "eternity") {
		return rights.Always(), true
	}
	parts := strings.Split(s, ":")
	if len(parts) == 1 {
		return instant(s)
	}
	if len(parts) > 3 {
		return rights.Period{}, false
	}
	count := 1
	if len(parts) == 3 {
		n, err := strconv.Atoi(parts[2])
		if err != nil || n < 1 || n > 100 {
			return rights.Period{}, false
		}
		count = n
	}
	p, ok := instant(parts[1])
	switch {
	case !ok:
		return p, false
	case parts[0] == "month" && p.Kind == rights.Monthly:
		p.Count = count
		return p, true
	case parts[0] == "year":
		p.Kind, p.Count = rights.Yearly, count
		return p, true
	}
	return p, false
}

// instant reads "2025" or "2025-01".
func instant(s string) (rights.Period, bool) {
	if len(s) == 4 {
		y, err := strconv.ParseUint(s, 10, 16)
		if err != nil || y < 1850 {
			return rights.Period{}, false
		}
		return rights.InYear(int(y)), true
	}
	m, err := rights.ParseMonth(s)
	if err != nil || m.Year() < 1850 {
		return rights.Period{}, false
	}
	return rights.InMonth(m), true
}
