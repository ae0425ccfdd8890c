package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
)

// Words for the tokenizer, besides the path of a tokenizer.json.
const (
	TokenizerAuto   = "auto"   // the server's, else OpenAI's by the model's name, else none
	TokenizerServer = "server" // the server's /tokenize
	TokenizerNone   = "none"   // estimates from the server's usage
)

// tokenizers are the words that a plan may use.
var tokenizers = []string{TokenizerAuto, TokenizerServer, "cl100k_base", "o200k_base", TokenizerNone}

// Lengths are the distributions of input and output, fixed ones where the plan
// has numbers.
func (w WorkloadPlan) Lengths() (in, out length.Dist, err error) {
	if in, err = lengthOf(w.InputLengths, w.InputTokens); err != nil {
		return in, out, err
	}
	out, err = lengthOf(w.OutputLengths, w.OutputTokens)
	return in, out, err
}

func lengthOf(text string, n int) (length.Dist, error) {
	if text == "" {
		return length.Fixed(n), nil
	}
	return length.Parse(text)
}

// workloadForm is the path of the short form, which sets several keys at once.
const workloadForm = "workload"

// setForm reads "in=512,out=uniform 10..90", or the name of a workload, whose
// lengths and shared prefix it sets.
func (p *Plan) setForm(text string) error {
	if !strings.Contains(text, "=") {
		return p.setScenario(text)
	}
	w := &p.Workload
	for item := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(item), "=")
		d, err := length.Parse(value)
		switch {
		case !ok || name != "in" && name != "out":
			return fmt.Errorf("invalid workload %q: give lengths, as in in=512,out=128, or a name", text)
		case err != nil:
			return err
		}
		if !d.Varies() {
			value = ""
		}
		n := max(1, int(math.Round(d.Mean())))
		if name == "in" {
			w.InputTokens, w.InputLengths = n, value
		} else {
			w.OutputTokens, w.OutputLengths = n, value
		}
	}
	return nil
}

// setScenario sets the lengths and the shared prefix of a workload with a name.
func (p *Plan) setScenario(name string) error {
	all := vocab.Scenarios()
	i := slices.IndexFunc(all, func(s vocab.Scenario) bool { return s.Name == strings.ToLower(strings.TrimSpace(name)) })
	if i < 0 {
		known := scenarioNames()
		return fmt.Errorf("unknown workload %q%s; use %s, or lengths as in in=512,out=128", name, metric.DidYouMean(name, known), strings.Join(known, ", "))
	}
	p.Workload.InputLengths, p.Workload.OutputLengths = logNormal(all[i].In), logNormal(all[i].Out)
	p.Workload.settle()
	if all[i].Shared > 0 {
		p.Workload.Prefix.Tokens = all[i].Shared
	}
	return nil
}

// logNormal writes a log-normal distribution as a plan has it: by its mean and
// coefficient of variation, before it is cut.
func logNormal(l vocab.LogNormal) string {
	mean := l.Median * math.Exp(l.Sigma*l.Sigma/2)
	cv := math.Sqrt(math.Expm1(l.Sigma * l.Sigma))
	return fmt.Sprintf("lognormal mean=%.4g cv=%.3g min=%d max=%d", mean, cv, max(1, l.Min), l.Max)
}

// settle sets the numbers to the means of distributions; a distribution that
// cannot be read is left to validate.
func (w *WorkloadPlan) settle() {
	for _, f := range []struct {
		text string
		n    *int
	}{{w.InputLengths, &w.InputTokens}, {w.OutputLengths, &w.OutputTokens}} {
		if d, err := length.Parse(f.text); f.text != "" && err == nil {
			*f.n = max(1, int(math.Round(d.Mean())))
		}
	}
}

func (w WorkloadPlan) validate(out *key.Problems) {
	for _, f := range []struct{ path, text string }{{"workload.input_lengths", w.InputLengths}, {"workload.output_lengths", w.OutputLengths}} {
		if f.text == "" {
			continue
		}
		if _, err := length.Parse(f.text); err != nil {
			out.Add(f.path, "%v", err)
		}
		if w.Dataset != "" && f.path == "workload.input_lengths" {
			out.Add(f.path, "a data set has lengths of its own; drop --input-lengths or --dataset")
		}
	}
	if t := w.Tokenizer; t != "" && !slices.Contains(tokenizers, t) && !strings.ContainsAny(t, "./\\") {
		out.Add("workload.tokenizer", "unknown tokenizer %q%s; use %s, or the path of a tokenizer.json", t, metric.DidYouMean(t, tokenizers), strings.Join(tokenizers, ", "))
	}
	if w.Text != "" && w.Dataset != "" {
		out.Add("workload.text", "the prompts of a data set are sent as they are; drop --text or --dataset")
	}
	w.validateAnswer(out)
	w.Rows.validate(w.Dataset, out)
	p := w.Prefix
	switch {
	case p.Tokens < 0 || p.Tokens > length.Most:
		out.Add("workload.prefix.tokens", "%d is out of range (0 to %d)", p.Tokens, length.Most)
	case p.Tokens == 0 && p != (PrefixPlan{}):
		out.Add("workload.prefix.tokens", "a common prefix needs a length; give --prefix-tokens N")
	case p.Tokens > 0 && w.Dataset != "":
		out.Add("workload.prefix.tokens", "the prompts of a data set are sent as they are; drop --prefix-tokens or --dataset")
	}
	if p.Groups < 0 || p.Groups > 1_000_000 {
		out.Add("workload.prefix.groups", "%d is out of range (1 to 1000000)", p.Groups)
	}
	if p.Share != nil && !(*p.Share >= 0 && *p.Share <= 1) {
		out.Add("workload.prefix.share", "%v is out of range (0 to 1)", *p.Share)
	}
}

func (r RowsPlan) validate(dataset string, out *key.Problems) {
	switch {
	case dataset == "" && r != (RowsPlan{}):
		out.Add("workload.rows", "only a data set has rows; give --dataset FILE")
	case r.MinTokens < 0 || r.MaxTokens < 0 || r.MaxTokens > 0 && r.MaxTokens < r.MinTokens:
		out.Add("workload.rows.max_tokens", "no prompt has between %d and %d tokens", r.MinTokens, r.MaxTokens)
	case r.Sample < 0:
		out.Add("workload.rows.sample", "%d is negative", r.Sample)
	}
}
