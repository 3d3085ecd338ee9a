// Package profiles is section 3: a profile of a batch job, and labels.
package profiles

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

func profileOnce(ctx context.Context, dir string) error {
	cpu, _ := os.Create(filepath.Join(dir, "cpu.prof"))
	defer cpu.Close()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	runWorkload(ctx)
	heap, _ := os.Create(filepath.Join(dir, "heap.prof"))
	defer heap.Close()
	runtime.GC() // dump current live heap, not the noisy pre-GC state
	return pprof.WriteHeapProfile(heap)
}

func handleRequest(w http.ResponseWriter, r *http.Request) {
	labels := pprof.Labels("tenant", tenantOf(r), "route", r.URL.Path)
	pprof.Do(r.Context(), labels, func(ctx context.Context) {
		process(ctx, r, w)
	})
}
