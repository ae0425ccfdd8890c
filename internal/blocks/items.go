package blocks

import (
	"github.com/inferometer/inferometer/internal/cells"
	"github.com/inferometer/inferometer/internal/loadgen"
)

// Items is the shape of a pass that asks n items under a load: so many users at once, or
// requests that come at its rate, after a warm-up that fills the server as that of the
// load does.
func Items(load loadgen.Shape, n int) loadgen.Shape {
	s := loadgen.Shape{Users: load.Users, Think: load.Think, Pause: load.Pause, Schedule: load.Schedule, Requests: n}
	if s.Open() {
		s.Warmup, s.Settle = load.Warmup, load.Settle
		return s
	}
	s.Warmup, s.Cooldown = s.Users, cells.ItemsFiller(s.Users)
	return s
}
