package main

import (
	"fmt"
	"sort"
	"strings"
)

type zone struct {
	name     string
	airports int
}

// count gives the values of a column with how often each occurs, most often first and equal ones by name. The first row is the head.
func count(rows [][]string, column string) []zone {
	counts := map[string]int{}
	for _, row := range rows[1:] {
		for at, name := range rows[0] {
			if name == column && at < len(row) {
				counts[row[at]]++
			}
		}
	}
	zones := []zone{}
	for name, airports := range counts {
		zones = append(zones, zone{name, airports})
	}
	sort.Slice(zones, func(a, b int) bool {
		if zones[a].airports != zones[b].airports {
			return zones[a].airports > zones[b].airports
		}
		return zones[a].name < zones[b].name
	})
	return zones
}

func table(zones []zone) string {
	var text strings.Builder
	text.WriteString("zone,airports\n")
	for _, one := range zones {
		fmt.Fprintf(&text, "%s,%d\n", one.name, one.airports)
	}
	return text.String()
}
