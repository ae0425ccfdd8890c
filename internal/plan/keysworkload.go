package plan

import (
	"strings"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/scenario"
	"github.com/inferometer/inferometer/internal/tokens/length"
	"github.com/inferometer/inferometer/internal/vocab"
)

// workloadKeys say what is sent.
var workloadKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: workloadForm, Flag: "workload", Group: key.GroupWorkload, Value: "WORKLOAD",
		Help: "in=512,out=128, or " + strings.Join(scenarioNames(), ", "), More: "Both lengths in short, each a number or a distribution as in --input-lengths, or a kind of requests with a name, whose lengths and shared prefix are then set."},
		Bind: key.Binding[Plan]{Kind: key.TextKind, Set: (*Plan).setForm, Text: func(*Plan) string { return "" }, Touch: func(*Plan) {}}},
	{Key: key.Key{Path: "workload.input_tokens", Flag: "input-tokens", Group: key.GroupWorkload, Value: "TOKENS", Unit: "tokens",
		Help: "tokens of a synthetic prompt"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.InputTokens })},
	{Key: key.Key{Path: "workload.output_tokens", Flag: "output-tokens", Group: key.GroupWorkload, Value: "TOKENS", Unit: "tokens",
		Help: "tokens of an answer"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.OutputTokens })},
	{Key: key.Key{Path: "workload.input_lengths", Flag: "input-lengths", Group: key.GroupWorkload, Value: "DIST",
		Help: "lengths of prompts, such as 'uniform 100..900'", More: "In place of --input-tokens: " + length.Forms + "."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.InputLengths })},
	{Key: key.Key{Path: "workload.output_lengths", Flag: "output-lengths", Group: key.GroupWorkload, Value: "DIST",
		Help: "lengths of answers, likewise", More: "In place of --output-tokens."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.OutputLengths })},
	{Key: key.Key{Path: "workload.tokenizer", Flag: "tokenizer", Group: key.GroupWorkload, Value: "NAME", Rare: true, Unset: "auto", NoSweep: "one tokenizer makes the prompts of all cells, or they would not be alike",
		Help: "what counts prompts: auto, server, FILE, none …", More: "auto, server (its /tokenize), cl100k_base, o200k_base, the path of a tokenizer.json, or none."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Tokenizer })},
	{Key: key.Key{Path: "workload.text", Flag: "text", Group: key.GroupWorkload, Value: "FORM", Rare: true, Unset: "words", NoSweep: "what it costs in tokens is learned once, before the sweep",
		Help: "language of synthetic prompts", More: "One of: " + vocab.TextForms + ". \"words\" are English."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Text })},
	{Key: key.Key{Path: "workload.answer", Flag: "answer", Group: key.GroupWorkload, Value: "FORM", Rare: true, Unset: AnswerText, NoSweep: "what the server takes of it is tried once, before the sweep",
		Help: "what is asked for: text, reasoning, tools, json", More: "reasoning asks for an effort of it, tools for a call of a function, json for an answer under a schema."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Answer })},
	{Key: key.Key{Path: "workload.effort", Flag: "effort", Group: key.GroupWorkload, Value: "EFFORT", Rare: true, Unset: "medium",
		Help: "effort of reasoning: low, medium or high"},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Effort })},
	{Key: key.Key{Path: "workload.tools", Flag: "tools", Group: key.GroupWorkload, Value: "N", Rare: true, Unset: "4", NoSweep: "what they cost in tokens is learned once, before the sweep", NoZero: "--answer tools offers at least 1 function; for requests without functions give --answer text",
		Help: "functions offered with --answer tools"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Tools })},
	{Key: key.Key{Path: "workload.tool_choice", Flag: "tool-choice", Group: key.GroupWorkload, Value: "CHOICE", Rare: true, Unset: "required",
		Help: "whether a function must be called: auto, required"},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.ToolChoice })},
	{Key: key.Key{Path: "workload.prefix.tokens", Flag: "prefix-tokens", Group: key.GroupWorkload, Value: "TOKENS", Unit: "tokens", Zero: "no common prefix",
		Help: "tokens that prompts begin with in common", More: "Part of the input. In conversations they are those of a system message."},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Prefix.Tokens })},
	{Key: key.Key{Path: "workload.prefix.groups", Flag: "prefix-groups", Group: key.GroupWorkload, Value: "N", Rare: true, Unset: "1", NoZero: "must be at least 1; for prompts without a common prefix give --prefix-share 0",
		Help: "different common prefixes"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Prefix.Groups })},
	{Key: key.Key{Path: "workload.prefix.share", Flag: "prefix-share", Group: key.GroupWorkload, Value: "SHARE", Rare: true, Unset: "1", Zero: "no prompt has the prefix",
		Help: "share of prompts that have the prefix, 0 to 1"},
		Bind: key.DecimalOrUnset(func(p *Plan) **float64 { return &p.Workload.Prefix.Share })},
	{Key: key.Key{Path: "workload.cache_salt", Flag: "cache-salt", Group: key.GroupWorkload, Value: "TEXT", Rare: true, Unset: "the time of the run",
		Help: "makes prompts new to a server's caches", More: "The same text and seed give the same prompts."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.CacheSalt })},
	{Key: key.Key{Path: "workload.temperature", Flag: "temperature", Group: key.GroupWorkload, Value: "T", Zero: "greedy sampling",
		Help: "sampling temperature"},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Workload.Temperature })},

	{Key: key.Key{Path: "workload.dataset", Flag: "dataset", Group: key.GroupDataset, Value: "FILE",
		Help: "file of prompts, in place of synthetic ones", More: "JSONL, JSON (ShareGPT too), OpenAI batch, Parquet, CSV or TSV with a header, or one prompt per line."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Dataset })},
	{Key: key.Key{Path: "workload.rows.columns", Flag: "dataset-columns", Group: key.GroupDataset, Value: "PART=COLUMN", Rare: true, NoSweep: "one reading of the data set serves all cells",
		Help: "columns of the parts: prompt=question,max_tokens=n", More: "Which column or key holds a part of a prompt; parts are prompt, system, messages, max_tokens and id."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Rows.Columns })},
	{Key: key.Key{Path: "workload.rows.min_tokens", Flag: "dataset-min-tokens", Group: key.GroupDataset, Value: "TOKENS", Rare: true, Zero: "no limit",
		Help: "leave out prompts with fewer tokens"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Rows.MinTokens })},
	{Key: key.Key{Path: "workload.rows.max_tokens", Flag: "dataset-max-tokens", Group: key.GroupDataset, Value: "TOKENS", Rare: true, Zero: "no limit",
		Help: "leave out prompts with more tokens"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Rows.MaxTokens })},
	{Key: key.Key{Path: "workload.rows.sample", Flag: "dataset-sample", Group: key.GroupDataset, Value: "ROWS", Rare: true, Zero: "all rows",
		Help: "draw this many rows by the seed"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Workload.Rows.Sample })},
	{Key: key.Key{Path: "workload.rows.shuffle", Flag: "dataset-shuffle", Group: key.GroupDataset, Rare: true,
		Help: "send the data set in an order by the seed"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Workload.Rows.Shuffle })},
	{Key: key.Key{Path: "workload.rows.skip_bad", Flag: "dataset-skip-bad", Group: key.GroupDataset, Rare: true,
		Help: "skip and count malformed rows"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Workload.Rows.SkipBad })},

	{Key: key.Key{Path: "workload.turns", Flag: "turns", Group: key.GroupConversations, Value: "TURNS",
		Help: "turns: N, a distribution, whole or flat", More: "Each turn waits for the answer to the previous one and carries the model's own answers. Of synthetic prompts a number of turns or a distribution as in --input-lengths; of a data set `whole` (all turns), the most turns, or `flat` (one request per conversation, which is the default)."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.Turns })},
	{Key: key.Key{Path: "workload.turn_tokens", Flag: "turn-tokens", Group: key.GroupConversations, Value: "DIST", Rare: true, Unset: "64",
		Help: "tokens of a user's later turns", More: "A number or a distribution, for what a user says after the first turn."},
		Bind: key.Text(func(p *Plan) *string { return &p.Workload.TurnTokens })},
}

func scenarioNames() []string {
	var out []string
	for _, s := range scenario.All() {
		out = append(out, s.Name)
	}
	return out
}
