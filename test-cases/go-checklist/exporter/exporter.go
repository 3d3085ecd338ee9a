// Package exporter is section 2: runtime metrics as an exporter reads them.
package exporter

import "runtime/metrics"

var watched = []metrics.Sample{
	{Name: "/sched/latency:seconds"},
	{Name: "/gc/pauses:seconds"},
	{Name: "/gc/heap/live:bytes"},
	{Name: "/cpu/classes/gc/total:cpu-seconds"},
}

// Collect reads the curated list.
func Collect() []metrics.Sample {
	metrics.Read(watched)
	return watched
}
