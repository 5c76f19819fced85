// Images of a batch as compiled networks keep them: [height][channels][width x batch]. A row of one channel, all its pixels
// with all examples, is contiguous, so that full vectors run over any number of channels: evolution makes 1, 7 and 23 of them.
// A shift by one pixel is a shift by `batch` floats; zeros before and behind each row stand for what lies outside the image.
#ifndef PLANES_H
#define PLANES_H

#include "lanes.h"

enum { LINE_FLOATS = 16, PLANE_SLACK = 64 };

typedef struct {
  int32_t line;                    // where it begins, in cache lines from the beginning of the memory
  int32_t height, width, channels;
  int32_t margin;                  // zeros on either side of a row, in pixels
  int32_t left;                    // floats before the first row: margin x batch, rounded up to a line
  int32_t pitch;                   // floats from row to row: an odd number of lines, or rows would share cache sets
} Plane;

INLINE float *at_line(char *memory, int32_t line) { return (float *)(memory + (size_t)line * (LINE_FLOATS * 4)); }
INLINE size_t plane_floats(const Plane *p) {
  return (size_t)p->left + (size_t)p->height * p->channels * p->pitch + PLANE_SLACK;
}
INLINE float *plane_base(char *memory, const Plane *p) { return at_line(memory, p->line) + p->left; }
// Row of the first channel; the next channel is `pitch` further.
INLINE float *plane_row(char *memory, const Plane *p, int h) {
  return plane_base(memory, p) + (size_t)h * p->channels * p->pitch;
}

// Whoever has written the `used` floats of a row clears what is between it and the next one.
INLINE void clear_gap(float *row, int used, int pitch) {
  int i = used;
  for (; i < pitch && i % LINE_FLOATS != 0; i++) row[i] = 0;
  for (; i < pitch; i += VL) vstore(row + i, vzero());
}
INLINE void clear_left(char *memory, const Plane *p) {
  float *begin = at_line(memory, p->line);
  for (int i = 0; i < p->left; i += VL) vstore(begin + i, vzero());
}

// n floats that do not overlap; nothing beyond them is written.
INLINE void copy_run(float *to, const float *from, int n) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(to + i, vload(from + i));
  if (i < n) vstore_part(to + i, vload_part(from + i, n - i), n - i);
}
INLINE void add_run(float *to, const float *from, int n) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(to + i, vload(to + i) + vload(from + i));
  if (i < n) vstore_part(to + i, vload_part(to + i, n - i) + vload_part(from + i, n - i), n - i);
}
INLINE void clear_run(float *to, int n) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(to + i, vzero());
  if (i < n) vstore_part(to + i, vzero(), n - i);
}

#endif
