package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/storage/blob"
)

const (
	twice  = `{"format": "millrace-linear-1", "intercept": 0, "features": [{"name": "x", "weight": 2}]}`
	thrice = `{"format": "millrace-linear-1", "intercept": 0, "features": [{"name": "x", "weight": 3}]}`
	bringM = "COPY MODEL m FROM STDIN WITH (format = 'linear')"
)

// A model whose file is damaged takes the views out of service that ask it, when they do; all else
// goes on, and the files of others serve.
func TestDamagedModel(t *testing.T) {
	f := start(t)
	c := f.dial()
	says(t, c.copyIn(bringM, twice), "COPY 1")
	says(t, c.copyIn(strings.Replace(bringM, " m ", " other ", 1), thrice), "COPY 1")
	c.must("CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)", "CREATE MATERIALIZED VIEW v AS SELECT ml_predict('m', x) AS y FROM t",
		"CREATE MATERIALIZED VIEW w AS SELECT ml_predict('other', x) AS y FROM t")
	f.stop()
	f.fs.FlipBit("blobs/"+blob.Sum([]byte(twice)), 8*40)
	f.open(Options{})
	c = f.dial()
	c.talk([2]string{"TABLE v", "2\nSELECT 1"}, [2]string{"INSERT INTO t VALUES (2)", "INSERT 0 1"}, [2]string{"SELECT sum(y) FROM w", "9\nSELECT 1"})
	if got := c.ask("TABLE v"); !strings.Contains(got, "out of service") && !strings.Contains(got, "damaged") {
		t.Errorf("a view over a damaged model answers %s", got)
	}
	if got := c.ask("SELECT ml_predict('m', 1)"); !strings.Contains(got, "ERROR XX001") || !strings.Contains(got, blob.Sum([]byte(twice))) {
		t.Errorf("a query over a damaged model answers %s", got)
	}
	c.talk([2]string{"SELECT ml_predict('other', 1)", "3\nSELECT 1"})
}

// What a transaction that is rolled back has brought is not kept, and what was dropped goes with the
// next checkpoint.
func TestFilesOfModelsGo(t *testing.T) {
	f := start(t)
	c := f.dial()
	files := func() int {
		names, err := f.fs.List("blobs")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	c.must("BEGIN")
	says(t, c.copyIn(bringM, twice), "COPY 1")
	c.must("CHECKPOINT")
	if files() != 1 {
		t.Errorf("a file of an open transaction is gone")
	}
	c.must("ROLLBACK")
	says(t, c.copyIn(bringM, thrice), "COPY 1")
	c.must("CHECKPOINT")
	if files() != 1 {
		t.Errorf("%d files of one model", files())
	}
	c.must("DROP MODEL m", "CHECKPOINT")
	if files() != 0 {
		t.Errorf("%d files of no model", files())
	}
}

// Files are read from the folders that were named, and what does not lie in them is not.
func TestFoldersOfModels(t *testing.T) {
	f := start(t)
	f.stop()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside.json")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "m.json"), twice)
	write(filepath.Join(dir, "long.json"), twice+strings.Repeat(" ", 200))
	write(outside, thrice)
	if err := os.Symlink(outside, filepath.Join(dir, "link.json")); err != nil {
		t.Fatal(err)
	}
	f.open(Options{ModelFolders: []string{t.TempDir(), dir}, ModelBytes: 200})
	c := f.dial()
	c.must("CREATE MODEL a FROM 'm.json' WITH (format = 'linear')", "CREATE MODEL b FROM '"+filepath.Join(dir, "m.json")+"' WITH (format = 'linear')")
	for name, code := range map[string]string{outside: "58P01", "nothing.json": "58P01", "../" + filepath.Base(outside): "42501", "link.json": "42501", "long.json": "54000", ".": "42809"} {
		if got := c.ask("CREATE MODEL c FROM '" + name + "' WITH (format = 'linear')"); !strings.HasPrefix(got, "ERROR "+code) {
			t.Errorf("%s: %s, want %s", name, got, code)
		}
	}
	if got := c.copyIn(strings.Replace(bringM, " m ", " c ", 1), twice, strings.Repeat(" ", 200)); !strings.HasPrefix(got, "ERROR 54000") {
		t.Errorf("a long file: %s", got)
	}
	c.talk([2]string{"SELECT ml_predict('a', 4), ml_predict('b', 5)", "8 | 10\nSELECT 1"})
}

// A client that gives up leaves nothing.
func TestModelGivenUp(t *testing.T) {
	c := start(t).dial()
	c.send(&pgproto3.Query{String: bringM})
	if line, _ := c.receive(); line != "copy in" {
		t.Fatal(line)
	}
	c.send(&pgproto3.CopyData{Data: []byte(twice)}, &pgproto3.CopyFail{Message: "no"})
	says(t, c.upToReady(), "ERROR 57014: COPY from stdin failed: no")
	c.talk([2]string{"SELECT count(*) FROM millrace.models", "0\nSELECT 1"})
}

// The models that are kept open are those that were asked last.
func TestOpenModelsAreBounded(t *testing.T) {
	m := newModels(blob.New(nil))
	for i := range 4 {
		m.entry(&catalog.ModelVersion{Checksum: string(rune('a' + i)), Bytes: keptModels / 2})
	}
	if m.order.Len() != 2 || m.bytes > keptModels {
		t.Errorf("%d models of %d bytes are kept", m.order.Len(), m.bytes)
	}
	if m.entry(&catalog.ModelVersion{Checksum: "big", Bytes: 2 * keptModels}); m.order.Len() != 1 {
		t.Errorf("%d models are kept beside one that is too large", m.order.Len())
	}
}

// A file comes back as it was sent, in any transaction.
func TestFileOfAModelComesBack(t *testing.T) {
	c := start(t).dial()
	says(t, c.copyIn(bringM, twice), "COPY 1")
	says(t, c.copyIn("COPY MODEL m FROM STDIN", thrice+strings.Repeat(" ", 100_000)), "COPY 1")
	c.must("BEGIN READ ONLY")
	c.talk([2]string{"COPY MODEL m TO STDOUT", "CopyOutResponse\n" + twice + "\nCopyDone\nCOPY 1"})
	c.must("COMMIT")
	if got := strings.ReplaceAll(c.ask("COPY MODEL m VERSION 2 TO STDOUT"), "\n", ""); !strings.HasPrefix(got, "CopyOutResponse"+thrice) || len(got) < 100_000 {
		t.Errorf("%.200s, %d bytes", got, len(got))
	}
	if got := c.ask("COPY MODEL m VERSION 3 TO STDOUT"); !strings.HasPrefix(got, "ERROR 42704") {
		t.Error(got)
	}
}
