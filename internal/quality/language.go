package quality

import "github.com/inferometer/inferometer/internal/quality/prose"

// Language is what is known about the language of a text. Only English is told apart,
// because only English has lexicons here: in every other language the components that
// need one do not apply.
type Language string

// The languages.
const (
	English Language = "en"
	Other   Language = "other"
	Unknown Language = "" // too few words to tell
)

// LanguageOf reads the language from the words of a text, in lower case.
func LanguageOf(words []string) Language {
	if len(words) < 8 {
		return Unknown
	}
	if prose.English(words) {
		return English
	}
	return Other
}

// language is that of the answer; of a short answer, that of its prompt.
func (a *assessment) language() Language {
	if l := LanguageOf(a.all); l != Unknown {
		return l
	}
	if len(a.all) > 0 && !mostlyASCII(a.text.Prose()) {
		return Other
	}
	if LanguageOf(a.prompt) == Other {
		return Other
	}
	return English
}
