package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// list names the queues.
func list(w io.Writer, all []queue) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, q := range all {
		counts := q.counts
		if counts == "" {
			counts = "requests"
		}
		fmt.Fprintf(t, "%s\t%d runs of n=%v %s\t%s\n", q.name, q.runs, q.sizes, counts, q.about)
	}
	return t.Flush()
}

// table prints rows for readers.
func table(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "QUEUE\tN\tFIGURE\tTRUTH\tCOVER\tSHOWN\tWRONG\tWIDTH\tPROVED\tREFUTED\tLIMIT")
	for _, r := range rows {
		proved, refuted := r.FalseProof, r.FalseRefutation
		if r.Limit != 1 {
			proved, refuted = r.Proved, r.Refuted
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%.5g\t%s\t%s\t%s\t%s\t%s\t%s\t%g\n", r.Queue, r.N, r.Figure, r.Truth,
			ratio(r.Cover), percent(&r.Shown), percent(&r.Wrong), ratio(r.Width), percent(proved), percent(refuted), r.Limit)
	}
	return t.Flush()
}

func ratio(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.3f", *v)
}

func percent(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100**v)
}
