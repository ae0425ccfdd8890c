package detect

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/inferometer/inferometer/internal/lazy"
)

func isEmpty(a *seen) bool {
	return a.Calls == 0 && strings.TrimSpace(a.Text) == "" && strings.TrimSpace(a.Reasoning) == ""
}

func isReasoningOnly(a *seen) bool {
	return a.Calls == 0 && strings.TrimSpace(a.Text) == "" && strings.TrimSpace(a.Reasoning) != ""
}

// limitReached is the finish reasons of a token limit, in the words of several APIs.
var limitReached = map[string]bool{"length": true, "max_tokens": true, "max_output_tokens": true, "model_length": true}

// open is words that no sentence ends with.
var open = lazy.Regexp(`(?i)(?:^|[\s"'(])(?:the|a|an|and|or|of|to|with|for|in|is|are|that|which|because|der|die|das|und|oder|mit|für|le|la|les|et|de|des|el|los|y|con)$`)

func isTruncated(a *seen) bool {
	text := strings.TrimRight(a.Text, " \t\r\n")
	switch {
	case limitReached[a.Finish]:
		return true
	case text == "" || a.Calls > 0:
		return false
	case hasOpenFence(text):
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	if a.Finish == "" && utf8.RuneCountInString(text) >= 80 && (unicode.IsLetter(last) || unicode.IsDigit(last)) {
		return !endsInList(text) // nobody said that this is the end, and the sentence has none
	}
	return utf8.RuneCountInString(text) >= 40 && (strings.ContainsRune(",;([{", last) || open().MatchString(string(lastRunes(text, 12))))
}

func hasOpenFence(text string) bool {
	n := 0
	for line := range strings.Lines(text) {
		if isFence(line) {
			n++
		}
	}
	return n%2 == 1
}

// endsInList reports whether the last line is an item of a list, a heading or a row of
// a table, which need no full stop; or stands in a script that writes none.
func endsInList(text string) bool {
	line := strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
	return listLine().MatchString(line) || strings.IndexFunc(line, func(r rune) bool { return unicode.In(r, unicode.Thai, unicode.Lao, unicode.Khmer) }) >= 0
}

var listLine = lazy.Regexp(`^(?:[-*+•#|>]|\d{1,3}[.)]|[\w -]{1,30}:\s)`)

// refusals are openings, in lower case. A verb of helping or providing belongs to
// them: "I can't attend" is an answer to a task about letters.
var refusals = lazy.Regexp(strings.Join([]string{
	// English
	`^(?:i'm (?:really |very )?sorry|i am (?:really |very )?sorry|sorry|i apologi[sz]e|unfortunately)?[,.!:]?\s*(?:but )?(?:as an ai[^,.]*,? )?(?:i|we) (?:can't|cannot|can not|won't|will not|am unable to|am not able to|'m unable to|must decline|have to decline|don't feel comfortable)(?: to)?\s*(?:help|assist|provide|comply|fulfil|answer|create|write|generate|support|share|discuss|do that|engage|offer|give|continue|with|$)`,
	`^(?:i'm|i am) (?:unable|not able) to (?:help|assist|provide|comply|fulfil|answer|create|write|generate|support|share|discuss|do that)`,
	`^as an? (?:ai|artificial intelligence|(?:large )?language model)[^.]{0,60}(?:can't|cannot|unable|not able|don't)`,
	`^(?:i'm sorry|i am sorry|sorry),? (?:but )?(?:that|this) (?:request|is something)`,
	// German
	`^(?:(?:es )?tut mir leid|entschuldigung|leider)[,.!]?\s*(?:aber )?(?:\S+ )?kann (?:ich )?(?:dir |ihnen )?(?:\S+ ){0,4}?(?:nicht|keine)`,
	`^(?:dabei|damit|das) kann ich (?:dir |ihnen )?(?:\S+ ){0,2}?nicht`,
	`^als (?:ki|sprachmodell|künstliche intelligenz)[^.]{0,60}kann`,
	// French
	`^(?:je suis (?:vraiment )?désolée?|désolée?)[,.!]?\s*(?:mais )?je ne (?:peux|suis)`, `^je ne (?:peux|suis) pas (?:en mesure |vous aider|t'aider|répondre|fournir)`, `^en tant qu(?:'|e )(?:ia|modèle|assistant)[^.]{0,60}ne (?:peux|suis)`,
	// Spanish
	`^lo siento[,.!]?\s*(?:pero )?no (?:puedo|me es posible)`, `^no puedo (?:ayudar|proporcionar|responder|cumplir|asistir)`, `^como (?:ia|modelo de lenguaje|inteligencia artificial)[^.]{0,60}no puedo`,
	// Italian, Portuguese, Dutch, Polish, Turkish
	`^mi dispiace[,.!]?\s*(?:ma )?non posso`, `^non posso (?:aiutar|fornire|rispondere)`,
	`^(?:desculpe|lamento|sinto muito)[,.!]?\s*(?:mas )?não (?:posso|consigo)`, `^não posso (?:ajudar|fornecer|responder)`,
	`^(?:het spijt me|sorry)[,.!]?\s*(?:maar )?ik kan (?:\S+ ){0,4}?(?:niet|geen)`,
	`^(?:przykro mi|przepraszam)[,.!]?\s*(?:ale )?nie mogę`,
	`^üzgünüm[,.!]?\s*(?:ama|ancak|fakat)?[^.]{0,60}(?:yardımcı olamam|edemem|veremem|olamıyorum)`,
	// Russian, Ukrainian
	`^(?:извините|простите|к сожалению|мне жаль)[,.!]?\s*(?:но )?я не могу`, `^я не могу (?:помочь|ответить|предоставить|выполнить)`, `^(?:вибачте|на жаль)[,.!]?\s*(?:але )?я не можу`,
	// Chinese, Japanese, Korean
	`^(?:很?抱歉|对不起|對不起|不好意思)[,,。!!]?\s*(?:但)?(?:作为[^,,。]{0,20}[,,])?我?(?:无法|無法|不能|不可以)`, `^我(?:无法|無法|不能)(?:提供|回答|协助|協助|帮助|幫助|满足|完成)`,
	`^(?:申し訳(?:ありません|ございません)|すみません|ごめんなさい)[^。]{0,80}(?:できません|できかねます|お答えできません|お手伝いできません)`,
	`^(?:죄송하지만|죄송합니다|미안하지만)[^.]{0,80}(?:없습니다|어렵습니다|없어요)`,
	// Arabic, Hindi
	`^(?:عذر[اً]+|آسف|أعتذر)[،,.]?\s*(?:ولكن )?(?:لا (?:أستطيع|يمكنني)|ولكنني لا)`, `^(?:मुझे खेद है|माफ़? ?(?:कीजिए|करें)|क्षमा करें)[^।]{0,80}(?:नहीं)`,
}, "|"))

// isRefusal takes short answers only: one that refuses and then helps is none.
func isRefusal(a *seen) bool {
	if utf8.RuneCountInString(firstRunes(a.Text, 601)) > 600 {
		return false
	}
	m := strings.TrimSpace(refusals().FindString(a.start))
	return m != "" && !strings.Contains(a.prompt, m)
}

// Special tokens of the templates and tokenizers in use.
var (
	special = lazy.Regexp(`<[||][A-Za-z0-9_▁ -]{1,40}[||]>|\[/?INST\]|<</?SYS>>|</?(?:think|thinking|tool_call|start_of_turn|end_of_turn|unk|pad|bos|eos|image_soft_token)>|\[(?:PAD|UNK|CLS|SEP|MASK|AVAILABLE_TOOLS|TOOL_CALLS)\]|<0x[0-9A-F]{2}>|◁/?think▷`)
	edge    = lazy.Regexp(`^\s*</?s>|</?s>\s*$`) // inside a text they are HTML
	pieces  = lazy.Regexp(`[▁Ġ]\pL+(?:[▁Ġ]\pL+){2}`)
	spoken  = lazy.Regexp(`special tokens?|chat ?template|chatml|tokeni[sz]er|stop tokens?|control tokens?|prompt format|end-of-(?:text|turn|sequence)`)
)

// leaksTokens lets a text about tokens be: where the prompt is about them, where it
// has the same token, and in code, unless the answer ends with it.
func leaksTokens(a *seen) bool {
	return strings.ContainsAny(a.Text, "<[◁▁Ġ") && hasTokens(a) && !spoken().MatchString(a.prompt)
}

func hasTokens(a *seen) bool {
	if edge().MatchString(a.Text) && !strings.Contains(a.prompt, "<s>") || pieces().MatchString(a.prose) && !strings.ContainsAny(a.prompt, "▁ġ") {
		return true
	}
	for _, m := range special().FindAllString(a.prose, 20) {
		if !strings.Contains(a.prompt, strings.ToLower(m)) {
			return true
		}
	}
	tail := strings.TrimRight(string(lastRunes(a.Text, 60)), " \n\r\t")
	for _, at := range special().FindAllStringIndex(tail, -1) {
		if at[1] == len(tail) && !strings.Contains(a.prompt, strings.ToLower(tail[at[0]:])) {
			return true
		}
	}
	return false
}

var thought = lazy.Regexp(`(?i)^\s*(?:<(?:think|thinking|reasoning|reflection)>|◁think▷|<\|channel\|>\s*analysis|analysis\s*<\|message\|>)|</(?:think|thinking|reasoning)>|◁/think▷`)

func leaksReasoning(a *seen) bool {
	if !strings.ContainsAny(a.prose, "<◁") && !strings.Contains(a.prose, "analysis") {
		return false
	}
	m := thought().FindString(a.prose)
	return m != "" && !spoken().MatchString(a.prompt) && !strings.Contains(a.prompt, strings.ToLower(strings.TrimSpace(m)))
}

var turn = lazy.Regexp(`(?m)^(?:#{2,3} ?)?(?:User|Human|USER|HUMAN|Instruction|Q)\s*:\s*\S.*(?:\n.*){0,3}\n+(?:#{2,3} ?)?(?:Assistant|AI|ASSISTANT|Response|A)\s*:`)

// hasExtraTurn finds turns of both sides: a line that begins with "Human:" alone may
// be part of a text about people.
func hasExtraTurn(a *seen) bool {
	return strings.Contains(a.prose, ":") && turn().MatchString(a.prose) && !dialogue().MatchString(a.prompt)
}

var dialogue = lazy.Regexp(`dialog|conversation|interview|q ?& ?a|q:|user:|human:|faq|chat|script|transcript|question`)

func echoes(a *seen) bool {
	p, text := strings.TrimSpace(a.Prompt), strings.TrimSpace(a.Text)
	return utf8.RuneCountInString(firstRunes(p, 41)) > 40 && strings.HasPrefix(text, p) && !strings.Contains(a.prompt, "repeat") && !strings.Contains(a.prompt, "word for word")
}

var garbled = lazy.Regexp(`[ÂÃ][\x{80}-\x{BF}]|â€[\x{80}-\x{BF}™œžšŸ“”˜¦¢¡]|ðŸ|Ð[\x{80}-\x{BF}]Ñ|\x{FFFD}`)

func hasMojibake(a *seen) bool {
	if !utf8.ValidString(a.Text) {
		return true
	}
	return strings.ContainsAny(a.prose, "ÂÃâðÐ\uFFFD") && garbled().MatchString(a.prose) && !garbled().MatchString(a.Prompt+a.System)
}

// hasBrokenJSON takes JSON in a code block or within a sentence for JSON: whether that
// was allowed is for a check to say.
func hasBrokenJSON(a *seen) bool {
	text := strings.TrimSpace(a.Text)
	if !a.JSON || text == "" || json.Valid([]byte(text)) {
		return false
	}
	if _, rest, ok := strings.Cut(text, "```"); ok {
		inside, _, _ := strings.Cut(rest, "```")
		if nl := strings.IndexByte(inside, '\n'); nl >= 0 && json.Valid([]byte(inside[nl:])) {
			return false
		}
	}
	for _, pair := range []string{"{}", "[]"} {
		from, to := strings.IndexByte(text, pair[0]), strings.LastIndexByte(text, pair[1])
		if from >= 0 && to > from && json.Valid([]byte(text[from:to+1])) {
			return false
		}
	}
	return true
}

// ignoresSystem looks for the marks that the system prompt demands.
func ignoresSystem(a *seen) bool {
	if len(a.Marks) == 0 || strings.TrimSpace(a.Text) == "" {
		return false
	}
	text := strings.ToLower(a.Text)
	for _, m := range a.Marks {
		if strings.Contains(text, strings.ToLower(m)) {
			return false
		}
	}
	return true
}
