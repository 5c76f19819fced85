// The gradient of a filter by minimal filtering: the transpose of the forward algorithm.
//
// Sums over columns of products of a channel of x with one of dy, for each point. Here the points of dy lie channel beside channel, so
// that the sums of several channels of dy are one vector and no vector has to be added up.
#ifndef WINOGRAD_PRODUCTS_H
#define WINOGRAD_PRODUCTS_H

#include "rearrange.h"
#include "winograd_layout.h"

// sums[i][channel] += v[i][column] * d[column][channel], over the columns; rows of v, d and sums are so many floats apart
typedef struct {
  int columns, channels; // channels in whole vectors
  const float *v, *d;
  size_t v_pitch, d_pitch;
  float *sums;
} OuterProducts;

INLINE void outer_sums(const int rows, const int vectors, const OuterProducts *o, int channel) {
  vec sum[8][6];
  UNROLL_ALL for (int i = 0; i < rows; i++) UNROLL_ALL for (int j = 0; j < vectors; j++) sum[i][j] = vzero();
  const float *v[8], *d = o->d + channel;
  UNROLL_ALL for (int i = 0; i < rows; i++) v[i] = o->v + i * o->v_pitch;
  for (int k = 0; k < o->columns; k++, d += o->d_pitch) {
    vec b[6];
    UNROLL_ALL for (int j = 0; j < vectors; j++) b[j] = vload(d + j * VL);
    UNROLL_ALL for (int i = 0; i < rows; i++) {
      const vec a = vsplat(v[i][k]);
      UNROLL_ALL for (int j = 0; j < vectors; j++) sum[i][j] = vfma(a, b[j], sum[i][j]);
    }
  }
  UNROLL_ALL for (int i = 0; i < rows; i++) UNROLL_ALL for (int j = 0; j < vectors; j++) {
    float *to = o->sums + i * o->d_pitch + channel + j * VL;
    vstore(to, vload(to) + sum[i][j]);
  }
}

INLINE void outer_channels(const int rows, const OuterProducts *o) {
  int c = 0;
  for (; c + TILE_VECTORS(rows) * VL <= o->channels; c += TILE_VECTORS(rows) * VL) outer_sums(rows, TILE_VECTORS(rows), o, c);
  for (; c + 2 * VL <= o->channels; c += 2 * VL) outer_sums(rows, 2, o, c);
  if (c < o->channels) outer_sums(rows, 1, o, c);
}

#define OUTER(rows) \
  NOINLINE void outer_##rows(const OuterProducts *o) { outer_channels(rows, o); }
OUTER(1)
OUTER(2)
OUTER(3)
OUTER(4)
#if defined(__AVX2__) || defined(__ARM_NEON)
OUTER(5)
OUTER(6)
#endif
#if defined(__AVX512F__) || defined(__ARM_NEON)
OUTER(7)
OUTER(8)
#endif

static void (*const outer_rows[MOST_OUTPUTS])(const OuterProducts *) = {
    outer_1, outer_2, outer_3, outer_4,
#if defined(__AVX2__) || defined(__ARM_NEON)
    outer_5, outer_6,
#endif
#if defined(__AVX512F__) || defined(__ARM_NEON)
    outer_7, outer_8,
#endif
};

// dw[tap][floats] of sums [filter][floats]
INLINE void product_taps(const int mode, const float *sums, size_t sums_pitch, size_t floats, float *dw, size_t tap_pitch) {
  for (size_t e = 0; e < floats; e += VL) {
    vec t[3][FILTERS(mode)], u[MOST_FILTERS], o[3];
    const int lanes = floats - e < VL ? (int)(floats - e) : VL;
    UNROLL_ALL for (int j = 0; j < FILTERS(mode); j++) {
      UNROLL_ALL for (int i = 0; i < FILTERS(mode); i++) u[i] = vload(sums + (i * FILTERS(mode) + j) * sums_pitch + e);
      transform_product(mode, u, o);
      UNROLL_ALL for (int i = 0; i < 3; i++) t[i][j] = o[i];
    }
    UNROLL_ALL for (int i = 0; i < 3; i++) {
      transform_product(mode, t[i], o);
      UNROLL_ALL for (int j = 0; j < 3; j++) vstore_part(dw + (i * 3 + j) * tap_pitch + e, o[j], lanes);
    }
  }
}

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *dy;
  Tiles tiles;
  const Transforms *transforms;
  float *d, *sums;           // [point][column][channel of dy], [filter][channel of x][channel of dy]
  size_t d_pitch, sums_pitch;
  int channels;              // of dy, in whole vectors of any instruction set
  int row, from, to;
  float *scratch;
  size_t thread_floats;
} FilterProducts;

// The gradients of a group of channels of dy, turned to [pixel][example][channel].
static void turn_patch(const FilterProducts *s, const Patch *patch, int channel, int channels, int first, int count, float *pixels,
                       size_t pixel_pitch) {
  const int m = TILE(s->tiles.mode);
  for (int i = 0; i < m; i++)
    for (int j = 0; j < m; j++, pixels += pixel_pitch) {
      if (!patch->row[i] || j < patch->from || j >= patch->to) {
        fill_zero(pixels, (size_t)count * CHANNEL_GROUP);
        continue;
      }
      const float *from = patch->row[i] + patch->column + (ptrdiff_t)j * s->batch + first + (size_t)channel * s->dy->pitch;
      float *to[CHANNEL_GROUP];
      int n = 0;
      for (; n + 4 <= count; n += 4) {
        for (int k = 0; k < 4; k++) to[k] = pixels + (size_t)(n + k) * CHANNEL_GROUP;
        int c = 0;
        for (; c + 4 <= channels; c += 4) {
          float *const at[4] = {to[0] + c, to[1] + c, to[2] + c, to[3] + c};
          transpose4(from + (size_t)c * s->dy->pitch + n, s->dy->pitch, at);
        }
        for (; c < CHANNEL_GROUP; c++)
          for (int k = 0; k < 4; k++) to[k][c] = c < channels ? from[(size_t)c * s->dy->pitch + n + k] : 0;
      }
      for (; n < count; n++)
        for (int c = 0; c < CHANNEL_GROUP; c++) pixels[(size_t)n * CHANNEL_GROUP + c] = c < channels ? from[(size_t)c * s->dy->pitch + n] : 0;
    }
}

static void gradient_points_part(void *context, int group, int thread) {
  const FilterProducts *s = context;
  const int m = TILE(s->tiles.mode), channel = group * CHANNEL_GROUP, channels = min_int(CHANNEL_GROUP, s->dy->channels - channel);
  const size_t pixel_pitch = (size_t)s->batch * CHANNEL_GROUP + LINE_FLOATS;
  float *pixels = s->scratch + s->thread_floats * thread;
  FOR_TILES(s->batch, s->from, s->to) {
    const Patch patch = make_patch(s->memory, s->batch, s->dy, m, s->row * m, tile * m);
    turn_patch(s, &patch, channel, channels, first, count, pixels, pixel_pitch);
    s->transforms->gradient_to_points(pixels, pixel_pitch, count, s->d + (size_t)(at - s->from) * s->channels + channel, s->channels,
                                      s->d_pitch);
  }
}

// A block of channels of x, and their products with all of dy.
static void outer_products_part(void *context, int block, int thread) {
  const FilterProducts *s = context;
  const Tiles *t = &s->tiles;
  const int side = POINTS(t->mode), filters = FILTERS(t->mode);
  const int channel = block_begin(s->x->channels, block), rows = block_begin(s->x->channels, block + 1) - channel;
  const size_t row_pitch = row_pitch_of(t), v_pitch = filtering_points(t, MOST_OUTPUTS);
  float *v = s->scratch + s->thread_floats * thread;
  FOR_TILES(s->batch, s->from, s->to) {
    const Patch patch = make_patch(s->memory, s->batch, s->x, INPUTS(t->mode), s->row * t->in_step + t->in_top, tile * t->in_step + t->in_left);
    for (int c = 0; c < rows; c++)
      s->transforms->to_points(&patch, (size_t)(channel + c) * s->x->pitch, s->batch, first, count, v + c * row_pitch + (at - s->from), v_pitch);
  }
  for (int p = 0; p < t->points; p++) {
    const int filter = filter_of_point(t->mode, p / side) * filters + filter_of_point(t->mode, p % side);
    const OuterProducts products = {s->to - s->from,  s->channels, v + p * v_pitch, s->d + p * s->d_pitch, row_pitch, s->channels,
                                    s->sums + filter * s->sums_pitch + (size_t)channel * s->channels};
    outer_rows[rows - 1](&products);
  }
}

static Tiles product_tiles(int m, int batch, const Plane *dy, const Filter *f) {
  Tiles t = forward_tiles(m, batch, dy, f);
  t.block = block_of(&t, round_up(dy->channels, CHANNEL_GROUP) + MOST_OUTPUTS, 240);
  return t;
}

static size_t product_thread_floats(const Tiles *t, int batch) {
  const int m = TILE(t->mode);
  const size_t pixels = (size_t)m * m * ((size_t)batch * CHANNEL_GROUP + LINE_FLOATS), v = t->points * filtering_points(t, MOST_OUTPUTS);
  return round_up((pixels > v ? pixels : v) + PLANE_SLACK, LINE_FLOATS);
}

static size_t winograd_filter_gradient_scratch(int batch, const Plane *x, const Plane *dy, const Filter *f, int m) {
  const Tiles t = product_tiles(m, batch, dy, f);
  const size_t channels = round_up(dy->channels, CHANNEL_GROUP);
  return 4 * (t.points * point_pitch_of(t.block * channels) + PLANE_SLACK) + 64 +
         4 * FILTERS(t.mode) * FILTERS(t.mode) * point_pitch_of(x->channels * channels) + 64 +
         round_up(4 * 9 * x->channels * channels, 64) + 4 * product_thread_floats(&t, batch) * thread_count() + 64;
}

static void winograd_filter_gradient(char *memory, int batch, const Plane *x, const Plane *dy, float *dw, const Filter *f, int m,
                                     char *scratch) {
  const Tiles t = product_tiles(m, batch, dy, f);
  const int channels = (int)round_up(dy->channels, CHANNEL_GROUP), filters = FILTERS(t.mode) * FILTERS(t.mode);
  FilterProducts s = {memory, batch, x, dy, t, transforms_of(t.mode), 0, 0, point_pitch_of((size_t)t.block * channels),
                      point_pitch_of((size_t)x->channels * channels), channels, 0, 0, 0, 0, product_thread_floats(&t, batch)};
  s.d = carve(&scratch, 4 * (t.points * s.d_pitch + PLANE_SLACK));
  s.sums = carve(&scratch, 4 * filters * s.sums_pitch);
  float *wide = carve(&scratch, 4 * 9 * (size_t)x->channels * channels);
  s.scratch = (float *)scratch;
  fill_zero(s.sums, filters * s.sums_pitch);
  for (s.row = 0; s.row < t.rows; s.row++)
    for (s.from = 0; s.from < t.columns; s.from = s.to) {
      s.to = min_int(s.from + t.block, t.columns);
      parallel(channels / CHANNEL_GROUP, gradient_points_part, &s);
      parallel(output_blocks(x->channels), outer_products_part, &s);
    }
  const size_t floats = (size_t)x->channels * channels;
#define CALL(mode) product_taps(mode, s.sums, s.sums_pitch, floats, wide, floats)
  WITH_FILTER_MODE(t.mode, CALL)
#undef CALL
  for (size_t i = 0; i < 9 * (size_t)x->channels; i++) copy_short(dw + i * dy->channels, wide + i * channels, dy->channels);
}

#endif
