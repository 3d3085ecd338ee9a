// Section 5: the memory limit at start-up, and a batch job that collects less.
package main

import "runtime/debug"

func main() {
	debug.SetMemoryLimit(int64(containerLimit) * 90 / 100)
	batch()
}

func batch() {
	prev := debug.SetGCPercent(800)
	defer debug.SetGCPercent(prev) // restore for any caller in same process
	doBatch()
}
