// Work in parts, done by the threads of this process. The caller fixes the parts, by the problem alone, and each part
// writes what no other does: then the result does not depend on the number of threads.
#ifndef PARALLEL_H
#define PARALLEL_H

#include "vector.h"

// A part of the work: `part` of 0 .. parts - 1, on `thread` of 0 .. thread_count() - 1 (for scratch of its own).
typedef void (*Part)(void *context, int part, int thread);

#ifdef __wasm__

INLINE int thread_count(void) { return 1; }
INLINE void parallel(int parts, Part body, void *context) {
  for (int part = 0; part < parts; part++) body(context, part, 0);
}
INLINE int parallel_set_threads(int threads) { return (void)threads, 1; }

#else

// native/parallel.c

// How many threads `parallel` may use when called from this thread, itself included. 1 until set otherwise.
int thread_count(void);

// Calls body(context, part, thread) for every part and returns when all are done. Not to be called from within a body.
// The calling thread takes part. Where another thread of the process has the others at work, it does all by itself.
void parallel(int parts, Part body, void *context);

// Sets the number of threads for calls from this thread; returns what it is now: no more than can be had.
int parallel_set_threads(int threads);

#endif

#endif
