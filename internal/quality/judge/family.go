package judge

import (
	"regexp"
	"strings"
)

// families are the makers of models, by how their models are called.
var families = []struct {
	name    string
	pattern *regexp.Regexp
}{
	{"OpenAI", regexp.MustCompile(`(?:^|[^a-z])(?:gpt|chatgpt|davinci|o[1-9](?:-|$)|gpt-oss)`)},
	{"Anthropic", regexp.MustCompile(`claude`)},
	{"Google", regexp.MustCompile(`gemini|gemma|palm-|t5gemma`)},
	{"Meta", regexp.MustCompile(`llama(?:[-_ .]?\d|-guard|$)|code-?llama|nemotron`)}, // Nemotron is Llama further trained
	{"Qwen", regexp.MustCompile(`qwen|qwq|qvq`)},
	{"DeepSeek", regexp.MustCompile(`deepseek`)},
	{"Mistral", regexp.MustCompile(`mi[sx]tral|ministral|codestral|devstral|magistral|pixtral`)},
	{"Microsoft", regexp.MustCompile(`(?:^|[^a-z])phi-?\d|wizardlm`)},
	{"xAI", regexp.MustCompile(`grok`)},
	{"Cohere", regexp.MustCompile(`command-?[ra]|(?:^|[^a-z])aya-`)},
	{"Zhipu", regexp.MustCompile(`(?:^|[^a-z])(?:chat)?glm`)},
	{"Moonshot", regexp.MustCompile(`kimi|moonshot`)},
	{"IBM", regexp.MustCompile(`granite`)},
	{"Ai2", regexp.MustCompile(`olmo|tulu`)},
	{"Amazon", regexp.MustCompile(`(?:^|[^a-z])nova-|titan-text`)},
	{"MiniMax", regexp.MustCompile(`minimax|abab`)},
}

// Families are the families that a model belongs to by its name, in the order of the
// list: a distillation, such as DeepSeek-R1-Distill-Qwen, belongs to two. nil: unknown.
func Families(model string) []string {
	model = strings.ToLower(model)
	var out []string
	for _, f := range families {
		if f.pattern.MatchString(model) {
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
