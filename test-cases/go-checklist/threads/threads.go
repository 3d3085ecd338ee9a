// Package threads is section 6: the locked thread.
package threads

import "runtime"

func runOnLockedThread(fn func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	fn()
}

// For main-thread libraries, the goroutine never returns:
func init() { // or main.init
	if runtime.GOOS == "darwin" {
		runtime.LockOSThread() // main goroutine, main thread
	}
}
