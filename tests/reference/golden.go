package reference

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

const (
	leastGolden = 1000 // lines; a shorter file was cut off
	mostWrong   = 60   // differences, behind which nobody reads on
)

// Golden compares with the lines of testdata/golden.txt, or the file that -reference-file
// names: answer is called with all fields of a line but the last, which is what it must
// return. In a field \t, \n, \r and \\ stand for what they do in Go.
func Golden(t *testing.T, answer func(fields []string) string) {
	file, err := os.Open(fileOr("testdata/golden.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain := strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")
	lines, wrong := 0, 0
	sc := bufio.NewScanner(file)
	for ; sc.Scan(); lines++ {
		f := strings.Split(sc.Text(), "\t")
		for i := range f {
			f[i] = plain.Replace(f[i])
		}
		question, want := f[:len(f)-1], f[len(f)-1]
		if got := answer(question); got != want {
			t.Errorf("%q\n got %s\nwant %s", question, got, want)
			if wrong++; wrong > mostWrong {
				t.Fatal("too many differences")
			}
		}
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	if lines < leastGolden {
		t.Fatalf("only %d lines", lines)
	}
}
