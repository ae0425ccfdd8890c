package ifeval

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// The language of a text, among the 30 that IFEval asks for and some that are easily
// taken for one of them. The script decides where only one of the languages is written in
// it; else letters that one of them has alone, and words of grammar. No model is needed for
// that, and a text of a few sentences is enough. The library that the released checker
// uses draws chances instead, and does not always give the same language.

// scripts that one of the languages is written in alone.
var scripts = []struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Thai, "th"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Kannada, "kn"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Malayalam, "ml"},
	{unicode.Bengali, "bn"},
	{unicode.Hangul, "ko"},
	{unicode.Hebrew, "he"},
	{unicode.Greek, "el"},
	{unicode.Latin, "latin"},
	{unicode.Cyrillic, "cyrillic"},
	{unicode.Arabic, "arabic"},
	{unicode.Devanagari, "devanagari"},
	{unicode.Hiragana, "ja"},
	{unicode.Katakana, "ja"},
	{unicode.Han, "zh"},
}

// marks are letters that tell languages of one script apart, and words the words that
// nearly every sentence of a language has.
type tell struct{ script, marks, words string }

var tells = map[string]tell{
	"en": {"latin", "", "the of and to in is that it for was on are with as be at this have from or by not but what all were when we there can an your which their will if do how about has would you i he she they my so s over each into out up down no yes your our me him her us more some any than then them been had did does its just like also only through under where who why could should these those because after before"},
	"es": {"latin", "ñ¿¡", "el la los las de del que y en un una por con para es se no su como más pero al lo muy está son este esta ser también yo cuando"},
	"pt": {"latin", "ãõ", "o a os as de do da dos das que e em um uma por com para é se não seu sua como mais mas ao no na muito está são este esta ser também eu você quando"},
	"fr": {"latin", "œçêèù", "le la les de des du que et en un une pour avec est se ne pas son sa comme plus mais au aux dans qui ce cette sont sur par il elle nous vous je être il a été ont cela avant leur tout fait fin cette très aussi peut y l d qu n c aucune va"},
	"it": {"latin", "ìò", "il lo la gli le di del della che e in un una per con è si non suo sua come più ma al nel sono questo questa anche essere io dei alla molto"},
	"de": {"latin", "ß", "der die das und ist nicht ein eine zu den mit von für auf im dem sich es auch als an wie werden aus bei nach wird sind oder ich sie wir er hat dass"},
	"nl": {"latin", "ĳ", "de het een en van is niet te dat op voor met zijn aan er maar om ook als bij naar worden wordt ik je we hij zij wat deze dit kan"},
	"pl": {"latin", "ąęłżźśćń", "i w na z do nie się że jest to a o jak po od dla ale przez są oraz być jego ich który która które tak już może tym tego"},
	"cs": {"latin", "ěřů", "a v na je se že to s z do o i k pro jako ale by si po od tak jsou byl není když nebo jeho který"},
	"vi": {"latin", "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", "và là của có không được trong cho một các này với người những để đã khi từ như về ở tôi bạn"},
	"sw": {"latin", "", "na ya wa ni kwa katika la za kuwa cha hii yake huu kama pia lakini watu sana hiyo wake vya zaidi ili hizo kila baada yetu mimi wewe au"},
	"fi": {"latin", "", "ollut oli tällä tässä me hän kanssa ennen jo ja on ei se että oli hän ovat joka mutta kun myös tai niin ole kuin sen voi mukaan tämä minä sinä hyvin ovat olla sekä jos vain"},
	"sv": {"latin", "å", "och i att det som en på är av för med den till inte om ett han har de var jag från vi så men eller kan"},
	"da": {"latin", "øæ", "og i at det som en på er af for med den til ikke om et han har de var jeg fra vi så men eller kan"},
	"tr": {"latin", "ğış", "ve bir bu da de için ile olarak çok daha gibi olan ne ama en kadar sonra var değil ben"},
	"id": {"latin", "", "yang dan di ini untuk dengan dari dalam itu tidak pada adalah ke akan juga saya kami anda bisa oleh karena"},
	"ro": {"latin", "șțăâ", "și de în la cu pe nu este un o din care pentru mai că se sunt dar au fi"},
	"ru": {"cyrillic", "ыэё", "и в не на что с это как по но для из у от так же он она они мы я был к за"},
	"uk": {"cyrillic", "іїєґ", "і в не на що з це як та до але для від він вона вони ми я був за у є"},
	"bg": {"cyrillic", "", "и в не на че с това как по но за от се е са да той тя те ние аз беше към много или което"},
	"ar": {"arabic", "ةىيكؤ", "في من على أن إلى هذا هذه التي الذي عن مع كان هو هي لا ما"},
	"fa": {"arabic", "پچژگیک", "و در به از که این را با است برای آن یک می تا بر هم شود"},
	"ur": {"arabic", "ٹڈڑںےہھ", "کے میں کی ہے اور سے کا کو اس پر نے یہ کہ ہیں ایک"},
	"hi": {"devanagari", "", "है के में की का और से को हैं एक यह पर नहीं ने कि इस लिए जो हम मैं"},
	"mr": {"devanagari", "ळ", "आहे आणि या मध्ये च्या हे ते की होते आहेत एक साठी नाही तो ती व मी आपण"},
	"ne": {"devanagari", "", "छ र को मा लाई हो यो गर्न छन् पनि भने एक तर यस गरेको हुन्छ म हामी गर्छ"},
}

// asked are the languages that the instruction may name.
var asked = strings.Fields("en es pt ar hi fr ru de ja it bn uk th ur ta te bg ko pl he fa vi ne sw kn mr gu pa ml fi zh el nl cs sv da tr id ro")

func knownLanguage(p Params) error {
	if !slices.Contains(asked, p.Language) {
		return fmt.Errorf("unknown language %.20q: must be one of %s", p.Language, strings.Join(asked, ", "))
	}
	return nil
}

func responseLanguage(p Params, s string) bool { return inLanguage(s, p.Language) }

// inLanguage reports whether a text is in a language. One that says nothing of its
// language, such as a number, counts as being so, as in the released checker.
func inLanguage(s, language string) bool {
	got := Language(s)
	return got == "" || got == language
}

// Language returns the ISO 639-1 code of the language of a text; "" where nothing tells.
func Language(text string) string {
	counts := map[string]int{}
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			continue
		}
		for _, s := range scripts {
			if unicode.Is(s.table, r) {
				counts[s.language]++
				break
			}
		}
	}
	if counts["ja"] > 0 && counts["ja"]*8 >= counts["zh"] {
		counts["ja"] += counts["zh"] // kana stand between characters that Chinese has as well
		counts["zh"] = 0
	}
	script, most := "", 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] > most {
			script, most = name, counts[name]
		}
	}
	switch script {
	case "latin", "cyrillic", "arabic", "devanagari":
		return byWords(strings.ToLower(text), script)
	}
	return script
}

// byWords tells languages of one script apart: a word of grammar counts for each
// language that has it, less where several do, and a letter that is its own half a word.
func byWords(text, script string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != 0x200c })
	seen := map[string]int{}
	for _, w := range words {
		seen[w]++
	}
	owners := map[string]int{}
	for _, t := range tells {
		if t.script == script {
			for _, w := range strings.Fields(t.words) {
				owners[w]++
			}
		}
	}
	best, most := "", 0.0
	for _, language := range slices.Sorted(maps.Keys(tells)) {
		t := tells[language]
		if t.script != script {
			continue
		}
		score := 0.0
		done := map[string]bool{}
		for _, w := range strings.Fields(t.words) {
			if !done[w] {
				score += float64(seen[w]) / float64(owners[w])
				done[w] = true
			}
		}
		if language == "en" {
			forms := 0 // in -ing, of which no other language here has as many
			for w, n := range seen {
				if len(w) > 5 && strings.HasSuffix(w, "ing") {
					forms += n
				}
			}
			score += float64(forms) / 2
		}
		if t.marks != "" {
			for _, r := range text {
				if strings.ContainsRune(t.marks, r) {
					score += 0.5
				}
			}
		}
		if score > most {
			best, most = language, score
		}
	}
	return best
}
