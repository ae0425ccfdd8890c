package forecast

import (
	"errors"
	"math"
)

// linear is the fit linearised at one point: a weighted least-squares problem. Its matrices
// have a row for each knob, of which there are a handful; a library of linear algebra for
// them (gonum/mat) would add megabytes to the program.
type linear struct {
	weighted [][]float64 // the derivatives of each point by a knob, times the point's weight
	inverse  [][]float64 // of the normal equations
}

// inverse inverts a symmetric matrix that is positive definite, by its Cholesky factor.
func inverse(a [][]float64) ([][]float64, error) {
	n := len(a)
	l := square(n) // lower triangle, a = l lᵀ
	for i := range n {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			switch {
			case i != j:
				l[i][j] = sum / l[j][j]
			case !(sum > 1e-14*math.Abs(a[i][i])): // also NaN
				return nil, errors.New("the matrix is singular")
			default:
				l[i][i] = math.Sqrt(sum)
			}
		}
	}
	out := square(n)
	for c := range n { // solve l lᵀ x = the unit vector c
		x := make([]float64, n)
		x[c] = 1
		for i := range n {
			for k := range i {
				x[i] -= l[i][k] * x[k]
			}
			x[i] /= l[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for k := i + 1; k < n; k++ {
				x[i] -= l[k][i] * x[k]
			}
			x[i] /= l[i][i]
		}
		for i := range n {
			out[i][c] = x[i]
		}
	}
	return out, nil
}

func square(n int) [][]float64 {
	m := make([][]float64, n)
	for i := range m {
		m[i] = make([]float64, n)
	}
	return m
}

// product multiplies a matrix and a vector.
func product(m [][]float64, v []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for k, x := range row {
			out[i] += x * v[k]
		}
	}
	return out
}
