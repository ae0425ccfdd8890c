package item

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/inferometer/inferometer/internal/lazy"
	"github.com/inferometer/inferometer/internal/quality/check"
)

var (
	topics = []string{"tea", "bicycles", "libraries", "night trains", "bread", "lighthouses", "chess", "rain", "bridges", "gardens", "maps", "radio", "candles", "markets", "rivers", "owls", "clocks", "letters", "swimming", "harbours", "mushrooms", "kites", "museums", "snow", "tents", "pianos", "honey", "tunnels", "windmills", "ferries"}
	wanted = []string{"quiet", "copper", "morning", "honest", "window", "ladder", "winter", "marble", "signal", "orchard", "velvet", "pocket", "anchor", "lantern", "meadow", "compass"}
	banned = []string{"very", "really", "amazing", "obviously", "perfect", "simply", "always", "never"}
	forms  = []string{"note", "text", "message to a friend", "paragraph", "piece for a newsletter"}
	// Sentences without a comma, for any topic.
	stock = []string{
		"There is more to %s than most people think.",
		"I have been interested in %s for many years.",
		"You can learn a lot from %s if you take the time.",
		"My neighbour told me a good story about %s last week.",
		"Not everyone agrees on what makes %s worth the effort.",
		"In our town there is a small club for friends of %s.",
		"It takes some patience to understand %s well.",
		"The best books about %s were written long ago.",
	}
)

// draft is an answer that is being written.
type draft struct {
	title, postscript, end string
	lines, bullets         []string
	lower, quoted          bool
}

func (d draft) String() string {
	var parts []string
	if d.title != "" {
		parts = append(parts, d.title)
	}
	parts = append(append(parts, strings.Join(d.lines, " ")), d.bullets...)
	if d.postscript != "" {
		parts = append(parts, d.postscript)
	}
	if d.end != "" {
		parts = append(parts, d.end)
	}
	s := strings.Join(parts, "\n")
	if d.lower {
		s = strings.ToLower(s)
	}
	if d.quoted {
		s = `"` + s + `"`
	}
	return s
}

// demand is an instruction: how it is worded, how it is checked, what it asks of the
// answer, and how an answer is spoilt so that it no longer follows it, loosely either.
type demand struct {
	say         string
	instruction string
	params      map[string]any
	apply       func(*draft)
	spoil       func(string) string
}

func replaced(old, with string) func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, old, with) }
}

func instructions(r *rand.Rand, level int) Item {
	topic := one(r, topics...)
	d := draft{}
	for _, s := range some(r, between(r, 3, 5), stock) {
		d.lines = append(d.lines, fmt.Sprintf(s, topic))
	}
	all := demands(r, topic)
	chosen := some(r, level+2, all)
	for _, c := range chosen {
		c.apply(&d)
	}
	answer := d.String()
	chosen = append(chosen, length(r, answer))

	prompt := "Write a short " + one(r, forms...) + " about " + topic + ". Follow all of these instructions:\n"
	var checks []check.Check
	for _, c := range chosen {
		prompt += "- " + c.say + "\n"
		k := check.Check{Type: "ifeval", Instruction: c.instruction}
		if c.params != nil {
			k.Params = json.RawMessage(compact(c.params))
		}
		checks = append(checks, k)
	}
	return Item{
		Prompt: strings.TrimSuffix(prompt, "\n"), Answer: answer, Wrong: one(r, chosen...).spoil(answer),
		Checks: checks, MaxTokens: 512,
	}
}

// demands makes one of each instruction; any of them go together.
func demands(r *rand.Rand, topic string) []demand {
	keywords := some(r, 2, wanted)
	slices.Sort(keywords)
	bad := some(r, 3, banned)
	bullets := between(r, 2, 5)
	fields := between(r, 1, 3)
	ending := one(r, "That is all for today.", "Thank you for reading.", "Write to me soon.", "I hope this helps you.")
	return []demand{
		{fmt.Sprintf("Use the words %q and %q.", keywords[0], keywords[1]), "keywords:existence", map[string]any{"keywords": keywords},
			func(d *draft) {
				d.lines = append(d.lines, fmt.Sprintf("It makes me think of the %s and the %s.", keywords[0], keywords[1]))
			},
			func(s string) string {
				return regexp.MustCompile("(?i)"+keywords[0]).ReplaceAllString(s, "thing")
			}},
		{fmt.Sprintf("Do not use the words %q, %q and %q.", bad[0], bad[1], bad[2]), "keywords:forbidden_words", map[string]any{"forbidden_words": bad},
			func(*draft) {}, replaced(" ", " "+bad[0]+" ")},
		{fmt.Sprintf("Include exactly %d bullet points, each on a line that begins with an asterisk and a space.", bullets), "detectable_format:number_bullet_lists", map[string]any{"num_bullets": bullets},
			func(d *draft) {
				for i := range bullets {
					d.bullets = append(d.bullets, fmt.Sprintf("* The %s thing about %s is how it is made.", []string{"first", "second", "third", "fourth", "fifth"}[i], topic))
				}
			},
			func(s string) string { return s + strings.Repeat("\n* One more thing that nobody asked for.", 3) }},
		{"Begin with a title in double angle brackets, such as <<A title>>.", "detectable_format:title", nil,
			func(d *draft) { d.title = "<<About " + topic + ">>" }, replaced("<<", "<")},
		{"Add a postscript that begins with P.S.", "detectable_content:postscript", map[string]any{"postscript_marker": "P.S."},
			func(d *draft) { d.postscript = "P.S. I will bring the photographs on Sunday." },
			func(s string) string {
				return strings.NewReplacer("P.S.", "By the way:", "p.s.", "by the way:").Replace(s)
			}},
		{fmt.Sprintf("End with exactly this sentence, and nothing after it: %s", ending), "startend:end_checker", map[string]any{"end_phrase": ending},
			func(d *draft) { d.end = ending }, func(s string) string { return s + " And so on" }},
		{"Use no commas.", "punctuation:no_comma", nil, func(*draft) {}, replaced(" ", ", ")},
		{"Write in small letters only; no capital letters.", "change_case:english_lowercase", nil,
			func(d *draft) { d.lower = true }, strings.ToUpper},
		{"Put all of it in double quotation marks.", "startend:quotation", nil,
			func(d *draft) { d.quoted = true }, func(s string) string { return strings.ReplaceAll(s, `"`, "") }},
		{fmt.Sprintf("Leave at least %d placeholders in square brackets, such as [name].", fields), "detectable_content:number_placeholders", map[string]any{"num_placeholders": fields},
			func(d *draft) {
				d.lines = append(d.lines, "Please ask "+strings.Join([]string{"[name]", "[street]", "[date]"}[:fields], " or ")+" for the rest.")
			}, replaced("[", "(")},
	}
}

// words counts as package ifeval does, for text that is made here.
var words = lazy.Regexp(`\w+`)

// length asks for a number of words that the answer has.
func length(r *rand.Rand, answer string) demand {
	n := len(words().FindAllString(answer, -1))
	if r.IntN(2) == 0 {
		least := n - between(r, 5, 14)
		return demand{
			fmt.Sprintf("Use at least %d words.", least), "length_constraints:number_words", map[string]any{"num_words": least, "relation": "at least"},
			nil, func(string) string { return "This is too short." },
		}
	}
	most := n + between(r, 10, 40)
	return demand{
		fmt.Sprintf("Use less than %d words.", most), "length_constraints:number_words", map[string]any{"num_words": most, "relation": "less than"},
		nil, func(s string) string { return strings.Repeat(s+"\n", 8) },
	}
}
