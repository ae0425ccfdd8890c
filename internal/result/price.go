package result

// Rates are what tokens cost, in USD per million of them. A rate that is absent is
// not free: those tokens cost what its comment says.
type Rates struct {
	Input        float64  `json:"input"`
	Cached       *float64 `json:"cached,omitempty"`         // input read from the provider's cache; absent: Input
	CacheWrite   *float64 `json:"cache_write,omitempty"`    // input written to the cache for its shortest life, as 5 minutes; absent: Input
	CacheWrite1h *float64 `json:"cache_write_1h,omitempty"` // input written to the cache for an hour; absent: CacheWrite
	Output       float64  `json:"output"`
	Reasoning    *float64 `json:"reasoning,omitempty"` // output that is reasoning; absent: Output
	// Tokens of sound and of pictures. Nothing that this tool sends has any; they
	// are kept so that a price list is whole.
	AudioInput  *float64 `json:"audio_input,omitempty"`
	AudioOutput *float64 `json:"audio_output,omitempty"`
	ImageInput  *float64 `json:"image_input,omitempty"`
	ImageOutput *float64 `json:"image_output,omitempty"`
}

// LongContext prices long requests: one with more than Above input tokens, cached
// ones included, is charged by these Rates for every token, output included.
type LongContext struct {
	Above int `json:"above"`
	Rates
}

// Service is the price of another class of service, such as batch.
type Service struct {
	Rates
	LongContext []LongContext `json:"long_context,omitempty"` // in the order of Above
}

// SourceKind says who says that a price is what it is.
type SourceKind string

// The kinds of sources. A price from a page is one that a person, or a program,
// read on the provider's own page on the day AsOf.
const (
	FromProvider SourceKind = "provider" // the provider's own page
	FromMirror   SourceKind = "mirror"   // a list that someone else keeps
	FromPlan     SourceKind = "plan"     // stated by the user
)

// Origin is where a price comes from.
type Origin struct {
	Source string     `json:"source"`
	AsOf   string     `json:"as_of,omitempty"` // 2026-10-27, or 2026-10 where only the month is known
	Kind   SourceKind `json:"kind,omitempty"`
}

// Currency and Unit are those of all prices per token.
const (
	Currency  = "USD"
	TokenUnit = "1M tokens"
)

// Price is what the tokens of a target cost: Rates and LongContext for the usual
// service, and other classes of service as far as they are known.
type Price struct {
	Model string `json:"model,omitempty"` // as the plan names it
	Entry string `json:"entry,omitempty"` // the entry of the price list that this is, provider/model; absent: none was looked up
	Rates
	LongContext []LongContext `json:"long_context,omitempty"` // in the order of Above
	Batch       *Service      `json:"batch,omitempty"`        // answers within a day
	Flex        *Service      `json:"flex,omitempty"`         // slower, and may be refused
	Priority    *Service      `json:"priority,omitempty"`     // faster
	Unit        string        `json:"unit,omitempty"`         // TokenUnit; absent in older documents
	Currency    string        `json:"currency,omitempty"`     // Currency; absent in older documents

	// Source, AsOf and SourceKind are those of every rate that Fields does not have.
	Source     string     `json:"source"`
	AsOf       string     `json:"as_of"`
	SourceKind SourceKind `json:"source_kind,omitempty"`
	Page       string     `json:"page,omitempty"` // the provider's own page, where it is known
	// Fields has the origin of each rate that has another: those that the plan
	// states over an entry of the price list, by their keys, such as "input".
	Fields map[string]Origin `json:"fields,omitempty"`
	Note   string            `json:"note,omitempty"`
}

// Origin is where the rate of this key ("input", "cached", …) comes from.
func (p Price) Origin(key string) Origin {
	if o, ok := p.Fields[key]; ok {
		return o
	}
	return Origin{Source: p.Source, AsOf: p.AsOf, Kind: p.SourceKind}
}

// Rent says on which terms a machine is rented.
type Rent string

// The terms. Only what is on demand or committed is not taken back.
const (
	OnDemand    Rent = "on_demand"
	Committed   Rent = "committed"   // paid for months or years, used or not
	Spot        Rent = "spot"        // taken back at minutes' notice
	Marketplace Rent = "marketplace" // of strangers, as they offer it
	Serverless  Rent = "serverless"  // by the second, while it works
)

// Machine is what a self-hosted target costs by the hour.
type Machine struct {
	Name        string  `json:"name,omitempty"`
	Accelerator string  `json:"accelerator,omitempty"`
	Count       int     `json:"count"`        // accelerators of one replica
	USDPerHour  float64 `json:"usd_per_hour"` // of one accelerator
	Source      string  `json:"source"`
	AsOf        string  `json:"as_of"`
	MinReplicas int     `json:"min_replicas"`

	Offer string `json:"offer,omitempty"` // the offer of the price list that this is; absent: none was looked up
	Rent  Rent   `json:"rent,omitempty"`  // absent: not known
	// Node is how many accelerators are rented together: the price of one is that
	// of a whole node by its number. 0: one, or not known.
	Node       int        `json:"node,omitempty"`
	SourceKind SourceKind `json:"source_kind,omitempty"`
	Page       string     `json:"page,omitempty"` // the provider's own page, where it is known
	Note       string     `json:"note,omitempty"`
}

// NodeUSDPerHour is what a whole node costs per hour.
func (m Machine) NodeUSDPerHour() float64 { return float64(max(1, m.Node)) * m.USDPerHour }

// Nodes is how many whole nodes carry so many replicas. A replica is never spread
// over nodes unless it is larger than one.
func (m Machine) Nodes(replicas int) int {
	node, count := max(1, m.Node), max(1, m.Count)
	if count >= node {
		return replicas * ((count + node - 1) / node)
	}
	each := node / count
	return (replicas + each - 1) / each
}
