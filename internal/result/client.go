package result

// Client is what the measuring program saw of itself, its machine and its
// connections during a cell. What could not be seen is absent, never 0.
type Client struct {
	// CPUShare is this program's processor time over what its cores
	// (GOMAXPROCS), or the quota of its container, could have given.
	CPUShare *float64 `json:"cpu_share,omitempty"`
	CPUMS    *float64 `json:"cpu_ms,omitempty"` // the same as time, in ms
	// CPUQuota is how many processors the quota of the client's container allows;
	// absent where there is none. Throttled is in how many of QuotaPeriods it
	// stopped the client.
	CPUQuota     *float64 `json:"cpu_quota,omitempty"`
	QuotaPeriods *int     `json:"quota_periods,omitempty"`
	Throttled    *int     `json:"throttled_periods,omitempty"`
	// OtherCPUShare is what everything else on the machine used of all of its
	// processors, and StealShare what the host of a virtual machine withheld.
	OtherCPUShare *float64 `json:"other_cpu_share,omitempty"`
	StealShare    *float64 `json:"steal_share,omitempty"`
	GCs           int      `json:"gcs"`                       // garbage collections
	GCPauseMax    *float64 `json:"gc_pause_max_ms,omitempty"` // the longest one that stopped the program
	// SchedP50, SchedMean and SchedP99 are of the time that goroutines were ready
	// to run and did not, in ms, to within the runtime's buckets.
	SchedP50  *float64 `json:"sched_p50_ms,omitempty"`
	SchedMean *float64 `json:"sched_mean_ms,omitempty"`
	SchedP99  *float64 `json:"sched_p99_ms,omitempty"`
	// ClockStep is how far the wall clock moved against the monotonic one
	// since the run began, in ms.
	ClockStep *float64 `json:"clock_step_ms,omitempty"`
	// StampLag is how long received bytes waited for their read, in ms. With
	// the kernel's receive times it is in no stamp; without them it is in all,
	// and absent here.
	StampLagP50 *float64 `json:"stamp_lag_p50_ms,omitempty"`
	StampLagP99 *float64 `json:"stamp_lag_p99_ms,omitempty"`
	// RTT is the median over connections of the lowest round trip that the kernel saw, in ms.
	RTT         *float64 `json:"rtt_ms,omitempty"`
	Retransmits *int     `json:"retransmits,omitempty"` // requests of which a segment had to be sent again
	// Connections that were new in the measured part, and frames that shared a
	// read with the one before.
	NewConnections int `json:"new_connections"`
	Coalesced      int `json:"coalesced"`
	// Readings count how the answers of measured requests were read; absent where none came.
	Readings *Readings `json:"readings,omitempty"`
	// ProxyP50 is the median time, in ms, that a proxy took to connect to the
	// server, of new TLS connections through one; it is part of connect.
	ProxyP50 *float64 `json:"proxy_p50_ms,omitempty"`
}

// Readings counts answers, of any status, by how they were read. The times of frames are of
// the same worth in the first two where the kernel stamps them: see StampLag.
type Readings struct {
	PerStream int `json:"per_stream"` // each when it came
	Batched   int `json:"batched"`    // many in one go, later than they came
	NetHTTP   int `json:"net_http"`   // by Go's HTTP client, through a proxy
	HTTP2     int `json:"http2"`      // by Go's HTTP client, as streams of one connection
}

// Total is how many answers were read.
func (r *Readings) Total() int {
	if r == nil {
		return 0
	}
	return r.PerStream + r.Batched + r.NetHTTP + r.HTTP2
}
