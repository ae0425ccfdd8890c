package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/exchange"
	"github.com/inferometer/inferometer/internal/result"
)

// failures counts failed requests by class and HTTP status. Their texts are no way to
// tell them apart: a server says to each to try again after another time.
type failures struct{ seen []result.Failure }

func (f *failures) add(x *exchange.Exchange) {
	if !x.Failed() {
		return
	}
	i := slices.IndexFunc(f.seen, func(k result.Failure) bool { return k.Class == string(x.Class) && k.Status == x.Status })
	if i < 0 {
		i = len(f.seen)
		f.seen = append(f.seen, result.Failure{Class: string(x.Class), Status: x.Status})
	}
	k := &f.seen[i]
	k.N++
	if k.Example == "" {
		k.Example = x.Error
	}
	if x.LimitRPM > 0 || x.LimitTPM > 0 {
		k.LimitRPM, k.LimitTPM = x.LimitRPM, x.LimitTPM
	}
}

// list is all of them, the most frequent first.
func (f *failures) list() []result.Failure {
	out := slices.Clone(f.seen)
	slices.SortStableFunc(out, func(a, b result.Failure) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Status, b.Status))
	})
	return out
}

// texts says the most frequent in words, and how to stay within a limit that the
// server of a target has named.
func (f *failures) texts(target string) []string {
	const most = 5
	var out []string
	all := f.list()
	for _, k := range all[:min(most, len(all))] {
		text := fmt.Sprintf("%d × %s%s", k.N, k.Class, pacing(target, k))
		switch {
		case k.Example != "" && k.N == 1:
			text += ": " + k.Example
		case k.Example != "":
			text += ", such as: " + k.Example
		}
		out = append(out, text)
	}
	return out
}

// pacing names the flag that keeps a target within the limit of its refusals; "":
// they are not about one.
func pacing(target string, k result.Failure) string {
	if k.Class != string(exchange.HTTP429) {
		return ""
	}
	flag := func(name string) string {
		switch {
		case target == "baseline":
			return "--baseline-" + name
		case strings.HasPrefix(target, "candidate"): // or one of a sweep
			return "--" + name
		}
		return name // of targets[] in a plan
	}
	switch {
	case k.LimitRPM > 0 && k.LimitTPM > 0:
		return fmt.Sprintf(" (the server takes %d requests and %d tokens per minute; %s %d and %s %d pace what it is sent)", k.LimitRPM, k.LimitTPM, flag("rpm"), k.LimitRPM, flag("tpm"), k.LimitTPM)
	case k.LimitRPM > 0:
		return fmt.Sprintf(" (the server takes %d requests per minute; %s %d paces what it is sent)", k.LimitRPM, flag("rpm"), k.LimitRPM)
	case k.LimitTPM > 0:
		return fmt.Sprintf(" (the server takes %d tokens per minute; %s %d paces what it is sent)", k.LimitTPM, flag("tpm"), k.LimitTPM)
	}
	return fmt.Sprintf(" (a limit of its provider; %s N paces what it is sent)", flag("rpm"))
}
