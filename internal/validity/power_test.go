package validity

import "github.com/inferometer/inferometer/internal/result"

// used is a cell of which the energy was read, and is known within 2 %.
func used(change func(*result.Energy)) func(*Evidence, *Input) {
	return func(e *Evidence, _ *Input) {
		x := &result.Energy{Domain: "package", Domains: []result.EnergyDomain{{Domain: "package", Source: "rapl", Joules: result.Num(1000), BoundJ: result.Num(20)}}}
		change(x)
		e.Cell.Energy = x
	}
}
