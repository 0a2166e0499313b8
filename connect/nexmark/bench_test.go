//go:build unix

package nexmark

import (
	"syscall"
	"testing"
)

func BenchmarkFill(b *testing.B) {
	const events = 16000
	g, ev := New(Config{}), NewEvents()
	cpu := cpuSeconds()
	from := int64(0)
	for b.Loop() {
		g.Fill(ev, from, events)
		from += events
	}
	b.ReportMetric(float64(from)/(cpuSeconds()-cpu)/1e6, "Mevents/cpu-s")
}

// cpuSeconds is what this process has used: other work on the machine does not count.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
