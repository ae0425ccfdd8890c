package tariff

// How the number of machines that run follows the day.
const (
	AlwaysOn    = "always_on" // as many as the peak needs, all the time; "" is the same
	ScaleHourly = "hourly"    // as many as each hour needs, and never fewer than the least number
	ScaleToZero = "to_zero"   // as hourly, and none in an hour without requests
)
