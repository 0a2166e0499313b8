package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millracedb/millrace/base/pgerr"
)

// connect connects a real client in memory to a server that asks for the password of v.
func connect(t *testing.T, password string, v Verifier, o Options, adjust func(*pgconn.Config)) (clientErr, serverErr error) {
	t.Helper()
	config, err := pgconn.ParseConfig("host=memory user=ann database=db sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	config.Password = password
	client, server := net.Pipe()
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) { return client, nil }
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	if adjust != nil {
		adjust(config)
	}
	served := make(chan error, 1)
	go func() {
		c := NewConn(server, o)
		defer c.Close()
		err := authenticate(c, v)
		if severityOf(err) == "FATAL" {
			c.Error(err)
		}
		c.Flush()
		served <- err
		for err == nil {
			_, err = c.Receive()
		}
	}()
	pg, err := pgconn.ConnectConfig(context.Background(), config)
	if err == nil {
		err = pg.Close(context.Background())
	}
	return err, <-served
}

func authenticate(c *Conn, v Verifier) error {
	s, err := c.ReadStartup()
	if err != nil {
		return err
	}
	if err := c.AuthenticateSCRAM(s.User, v, []byte("a secret of the server")); err != nil {
		return err
	}
	c.Greet(Parameters("0.1.0", s.User), CancelKey{1, 2})
	return nil
}

func TestSCRAM(t *testing.T) {
	good := MakeVerifier("pencil")
	if again := MakeVerifier("pencil"); again == good {
		t.Error("two verifiers share a salt")
	}
	if MakeVerifier(string(good)) != good {
		t.Error("a verifier is not kept as it is")
	}
	if err, served := connect(t, "pencil", good, Options{}, nil); err != nil || served != nil {
		t.Error(err, served)
	}
	for _, c := range []struct {
		password string
		v        Verifier
	}{{"pen", good}, {"", good}, {"pencil", ""}, {"pencil", "md5 of something"}} {
		err, served := connect(t, c.password, c.v, Options{}, nil)
		if c.password == "" { // the client gives up by itself
			if err == nil || served == nil {
				t.Error("no password is enough")
			}
			continue
		}
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pgErr.Code != pgerr.InvalidPassword || pgErr.Message != `password authentication failed for user "ann"` || pgErr.Severity != "FATAL" {
			t.Errorf("%q %q: %v", c.password, c.v, err)
		}
	}
}

// Verifiers that PostgreSQL 15 made; the second password is changed by SASLprep.
func TestVerifierIsPostgreSQLs(t *testing.T) {
	v := Verifier("SCRAM-SHA-256$4096:jBlnYNTn2bKmqDat0zn2Fw==$I03Q9oAh6Sn9WTg8Ars0E5TzXlqBjMudcHy4ITZGOEc=:qmdsHV/blmDrReKJfv5BqGNVQfgqZrB8ot0omIae1rg=")
	for password, want := range map[string]Verifier{"pencil": v, "\uFB00\u00adx": "SCRAM-SHA-256$4096:qAjXi5eAL4RkRmsMaSblhA==$SfYBWxhai1JCBpMish+wnhlxi+TUs5dAsYNzGeVuG9g=:X+j75ymYSEmLEc7tSnY91Z08cQbaD/melBxzIT54IIY="} {
		known, ok := want.credentials()
		if !ok || verifierOf(password, []byte(known.Salt)) != want {
			t.Errorf("%q: %s", password, verifierOf(password, []byte(known.Salt)))
		}
	}
	for _, broken := range []Verifier{"", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:AAAA$AAAA:AAAA", v[:len(v)-4], "SCRAM-SHA-1" + v[13:], v + "x", v[:40]} {
		if broken.Valid() {
			t.Errorf("%q is taken for a verifier", broken)
		}
	}
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"memory"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	o := Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}}
	for _, negotiation := range []string{"postgres", "direct"} {
		err, served := connect(t, "pencil", MakeVerifier("pencil"), o, func(c *pgconn.Config) {
			c.TLSConfig = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"postgresql"}}
			c.SSLNegotiation = negotiation
		})
		if err != nil || served != nil {
			t.Error(negotiation, err, served)
		}
	}
}

func TestDirectTLSNamesPostgreSQL(t *testing.T) {
	o := Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}}
	err, served := connect(t, "pencil", MakeVerifier("pencil"), o, func(c *pgconn.Config) {
		dial := c.DialFunc
		c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			n, err := dial(ctx, network, address)
			return tls.Client(n, &tls.Config{InsecureSkipVerify: true}), err
		}
	})
	if err == nil || severityOf(served) != "FATAL" {
		t.Error(err, served)
	}
}

// What is sent behind an SSLRequest in the clear may come from anybody.
func TestTLSRefusesEarlyBytes(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go client.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47, 'Q'})
	c := NewConn(server, Options{TLS: &tls.Config{Certificates: []tls.Certificate{certificate(t)}}})
	_, err := c.ReadStartup()
	if severityOf(err) != "FATAL" || err.Error() != "received unencrypted data after SSL request" {
		t.Error(err)
	}
}

// overTCP is a connection that ends with the test, and its client, which the test closes.
func overTCP(t *testing.T) (c *Conn, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c = NewConn(server, Options{})
	t.Cleanup(func() { c.Close() })
	return c, client
}

func TestAlive(t *testing.T) {
	c, client := overTCP(t)
	if !c.Alive() {
		t.Error("an open connection is dead")
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for c.Alive() { // the close is on its way
	}
}
