package main

import "testing"

func TestCountsByFrequencyThenName(t *testing.T) {
	rows := [][]string{{"faa", "tzone"}, {"A", "x"}, {"B", "y"}, {"C", "y"}, {"D", "w"}}
	if got := table(count(rows, "tzone")); got != "zone,airports\ny,2\nw,1\nx,1\n" {
		t.Fatalf("got %q", got)
	}
}

func TestNothingToCount(t *testing.T) {
	if got := len(count([][]string{{"faa", "tzone"}}, "tzone")); got != 0 {
		t.Fatalf("got %d", got)
	}
}
