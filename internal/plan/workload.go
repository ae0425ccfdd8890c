package plan

import (
	"math"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/suggest"
	"github.com/inferometer/inferometer/internal/tokens/length"
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

// setForm reads the lengths of scenario.ParseLengths, or the name of a workload,
// whose lengths and shared prefix it sets.
func (p *Plan) setForm(text string) error {
	w := &p.Workload
	set := func(d *length.Dist, n *int, lengths *string) {
		if d == nil {
			return
		}
		*n, *lengths = max(1, int(math.Round(d.Mean()))), ""
		if d.Varies() {
			*lengths = d.String()
		}
	}
	if strings.Contains(text, "=") {
		in, out, err := scenario.ParseLengths(text)
		if err != nil {
			return err
		}
		set(in, &w.InputTokens, &w.InputLengths)
		set(out, &w.OutputTokens, &w.OutputLengths)
		return nil
	}
	s, err := scenario.Lookup(text)
	if err != nil {
		return err
	}
	set(&s.In, &w.InputTokens, &w.InputLengths)
	set(&s.Out, &w.OutputTokens, &w.OutputLengths)
	if s.Shared > 0 {
		w.Prefix.Tokens = s.Shared
	}
	return nil
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
		out.Add("workload.tokenizer", "unknown tokenizer %q%s; use %s, or the path of a tokenizer.json", t, suggest.DidYouMean(t, tokenizers), strings.Join(tokenizers, ", "))
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
	default:
		if err := w.SharedPrefix().Check(); err != nil {
			out.Add("workload.prefix.tokens", "%v", err)
		}
	}
	if p.Groups < 0 || p.Groups > 1_000_000 {
		out.Add("workload.prefix.groups", "%d is out of range (1 to 1000000)", p.Groups)
	}
	if p.Share != nil && !(*p.Share >= 0 && *p.Share <= 1) {
		out.Add("workload.prefix.share", "%v is out of range (0 to 1)", *p.Share)
	}
}

// SharedPrefix is the prefix that prompts share, as a part of their lengths.
func (w WorkloadPlan) SharedPrefix() scenario.Prefix {
	in, _, err := w.Lengths()
	if err != nil {
		return scenario.Prefix{} // what is wrong with them is said elsewhere
	}
	return scenario.Prefix{In: in, Tokens: w.Prefix.Tokens, Latin: w.Text == "" || w.Text == "words"}
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
