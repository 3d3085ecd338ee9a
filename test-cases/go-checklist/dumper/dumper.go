// Package dumper is section 7: all stacks on a signal.
package dumper

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

func installStackDumper() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	go func() {
		for range ch {
			buf := make([]byte, 1<<20)
			for {
				n := runtime.Stack(buf, true) // all goroutines
				if n < len(buf) {
					buf = buf[:n]
					break
				}
				buf = make([]byte, 2*len(buf))
			}
			_ = os.WriteFile("goroutines.txt", buf, 0o600)
		}
	}()
}
