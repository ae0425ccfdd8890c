package interop

import (
	"fmt"
	"io"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
)

const zstdMagic = "\x28\xb5\x2f\xfd"

// This tool's own log of a run (exchanges.jsonl.zst): the measured requests of
// all its cells at the times when they were due, with the lengths that the
// server counted, else the ones that were asked for. Targets of a run are sent
// the same requests, so those of one are taken: the candidate's, or those of the
// target that was asked for. A conversation is of one cell. What does not count in the
// run, since a cell was measured again, does not count here.
var ownLogFormat = format{
	name: "inferometer", text: "exchanges.jsonl.zst of a run of this tool", unordered: true,
	is:   func(h head) bool { return len(h.raw) > 4 && string(h.raw[:4]) == zstdMagic },
	read: readOwnLog,
}

func readOwnLog(_ io.Reader, s *sink) error {
	run, err := runlog.Read(s.path)
	if err != nil {
		return err
	}
	wanted := s.opt.Target
	if wanted == "" && len(run.Targets) > 0 {
		wanted = run.Targets[0].Name // the candidate
	}
	if run.Rank(wanted) < 0 {
		var names []string
		for _, t := range run.Targets {
			names = append(names, t.Name)
		}
		return fmt.Errorf("the log has no target %q (--trace-target); it has %s", wanted, strings.Join(names, ", "))
	}
	s.table.Target = wanted
	n := 0
	err = run.Exchanges(func(c *runlog.Cell, x *exchange.Exchange) error {
		n++
		switch {
		case c == nil || x.Phase != exchange.Measured || !x.Due.Happened():
			return nil
		case x.Target != wanted:
			s.table.Counts.Others++
			return nil
		}
		row := Row{At: int64(x.Due), In: x.AskedInput, Out: x.AskedOutput, Failed: x.Class != exchange.OK}
		if x.Session > 0 {
			row.Session = keyOf(fmt.Sprint(c.ID, "/", x.Session))
		}
		if x.InputTokens != nil {
			row.In = *x.InputTokens
		}
		if x.OutputTokens != nil {
			row.Out = *x.OutputTokens
		}
		where := Bad{Row: n}
		if row.In < 0 || row.Out < 0 || row.In > maxTokens || row.Out > maxTokens || row.At < 0 {
			where.What = "it has an impossible length or time"
			return s.bad(&where)
		}
		return s.row(&row, where)
	})
	if err == nil {
		err = run.Damaged
	}
	return err
}
