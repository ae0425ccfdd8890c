package prose

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// blocks finds the blocks of Markdown (CommonMark without HTML). Inline marks are not
// parsed: nothing here needs them.
//
// Note: goldmark takes quadratic time on nested containers, and its inline parsers do
// on brackets and asterisks. Answers are hostile, so lines are cut to maxNesting
// containers and no inline parser is loaded. What remains is linear; BenchmarkHostile
// shows it.
var blocks = parser.NewParser(parser.WithBlockParsers(
	util.Prioritized(parser.NewSetextHeadingParser(), 100),
	util.Prioritized(parser.NewThematicBreakParser(), 200),
	util.Prioritized(parser.NewListParser(), 300),
	util.Prioritized(parser.NewListItemParser(), 400),
	util.Prioritized(parser.NewCodeBlockParser(), 500),
	util.Prioritized(parser.NewATXHeadingParser(), 600),
	util.Prioritized(fences{parser.NewFencedCodeBlockParser()}, 700),
	util.Prioritized(parser.NewBlockquoteParser(), 800),
	util.Prioritized(parser.NewParagraphParser(), 1000),
))

// fences notes which code blocks were closed by a fence, and not by the end.
type fences struct{ parser.BlockParser }

var closedByFence = []byte("closed")

func (f fences) Continue(node ast.Node, r text.Reader, pc parser.Context) parser.State {
	state := f.BlockParser.Continue(node, r, pc)
	if state == parser.Close {
		node.SetAttribute(closedByFence, true)
	}
	return state
}

const (
	maxNesting = 12  // containers that a line may open
	maxIndent  = 128 // columns
)

// capNesting cuts what stands before the text of a line to maxNesting marks of quotes
// and list items, and to maxIndent columns.
func capNesting(s string) string {
	var b strings.Builder
	from := 0 // what of s is not in b yet
	for start := 0; start < len(s); {
		end := strings.IndexByte(s[start:], '\n')
		if end < 0 {
			end = len(s) - start
		}
		line := s[start : start+end]
		keep, text, marks := -1, 0, 0
		for i, width := 0, 0; i < len(line); {
			if c := line[i]; c == ' ' || c == '\t' {
				i, width = i+1, width+1
				if width > maxIndent && keep < 0 {
					keep = i - 1
				}
				text = i
				continue
			}
			n := containerMark(line[i:])
			if n == 0 {
				break
			}
			if marks++; marks > maxNesting && keep < 0 {
				keep = i
			}
			i += n
			text = i
		}
		if keep >= 0 && text > keep {
			b.WriteString(s[from : start+keep])
			from = start + text
		}
		start += end + 1
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}

// containerMark is the length of the mark of a quote or list item that s begins with.
func containerMark(s string) int {
	ends := func(n int) bool { return n == len(s) || s[n] == ' ' || s[n] == '\t' }
	switch s[0] {
	case '>':
		return 1
	case '-', '*', '+':
		if ends(1) {
			return 1
		}
	}
	n := 0
	for n < len(s) && n < 9 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && n < len(s) && (s[n] == '.' || s[n] == ')') && ends(n+1) {
		return n + 1
	}
	return 0
}

// Outline is how often a text has each block of Markdown.
type Outline struct {
	Headings   int `json:"headings"`
	Paragraphs int `json:"paragraphs"`
	Items      int `json:"list_items"`
	Quotes     int `json:"quotes"`
	Rows       int `json:"table_rows"`
	Code       int `json:"code_blocks"`
	Open       int `json:"unclosed_code_blocks"`
	Depth      int `json:"list_depth"` // of the deepest list
}

// split reads the blocks of the text into lines and fenced code.
func (t *Text) split() {
	source := []byte(capNesting(t.Raw))
	doc := blocks.Parse(text.NewReader(source))
	depth := 0
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Type() == ast.TypeInline {
			return ast.WalkSkipChildren, nil
		}
		if n.Kind() == ast.KindList {
			if entering {
				depth++
				t.Outline.Depth = max(t.Outline.Depth, depth)
			} else {
				depth--
			}
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			t.Outline.Headings++
			t.Lines = append(t.Lines, Line{Kind: Heading, Level: n.Level, Text: strings.TrimSpace(string(n.Lines().Value(source)))})
		case *ast.FencedCodeBlock:
			_, closed := n.Attribute(closedByFence)
			block := Block{Language: language(string(n.Language(source))), Body: strings.TrimSuffix(string(n.Lines().Value(source)), "\n"), Closed: closed}
			t.Outline.Code++
			if !closed {
				t.Outline.Open++
			}
			t.Blocks = append(t.Blocks, block)
			t.Lines = append(t.Lines, Line{Kind: Blank})
		case *ast.CodeBlock:
			for _, l := range n.Lines().Sliced(0, n.Lines().Len()) {
				t.Lines = append(t.Lines, Line{Kind: Indented, Text: strings.TrimRight(string(l.Value(source)), "\n")})
			}
		case *ast.Blockquote:
			t.Outline.Quotes++
		case *ast.Paragraph, *ast.TextBlock:
			t.paragraph(n, source)
		case *ast.ThematicBreak:
			t.Lines = append(t.Lines, Line{Kind: Blank})
		}
		return ast.WalkContinue, nil
	})
}

// paragraph adds the lines of a paragraph. The first of a list item is an Item.
func (t *Text) paragraph(n ast.Node, source []byte) {
	parent := n.Parent()
	item := parent != nil && parent.Kind() == ast.KindListItem && parent.FirstChild() == n
	if item {
		t.Outline.Items++
	} else {
		t.Outline.Paragraphs++
		t.Lines = append(t.Lines, Line{Kind: Blank})
	}
	rows := 0
	for i, seg := range n.Lines().Sliced(0, n.Lines().Len()) {
		s := strings.TrimSpace(string(seg.Value(source)))
		switch rest, bullet := bulletOf(s); {
		case s == "":
		case s[0] == '|' && strings.HasSuffix(s, "|") && len(s) > 2:
			rows++
			t.Lines = append(t.Lines, Line{Kind: Row, Level: strings.Count(s, "|") - strings.Count(s, `\|`) - 1, Text: s})
		case item && i == 0:
			t.Lines = append(t.Lines, Line{Kind: Item, Text: s})
		case bullet:
			t.Outline.Items++
			t.Lines = append(t.Lines, Line{Kind: Item, Text: rest})
		default:
			t.Lines = append(t.Lines, Line{Kind: Plain, Text: s})
		}
	}
	t.Outline.Rows += rows
}

// bulletOf returns the text after a bullet that is no mark of Markdown, but a list
// item to a reader.
func bulletOf(s string) (string, bool) {
	for _, mark := range []string{"• ", "– ", "‣ "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return s, false
}

func language(info string) string {
	word, _, _ := strings.Cut(info, " ")
	return strings.ToLower(strings.Trim(word, "{}."))
}
