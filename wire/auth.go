package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"github.com/millracedb/millrace/base/pgerr"
)

const (
	scramName  = "SCRAM-SHA-256"
	iterations = 4096 // PostgreSQL's SCRAM_SHA_256_DEFAULT_ITERATIONS
	saltBytes  = 16

	authOK           = 0
	authSASL         = 10
	authSASLContinue = 11
	authSASLFinal    = 12
)

// Verifier is what the catalog stores of a password, PostgreSQL's text of it:
// SCRAM-SHA-256$4096:salt$StoredKey:ServerKey. Nobody can log in with it.
type Verifier string

// MakeVerifier makes the verifier of a password with a random salt. A password that
// already is a verifier is kept, as in PostgreSQL.
func MakeVerifier(password string) Verifier {
	if v := Verifier(password); v.Valid() {
		return v
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	return verifierOf(password, salt)
}

// verifierOf follows RFC 5802 and 7677; a password that SASLprep refuses is taken as its
// bytes, as PostgreSQL does.
func verifierOf(password string, salt []byte) Verifier {
	client, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		if client, err = scram.SHA256.NewClientUnprepped("", password, ""); err != nil {
			panic("wire: SCRAM refuses a client without name: " + err.Error())
		}
	}
	c, err := client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
	if err != nil {
		panic("wire: SCRAM refuses its own parameters: " + err.Error())
	}
	encode := base64.StdEncoding.EncodeToString
	return Verifier(fmt.Sprintf("%s$%d:%s$%s:%s", scramName, iterations, encode(salt), encode(c.StoredKey), encode(c.ServerKey)))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Valid reports whether v has a verifier's form.
func (v Verifier) Valid() bool {
	_, ok := v.credentials()
	return ok
}

func (v Verifier) credentials() (c scram.StoredCredentials, ok bool) {
	rest, ok := strings.CutPrefix(string(v), scramName+"$")
	factors, keys, ok2 := strings.Cut(rest, "$")
	count, salt, ok3 := strings.Cut(factors, ":")
	stored, server, ok4 := strings.Cut(keys, ":")
	if !ok || !ok2 || !ok3 || !ok4 {
		return c, false
	}
	n, err := strconv.ParseUint(count, 10, 31)
	saltB, err2 := base64.StdEncoding.DecodeString(salt)
	storedB, err3 := base64.StdEncoding.DecodeString(stored)
	serverB, err4 := base64.StdEncoding.DecodeString(server)
	if err != nil || err2 != nil || err3 != nil || err4 != nil || n < 1 || len(storedB) != sha256.Size || len(serverB) != sha256.Size {
		return c, false
	}
	c.Salt, c.Iters, c.StoredKey, c.ServerKey = string(saltB), int(n), storedB, serverB
	return c, true
}

// AuthenticationOk tells the client that it is let in.
func (c *Conn) AuthenticationOk() {
	c.begin('R')
	c.out = be.AppendUint32(c.out, authOK)
	c.end()
}

// AuthenticateSCRAM asks the client for the password of v and, if it knows it, sends
// AuthenticationOk and returns nil. For a user that does not exist or has no password, v
// is empty: the exchange then looks the same from outside and fails; nonce is a secret of
// the server from which the salt of such a user comes, the same at every attempt.
//
// A failure is a FATAL *pgerr.Error (28P01, or 08P01 for messages that make no sense) or
// an error of the connection.
func (c *Conn) AuthenticateSCRAM(user string, v Verifier, nonce []byte) error {
	known, ok := v.credentials()
	if !ok {
		known.Salt, known.Iters = string(mac(nonce, user)[:saltBytes]), iterations
		known.StoredKey, known.ServerKey = mac(nonce, "stored "+user), mac(nonce, "server "+user)
	}
	// The user is the startup message's; the one in the exchange says nothing.
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return known, nil })
	if err != nil {
		return err
	}
	talk := server.NewConversation()
	first, err := c.saslFirst()
	if err != nil {
		return err
	}
	answer, err := talk.Step(first)
	if err != nil {
		return malformed(err)
	}
	c.sasl(authSASLContinue, answer)
	final, err := c.password()
	if err != nil {
		return err
	}
	answer, err = talk.Step(string(final))
	switch {
	case err != nil && answer == "":
		return malformed(err)
	case err != nil || !talk.Valid() || !ok:
		return fatal(pgerr.InvalidPassword, `password authentication failed for user "%s"`, user)
	}
	c.sasl(authSASLFinal, answer)
	c.AuthenticationOk()
	return nil
}

// saslFirst offers the mechanism and returns the client's first message in it.
func (c *Conn) saslFirst() (string, error) {
	c.begin('R')
	c.out = be.AppendUint32(c.out, authSASL)
	c.text(scramName)
	c.out = append(c.out, 0)
	c.end()
	body, err := c.password()
	if err != nil {
		return "", err
	}
	r := fields{b: body}
	mechanism := string(r.text())
	first := string(r.bytes(int(int32(r.u32()))))
	switch {
	case r.err() != nil:
		return "", malformed(r.err())
	case mechanism != scramName:
		return "", fatal(pgerr.ProtocolViolation, "client selected an invalid SASL authentication mechanism")
	}
	return first, nil
}

func (c *Conn) sasl(code uint32, s string) {
	c.begin('R')
	c.out = append(be.AppendUint32(c.out, code), s...)
	c.end()
}

// password returns the client's next message, which answers an authentication request.
func (c *Conn) password() ([]byte, error) {
	m, err := c.Receive()
	if err != nil {
		return nil, err
	}
	p, ok := m.(*Password)
	if !ok {
		return nil, fatal(pgerr.ProtocolViolation, "expected SASL response, got another message")
	}
	return p.Data, nil
}

func malformed(err error) error {
	return fatal(pgerr.ProtocolViolation, "malformed SCRAM message").WithDetail("%s", err.Error())
}
