package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// run is what a closed loop measured.
type run struct {
	perSecond float64
	times     []time.Duration // of the operations, sorted
	cpu       time.Duration   // of the server for one operation or row; 0: not known
}

// quantile is the time that a share q of the operations did not take longer than.
func (r run) quantile(q float64) time.Duration {
	if len(r.times) == 0 {
		return 0
	}
	return r.times[min(int(q*float64(len(r.times))), len(r.times)-1)]
}

// closedLoop drives so many lines, each sending its next operation when the last is
// answered, for a fifth of the time to warm up and then the time that is measured.
func closedLoop(ctx context.Context, lines int, d time.Duration, open func() (*line, error), operation func(l *line, i, n int) error) (run, error) {
	all := make([]*line, lines)
	for i := range all {
		l, err := open()
		if err != nil {
			return run{}, err
		}
		defer l.close()
		all[i] = l
	}
	begin := time.Now().Add(d / 5)
	end := begin.Add(d)
	times, errs := make([][]time.Duration, lines), make([]error, lines)
	var wg sync.WaitGroup
	for i, l := range all {
		wg.Go(func() {
			at := time.Now()
			for n := 0; at.Before(end) && ctx.Err() == nil; n++ {
				if errs[i] = operation(l, i, n); errs[i] != nil {
					return
				}
				now := time.Now()
				if at.After(begin) {
					times[i] = append(times[i], now.Sub(at))
				}
				at = now
			}
		})
	}
	wg.Wait()
	r := run{times: slices.Concat(times...)}
	slices.Sort(r.times)
	r.perSecond = float64(len(r.times)) / d.Seconds()
	return r, errors.Join(errs...)
}

// median of figures; it sorts them.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}

// inTurns lets the targets take turns, and prints the medians of each and the ratio of the
// first to the second.
func (b *bench) inTurns(name string, targets []*target, once func(*target) (run, error)) error {
	rates, halves, tails, cpus := map[*target][]float64{}, map[*target][]float64{}, map[*target][]float64{}, map[*target][]float64{}
	var ratios []float64
	for range b.rounds {
		var rate []float64
		for _, t := range targets {
			r, err := once(t)
			if err != nil {
				return err
			}
			rate = append(rate, r.perSecond)
			rates[t] = append(rates[t], r.perSecond)
			cpus[t] = append(cpus[t], float64(r.cpu))
			if len(r.times) > 0 {
				halves[t] = append(halves[t], micros(r.quantile(0.5)))
				tails[t] = append(tails[t], micros(r.quantile(0.99)))
			}
		}
		if len(rate) == 2 {
			ratios = append(ratios, rate[0]/rate[1])
		}
	}
	for _, t := range targets {
		put(name+"."+t.name+"_per_s", median(rates[t]))
		if cpu := median(cpus[t]); cpu > 0 {
			put(name+"."+t.name+"_cpu_ns", cpu)
		}
		if len(halves[t]) > 0 {
			put(name+"."+t.name+"_p50_us", median(halves[t]))
			put(name+"."+t.name+"_p99_us", median(tails[t]))
		}
	}
	if len(ratios) > 0 {
		put(name+".ratio", median(ratios))
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
