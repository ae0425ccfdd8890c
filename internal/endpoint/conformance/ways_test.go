package conformance

import (
	"github.com/inferometer/inferometer/internal/endpoint"
	"github.com/inferometer/inferometer/internal/endpoint/transport"
	"github.com/inferometer/inferometer/internal/exchange"
)

// way is a way to read answers. They all make the same of the same bytes.
type way struct {
	name    string
	reading transport.Reading
	proxied bool             // the server is its own proxy, so that net/http reads
	marks   exchange.Reading // what an exchange says
}

func ways() []way {
	batched := exchange.Batched
	if !havePollers {
		batched = exchange.PerStream
	}
	return []way{
		{name: "per stream", reading: transport.PerStream},
		{name: "batched", reading: transport.Batched, marks: batched},
		{name: "portable", reading: transport.Portable},
		{name: "net/http", proxied: true, marks: exchange.NetHTTP},
	}
}

// set makes a client of a server at a host read in that way.
func (w way) set(cfg *endpoint.Config, host string) {
	cfg.Reading, cfg.Proxy = w.reading, endpoint.NoProxy
	if w.proxied {
		cfg.Proxy = "http://" + host
	}
}
