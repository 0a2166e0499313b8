package trees

import "math"

// link makes a row's answer of its sums, in their place; single: rounded to float32.
type link func(sums []float64, single bool)

func identity([]float64, bool) {}

// each is the link that applies f to every sum.
func each(f func(float64) float64) link {
	return func(sums []float64, single bool) {
		for i, x := range sums {
			if sums[i] = f(x); single {
				sums[i] = float64(float32(sums[i]))
			}
		}
	}
}

// sigmoid is the logistic function of k·x.
func sigmoid(k float64) link {
	return each(func(x float64) float64 { return 1 / (1 + math.Exp(-k*x)) })
}

var exponential = each(math.Exp)

func softmax(sums []float64, single bool) {
	most, total := math.Inf(-1), 0.0
	for _, x := range sums {
		most = max(most, x)
	}
	for i, x := range sums {
		sums[i] = math.Exp(x - most)
		total += sums[i]
	}
	for i := range sums {
		if sums[i] /= total; single {
			sums[i] = float64(float32(sums[i]))
		}
	}
}

// signedSquare undoes the root that LightGBM's reg_sqrt takes of labels.
func signedSquare(x float64) float64 { return x * math.Abs(x) }

// softplus is ln(1+eˣ).
func softplus(x float64) float64 { return math.Log1p(math.Exp(x)) }

// positive is 1 above zero, else 0.
func positive(x float64) float64 {
	if x > 0 {
		return 1
	}
	return 0
}
