package live

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/inferometer/inferometer/internal/runlog/follow"
)

const (
	// drawEvery is how often the view changes.
	drawEvery = 500 * time.Millisecond
	// quietTime is between lines where there is no terminal.
	quietTime = 5 * time.Second
	// frames per second that the terminal gets at most.
	frames = 4
)

// model is the view on a terminal: a few lines that change, below what has been said.
// It takes no keys.
type model struct {
	url    string
	color  bool
	state  follow.Snapshot
	width  int
	ending bool
}

type (
	stateMsg follow.Snapshot
	lineMsg  string
	endMsg   []string // lines that are left to say
)

func (m model) Init() tea.Cmd { return nil }

// Update takes a message.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width = msg.Width
	case lineMsg:
		return m, tea.Println(string(msg))
	case stateMsg:
		m.state = follow.Snapshot(msg)
	case endMsg:
		m.ending = true
		if len(msg) > 0 {
			return m, tea.Sequence(tea.Println(strings.Join(msg, "\n")), tea.Quit)
		}
		return m, tea.Quit
	}
	return m, nil
}

// View is what stands on the terminal now.
func (m model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.DisableBracketedPasteMode = true // it reads nothing
	return v
}

// Styles by their SGR parameters; none without colours.
const (
	plain = ""
	bold  = "1"
	faint = "2"
	red   = "31"
)

func (m model) lines() []string {
	if m.ending {
		return nil // what follows is the run's own answer
	}
	var out []string
	add := func(style, text string) {
		if text == "" {
			return
		}
		text = ansi.Truncate(text, max(20, m.width-1), "…")
		if style != plain && m.color {
			text = "\x1b[" + style + "m" + text + "\x1b[0m"
		}
		out = append(out, text)
	}
	s := m.state
	add(bold, where(s))
	for i, c := range s.Cells {
		add(bold, cell(c, i == 0))
		add(plain, bar(c, min(40, m.width-12)))
		add(plain, figures(c))
	}
	add(plain, money(s))
	add(red, trouble(s))
	if ansi.StringWidth(m.url) < m.width { // it is of no use in parts, and stands above
		add(faint, m.url)
	}
	return out
}

// draw shows a run on a terminal until the context is done.
func draw(ctx context.Context, out *os.File, environ []string, url string, v *follow.View, said <-chan string) error {
	p := tea.NewProgram(model{url: url, color: colors(environ), state: v.Snapshot(noPoints), width: 80},
		tea.WithInput(nil), tea.WithOutput(out), tea.WithEnvironment(environ), tea.WithoutSignalHandler(), tea.WithFPS(frames))
	go func() {
		left := tell(ctx, drawEvery, v, said, func(line string) { p.Send(lineMsg(line)) }, func(s follow.Snapshot) { p.Send(stateMsg(s)) })
		p.Send(endMsg(left))
	}()
	_, err := p.Run()
	return err
}

// lines writes a run as lines, where there is no terminal.
func lines(ctx context.Context, out io.Writer, v *follow.View, said <-chan string) {
	write := func(line string) { _, _ = fmt.Fprintln(out, line) }
	left := tell(ctx, quietTime, v, said, write, func(s follow.Snapshot) {
		texts := []string{where(s)}
		for i, c := range s.Cells {
			texts = append(texts, cell(c, i == 0), figures(c))
		}
		var parts []string
		for _, text := range append(texts, money(s), trouble(s)) {
			if text != "" {
				parts = append(parts, text)
			}
		}
		write(stamp(s) + strings.Join(parts, "; "))
	})
	for _, line := range left {
		write(line)
	}
}

// noPoints leaves the courses out of a snapshot.
const noPoints = 1 << 30

// tell hands on what a run does: now and then where it is, at once what the parent says and
// which cells have ended. It returns what is left to say when the context is done.
func tell(ctx context.Context, every time.Duration, v *follow.View, said <-chan string, line func(string), state func(follow.Snapshot)) (left []string) {
	look, show := time.NewTicker(drawEvery), time.NewTicker(every)
	defer look.Stop()
	defer show.Stop()
	told := 0 // cells that are over
	changed := func(line func(string)) {
		s := v.Snapshot(noPoints)
		for _, c := range s.Over[max(0, len(s.Over)-(s.Overs-told)):] {
			line(stamp(s) + over(c))
		}
		told = s.Overs
	}
	for {
		select {
		case text := <-said:
			line(text)
		case <-look.C:
			changed(line)
		case <-show.C:
			state(v.Snapshot(noPoints))
		case <-ctx.Done():
			keep := func(line string) { left = append(left, line) }
			changed(keep)
			for {
				select {
				case text := <-said:
					keep(text)
					continue
				default:
				}
				return left
			}
		}
	}
}

// colors reports whether the view may have colours (https://no-color.org).
func colors(environ []string) bool {
	for _, v := range environ {
		if name, value, _ := strings.Cut(v, "="); name == "NO_COLOR" && value != "" {
			return false
		}
	}
	return true
}
