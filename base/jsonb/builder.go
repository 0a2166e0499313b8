package jsonb

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/millracedb/millrace/base/pgerr"
)

// maxContainer bounds the bytes below one array or object, PostgreSQL's limit.
const maxContainer = 0x0fffffff

// Builder writes one value. The calls follow the shape of the JSON text: BeginObject,
// Key, a value, Key, a value, End. Errors are kept and returned by Finish. Its zero value
// is ready; Reset makes it ready again and keeps its memory. It is for one goroutine.
type Builder struct {
	buf     []byte
	start   int // of the value in buf
	open    []openContainer
	entries []entry
	scratch []byte
	err     error
}

type openContainer struct {
	start   int // in buf
	entries int // first of its entries
	object  bool
}

// entry is an element of an open array, or a pair of an open object: the key lies in
// buf[key:val], the value in buf[val:end].
type entry struct {
	key, val, end uint32
	seq           uint32
}

// Reset starts a value that is appended to dst.
func (b *Builder) Reset(dst []byte) {
	b.buf, b.start, b.err = dst, len(dst), nil
	b.open, b.entries = b.open[:0], b.entries[:0]
}

// Finish returns dst with the value appended, or the first error. The Builder gives up
// the bytes.
func (b *Builder) Finish() ([]byte, error) {
	buf := b.buf
	b.buf = nil
	if b.err == nil && (len(b.open) > 0 || len(buf) == b.start) {
		b.err = pgerr.New(pgerr.InternalError, "a jsonb value was not completed")
	}
	if b.err != nil {
		return buf[:b.start], b.err
	}
	return buf, nil
}

func (b *Builder) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

// before makes room for a value: in an array it opens the entry.
func (b *Builder) before() {
	if n := len(b.open); n > 0 && !b.open[n-1].object {
		at := uint32(len(b.buf) - b.start)
		b.entries = append(b.entries, entry{key: at, val: at, seq: uint32(len(b.entries))})
	}
}

// after closes the entry that the value just written belongs to.
func (b *Builder) after() {
	if n := len(b.open); n > 0 && len(b.entries) > b.open[n-1].entries {
		b.entries[len(b.entries)-1].end = uint32(len(b.buf) - b.start)
	}
}

// Null writes a null.
func (b *Builder) Null() { b.Value(NullValue) }

// Bool writes true or false.
func (b *Builder) Bool(v bool) {
	if v {
		b.Value(TrueValue)
	} else {
		b.Value(FalseValue)
	}
}

// String writes a string; s must be valid UTF-8 without NUL.
func (b *Builder) String(s []byte) {
	b.before()
	b.buf = append(append(b.buf, tagString), s...)
	b.after()
}

// NumberText writes a number given as JSON or SQL text; 22P02 or 22003 if it is none.
func (b *Builder) NumberText(text []byte) {
	b.before()
	buf, err := appendNumber(append(b.buf, tagNumber), text)
	b.buf = buf
	if err != nil {
		b.fail(err)
	}
	b.after()
}

// Number writes a number given as stored bytes of base/numeric. NaN and the infinities,
// which JSON has not, become strings as PostgreSQL's to_jsonb makes them.
func (b *Builder) Number(stored []byte) {
	if text, special := specialNumber(stored); special {
		b.String(text)
		return
	}
	b.before()
	b.buf = append(append(b.buf, tagNumber), stored...)
	b.after()
}

// Value writes a finished value.
func (b *Builder) Value(v Value) {
	b.before()
	if len(v) == 0 {
		v = NullValue
	}
	b.buf = append(b.buf, v...)
	b.after()
}

// BeginArray opens an array; End closes it.
func (b *Builder) BeginArray() { b.begin(false) }

// BeginObject opens an object; End closes it.
func (b *Builder) BeginObject() { b.begin(true) }

func (b *Builder) begin(object bool) {
	if len(b.open) >= MaxDepth {
		b.fail(errDepth())
	}
	b.before()
	b.open = append(b.open, openContainer{start: len(b.buf), entries: len(b.entries), object: object})
}

// Key writes the key of the next pair of the innermost object. The last of equal keys
// wins.
func (b *Builder) Key(k []byte) {
	at := uint32(len(b.buf) - b.start)
	b.buf = append(b.buf, k...)
	val := uint32(len(b.buf) - b.start)
	b.entries = append(b.entries, entry{key: at, val: val, end: val, seq: uint32(len(b.entries))})
}

// End closes the innermost container: it puts the offset table before the contents and
// the pairs of an object in order.
func (b *Builder) End() {
	if len(b.open) == 0 {
		b.fail(pgerr.New(pgerr.InternalError, "a jsonb container was closed that was not open"))
		return
	}
	c := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	entries := b.entries[c.entries:]
	if len(b.buf)-b.start > maxContainer {
		b.tooLarge(c.object)
	}
	if b.err != nil {
		b.buf, b.entries = b.buf[:c.start], b.entries[:c.entries]
		return
	}
	b.scratch = append(b.scratch[:0], b.buf[c.start:]...)
	base := uint32(c.start - b.start)
	if c.object {
		entries = b.sortPairs(entries, base)
		b.writeObject(c.start, entries, base)
	} else {
		b.writeArray(c.start, entries, base)
	}
	b.entries = b.entries[:c.entries]
	b.after()
}

func (b *Builder) tooLarge(object bool) {
	kind := "array"
	if object {
		kind = "object"
	}
	b.fail(pgerr.New(pgerr.ProgramLimitExceeded,
		"total size of jsonb %s elements exceeds the maximum of %d bytes", kind, maxContainer))
}

// sortPairs sorts the pairs by key and keeps the last of equal keys.
func (b *Builder) sortPairs(entries []entry, base uint32) []entry {
	key := func(e entry) []byte { return b.scratch[e.key-base : e.val-base] }
	order := func(x, y entry) int {
		if c := compareKeys(key(x), key(y)); c != 0 {
			return c
		}
		return cmp.Compare(x.seq, y.seq)
	}
	if !slices.IsSortedFunc(entries, order) {
		slices.SortFunc(entries, order)
	}
	out := entries[:0]
	for i, e := range entries {
		if i+1 < len(entries) && compareKeys(key(e), key(entries[i+1])) == 0 {
			continue
		}
		out = append(out, e)
	}
	return out
}

// widthFor returns the code of the least offset width for n entries and a payload.
func widthFor(n, payload int) byte {
	switch m := max(n, payload); {
	case m <= 0xff:
		return 0
	case m <= 0xffff:
		return 1
	}
	return 2
}

func appendUint(dst []byte, v int, code byte) []byte {
	switch code {
	case 0:
		return append(dst, byte(v))
	case 1:
		return binary.LittleEndian.AppendUint16(dst, uint16(v))
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(v))
}

func (b *Builder) writeArray(start int, entries []entry, base uint32) {
	code := widthFor(len(entries), len(b.scratch))
	b.buf = append(b.buf[:start], tagArray|code<<4)
	b.buf = appendUint(b.buf, len(entries), code)
	for _, e := range entries {
		b.buf = appendUint(b.buf, int(e.end-base), code)
	}
	b.buf = append(b.buf, b.scratch...)
}

func (b *Builder) writeObject(start int, entries []entry, base uint32) {
	size := 0
	for _, e := range entries {
		size += int(e.end - e.key)
	}
	code := widthFor(len(entries), size)
	b.buf = append(b.buf[:start], tagObject|code<<4)
	b.buf = appendUint(b.buf, len(entries), code)
	end := 0
	for _, e := range entries {
		end += int(e.val - e.key)
		b.buf = appendUint(b.buf, end, code)
	}
	for _, e := range entries {
		end += int(e.end - e.val)
		b.buf = appendUint(b.buf, end, code)
	}
	for _, e := range entries {
		b.buf = append(b.buf, b.scratch[e.key-base:e.val-base]...)
	}
	for _, e := range entries {
		b.buf = append(b.buf, b.scratch[e.val-base:e.end-base]...)
	}
}
