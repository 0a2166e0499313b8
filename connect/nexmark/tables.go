package nexmark

import (
	"math/bits"
	"strconv"
	"sync"

	"github.com/millracedb/millrace/base/col"
)

const (
	poolBytes = 1 << 20
	channels  = 10000
)

var (
	firstNames  = [...]string{"Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"}
	lastNames   = [...]string{"Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"}
	cities      = [...]string{"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"}
	states      = [...]string{"AZ", "CA", "ID", "OR", "WA", "WY"}
	hotChannels = [...]string{"Google", "Facebook", "Baidu", "Apple"}
)

// tables are the strings that events choose from, as views of arenas that never change.
type tables struct {
	pool     []byte // letters that extra columns are cut from
	words    []byte // all other strings
	urls     [channels]col.Str
	channels [channels]col.Str
	hotURLs  [len(hotChannels)]col.Str
	hotNames [len(hotChannels)]col.Str
	names    [len(firstNames)][len(lastNames)]col.Str
	cities   [len(cities)]col.Str
	states   [len(states)]col.Str
}

var shared = sync.OnceValue(makeTables)

func makeTables() *tables {
	t := &tables{pool: make([]byte, 0, poolBytes+6)}
	r := random(1)
	for len(t.pool) < poolBytes {
		v := r.int32() & 0x7fffffff
		for range 6 {
			t.pool = append(t.pool, byte('a'+v%26))
			v /= 26
		}
	}
	t.pool = t.pool[:poolBytes:poolBytes]
	t.makeURLs()
	for i := range t.channels {
		t.channels[i] = t.word([]byte("channel-" + strconv.Itoa(i)))
	}
	for i, s := range hotChannels {
		t.hotNames[i] = t.word([]byte(s))
	}
	for i, first := range firstNames {
		for k, last := range lastNames {
			t.names[i][k] = t.word([]byte(first + " " + last))
		}
	}
	for i, s := range cities {
		t.cities[i] = t.word([]byte(s))
	}
	for i, s := range states {
		t.states[i] = t.word([]byte(s))
	}
	return t
}

func (t *tables) makeURLs() {
	r := random(2)
	var b []byte
	url := func() {
		b = append(b[:0], "https://www.nexmark.com/"...)
		for range 3 {
			b = append(r.appendText(b, 5, '_'), '/')
		}
		b = append(b, "item.htm?query=1"...)
	}
	for i := range t.hotURLs {
		url()
		t.hotURLs[i] = t.word(b)
	}
	for i := range t.urls {
		url()
		if r.below(10) > 0 {
			id := int64(int32(bits.Reverse32(uint32(i))))
			b = strconv.AppendInt(append(b, "&channel_id="...), max(id, -id), 10)
		}
		t.urls[i] = t.word(b)
	}
}

// word keeps a string and returns its view.
func (t *tables) word(b []byte) col.Str {
	if len(b) <= col.InlineLen {
		return col.ShortStr(b)
	}
	off := len(t.words)
	t.words = append(t.words, b...)
	return col.LongStr(b, 0, uint32(off))
}

// extra draws filler that brings a row of size bytes near avg: a part of the pool.
func (t *tables) extra(r *random, size, avg int32) col.Str {
	if size > avg {
		return col.Str{}
	}
	n := avg - size
	d := (n*2 + 5) / 10
	if n -= d; d > 0 {
		n += r.below(2 * d)
	}
	off := r.below(poolBytes - n)
	b := t.pool[off : off+n]
	if n <= col.InlineLen {
		return col.ShortStr(b)
	}
	return col.LongStr(b, 0, uint32(off))
}
