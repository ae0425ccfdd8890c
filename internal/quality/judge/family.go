package judge

import (
	"regexp"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
)

// families are the makers of models, by how their models are called.
var families = []struct {
	name    string
	pattern func() *regexp.Regexp
}{
	{"OpenAI", lazy.Regexp(`(?:^|[^a-z])(?:gpt|chatgpt|davinci|o[1-9](?:-|$)|gpt-oss)`)},
	{"Anthropic", lazy.Regexp(`claude`)},
	{"Google", lazy.Regexp(`gemini|gemma|palm-|t5gemma`)},
	{"Meta", lazy.Regexp(`llama(?:[-_ .]?\d|-guard|$)|code-?llama|nemotron`)}, // Nemotron is Llama further trained
	{"Qwen", lazy.Regexp(`qwen|qwq|qvq`)},
	{"DeepSeek", lazy.Regexp(`deepseek`)},
	{"Mistral", lazy.Regexp(`mi[sx]tral|ministral|codestral|devstral|magistral|pixtral`)},
	{"Microsoft", lazy.Regexp(`(?:^|[^a-z])phi-?\d|wizardlm`)},
	{"xAI", lazy.Regexp(`grok`)},
	{"Cohere", lazy.Regexp(`command-?[ra]|(?:^|[^a-z])aya-`)},
	{"Zhipu", lazy.Regexp(`(?:^|[^a-z])(?:chat)?glm`)},
	{"Moonshot", lazy.Regexp(`kimi|moonshot`)},
	{"IBM", lazy.Regexp(`granite`)},
	{"Ai2", lazy.Regexp(`olmo|tulu`)},
	{"Amazon", lazy.Regexp(`(?:^|[^a-z])nova-|titan-text`)},
	{"MiniMax", lazy.Regexp(`minimax|abab`)},
}

// Families are the families that a model belongs to by its name, in the order of the
// list: a distillation, such as DeepSeek-R1-Distill-Qwen, belongs to two. nil: unknown.
func Families(model string) []string {
	model = strings.ToLower(model)
	var out []string
	for _, f := range families {
		if f.pattern().MatchString(model) {
			out = append(out, f.name)
		}
	}
	return out
}

// Related names the family that a judge shares with a contestant, whom it may
// prefer; "": none that their names tell.
func Related(judge, contestant string) string {
	for _, j := range Families(judge) {
		for _, c := range Families(contestant) {
			if j == c {
				return j
			}
		}
	}
	if judge != "" && strings.EqualFold(judge, contestant) {
		return judge
	}
	return ""
}
