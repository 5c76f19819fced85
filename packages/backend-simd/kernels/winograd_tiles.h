// A tile of a plane to its points and back: minimal filtering in two dimensions, for one channel and some examples.
#ifndef WINOGRAD_TILES_H
#define WINOGRAD_TILES_H

#include "minimal_filtering.h"
#include "planes.h"

// Where the pixels of a tile are: rows of a plane, the place of the first column; what lies outside the image is zero.
typedef struct {
  float *row[MOST_POINTS]; // of the first channel; null outside
  ptrdiff_t column;        // of the first pixel, in floats
  int from, to;            // columns of the tile that lie inside
  int inside;              // all of it does
} Patch;

static Patch make_patch(char *memory, int batch, const Plane *p, int size, int h, int w) {
  Patch patch = {{0}, (ptrdiff_t)w * batch, max_int(0, -w), min_int(size, p->width - w), 0};
  int inside = patch.from == 0 && patch.to == size;
  for (int i = 0; i < size; i++) {
    patch.row[i] = h + i >= 0 && h + i < p->height ? plane_row(memory, p, h + i) : 0;
    inside &= patch.row[i] != 0;
  }
  patch.inside = inside;
  return patch;
}

INLINE vec patch_load(const Patch *p, int i, int j, size_t at, int batch) {
  return p->row[i] && j >= p->from && j < p->to ? vload(p->row[i] + p->column + (ptrdiff_t)j * batch + at) : vzero();
}

// Writes whole vectors: up to a vector more than `count` columns, which the next tile overwrites.
INLINE void patch_to_points(const int mode, const int inside, const Patch *p, size_t channel, int batch, int from, int count,
                            float *points, size_t point_pitch) {
  for (int n = 0; n < count; n += VL) {
    vec t[POINTS(mode)][INPUTS(mode)], d[MOST_POINTS], o[MOST_POINTS];
    const size_t at = channel + from + n;
    UNROLL_ALL for (int j = 0; j < INPUTS(mode); j++) {
      UNROLL_ALL for (int i = 0; i < INPUTS(mode); i++)
        d[i] = inside ? vload(p->row[i] + p->column + (ptrdiff_t)j * batch + at) : patch_load(p, i, j, at, batch);
      transform_input(mode, d, o);
      UNROLL_ALL for (int i = 0; i < POINTS(mode); i++) t[i][j] = o[i];
    }
    UNROLL_ALL for (int i = 0; i < POINTS(mode); i++) {
      transform_input(mode, t[i], o);
      UNROLL_ALL for (int j = 0; j < POINTS(mode); j++) vstore(points + (i * POINTS(mode) + j) * point_pitch + n, o[j]);
    }
  }
}

// With sums around `shift` of what it writes.
INLINE void points_to_patch(const int mode, const Patch *p, size_t channel, int batch, int from, int count, const float *points,
                            size_t point_pitch, vec shift, vec *sum, vec *square) {
  for (int n = 0; n < count; n += VL) {
    vec t[OUTPUTS(mode)][POINTS(mode)], d[MOST_POINTS], o[MOST_TILE_OUTPUTS];
    UNROLL_ALL for (int j = 0; j < POINTS(mode); j++) {
      UNROLL_ALL for (int i = 0; i < POINTS(mode); i++) d[i] = vload(points + (i * POINTS(mode) + j) * point_pitch + n);
      transform_output(mode, d, o);
      UNROLL_ALL for (int i = 0; i < OUTPUTS(mode); i++) t[i][j] = o[i];
    }
    const int lanes = min_int(VL, count - n);
    UNROLL_ALL for (int i = 0; i < OUTPUTS(mode); i++) {
      if (!p->row[i]) continue;
      transform_output(mode, t[i], o);
      float *to = p->row[i] + p->column + channel + from + n;
      if (p->inside && lanes == VL) {
        UNROLL_ALL for (int j = 0; j < OUTPUTS(mode); j++) {
          vstore(to + (ptrdiff_t)j * batch, o[j]);
          const vec around = o[j] - shift;
          *sum += around;
          *square = vfma(around, around, *square);
        }
        continue;
      }
      for (int j = p->from; j < p->to; j++) {
        vstore_part(to + (ptrdiff_t)j * batch, o[j], lanes);
        const vec around = vkeep(o[j] - shift, lanes);
        *sum += around;
        *square = vfma(around, around, *square);
      }
    }
  }
}

// So many channels of dy are turned together to rows of channels.
enum { CHANNEL_GROUP = LINE_FLOATS };

// A group of channels of dy: from [pixel][example][channel of the group] to points [point][example][channel].
INLINE void gradient_to_points(const int mode, const float *pixels, size_t pixel_pitch, int count, float *points, size_t example_pitch,
                               size_t point_pitch) {
  const int m = TILE(mode);
  for (int n = 0; n < count; n++)
    for (int c = 0; c < CHANNEL_GROUP; c += VL) {
      vec t[POINTS(mode)][TILE(mode)], d[4], o[MOST_POINTS];
      const float *from = pixels + (size_t)n * CHANNEL_GROUP + c;
      float *to = points + n * example_pitch + c;
      UNROLL_ALL for (int j = 0; j < m; j++) {
        UNROLL_ALL for (int i = 0; i < m; i++) d[i] = vload(from + (i * m + j) * pixel_pitch);
        transform_gradient(mode, d, o);
        UNROLL_ALL for (int i = 0; i < POINTS(mode); i++) t[i][j] = o[i];
      }
      UNROLL_ALL for (int i = 0; i < POINTS(mode); i++) {
        transform_gradient(mode, t[i], o);
        UNROLL_ALL for (int j = 0; j < POINTS(mode); j++) vstore(to + (i * POINTS(mode) + j) * point_pitch, o[j]);
      }
    }
}

#define FILTERING(mode)                                                                                                         \
  NOINLINE void to_points_##mode(const Patch *p, size_t channel, int batch, int from, int count, float *points, size_t pitch) { \
    if (p->inside) patch_to_points(mode, 1, p, channel, batch, from, count, points, pitch);                                     \
    else patch_to_points(mode, 0, p, channel, batch, from, count, points, pitch);                                              \
  }                                                                                                                             \
  NOINLINE void from_points_##mode(const Patch *p, size_t channel, int batch, int from, int count, const float *points,         \
                                   size_t pitch, vec shift, vec *sum, vec *square) {                                            \
    points_to_patch(mode, p, channel, batch, from, count, points, pitch, shift, sum, square);                                  \
  }
#define GRADIENT(mode)                                                                                                          \
  NOINLINE void gradient_to_points_##mode(const float *pixels, size_t pixel_pitch, int count, float *points,                   \
                                          size_t example_pitch, size_t point_pitch) {                                          \
    gradient_to_points(mode, pixels, pixel_pitch, count, points, example_pitch, point_pitch);                                  \
  }
FILTERING(2)
FILTERING(4)
FILTERING(12)
FILTERING(14)
FILTERING(22)
FILTERING(24)
GRADIENT(2)
GRADIENT(4)
GRADIENT(12)
GRADIENT(14)

typedef struct {
  int mode;
  void (*to_points)(const Patch *, size_t, int, int, int, float *, size_t);
  void (*from_points)(const Patch *, size_t, int, int, int, const float *, size_t, vec, vec *, vec *);
  void (*gradient_to_points)(const float *, size_t, int, float *, size_t, size_t);
} Transforms;

static const Transforms *transforms_of(int mode) {
  static const Transforms all[] = {
      {2, to_points_2, from_points_2, gradient_to_points_2},     {4, to_points_4, from_points_4, gradient_to_points_4},
      {12, to_points_12, from_points_12, gradient_to_points_12}, {14, to_points_14, from_points_14, gradient_to_points_14},
      {22, to_points_22, from_points_22, 0},                     {24, to_points_24, from_points_24, 0}};
  int i = 0;
  while (all[i].mode != mode) i++;
  return all + i;
}

#endif
