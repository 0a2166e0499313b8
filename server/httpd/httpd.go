package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Server is an open port.
type Server struct {
	listener net.Listener
	http     *http.Server
	done     chan struct{}
}

// Listen opens address (host:port) and answers there until Close. What goes wrong with a
// request is written to logger.
func Listen(address, version string, source Source, logger *slog.Logger) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for HTTP: %w", err)
	}
	s := &Server{
		listener: l,
		done:     make(chan struct{}),
		http: &http.Server{
			Handler:           Handler(version, source),
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
			ReadHeaderTimeout: 5 * time.Second,
		},
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("http port stopped", "error", err)
		}
	}()
	return s, nil
}

// Addr is where the port is open.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Close stops the port, waiting for running requests until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	<-s.done
	return err
}

// Handler answers the three paths about source.
func Handler(version string, source Source) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collector{source},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "millrace_build_info", Help: "Always 1; the label says which version runs.",
			ConstLabels: prometheus.Labels{"version": version},
		}, func() float64 { return 1 }),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", state(source.Alive))
	mux.HandleFunc("GET /readyz", state(source.Ready))
	return mux
}

// state answers 200 or, with the reason, 503.
func state(ask func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		body := "ok\n"
		if err := ask(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			body = err.Error() + "\n"
		}
		_, _ = io.WriteString(w, body) // the client may have gone away
	}
}
