#ifndef PARALLEL_H
#define PARALLEL_H
INLINE int thread_count(void) { return 1; }
static void parallel(int parts, void (*body)(void *context, int part, int thread), void *context) {
  for (int part = 0; part < parts; part++) body(context, part, 0);
}
#endif
