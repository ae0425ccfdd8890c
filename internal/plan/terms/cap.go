package terms

import "github.com/inferometer/inferometer/internal/plan/key"

// Used is a target under a cap on the spend.
type Used struct {
	Name, Key string // of it, and of its price in a plan
	Price     *Price
	Machine   *Machine
	Free      bool // nobody charges it, whatever it is sent
}

// ValidateCap adds what a cap on the spend of these targets lacks: a price of each,
// or its machine, and of one at least a price per token, without which the cap would
// hold nothing and say nothing. The first is the candidate.
func ValidateCap(targets []Used, out *key.Problems) {
	priced := false
	for _, t := range targets {
		priced = priced || t.Price != nil
		if t.Price != nil || t.Machine != nil || t.Free {
			continue
		}
		who, help := "the target "+t.Name, ""
		switch t.Name {
		case "candidate":
			who, help = "the candidate", "give --price MODEL (inferometer prices ls), or "
			if len(targets) > 1 {
				help = "give --price MODEL (inferometer prices ls), or --accelerator NAME where it is paid by the hour, or "
			}
		case "baseline":
			who, help = "the baseline", "give --baseline-price MODEL, or "
		}
		out.Add("max_cost", "%s has no price; %sset %s in a plan file", who, help, t.Key)
		return
	}
	if !priced && len(targets) > 0 {
		out.Add("max_cost", "no target has a price per token, so there is no spend to cap: a machine costs the same per hour whatever is sent; give --price MODEL (inferometer prices ls), set %s in a plan file, or leave --max-cost out", targets[0].Key)
	}
}
