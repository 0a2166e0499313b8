package process

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// ClockTick is the unit of the times in /proc: USER_HZ is 100 on every Linux that Go runs on.
const ClockTick = 10 * time.Millisecond

// CPU is the processor time that the server has used; 0 where it is not known.
func (s *Server) CPU() time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(s.PID) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var ticks int64
	for _, f := range fields[11:13] { // of the user, of the system
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * ClockTick
}
