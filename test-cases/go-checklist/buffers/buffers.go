// Package buffers is section 8's example of KeepAlive.
package buffers

/*
#include <stdlib.h>
#include <string.h>
void process(void *p, size_t n);
*/
import "C"

import (
	"runtime"
	"unsafe"
)

func writeToCBuffer(data []byte) {
	p := C.malloc(C.size_t(len(data)))
	C.memcpy(p, unsafe.Pointer(&data[0]), C.size_t(len(data)))
	C.process(p, C.size_t(len(data)))
	C.free(p)
	runtime.KeepAlive(data) // *forces* data to be alive until here
}
