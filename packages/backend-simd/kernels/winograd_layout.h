// How the tiles of minimal filtering lie over planes, and how the numbers of their points lie in memory.
#ifndef WINOGRAD_LAYOUT_H
#define WINOGRAD_LAYOUT_H

#include "direct.h"
#include "winograd_tiles.h"

// How the tiles of a plane lie over what they read and what they write.
typedef struct {
  int mode, points;
  int rows, row_tiles;
  int in_step, in_top, in_left, out_step, out_top, out_left;
  int columns, block; // of a row of tiles, and those that are worked on together
} Tiles;

INLINE int tiles_over(int size, int first, int step) { return (size - first + step - 1) / step; }

static Tiles forward_tiles(int m, int batch, const Plane *y, const Filter *f) {
  const int strided = f->stride_width == 2, rows = tiles_over(y->height, 0, m), row_tiles = tiles_over(y->width, 0, m);
  const int mode = strided ? 10 + m : m;
  return (Tiles){mode, POINTS(mode) * POINTS(mode), rows, row_tiles, m * f->stride_width, -f->top, -f->left, m, 0, 0, row_tiles * batch, 0};
}

// Of an input gradient: it reads dy and writes dx.
static Tiles backward_tiles(int m, int batch, const Plane *dx, const Filter *f) {
  if (f->stride_width == 1) {
    const Filter turned = {3, 3, 3, 1, 1, 2 - f->top, 2 - f->left};
    return forward_tiles(m, batch, dx, &turned);
  }
  const int mode = 20 + m, rows = tiles_over(dx->height, -f->top, 2 * m), row_tiles = tiles_over(dx->width, -f->left, 2 * m);
  return (Tiles){mode, POINTS(mode) * POINTS(mode), rows, row_tiles, m, -1, -1, 2 * m, -f->top, -f->left, row_tiles * batch, 0};
}

// What a block of columns may take of the second-level cache.
enum { CACHED_FLOATS = 96 * 1024 };

// As many columns as keep `floats` numbers of each in the cache.
static int block_of(const Tiles *t, size_t floats, int most) {
  const int wide = TILE_VECTORS(MOST_OUTPUTS) * VL;
  const int block = max_int((int)(CACHED_FLOATS / (floats * t->points)) / wide, 1) * wide;
  return min_int(min_int(block, most), t->columns);
}

INLINE size_t row_pitch_of(const Tiles *t) { return odd_lines((size_t)t->block + VL); }
INLINE size_t point_pitch_of(size_t floats) { return round_up(floats, LINE_FLOATS) + LINE_FLOATS; }

// Runs over the tiles that a block of columns meets: the tile, the first of its examples and how many.
#define FOR_TILES(batch, begin, end)                                                                                               \
  for (int at = (begin), tile = at / (batch), first = at % (batch), count = min_int((batch) - first, (end) - at); at < (end);     \
       at += count, tile = at / (batch), first = at % (batch), count = min_int((batch) - first, (end) - at))

// Calls a function of the modes that filters have with that of a number: those of 10 and of 20 have the same.
#define WITH_FILTER_MODE(number, call) \
  switch ((number) > 20 ? (number) - 10 : (number)) { \
  case 2: call(2); break;              \
  case 4: call(4); break;              \
  case 12: call(12); break;            \
  default: call(14);                   \
  }

#endif
