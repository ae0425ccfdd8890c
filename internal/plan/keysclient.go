package plan

import (
	"github.com/inferometer/inferometer/internal/plan/key"
)

const (
	notSweptConnection = "all cells share the connections' settings"
)

// clientKeys say how the client behaves.
var clientKeys = []key.Declaration[Plan]{
	{Key: key.Key{Path: "client.timeout", Flag: "timeout", Group: key.GroupClient, Value: "DURATION", NoSweep: notSweptConnection,
		Help: "limit of one exchange"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Client.Timeout })},
	{Key: key.Key{Path: "client.idle_timeout", Flag: "idle-timeout", Group: key.GroupClient, Value: "DURATION", Rare: true, NoSweep: notSweptConnection,
		Help: "limit of a silence within an exchange"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Client.IdleTimeout })},
	{Key: key.Key{Path: "client.grace", Flag: "grace", Group: key.GroupClient, Value: "DURATION", Rare: true, Zero: "requests still running are cut at once",
		Help: "time for running requests at the end of a cell"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Client.Grace })},
	{Key: key.Key{Path: "client.max_inflight", Flag: "max-inflight", Rare: true, Group: key.GroupClient, Value: "N", Unit: "requests", Zero: "no limit",
		Help: "most requests at once; 0: no limit", More: "Further requests wait, and the wait counts."},
		Bind: key.Whole(func(p *Plan) *int { return &p.Client.MaxInflight })},
	{Key: key.Key{Path: "client.breaker", Flag: "breaker", Group: key.GroupClient, Value: "SHARE", Rare: true, NoZero: "must be greater than 0: a share of 0 would end every cell at once; values above 1 disable it",
		Help: "end a cell when this share of requests fails", More: "Among the latest requests. Values above 1 disable it."},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.Client.Breaker })},
	{Key: key.Key{Path: "client.calibrate", Flag: "calibrate", Group: key.GroupClient, Rare: true, NoSweep: "the client is calibrated once, at the heaviest cell",
		Help: "measure what the client adds, before the run", More: "Where latency is shown or claimed. It takes a second, once a day for each machine and load; --calibrate=false leaves it out."},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Client.Calibrate })},
	{Key: key.Key{Path: "max_cost", Flag: "max-cost", Group: key.GroupPrice, Value: "USD", Unset: "no cap", NoSweep: "the cap is on the whole sweep", NoZero: "must be greater than 0; leave it out for no cap",
		Help: "stop before the spend could pass this", More: "Every target then needs a price, or a machine, and at least one a price per token. Probes and warm-up count."},
		Bind: key.Decimal(func(p *Plan) *float64 { return &p.MaxCost })},
	{Key: key.Key{Path: "prices", Flag: "prices", Group: key.GroupPrice, Value: "FILE", Rare: true, NoSweep: notSweptPrice,
		Help: "price file, whose entries win over the built-in list", More: "In the form of `inferometer prices import`; see prices.md."},
		Bind: key.Text(func(p *Plan) *string { return &p.Prices })},

	{Key: key.Key{Path: "client.connect_timeout", Flag: "connect-timeout", Group: key.GroupConnection, Value: "DURATION", Rare: true, NoSweep: notSweptConnection,
		Help: "limit of DNS, TCP and TLS together"},
		Bind: key.Duration(func(p *Plan) *Duration { return &p.Client.ConnectTimeout })},
	{Key: key.Key{Path: "client.insecure", Flag: "insecure", Group: key.GroupClient, NoSweep: notSweptConnection,
		Help: "accept any TLS certificate"},
		Bind: key.Switch(func(p *Plan) *bool { return &p.Client.Insecure })},
	{Key: key.Key{Path: "client.ca_cert", Flag: "ca-cert", Group: key.GroupConnection, Value: "FILE", Rare: true, NoSweep: notSweptConnection,
		Help: "further certificate authorities (PEM)"},
		Bind: key.Text(func(p *Plan) *string { return &p.Client.CACert })},
	{Key: key.Key{Path: "client.client_cert", Flag: "client-cert", Group: key.GroupConnection, Value: "FILE", Rare: true, NoSweep: notSweptConnection,
		Help: "the client's own certificate (PEM)", More: "For servers that ask for one."},
		Bind: key.Text(func(p *Plan) *string { return &p.Client.ClientCert })},
	{Key: key.Key{Path: "client.client_key", Flag: "client-key", Group: key.GroupConnection, Value: "FILE", Rare: true, NoSweep: notSweptConnection,
		Help: "the key of --client-cert (PEM)"},
		Bind: key.Text(func(p *Plan) *string { return &p.Client.ClientKey })},
	{Key: key.Key{Path: "client.proxy", Flag: "proxy", Group: key.GroupConnection, Value: "URL", Rare: true, Unset: "HTTPS_PROXY", NoSweep: notSweptConnection,
		Help: "proxy (http, https, socks5), or none", More: "The default is what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say."},
		Bind: key.Text(func(p *Plan) *string { return &p.Client.Proxy })},
	{Key: key.Key{Path: "client.http", Flag: "http", Group: key.GroupConnection, Value: "1|2", Rare: true, Unset: "1", NoSweep: notSweptConnection,
		Help: "version of HTTP", More: "2 is for servers that speak nothing else: by agreement over TLS, by prior knowledge without, never through a proxy. All requests to a target then share one connection, so that they share its delays, and the client's own clock stamps the frames; see performance.md."},
		Bind: key.Text(func(p *Plan) *string { return &p.Client.HTTP })},
}
