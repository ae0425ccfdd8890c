package plan

import (
	"strings"

	"github.com/inferometer/inferometer/internal/arrival"
	"github.com/inferometer/inferometer/internal/plan/key"
	"github.com/inferometer/inferometer/internal/plan/scan"
)

const noBurstiness = "the shape of gamma and weibull arrivals must be greater than 0; 1 is poisson, and the smaller it is, the burstier they are"

const notSweptScan = "a sweep does not sweep itself"

// loadKeys are the one cell of the load command, and its sweep.
var loadKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: "load.users", Flag: "users", Group: key.GroupLoad, Value: "USERS", Unit: "users", Zero: "no closed loop",
		Help: "closed loop: users with one request at a time each"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Load.Users })},
	{Key: key.Key{Path: "load.rate", Flag: "rate", Group: key.GroupLoad, Value: "REQ/S", Unit: "requests/s", Zero: "no open loop",
		Help: "open loop: requests/s, whether or not answers come", More: "With --turns, conversations begun per second, whose later turns follow their answers."},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Load.Rate })},
	{Key: key.Key{Path: "load.rate_curve", Flag: "rate-curve", Group: key.GroupLoad, Value: "CURVE", Rare: true,
		Help: "open loop whose rate changes: ramp:1..50/10m …", More: "One of: " + arrival.Forms + "."},
		Bind: key.Text(func(p *Plan) *string { return &p.Load.RateCurve })},
	{Key: key.Key{Path: "load.arrival", Flag: "arrival", Group: key.GroupLoad, Value: "PROCESS", Unset: "constant",
		Help: strings.Join(arrival.Processes(), ", "), More: "Arrivals of the open loop."},
		Bind: key.Text(func(p *Plan) *string { return &p.Load.Arrival })},
	{Key: key.Key{Path: "load.burstiness", Flag: "burstiness", Group: key.GroupLoad, Value: "SHAPE", Rare: true, Unset: "1", NoZero: noBurstiness,
		Help: "shape of gamma and weibull; below 1 in bursts", More: "1 is poisson, above 1 more even."},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Load.Burstiness })},
	{Key: key.Key{Path: "load.requests", Flag: "requests", Group: key.GroupLoad, Value: "N", Unit: "requests", Zero: "no limit by number",
		Help: "end after this many requests"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Load.Requests })},
	{Key: key.Key{Path: "load.duration", Flag: "duration", Group: key.GroupLoad, Value: "DURATION", Zero: "no limit by time",
		Help: "end after this time"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Load.Duration })},
	{Key: key.Key{Path: "load.warmup", Flag: "warmup", Group: key.GroupLoad, Value: "N", Unit: "requests", Unset: "one per user", Zero: "no warm-up",
		Help: "requests before measurement", More: "Of an open loop the default are the requests of a second, at most 100."},
		Bind: key.WholeOrUnset(func(p *Plan) **int { return &p.Load.Warmup })},
	{Key: key.Key{Path: "load.blocks", Flag: "blocks", Group: key.GroupLoad, Value: "N", Rare: true, Unset: "5 to 10", NoSweep: "only several targets take turns, and a sweep measures the candidate", NoZero: "must be at least 1",
		Help: "blocks in which several targets take turns", More: "With a baseline or further targets. The default is as many as are long enough."},
		Bind: key.Whole(func(p *Plan) *int { return &p.Load.Blocks })},
	{Key: key.Key{Path: "load.think_time", Flag: "think-time", Group: key.GroupLoad, Value: "DURATION", Zero: "no pause",
		Help: "pause between an answer and the next request", More: "Of a user, or of the next turn of a conversation."},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Load.ThinkTime })},
	{Key: key.Key{Path: "load.think_cv", Flag: "think-cv", Group: key.GroupLoad, Value: "CV", Rare: true, Zero: "all pauses are equal",
		Help: "variation of think times: standard deviation ÷ mean", More: "Of a log-normal distribution, drawn by the seed."},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Load.ThinkCV })},
	{Key: key.Key{Path: "load.conversations", Flag: "conversations", Group: key.GroupConversations, Value: "N", Zero: "as many as fit",
		Help: "end after this many conversations"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Load.Conversations })},

	{Key: key.Key{Path: "load.trace", Flag: "trace", Group: key.GroupTrace, Value: "FILE",
		Help: "recorded arrivals and lengths to replay"},
		Bind: key.Text(func(p *Plan) *string { return &p.Load.Trace })},
	{Key: key.Key{Path: "load.speed", Flag: "speed", Group: key.GroupTrace, Value: "FACTOR", Unset: "1", NoZero: "must be greater than 0; 2 replays a trace twice as fast",
		Help: "replay the trace this many times faster"},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Load.Speed })},
	{Key: key.Key{Path: "load.replay.from", Flag: "trace-from", Group: key.GroupTrace, Value: "DURATION",
		Help: "begin at this time of the trace, such as 10m"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Load.Replay.From })},
	{Key: key.Key{Path: "load.replay.to", Flag: "trace-to", Group: key.GroupTrace, Value: "DURATION", Unset: "its end", NoZero: "a replay that ends at time 0 has no requests",
		Help: "end at this time of the trace"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Load.Replay.To })},
	{Key: key.Key{Path: "load.replay.spread", Flag: "trace-spread", Group: key.GroupTrace, Rare: true,
		Help: "spread arrivals that share a rounded time", More: "Over the tick of the trace's clock, by the seed."},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Load.Replay.Spread })},
	{Key: key.Key{Path: "load.replay.context", Flag: "trace-context", Group: key.GroupTrace, Value: "TOKENS", Unit: "tokens", Rare: true, Zero: "no limit",
		Help: "cut rows to this many tokens, in and out together"},
		Bind: key.Whole(func(p *Plan) *int { return &p.Load.Replay.Context })},
	{Key: key.Key{Path: "load.replay.open", Flag: "trace-open", Group: key.GroupTrace, Rare: true,
		Help: "send turns at their recorded times", More: "Whether or not the previous turn of the session has ended."},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Load.Replay.Open })},
	{Key: key.Key{Path: "load.replay.sort", Flag: "trace-sort", Group: key.GroupTrace, Rare: true,
		Help: "sort rows that are out of order"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Load.Replay.Sort })},
	{Key: key.Key{Path: "load.replay.skip_bad", Flag: "trace-skip-bad", Group: key.GroupTrace, Rare: true,
		Help: "skip and count malformed rows"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Load.Replay.SkipBad })},

	{Key: key.Key{Path: "scan.keys", Flag: "scan", Group: key.GroupScan, Value: "KEY=VALUES", NoSweep: notSweptScan,
		Help: "sweep a key: users=1..64x2, model=a,b; repeatable", More: "A key is named by its flag or its path; `body.NAME` is a field of the request body. Values are a list or a range: " + scan.Ranges + "; separate them by ; where a value has a comma. In a file each key has a list, or the text that the flag takes ([sweeps](sweeps.md))."},
		Bind: scanKeysKey},
	{Key: key.Key{Path: "scan.mode", Flag: "scan-mode", Group: key.GroupScan, Value: "MODE", Unset: ScanGrid, NoSweep: notSweptScan,
		Help: "grid: all combinations; zip: in parallel", More: "zip takes the first values of all keys together, then the second ones."},
		Bind: key.Text(func(p *Plan) *string { return &p.Scan.Mode })},
	{Key: key.Key{Path: "scan.order", Flag: "scan-order", Group: key.GroupScan, Value: "ORDER", Unset: ScanPlanned, NoSweep: notSweptScan, Rare: true,
		Help: "planned, or random by the seed"},
		Bind: key.Text(func(p *Plan) *string { return &p.Scan.Order })},
	{Key: key.Key{Path: "scan.cool_down", Flag: "cool-down", Group: key.GroupScan, Value: "DURATION", NoSweep: notSweptScan, Zero: "no pause",
		Help: "pause between cells"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Scan.CoolDown })},
	{Key: key.Key{Path: "scan.reset_cache", Flag: "reset-cache", Group: key.GroupScan, NoSweep: notSweptScan, Rare: true,
		Help: "empty the server's prefix cache before each cell", More: "By POST /reset_prefix_cache, as vLLM has it."},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Scan.ResetCache })},
}
