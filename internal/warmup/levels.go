package warmup

// slices is how finely levels divides time: it has between half as many and as
// many slices.
const slices = 240

// levels holds how many requests were in flight over time, in bounded memory: the
// changes of each slice of time, and when in it they came. Slices are joined in
// pairs when time goes beyond them.
type levels struct {
	width   float64 // s, of a slice
	changes [slices]float64
	moments [slices]float64 // s: the sum of change × its time
}

// firstWidth is the first width of a slice in seconds.
const firstWidth = 1e-3

// add notes a change at a moment.
func (l *levels) add(at, change float64) {
	if l.width == 0 {
		l.width = firstWidth
	}
	at = max(0, at)
	for at >= l.width*slices {
		for i := range slices / 2 {
			l.changes[i] = l.changes[2*i] + l.changes[2*i+1]
			l.moments[i] = l.moments[2*i] + l.moments[2*i+1]
		}
		clear(l.changes[slices/2:])
		clear(l.moments[slices/2:])
		l.width *= 2
	}
	i := int(at / l.width)
	l.changes[i] += change
	l.moments[i] += change * at
}

// mean is the mean number in flight from one moment to another, each taken to the
// nearest border of a slice; 0 where no slice lies between them.
func (l *levels) mean(from, to float64) float64 {
	if l.width == 0 {
		return 0
	}
	a, b := float64(int(from/l.width+.5)), float64(int(to/l.width+.5))
	if b <= a {
		return 0
	}
	return (l.integral(b) - l.integral(a)) / ((b - a) * l.width)
}

// integral is the number in flight integrated over the first slices: each change
// counts from its time on.
func (l *levels) integral(border float64) float64 {
	t, sum := border*l.width, 0.0
	for i := range min(int(border), slices) {
		sum += l.changes[i]*t - l.moments[i]
	}
	return sum
}
