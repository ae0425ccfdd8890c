package result

import "fmt"

// JudgeFitness is how a judge did on pairs that are known, and how well it agrees with
// people: what its verdicts are worth.
type JudgeFitness struct {
	Judge string `json:"judge"`
	// Canaries are the pairs that are beyond doubt, Right those on which it was right in
	// both orders, Failed the kinds of which it got under two thirds.
	Canaries int      `json:"canaries"`
	Right    int      `json:"right"`
	Failed   []string `json:"failed,omitempty"`
	// FirstShare is how often it chose the answer that it read first, of all of its
	// verdicts that are no tie, in percent. Each pair is read in both orders, so that a
	// judge that goes by content is at 50.
	FirstShare *Number `json:"first_share_pct,omitempty"`
	Unread     int     `json:"unread,omitempty"` // verdicts on the run's answers that are missing
	// Labels are pairs that people have judged, Same those with the same outcome.
	Labels int     `json:"labels,omitempty"`
	Same   int     `json:"labels_same,omitempty"`
	Kappa  *Number `json:"kappa,omitempty"` // Cohen's; absent where chance alone would agree on everything
	// Corrected is the win rate that the labels make of the judge's, in percent (Rogan and
	// Gladen 1978); absent where they do not allow it.
	Corrected *Number `json:"win_rate_corrected_pct,omitempty"`
	// LengthControlled is the win rate at equal lengths of the answers, in percent.
	LengthControlled *Number `json:"win_rate_length_controlled_pct,omitempty"`
	Related          string  `json:"related,omitempty"` // the family that it shares with a contestant
	// Unfit is why its verdicts decide nothing; "": they do.
	Unfit string `json:"unfit,omitempty"`
}

// Notes says in words what the verdicts of the judges are worth; nil without any.
func (j *Judged) Notes() []string {
	if j == nil {
		return nil
	}
	var out []string
	for _, f := range j.Fitness {
		text := fmt.Sprintf("the judge %s got %d of %d pairs right that are beyond doubt", f.Judge, f.Right, f.Canaries)
		if f.Unfit != "" {
			text = fmt.Sprintf("the verdicts of the judge %s decide nothing: %s", f.Judge, f.Unfit)
		}
		if f.Kappa != nil {
			text += fmt.Sprintf("; with the labels of people it agrees on %d of %d (kappa %.2f)", f.Same, f.Labels, float64(*f.Kappa))
		} else if f.Labels == 0 {
			text += "; no labels of people say how far it agrees with them (--judge-labels)"
		}
		if f.LengthControlled != nil {
			text += fmt.Sprintf("; at equal lengths of the answers the win rate would be %.1f %%", float64(*f.LengthControlled))
		}
		if f.Corrected != nil {
			text += fmt.Sprintf("; by its errors on the labels, %.1f %%", float64(*f.Corrected))
		}
		if f.Unread > 0 {
			text += fmt.Sprintf("; %d verdicts are missing, and their pairs count as ties", f.Unread)
		}
		out = append(out, text)
		if f.Related != "" {
			out = append(out, fmt.Sprintf("the judge %s is of the same family as a contestant (%s): judges prefer their own kind; ask another one as well", f.Judge, f.Related))
		}
	}
	return out
}
