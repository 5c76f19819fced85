// 3 x 3 convolutions with stride 1 or 2 by minimal filtering in two dimensions: with tiles of 4 x 4 outputs 4 times fewer products at
// stride 1 and 1.8 times at stride 2, with tiles of 2 x 2 2.25 and 1.4 times. The price is accuracy: rounding errors grow some 5 times
// with tiles of 4, hardly with those of 2.
//
// A *column* is one tile of one example. A block of columns of one row of tiles is transformed, multiplied point by point with the
// transformed filter (the same loop as the direct kernels', over one row), and transformed back, all inside the second-level cache.
// The input's gradient is the forward algorithm on dy with the filter turned round; the filter's is the transpose of the forward one.
#ifndef WINOGRAD_H
#define WINOGRAD_H

#include "filter_gradient.h"
#include "minimal_filtering.h"
#include "rearrange.h"

// ---- one tile, one channel, some examples

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

// ---- geometry

// What the transforms of one number of x or y weigh, in products of one example: measured.
enum { FILTERING_TRANSFORM = 26, PRODUCT_TRANSFORM = 17 };

// What a block of columns may take of the second-level cache.
enum { CACHED_FLOATS = 96 * 1024 };

static double winograd_cost(int m, int stride, const Plane *x, const Plane *y, int transform) {
  const int points = stride == 1 ? m + 2 : 2 * m + 1;
  const double tiles = (double)((y->height + m - 1) / m) * ((y->width + m - 1) / m);
  return tiles * points * points * ((double)x->channels * y->channels + transform * (x->channels + y->channels));
}

// The tile by which a convolution of x to y is computed, 0 for directly. Automatic is what costs least, if that is less by a
// tenth: of equals the direct one is the more accurate.
static int winograd_size(int method, const Filter *f, const Plane *x, const Plane *y, int is_filter_gradient) {
  if (f->filter_height != 3 || f->filter_width != 3 || f->stride_height > 2 || f->stride_height != f->stride_width || method == 1) return 0;
  if (method == 2 || method == 4) return method;
  const int transform = is_filter_gradient ? PRODUCT_TRANSFORM : FILTERING_TRANSFORM;
  const double direct = 9.0 * y->height * y->width * x->channels * y->channels;
  const double by_4 = winograd_cost(4, f->stride_width, x, y, transform), by_2 = winograd_cost(2, f->stride_width, x, y, transform);
  const double least = by_4 < by_2 ? by_4 : by_2;
  return least * 1.1 >= direct * (is_filter_gradient ? 1.1 : 1) ? 0 : by_4 < by_2 ? 4 : 2;
}

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

// ---- transformed filters

INLINE void filter_points(const int mode, const float *taps, size_t tap_pitch, size_t floats, float *u, size_t u_pitch) {
  for (size_t e = 0; e < floats; e += VL) {
    vec t[FILTERS(mode)][3], g[3], o[MOST_FILTERS];
    UNROLL_ALL for (int j = 0; j < 3; j++) {
      UNROLL_ALL for (int i = 0; i < 3; i++) g[i] = vload(taps + (i * 3 + j) * tap_pitch + e);
      transform_filter(mode, g, o);
      UNROLL_ALL for (int i = 0; i < FILTERS(mode); i++) t[i][j] = o[i];
    }
    UNROLL_ALL for (int i = 0; i < FILTERS(mode); i++) {
      transform_filter(mode, t[i], o);
      UNROLL_ALL for (int j = 0; j < FILTERS(mode); j++) vstore(u + (i * FILTERS(mode) + j) * u_pitch + e, o[j]);
    }
  }
}

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

// Calls a function of the modes that filters have with that of a number: those of 10 and of 20 have the same.
#define WITH_FILTER_MODE(number, call) \
  switch ((number) > 20 ? (number) - 10 : (number)) { \
  case 2: call(2); break;              \
  case 4: call(4); break;              \
  case 12: call(12); break;            \
  default: call(14);                   \
  }

INLINE size_t taps_pitch(int inner, int outer) { return round_up((size_t)inner * outer, LINE_FLOATS); }

// u[filter][block of outputs][inner][output] of w[tap][channel of the input][of the output], or turned round and its channels exchanged.
static void transform_filters(int mode, const float *w, int turned, int inner, int outer, float *taps, float *u, size_t u_pitch) {
  const size_t pitch = taps_pitch(inner, outer);
  const int none = 0;
  const WeightOrder order = {1, 1, &none, &none, 0, 0, turned ? 1 : outer, turned ? inner : 1};
  for (int k = 0; k < 9; k++) pack_weights(w + (size_t)(turned ? 8 - k : k) * inner * outer, &order, inner, outer, taps + k * pitch);
#define CALL(mode) filter_points(mode, taps, pitch, (size_t)inner * outer, u, u_pitch)
  WITH_FILTER_MODE(mode, CALL)
#undef CALL
}

// ---- forward, and by the filter turned round the gradient of the input

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *y;
  Tiles tiles;
  const Transforms *transforms;
  const float *u;
  size_t u_pitch;
  float *scratch;
  size_t thread_floats;
  Statistics *statistics;
  int parts;
} Filtering;

// The first number that a tile makes: what statistics are gathered around.
static float first_output(int mode, const float *points, size_t point_pitch) {
  const int side = POINTS(mode), m = TILE(mode), terms = mode < 10 ? m + 1 : m == 4 ? 4 : 2;
  float sum = 0;
  for (int i = 0; i <= terms; i++)
    for (int j = 0; j <= terms; j++) {
      // With a stride, the first of the plain products comes after the points of the even inputs.
      const int row = i < terms ? i : m + 1, column = j < terms ? j : m + 1;
      if (mode > 10 || (i < terms && j < terms)) sum += points[(row * side + column) * point_pitch];
    }
  return sum;
}

// One block of output channels: the products of all points, then what they make.
static void filter_outputs(const Filtering *s, int part, int is_first, int from, int to, int channel, int outputs, const Patch *patches,
                           const float *v, size_t v_pitch, float *o, size_t o_pitch) {
  const Tiles *t = &s->tiles;
  const Plane *y = s->y;
  const int inner = s->x->channels, side = POINTS(t->mode), filters = FILTERS(t->mode);
  const size_t row_pitch = row_pitch_of(t);
  const ptrdiff_t no_tap = 0;
  int run = 0;
  for (int p = 0; p < t->points; p++) {
    const int filter = filter_of_point(t->mode, p / side) * filters + filter_of_point(t->mode, p % side);
    const float *rows = v + p * v_pitch;
    const Window window = {1, &rows, &run, row_pitch};
    const Correlation k = {inner, outputs, 1, &no_tap, s->u + filter * s->u_pitch + (size_t)channel * inner, 1};
    correlate_planes(&k, &window, 0, to - from, o + p * o_pitch, row_pitch);
  }
  for (int c = channel; c < channel + outputs; c++) {
    const float *points = o + (c - channel) * row_pitch;
    vec sum = vzero(), square = vzero(), shift = vzero();
    if (s->statistics) {
      if (is_first) begin_channel(s->statistics, part, c, first_output(t->mode, points, o_pitch));
      shift = vsplat(s->statistics->shift[(size_t)part * y->channels + c]);
    }
    const Patch *patch = patches;
    FOR_TILES(s->batch, from, to) {
      (void)tile;
      s->transforms->from_points(patch++, (size_t)c * y->pitch, s->batch, first, count, points + (at - from), o_pitch, shift, &sum, &square);
    }
    if (s->statistics) add_statistics(s->statistics, part, c, vsum(sum), vsum(square));
  }
}

// How many numbers of a channel a block of columns makes.
static double outputs_of(const Filtering *s, int row, int from, int to) {
  const Tiles *t = &s->tiles;
  double numbers = 0;
  FOR_TILES(s->batch, from, to) {
    (void)first;
    numbers += (double)count * min_int(OUTPUTS(t->mode), s->y->width - tile * t->out_step);
  }
  return numbers * min_int(OUTPUTS(t->mode), s->y->height - row * t->out_step);
}

static size_t filtering_points(const Tiles *t, int channels) { return point_pitch_of(channels * row_pitch_of(t)); }

static void filtering_part(void *context, int part, int thread) {
  const Filtering *s = context;
  const Tiles *t = &s->tiles;
  const Plane *x = s->x, *y = s->y;
  const size_t row_pitch = row_pitch_of(t), v_pitch = filtering_points(t, x->channels), o_pitch = filtering_points(t, MOST_OUTPUTS);
  float *v = s->scratch + s->thread_floats * thread, *o = v + t->points * v_pitch;
  Patch *patches = (Patch *)(o + round_up(t->points * o_pitch + PLANE_SLACK, LINE_FLOATS));
  const int begin = part_begin(t->rows, s->parts, part), end = part_begin(t->rows, s->parts, part + 1);
  for (int row = begin; row < end; row++)
    for (int from = 0; from < t->columns; from += t->block) {
      const int to = min_int(from + t->block, t->columns), is_first = row == begin && from == 0;
      FOR_TILES(s->batch, from, to) {
        const Patch patch = make_patch(s->memory, s->batch, x, INPUTS(t->mode), row * t->in_step + t->in_top, tile * t->in_step + t->in_left);
        for (int c = 0; c < x->channels; c++)
          s->transforms->to_points(&patch, (size_t)c * x->pitch, s->batch, first, count, v + c * row_pitch + (at - from), v_pitch);
      }
      Patch *patch = patches;
      FOR_TILES(s->batch, from, to) {
        (void)first;
        *patch++ = make_patch(s->memory, s->batch, y, OUTPUTS(t->mode), row * t->out_step + t->out_top, tile * t->out_step + t->out_left);
      }
      for (int block = 0; block < output_blocks(y->channels); block++) {
        const int channel = block_begin(y->channels, block), outputs = block_begin(y->channels, block + 1) - channel;
        filter_outputs(s, part, is_first, from, to, channel, outputs, patches, v, v_pitch, o, o_pitch);
      }
      if (s->statistics) s->statistics->count[part] += outputs_of(s, row, from, to);
      if (to < t->columns || !y->margin) continue;
      const int first_row = max_int(0, row * t->out_step + t->out_top);
      const int last_row = min_int(y->height, (row + 1) * t->out_step + t->out_top);
      for (int h = first_row; h < last_row; h++)
        for (int c = 0; c < y->channels; c++)
          clear_gap(plane_row(s->memory, y, h) + (size_t)c * y->pitch, y->width * s->batch, y->pitch);
    }
  if (y->margin && part == 0) clear_left(s->memory, y);
}

static Tiles filtering_tiles(Tiles t, int inner) {
  t.block = block_of(&t, inner + MOST_OUTPUTS, 480);
  return t;
}

static size_t filtering_thread_floats(const Tiles *t, int inner) {
  // A block meets fewer tiles than this, whatever their examples.
  const size_t patches = sizeof(Patch) / sizeof(float) * (t->block + 2);
  return round_up(t->points * (filtering_points(t, inner) + filtering_points(t, MOST_OUTPUTS)) + PLANE_SLACK, LINE_FLOATS) +
         round_up(patches, LINE_FLOATS) + LINE_FLOATS;
}

static size_t filtering_scratch(Tiles tiles, int inner, int outer) {
  const Tiles t = filtering_tiles(tiles, inner);
  const int filters = FILTERS(t.mode) * FILTERS(t.mode);
  return round_up(4 * filters * point_pitch_of((size_t)inner * outer), 64) + round_up(4 * (9 * taps_pitch(inner, outer) + VL), 64) +
         4 * filtering_thread_floats(&t, inner) * thread_count() + 64;
}

static void filtering(char *memory, int batch, const Plane *x, const Plane *y, Tiles tiles, const float *w, int turned,
                      Statistics *statistics, char *scratch) {
  const int inner = x->channels, outer = y->channels;
  const Tiles t = filtering_tiles(tiles, inner);
  const size_t u_pitch = point_pitch_of((size_t)inner * outer);
  float *u = carve(&scratch, 4 * FILTERS(t.mode) * FILTERS(t.mode) * u_pitch);
  float *taps = carve(&scratch, 4 * (9 * taps_pitch(inner, outer) + VL));
  transform_filters(t.mode, w, turned, inner, outer, taps, u, u_pitch);
  if (statistics) begin_statistics(statistics);
  Filtering s = {memory,  batch,      x,          y, t, transforms_of(t.mode), u, u_pitch, (float *)scratch, filtering_thread_floats(&t, inner),
                 statistics, row_parts(t.rows)};
  parallel(s.parts, filtering_part, &s);
}

static size_t winograd_forward_scratch(int batch, const Plane *x, const Plane *y, const Filter *f, int m) {
  return filtering_scratch(forward_tiles(m, batch, y, f), x->channels, y->channels);
}
static void winograd_forward(char *memory, int batch, const Plane *x, const float *w, const Plane *y, const Filter *f, int m,
                             Statistics *statistics, char *scratch) {
  filtering(memory, batch, x, y, forward_tiles(m, batch, y, f), w, 0, statistics, scratch);
}

static size_t winograd_input_gradient_scratch(int batch, const Plane *dx, const Plane *dy, const Filter *f, int m) {
  return filtering_scratch(backward_tiles(m, batch, dx, f), dy->channels, dx->channels);
}
static void winograd_input_gradient(char *memory, int batch, const Plane *dy, const float *w, const Plane *dx, const Filter *f, int m,
                                    char *scratch) {
  filtering(memory, batch, dy, dx, backward_tiles(m, batch, dx, f), w, 1, 0, scratch);
}

// ---- gradient of the filter
//
// Sums over columns of products of a channel of x with one of dy, for each point. Here the points of dy lie channel beside channel, so
// that the sums of several channels of dy are one vector and no vector has to be added up.

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
