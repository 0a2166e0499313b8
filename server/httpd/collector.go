package httpd

import "github.com/prometheus/client_golang/prometheus"

// metric is one line of a Snapshot as Prometheus sees it.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(s *Snapshot) float64
}

func counter(name, doc string, value func(*Snapshot) float64) metric {
	return metric{prometheus.NewDesc("millrace_"+name, doc, nil, nil), prometheus.CounterValue, value}
}

func gauge(name, doc string, value func(*Snapshot) float64) metric {
	return metric{prometheus.NewDesc("millrace_"+name, doc, nil, nil), prometheus.GaugeValue, value}
}

var metrics = []metric{
	counter("ticks_total", "Ticks: atomic changes of the whole database.", func(s *Snapshot) float64 { return float64(s.Ticks) }),
	counter("steps_total", "Steps of ticks: at most 16K rows going once through all dataflows.", func(s *Snapshot) float64 { return float64(s.Steps) }),
	counter("commits_total", "Transactions and statements committed.", func(s *Snapshot) float64 { return float64(s.Commits) }),
	counter("rows_total", "Changed rows committed.", func(s *Snapshot) float64 { return float64(s.Rows) }),
	counter("checkpoints_total", "Checkpoints completed.", func(s *Snapshot) float64 { return float64(s.Checkpoints) }),
	counter("tick_seconds_total", "Time spent in ticks.", func(s *Snapshot) float64 { return s.TickSeconds }),
	counter("connections_total", "Client connections accepted.", func(s *Snapshot) float64 { return float64(s.Connections) }),
	counter("temp_files_total", "Temporary files of queries that had more than work_mem.", func(s *Snapshot) float64 { return float64(s.TempFiles) }),
	counter("temp_bytes_total", "Bytes written to temporary files.", func(s *Snapshot) float64 { return float64(s.TempBytes) }),
	gauge("sessions", "Sessions open now.", func(s *Snapshot) float64 { return float64(s.Sessions) }),
	gauge("log_bytes", "Bytes in the files of the log.", func(s *Snapshot) float64 { return float64(s.LogBytes) }),
	gauge("pool_used_bytes", "Bytes of state and rows outside the Go heap.", func(s *Snapshot) float64 { return float64(s.PoolUsed) }),
	gauge("pool_budget_bytes", "Bytes that state and rows may use outside the Go heap.", func(s *Snapshot) float64 { return float64(s.PoolBudget) }),
	gauge("relations", "Tables, streams and views of users.", func(s *Snapshot) float64 { return float64(s.Relations) }),
}

// collector takes one Snapshot for each scrape, so that its figures belong together.
type collector struct{ source Source }

func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, m := range metrics {
		out <- m.desc
	}
}

func (c collector) Collect(out chan<- prometheus.Metric) {
	s := c.source.Snapshot()
	for _, m := range metrics {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(&s))
	}
}
