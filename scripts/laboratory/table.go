package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
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
	if err := t.Flush(); err != nil {
		return err
	}
	return spreadTable(w, rows)
}

// spreadTable prints what else is known of the runs.
func spreadTable(w io.Writer, rows []Row) error {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return r.Spreads == nil })
	if len(rows) == 0 {
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "\nQUEUE\tN\tOF ITS TRUTH OR TIME\t5 %\tMEDIAN\t95 %\tMOST")
	for _, r := range rows {
		for _, name := range slices.Sorted(maps.Keys(r.Spreads)) {
			s := r.Spreads[name]
			fmt.Fprintf(t, "%s\t%d\t%s\t%.3f\t%.3f\t%.3f\t%.3f\n", r.Queue, r.N, name, s.P5, s.Median, s.P95, s.Most)
		}
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
