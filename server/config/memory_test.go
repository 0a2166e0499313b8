package config

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "123": 123, "1kB": 1024, "4GB": 4 << 30, "4 gib": 4 << 30, "1.5M": 3 << 19, " 2TB ": 2 << 40, "7b": 7, "0.5k": 512,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GB", "-1GB", "1.2.3MB", "1XB", "99999999999TB", "1e3", "0x10", "∞"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %d; want an error", text, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"4GB", "60%", "1.5 MiB", "", "9223372036854775807", "9.3e18", "8388608TB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseSize(s); err == nil && n < 0 {
			t.Errorf("ParseSize(%q) = %d", s, n)
		}
	})
}

func TestMachineMemory(t *testing.T) {
	const kb = "1000000"
	cases := []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"no groups", machine(kb), 1000000 << 10},
		{"v2", machine(kb, "proc/self/cgroup", "0::/box\n", "sys/fs/cgroup/box/memory.max", "5000\n"), 5000},
		{"v2 ancestor", machine(kb, "proc/self/cgroup", "0::/a/b/c\n", "sys/fs/cgroup/a/memory.max", "6000\n",
			"sys/fs/cgroup/a/b/c/memory.max", "max\n"), 6000},
		{"v2 not mounted", machine(kb, "proc/self/cgroup", "0::/docker/abc\n", "sys/fs/cgroup/memory.max", "7000\n"), 7000},
		{"v2 no limit", machine(kb, "proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "max\n"), 1000000 << 10},
		{"v1", machine(kb, "proc/self/cgroup", "9:pids:/x\n4:cpu,memory:/box\n1:name=systemd:/\n",
			"sys/fs/cgroup/memory/box/memory.limit_in_bytes", "8000\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"), 8000},
		{"v1 no limit", machine(kb, "proc/self/cgroup", "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"), 1000000 << 10},
		{"outside", machine(kb, "proc/self/cgroup", "0::/../../x\ngarbage\n", "sys/fs/cgroup/memory.max", "9000"), 9000},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, err := MachineMemory(c.root); err != nil || got != c.want {
				t.Errorf("%d, %v; want %d", got, err, c.want)
			}
		})
	}
	if n, ok := memTotal(fstest.MapFS{"proc/meminfo": {Data: []byte("MemTotal: 99999999999999999999 kB\n")}}); ok {
		t.Errorf("%d bytes of a number too big (at most %d)", n, int64(math.MaxInt64))
	}
}
