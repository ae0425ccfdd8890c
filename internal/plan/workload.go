package plan

import (
	"math"
	"os"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/metric"
	"github.com/inferometer/inferometer/internal/scenario"
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

// setForm reads the lengths of scenario.ParseLengths.
func (w *WorkloadPlan) setForm(text string) error {
	in, out, err := scenario.ParseLengths(text)
	if err != nil {
		return err
	}
	set := func(d *length.Dist, n *int, lengths *string) {
		if d == nil {
			return
		}
		*n, *lengths = max(1, int(math.Round(d.Mean()))), ""
		if d.Varies() {
			*lengths = d.String()
		}
	}
	set(in, &w.InputTokens, &w.InputLengths)
	set(out, &w.OutputTokens, &w.OutputLengths)
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

func (w WorkloadPlan) validate(out *problems) {
	for path, text := range map[string]string{"workload.input_lengths": w.InputLengths, "workload.output_lengths": w.OutputLengths} {
		if text == "" {
			continue
		}
		if _, err := length.Parse(text); err != nil {
			out.add(path, "%v", err)
		}
		if w.Dataset != "" && path == "workload.input_lengths" {
			out.add(path, "a data set has lengths of its own; drop --input-lengths or --dataset")
		}
	}
	if t := w.Tokenizer; t != "" && !slices.Contains(tokenizers, t) {
		if !strings.ContainsAny(t, "./\\") {
			out.add("workload.tokenizer", "%q is no tokenizer%s; use %s, or the path of a tokenizer.json", t, metric.DidYouMean(t, tokenizers), strings.Join(tokenizers, ", "))
		} else if _, err := os.Stat(t); err != nil {
			out.add("workload.tokenizer", "the file cannot be read: %v", err)
		}
	}
	if w.Text != "" && w.Dataset != "" {
		out.add("workload.text", "the prompts of a data set are sent as they are; drop --text or --dataset")
	}
	w.validateAnswer(out)
	if w.Dataset != "" {
		if _, err := os.Stat(w.Dataset); err != nil {
			out.add("workload.dataset", "the file cannot be read: %v", err)
		}
	}
	w.Rows.validate(w.Dataset, out)
	p := w.Prefix
	switch {
	case p.Tokens < 0 || p.Tokens > length.Most:
		out.add("workload.prefix.tokens", "%d tokens are not possible", p.Tokens)
	case p.Tokens == 0 && p != (PrefixPlan{}):
		out.add("workload.prefix.tokens", "a common beginning needs a length; give --prefix-tokens N")
	case p.Tokens > 0 && w.Dataset != "":
		out.add("workload.prefix.tokens", "the prompts of a data set are sent as they are; drop --prefix-tokens or --dataset")
	}
	if p.Groups < 0 || p.Groups > 1_000_000 {
		out.add("workload.prefix.groups", "%d groups are not possible; give between 1 and 1000000", p.Groups)
	}
	if !(p.Share >= 0 && p.Share <= 1) {
		out.add("workload.prefix.share", "%v is no share; give one above 0 and at most 1", p.Share)
	}
}

func (r RowsPlan) validate(dataset string, out *problems) {
	switch {
	case dataset == "" && r != (RowsPlan{}):
		out.add("workload.rows", "only a data set has rows; give --dataset FILE")
	case r.MinTokens < 0 || r.MaxTokens < 0 || r.MaxTokens > 0 && r.MaxTokens < r.MinTokens:
		out.add("workload.rows.max_tokens", "no prompt has between %d and %d tokens", r.MinTokens, r.MaxTokens)
	case r.Sample < 0:
		out.add("workload.rows.sample", "%d is negative", r.Sample)
	}
}
