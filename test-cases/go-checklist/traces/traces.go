// Package traces is section 4: a window of a trace.
package traces

import (
	"io"
	"runtime/trace"
	"time"
)

func captureTrace(d time.Duration, w io.Writer) error {
	if err := trace.Start(w); err != nil {
		return err
	}
	defer trace.Stop()
	time.Sleep(d)
	return nil
}
