// Package vocab holds the words that plans, requests, results and reports have
// in common: dialects of the API, kinds of quality prompts, components of a
// score. Each list is held here and nowhere else, in the
// order in which help and reports show it.
//
// Package vocab imports nothing of this module. The simulator does not use it:
// it has to behave like a server that knows nothing of this tool.
package vocab

// Dialects of the API, as candidate.api names them.
const (
	Chat        = "chat"
	Completions = "completions"
	Responses   = "responses"
	Messages    = "messages"
	Embeddings  = "embeddings" // its answers have no text and no output tokens
)

// APIs returns the dialects.
func APIs() []string { return []string{Chat, Completions, Responses, Messages, Embeddings} }

// Kinds of quality prompts.
const (
	ViralHook      = "viral_hook"
	Technical      = "technical"
	CodeGeneration = "code_generation"
)

// QualityKinds returns the kinds of quality prompts.
func QualityKinds() []string { return []string{ViralHook, Technical, CodeGeneration} }

// Components of a quality score.
const (
	Relevance         = "relevance"          // semantic similarity to what was asked
	Structure         = "structure"          // form: sentences, paragraphs, lists, code blocks
	Engagement        = "engagement"         // signs of addressing a reader, English only
	Terms             = "terms"              // coverage of the keywords
	TechnicalAccuracy = "technical_accuracy" // what can be held against a source: numbers, glossary, forbidden claims, checks
	Coherence         = "coherence"          // the order of the sentences, English only
	Completeness      = "completeness"       // what the prompt asked for and can be counted
	Agreement         = "agreement"          // BLEU, chrF and ROUGE-L against references
)

// QualityComponents returns the components of a quality score.
func QualityComponents() []string {
	return []string{Relevance, Structure, Engagement, Terms, TechnicalAccuracy, Coherence, Completeness, Agreement}
}

// MaxTurns is the most turns that a conversation may have.
const MaxTurns = 1000

// TextForms says in which languages synthetic prompts can be written.
const TextForms = "words, languages, code, mixed (half words, the rest languages and code), one of de, fr, es, ru, zh, ja, ar, hi, go, python, javascript, rust, sql, or shares such as 60% words | 30% code | 10% zh"
