// Package finalizers is section 8: the closer of last resort, and its successor.
package finalizers

import (
	"log"
	"os"
	"runtime"
	"syscall"
)

type wrappedFD struct{ fd int }

func newFD(path string) (*wrappedFD, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	w := &wrappedFD{fd: int(f.Fd())}
	runtime.SetFinalizer(w, func(w *wrappedFD) {
		log.Printf("wrappedFD %d not closed; closing in finalizer", w.fd)
		syscall.Close(w.fd)
	})
	return w, nil
}

func (w *wrappedFD) Close() error {
	runtime.SetFinalizer(w, nil) // clear; we're closing properly
	return syscall.Close(w.fd)
}

func newCleanedFD(path string) (*wrappedFD, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	w := &wrappedFD{fd: int(f.Fd())}
	runtime.AddCleanup(w, func(fd int) {
		log.Printf("wrappedFD %d cleanup", fd)
		syscall.Close(fd)
	}, w.fd) // pass the fd by value, not the *wrappedFD
	return w, nil
}
