package scoring

import (
	"net/url"
	"slices"

	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/terms"
)

// Model is a model that helps to look at answers: it is asked after all has been
// measured, and is no target of the run.
type Model struct {
	URL     string       `yaml:"url,omitempty" json:"url,omitempty"`
	Model   string       `yaml:"model,omitempty" json:"model,omitempty"` // "": the first of /v1/models
	KeyEnv  string       `yaml:"key_env,omitempty" json:"key_env,omitempty"`
	KeyFile string       `yaml:"key_file,omitempty" json:"key_file,omitempty"`
	RPM     int          `yaml:"rpm,omitempty" json:"rpm,omitempty"` // most requests per minute; 0: no limit
	Price   *terms.Price `yaml:"price,omitempty" json:"price,omitempty"`
}

// Judge compares the answers of candidate and baseline, pair by pair.
type Judge struct {
	Model `yaml:",inline"`
	// Labels is a file of pairs that people have judged; "": there are none.
	Labels string `yaml:"labels,omitempty" json:"labels,omitempty"`
	Pairs  int    `yaml:"pairs,omitempty" json:"pairs,omitempty"` // at most; 0: all
	// Grades asks for a grade of each answer as well.
	Grades bool `yaml:"grades,omitempty" json:"grades,omitempty"`
}

// Judged reports whether a judge is asked.
func (q Quality) Judged() bool { return q.Judge != nil && q.Judge.URL != "" }

const notSweptJudge = "it is asked about a run's answers and measures nothing"

func modelKeys(path, flag, what string) []key.Declaration[Model] {
	at := func(k key.Key) key.Key {
		k.Path, k.Group, k.NoSweep = path+k.Path, key.GroupQuality, notSweptJudge
		return k
	}
	out := []key.Declaration[Model]{
		{Key: at(key.Key{Path: "url", Flag: flag, Value: "URL", Rare: flag == "embeddings", Help: "endpoint of " + what, Unset: "none is asked"}), Bind: key.Text(func(m *Model) *string { return &m.URL })},
		{Key: at(key.Key{Path: "model", Flag: flag + "-model", Value: "NAME", Rare: true, Help: "model of " + what, Unset: "the first of /v1/models"}), Bind: key.Text(func(m *Model) *string { return &m.Model })},
		{Key: at(key.Key{Path: "key_env", Flag: flag + "-key-env", Value: "VAR", Rare: true, Help: "environment variable with its API key"}), Bind: key.Text(func(m *Model) *string { return &m.KeyEnv })},
		{Key: at(key.Key{Path: "key_file", Flag: flag + "-key-file", Value: "FILE", Rare: true, Help: "file with its API key"}), Bind: key.Text(func(m *Model) *string { return &m.KeyFile })},
		{Key: at(key.Key{Path: "rpm", Flag: flag + "-rpm", Value: "N", Rare: true, Unit: "requests", Zero: "no limit", Help: "most requests per minute to it"}), Bind: key.Whole(func(m *Model) *int { return &m.RPM })},
	}
	for _, d := range terms.PriceKeys {
		k := d.Key
		if k.Flag = ""; d.Path == "model" {
			k.Flag, k.Value, k.Rare = flag+"-price", "MODEL", true
		}
		k.Path = "price." + k.Path
		out = append(out, key.Declaration[Model]{Key: at(k), Bind: key.Lift(d.Bind, (*Model).price), Missing: func(m *Model) bool { return m.Price == nil }})
	}
	return out
}

func (m *Model) price() *terms.Price {
	if m.Price == nil {
		m.Price = new(terms.Price)
	}
	return m.Price
}

func (q *Quality) embeddings() *Model {
	if q.Embeddings == nil {
		q.Embeddings = new(Model)
	}
	return q.Embeddings
}

func (q *Quality) judge() *Judge {
	if q.Judge == nil {
		q.Judge = new(Judge)
	}
	return q.Judge
}

// modelsKeys are the keys of the judge and of the embeddings endpoint. They are missing
// where there is none.
var modelsKeys = func() []key.Declaration[Quality] {
	own := []key.Declaration[Judge]{
		{Key: key.Key{Path: "quality.judge.labels", Flag: "judge-labels", Group: key.GroupQuality, Value: "FILE", Rare: true, NoSweep: notSweptJudge,
			Help: "pairs that people judged, to test the judge by", More: "JSONL with id, prompt, a, b and label (a, b or tie); see docs/judge.md."},
			Bind: key.Text(func(j *Judge) *string { return &j.Labels })},
		{Key: key.Key{Path: "quality.judge.pairs", Flag: "judge-pairs", Group: key.GroupQuality, Value: "N", Rare: true, NoSweep: notSweptJudge, Zero: "all",
			Help: "most pairs of answers that are judged"},
			Bind: key.Whole(func(j *Judge) *int { return &j.Pairs })},
		{Key: key.Key{Path: "quality.judge.grades", Flag: "judge-grades", Group: key.GroupQuality, Rare: true, NoSweep: notSweptJudge,
			Help: "ask for a grade of each answer as well"},
			Bind: key.Switch(func(j *Judge) *bool { return &j.Grades })},
	}
	var out []key.Declaration[Quality]
	for _, d := range modelKeys("quality.judge.", "judge", "the model that compares the answers") {
		out = append(out, key.Declaration[Quality]{Key: d.Key, Bind: key.Lift(d.Bind, func(q *Quality) *Model { return &q.judge().Model }),
			Missing: func(q *Quality) bool { return q.Judge == nil || d.Missing != nil && d.Missing(&q.Judge.Model) }})
	}
	for _, d := range own {
		out = append(out, key.Declaration[Quality]{Key: d.Key, Bind: key.Lift(d.Bind, (*Quality).judge), Missing: func(q *Quality) bool { return q.Judge == nil }})
	}
	for _, d := range modelKeys("quality.embeddings.", "embeddings", "the model that makes vectors of answers") {
		out = append(out, key.Declaration[Quality]{Key: d.Key, Bind: key.Lift(d.Bind, (*Quality).embeddings),
			Missing: func(q *Quality) bool { return q.Embeddings == nil || d.Missing != nil && d.Missing(q.Embeddings) }})
	}
	return slices.Clip(out)
}()

// ValidateModels adds what is wrong with the judge and the embeddings endpoint. scored
// says that the run has scored answers, and compared that it has them of a baseline as
// well.
func (q Quality) ValidateModels(scored, compared bool, out *key.Problems) {
	if e := q.Embeddings; e != nil {
		const path = "quality.embeddings"
		e.validate(path, "embeddings endpoint", "embeddings", out)
		switch {
		case e.URL == "":
		case !scored:
			out.Add(path+".url", "vectors are made of the answers to the quality prompts, and this run asks none; leave it out, or add quality to --only")
		case q.ReuseBaseline > 0:
			out.Add(path+".url", "answers that are reused were scored without vectors, so their scores could not be compared; leave --reuse-baseline or --embeddings out")
		}
	}
	j := q.Judge
	if j == nil {
		return
	}
	const path = "quality.judge"
	j.validate(path, "judge", "judge", out)
	switch {
	case j.URL == "":
	case !scored:
		out.Add(path+".url", "a judge compares the answers of the quality prompts, and this run asks none; leave it out, or add quality to --only")
	case !compared:
		out.Add(path+".url", "a judge compares answers with those of a baseline; give --baseline URL")
	}
	if j.Pairs < 0 {
		out.Add(path+".pairs", "%d is negative", j.Pairs)
	}
}

func (m Model) validate(path, what, flag string, out *key.Problems) {
	switch u, err := url.Parse(m.URL); {
	case m.URL == "":
		out.Add(path+".url", "the %s has no URL; give it with --%s URL", what, flag)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		out.Add(path+".url", "invalid URL %q: must begin with http:// or https://", m.URL)
	}
	if m.KeyEnv != "" && m.KeyFile != "" {
		out.Add(path+".key_env", "the %s takes its key from one place; give key_env or key_file", what)
	}
	terms.Limits{RPM: m.RPM}.Validate(path, out)
	if m.Price != nil {
		m.Price.Validate(path+".price", out)
	}
}
