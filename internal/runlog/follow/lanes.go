package follow

import (
	"slices"
	"time"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/runlog"
)

// lane is a cell under way, or a block of one. The cells of a step run at the same time, one
// for each target.
type lane struct {
	cell  string
	block int                    // tells blocks of one cell apart
	now   *runlog.ProgressRecord // nil: nobody has said
	began exchange.Stamp         // as seen
	heard exchange.Stamp         // the latest of it
	tally tally                  // its measured requests
}

const (
	// silence is how long nothing is heard of a cell that is over while others of its step
	// continue. A record that finds no place in the log is left out: one is not enough.
	silence = exchange.Stamp(1500 * time.Millisecond)
	// mostOver cells that are over are kept.
	mostOver = 16
	// mostLanes are under way at the same time.
	mostLanes = mostNames
)

// find is the cell with a name, of those of this step; nil: it is not among them.
func (v *View) find(cell string) *lane {
	for _, all := range [][]*lane{v.lanes, v.silent} {
		for _, l := range all {
			if l.cell == cell {
				return l
			}
		}
	}
	return nil
}

// begin is the cell under way with a name; it begins where there is none.
func (v *View) begin(cell string, at exchange.Stamp) *lane {
	l := v.find(cell)
	if l == nil {
		v.blocks++
		l = &lane{cell: cell, block: v.blocks, began: at, heard: at}
	}
	if !slices.Contains(v.lanes, l) { // it is new, or heard of again
		v.lanes = append(v.lanes, l)
		v.lanes = v.lanes[max(0, len(v.lanes)-mostLanes):]
		v.silent = slices.DeleteFunc(v.silent, func(o *lane) bool { return o == l })
		v.hush(at)
	}
	return l
}

// hush takes cells of which nothing has been heard for a while for over. Requests of a log
// without records of progress may take longer.
func (v *View) hush(at exchange.Stamp) {
	patience := silence
	if v.now == nil {
		patience = exchange.Stamp(WindowLength)
	}
	v.lanes = slices.DeleteFunc(v.lanes, func(l *lane) bool {
		if l.heard >= at-patience {
			return false
		}
		v.finish(l)
		v.silent = append(v.silent, l)
		return true
	})
}

// leave notes what the cells under way have come to: the next ones begin, or none. Those of
// which there are requests and no record of progress yet are among the next.
func (v *View) leave() {
	v.lanes = slices.DeleteFunc(v.lanes, func(l *lane) bool {
		v.finish(l)
		return l.now != nil
	})
	v.now, v.silent = nil, nil
}

// finish notes what a cell has come to.
func (v *View) finish(l *lane) {
	if l.now == nil {
		return
	}
	v.over = append(v.over, CellOver{Cell: l.now.Cell, Target: l.now.Target, Load: l.now.Load, Figures: l.tally.figures()})
	v.over = v.over[max(0, len(v.over)-mostOver):]
	v.overs++
}
