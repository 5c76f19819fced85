// 3 x 3 convolutions with stride 1 by Winograd's minimal filtering, F(m x m, 3 x 3) with m = 2 or 4 (Lavin & Gray 2016): a tile of
// m x m outputs costs (m + 2)^2 products instead of 9 m^2, so 4 times fewer for m = 4 and 2.25 times fewer for m = 2. The
// price is accuracy: rounding errors grow some 5 times for m = 4 and hardly for m = 2.
//
// A column is one tile of one example. A block of columns of one row of tiles is transformed, multiplied point by point with the
// transformed filter (the same loop as the direct kernels', over one row), and transformed back, all inside the second-level cache.
// The input's gradient is the forward algorithm on dy with the filter turned round; the filter's is the transpose of the forward one.
#ifndef WINOGRAD_H
#define WINOGRAD_H

#include "filter_gradient.h"

enum { MOST_POINTS = 6 };
#define POINTS(m) ((m) + 2)

// ---- one dimension

// B' d
INLINE void transform_input(const int m, const vec *d, vec *o) {
  if (m == 4) {
    const vec a = vfma(vsplat(-4), d[2], d[4]), b = vfma(vsplat(-4), d[1], d[3]), c = d[4] - d[2], e = (d[3] - d[1]) * vsplat(2);
    o[0] = vfma(vsplat(4), d[0], vfma(vsplat(-5), d[2], d[4]));
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = vfma(vsplat(4), d[1], vfma(vsplat(-5), d[3], d[5]));
  } else {
    o[0] = d[0] - d[2];
    o[1] = d[1] + d[2];
    o[2] = d[2] - d[1];
    o[3] = d[1] - d[3];
  }
}

// A' v
INLINE void transform_output(const int m, const vec *v, vec *o) {
  if (m == 4) {
    const vec a = v[1] + v[2], b = v[1] - v[2], c = v[3] + v[4], e = v[3] - v[4];
    o[0] = v[0] + a + c;
    o[1] = vfma(vsplat(2), e, b);
    o[2] = vfma(vsplat(4), c, a);
    o[3] = vfma(vsplat(8), e, b) + v[5];
  } else {
    o[0] = v[0] + v[1] + v[2];
    o[1] = v[1] - v[2] - v[3];
  }
}

// A y
INLINE void transform_gradient(const int m, const vec *y, vec *o) {
  if (m == 4) {
    const vec a = y[0] + y[2], b = y[1] + y[3], c = vfma(vsplat(4), y[2], y[0]), e = vfma(vsplat(8), y[3], y[1] + y[1]);
    o[0] = y[0];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = y[3];
  } else {
    o[0] = y[0];
    o[1] = y[0] + y[1];
    o[2] = y[0] - y[1];
    o[3] = vzero() - y[1];
  }
}

// G g
INLINE void transform_filter(const int m, const vec *g, vec *o) {
  if (m == 4) {
    const vec a = (g[0] + g[2]) * vsplat(-1.f / 6), b = g[1] * vsplat(1.f / 6);
    const vec c = vfma(vsplat(1.f / 24), g[0], g[2] * vsplat(1.f / 6)), e = g[1] * vsplat(1.f / 12);
    o[0] = g[0] * vsplat(.25f);
    o[1] = a - b;
    o[2] = a + b;
    o[3] = c + e;
    o[4] = c - e;
    o[5] = g[2];
  } else {
    const vec a = (g[0] + g[2]) * vsplat(.5f), b = g[1] * vsplat(.5f);
    o[0] = g[0];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = g[2];
  }
}

// G' u
INLINE void transform_product(const int m, const vec *u, vec *o) {
  if (m == 4) {
    const vec a = (u[1] + u[2]) * vsplat(-1.f / 6), c = u[3] + u[4];
    o[0] = vfma(vsplat(.25f), u[0], vfma(vsplat(1.f / 24), c, a));
    o[1] = vfma(vsplat(1.f / 12), u[3] - u[4], (u[2] - u[1]) * vsplat(1.f / 6));
    o[2] = vfma(vsplat(1.f / 6), c, a) + u[5];
  } else {
    const vec a = (u[1] + u[2]) * vsplat(.5f);
    o[0] = u[0] + a;
    o[1] = (u[1] - u[2]) * vsplat(.5f);
    o[2] = a + u[3];
  }
}

// ---- one tile, one channel, some examples

// Where the pixels of a tile are: rows of a plane, the place of the first column; what lies outside the image is zero.
typedef struct {
  const float *row[MOST_POINTS]; // of the first channel; null outside
  ptrdiff_t column;              // of the first pixel, in floats
  int from, to;                  // columns of the tile that lie inside
} Patch;

static Patch make_patch(char *memory, int batch, const Plane *p, int size, int h, int w) {
  Patch patch = {{0}, (ptrdiff_t)w * batch, max_int(0, -w), min_int(size, p->width - w)};
  for (int i = 0; i < size; i++) patch.row[i] = h + i >= 0 && h + i < p->height ? plane_row(memory, p, h + i) : 0;
  return patch;
}

INLINE vec patch_load(const Patch *p, int i, int j, size_t at, int batch) {
  return p->row[i] && j >= p->from && j < p->to ? vload(p->row[i] + p->column + (ptrdiff_t)j * batch + at) : vzero();
}

// Writes whole vectors: up to a vector more than `count` columns, which the next tile overwrites.
INLINE void patch_to_points(const int m, const int is_gradient, const int inside, const Patch *p, size_t channel, int batch, int from,
                            int count, float *points, size_t point_pitch) {
  const int size = is_gradient ? m : POINTS(m);
  for (int n = 0; n < count; n += VL) {
    vec t[MOST_POINTS][MOST_POINTS], d[MOST_POINTS], o[MOST_POINTS];
    const size_t at = channel + from + n;
    UNROLL_ALL for (int j = 0; j < size; j++) {
      UNROLL_ALL for (int i = 0; i < size; i++)
        d[i] = inside ? vload(p->row[i] + p->column + (ptrdiff_t)j * batch + at) : patch_load(p, i, j, at, batch);
      if (is_gradient) transform_gradient(m, d, o);
      else transform_input(m, d, o);
      UNROLL_ALL for (int i = 0; i < POINTS(m); i++) t[i][j] = o[i];
    }
    UNROLL_ALL for (int i = 0; i < POINTS(m); i++) {
      if (is_gradient) transform_gradient(m, t[i], o);
      else transform_input(m, t[i], o);
      UNROLL_ALL for (int j = 0; j < POINTS(m); j++) vstore(points + (i * POINTS(m) + j) * point_pitch + n, o[j]);
    }
  }
}

#define TO_POINTS(name, m, is_gradient)                                                                                       \
  NOINLINE void name(const Patch *p, size_t channel, int batch, int from, int count, float *points, size_t point_pitch) {     \
    int inside = p->from == 0 && p->to == ((is_gradient) ? (m) : POINTS(m));                                                  \
    for (int i = 0; i < ((is_gradient) ? (m) : POINTS(m)); i++) inside &= p->row[i] != 0;                                     \
    if (inside) patch_to_points(m, is_gradient, 1, p, channel, batch, from, count, points, point_pitch);                     \
    else patch_to_points(m, is_gradient, 0, p, channel, batch, from, count, points, point_pitch);                            \
  }
TO_POINTS(input_to_points_4, 4, 0)
TO_POINTS(input_to_points_2, 2, 0)
TO_POINTS(gradient_to_points_4, 4, 1)
TO_POINTS(gradient_to_points_2, 2, 1)

typedef struct {
  float *row[4]; // of the channel; null outside
  ptrdiff_t column;
  int columns;   // that lie inside
} OutputPatch;

// With sums around `shift` of what it writes.
INLINE void points_to_patch(const int m, const OutputPatch *p, int batch, int from, int count, const float *points, size_t point_pitch,
                            vec shift, vec *sum, vec *square) {
  for (int n = 0; n < count; n += VL) {
    vec t[4][MOST_POINTS], d[MOST_POINTS], o[4];
    UNROLL_ALL for (int j = 0; j < POINTS(m); j++) {
      UNROLL_ALL for (int i = 0; i < POINTS(m); i++) d[i] = vload(points + (i * POINTS(m) + j) * point_pitch + n);
      transform_output(m, d, o);
      UNROLL_ALL for (int i = 0; i < m; i++) t[i][j] = o[i];
    }
    const int lanes = min_int(VL, count - n);
    UNROLL_ALL for (int i = 0; i < m; i++) {
      if (!p->row[i]) continue;
      transform_output(m, t[i], o);
      float *to = p->row[i] + p->column + from + n;
      for (int j = 0; j < p->columns; j++, to += batch) {
        const vec v = o[j];
        if (lanes == VL) vstore(to, v);
        else vstore_part(to, v, lanes);
        const vec around = lanes == VL ? (vec)(v - shift) : vkeep(v - shift, lanes);
        *sum += around;
        *square = vfma(around, around, *square);
      }
    }
  }
}

NOINLINE void points_to_patch_4(const OutputPatch *p, int batch, int from, int count, const float *points, size_t point_pitch, vec shift,
                                vec *sum, vec *square) {
  points_to_patch(4, p, batch, from, count, points, point_pitch, shift, sum, square);
}
NOINLINE void points_to_patch_2(const OutputPatch *p, int batch, int from, int count, const float *points, size_t point_pitch, vec shift,
                                vec *sum, vec *square) {
  points_to_patch(2, p, batch, from, count, points, point_pitch, shift, sum, square);
}

// The first number that points_to_patch makes, about: what statistics are gathered around.
static float first_output(int m, const float *points, size_t point_pitch) {
  float sum = 0;
  for (int i = 0; i <= m; i++)
    for (int j = 0; j <= m; j++) sum += points[(i * POINTS(m) + j) * point_pitch];
  return sum;
}

// ---- geometry

// Whether, and with which tile, a convolution is computed so: 0 directly.
static int winograd_size(int method, const Filter *f, const Plane *x, const Plane *y) {
  if (f->filter_height != 3 || f->filter_width != 3 || f->stride != 1 || method == 1) return 0;
  if (method == 2 || method == 4) return method;
  // What transforms cost has to come back in the product, which is short where channels are few.
  if (x->channels < 6 || y->channels < 6 || x->channels + y->channels < 20) return 0;
  // Tiles that reach over the border compute what nobody wants.
  const double wanted = (double)y->height * y->width;
  const double m4 = 16.0 * ((y->height + 3) / 4) * ((y->width + 3) / 4), m2 = 4.0 * ((y->height + 1) / 2) * ((y->width + 1) / 2);
  if (m4 <= 1.8 * wanted) return 4;
  return m2 <= 1.3 * wanted ? 2 : 0;
}

typedef struct {
  int m, points, tile_rows, tile_columns;
  int columns, block;       // columns of a row of tiles, and those of a block
  size_t row_pitch;         // floats from channel to channel of one point
} Tiles;

static Tiles make_tiles(int m, int batch, int height, int width, size_t floats_of_column, size_t budget, int most) {
  const int points = POINTS(m) * POINTS(m), tile_columns = (width + m - 1) / m, columns = tile_columns * batch;
  const int wide = TILE_VECTORS(MOST_OUTPUTS) * VL;
  int block = (int)(budget / (floats_of_column * points)) / wide * wide;
  block = min_int(max_int(block, wide), most);
  if (block > columns) block = columns;
  return (Tiles){m, points, (height + m - 1) / m, tile_columns, columns, block, odd_lines((size_t)block + VL)};
}

enum { POINT_FLOATS = 128 * 1024, PRODUCT_COLUMNS = 400 };

INLINE size_t point_pitch_of(const Tiles *t, int channels) { return (size_t)channels * t->row_pitch + LINE_FLOATS; }

// Runs over the tiles that a block of columns meets: the tile, the first of its examples and how many.
#define FOR_TILES(t, batch, from, to)                                                                                             \
  for (int at = (from), tile = at / (batch), first = at % (batch), count = min_int((batch) - first, (to) - at); at < (to);       \
       at += count, tile = at / (batch), first = at % (batch), count = min_int((batch) - first, (to) - at))

// u[point][block of outputs][inner][output]
static void filter_to_points(int m, const float *w, size_t inner_stride, size_t outer_stride, size_t tap_stride, int turned, int inner,
                             int outer, float *packed, float *u, size_t u_pitch) {
  const size_t floats = (size_t)inner * outer, pitch = round_up(floats, LINE_FLOATS);
  for (int k = 0; k < 9; k++) {
    const int none = 0;
    const WeightOrder order = {1, 1, &none, &none, 0, 0, inner_stride, outer_stride};
    pack_weights(w + (turned ? 8 - k : k) * tap_stride, &order, inner, outer, packed + k * pitch);
  }
  for (size_t e = 0; e < floats; e += VL) {
    vec t[MOST_POINTS][3], g[3], o[MOST_POINTS];
    for (int j = 0; j < 3; j++) {
      for (int i = 0; i < 3; i++) g[i] = vload(packed + (i * 3 + j) * pitch + e);
      transform_filter(m, g, o);
      for (int i = 0; i < POINTS(m); i++) t[i][j] = o[i];
    }
    for (int i = 0; i < POINTS(m); i++) {
      transform_filter(m, t[i], o);
      for (int j = 0; j < POINTS(m); j++) vstore(u + (i * POINTS(m) + j) * u_pitch + e, o[j]);
    }
  }
}

// ---- forward, and by the filter turned round the gradient of the input

// Numbers of a channel that columns [from, to) of a row of tiles make.
static double statistics_count(const Tiles *t, int batch, const Plane *y, int row, int from, int to) {
  double numbers = 0;
  FOR_TILES(t, batch, from, to) {
    numbers += (double)count * min_int(t->m, y->width - tile * t->m);
    (void)first;
  }
  return numbers * min_int(t->m, y->height - row * t->m);
}

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *y;
  int top, left;
  Tiles tiles;
  const float *u;
  size_t u_pitch;
  float *scratch;
  size_t thread_floats;
  Statistics *statistics;
  int parts;
} Filtering;

INLINE size_t filter_pitch(int inner, int outer) { return round_up((size_t)inner * outer, LINE_FLOATS) + LINE_FLOATS; }

static size_t filtering_thread_floats(const Tiles *t, const Plane *x) {
  return round_up(t->points * (point_pitch_of(t, x->channels) + point_pitch_of(t, MOST_OUTPUTS)) + PLANE_SLACK, LINE_FLOATS);
}

static void filtering_part(void *context, int part, int thread) {
  const Filtering *s = context;
  const Tiles *t = &s->tiles;
  const Plane *x = s->x, *y = s->y;
  const int m = t->m, batch = s->batch;
  const size_t v_pitch = point_pitch_of(t, x->channels), o_pitch = point_pitch_of(t, MOST_OUTPUTS);
  float *v = s->scratch + s->thread_floats * thread, *o = v + t->points * v_pitch;
  const ptrdiff_t no_tap = 0;
  int run = 0;
  const int begin = part_begin(t->tile_rows, s->parts, part), end = part_begin(t->tile_rows, s->parts, part + 1);
  for (int row = begin; row < end; row++)
    for (int from = 0; from < t->columns; from += t->block) {
      const int to = min_int(from + t->block, t->columns);
      FOR_TILES(t, batch, from, to) {
        const Patch patch = make_patch(s->memory, batch, x, POINTS(m), row * m - s->top, tile * m - s->left);
        for (int c = 0; c < x->channels; c++) {
          float *points = v + c * t->row_pitch + (at - from);
          (m == 4 ? input_to_points_4 : input_to_points_2)(&patch, (size_t)c * x->pitch, batch, first, count, points, v_pitch);
        }
      }
      for (int block = 0; block < output_blocks(y->channels); block++) {
        const int channel = block_begin(y->channels, block), outputs = block_begin(y->channels, block + 1) - channel;
        for (int p = 0; p < t->points; p++) {
          const float *rows = v + p * v_pitch;
          const Window window = {1, &rows, &run, t->row_pitch};
          const Correlation k = {x->channels, outputs, 1, &no_tap, s->u + p * s->u_pitch + (size_t)channel * x->channels, 1};
          correlate_planes(&k, &window, 0, to - from, o + p * o_pitch, t->row_pitch);
        }
        for (int c = channel; c < channel + outputs; c++) {
          vec sum = vzero(), square = vzero(), shift = vzero();
          const float *points = o + (c - channel) * t->row_pitch;
          FOR_TILES(t, batch, from, to) {
            OutputPatch patch = {{0}, (ptrdiff_t)tile * m * batch, min_int(m, y->width - tile * m)};
            for (int i = 0; i < m && row * m + i < y->height; i++)
              patch.row[i] = plane_row(s->memory, y, row * m + i) + (size_t)c * y->pitch;
            if (at == from && s->statistics) {
              if (row == begin && from == 0) begin_channel(s->statistics, part, c, first_output(m, points, o_pitch));
              shift = vsplat(s->statistics->shift[(size_t)part * y->channels + c]);
            }
            (m == 4 ? points_to_patch_4 : points_to_patch_2)(&patch, batch, first, count, points + (at - from), o_pitch, shift, &sum, &square);
          }
          if (s->statistics) add_statistics(s->statistics, part, c, vsum(sum), vsum(square));
        }
      }
      if (s->statistics) s->statistics->count[part] += statistics_count(t, batch, y, row, from, to);
      if (to < t->columns || !y->margin) continue;
      for (int h = row * m; h < min_int(row * m + m, y->height); h++)
        for (int c = 0; c < y->channels; c++)
          clear_gap(plane_row(s->memory, y, h) + (size_t)c * y->pitch, y->width * batch, y->pitch);
    }
  if (y->margin && part == 0) clear_left(s->memory, y);
}

static Tiles filtering_tiles(int m, int batch, const Plane *x, const Plane *y) {
  return make_tiles(m, batch, y->height, y->width, x->channels + MOST_OUTPUTS, POINT_FLOATS, 480);
}

static size_t filtering_scratch(int batch, const Plane *x, const Plane *y, int m) {
  const Tiles t = filtering_tiles(m, batch, x, y);
  const size_t filters = 4 * (size_t)t.points * filter_pitch(x->channels, y->channels);
  const size_t packed = 4 * (9 * round_up((size_t)x->channels * y->channels, LINE_FLOATS) + LINE_FLOATS);
  return round_up(filters, 64) + round_up(packed, 64) + 4 * filtering_thread_floats(&t, x) * thread_count() + 64;
}

static void filtering(char *memory, int batch, const Plane *x, const Plane *y, int m, int top, int left, const float *w, int turned,
                      Statistics *statistics, char *scratch) {
  const Tiles t = filtering_tiles(m, batch, x, y);
  const int inner = x->channels, outer = y->channels;
  const size_t u_pitch = filter_pitch(inner, outer);
  float *u = carve(&scratch, 4 * t.points * u_pitch);
  float *packed = carve(&scratch, 4 * (9 * round_up((size_t)inner * outer, LINE_FLOATS) + LINE_FLOATS));
  // w[tap][channel of the convolution's input][of its output]
  filter_to_points(m, w, turned ? 1 : outer, turned ? inner : 1, (size_t)inner * outer, turned, inner, outer, packed, u, u_pitch);
  Filtering s = {memory, batch, x, y, top, left, t, u, u_pitch, (float *)scratch, filtering_thread_floats(&t, x), statistics,
                 row_parts(t.tile_rows)};
  if (statistics) begin_statistics(statistics);
  parallel(s.parts, filtering_part, &s);
}

static size_t winograd_forward_scratch(int batch, const Plane *x, const Plane *y, int m) { return filtering_scratch(batch, x, y, m); }
static size_t winograd_input_gradient_scratch(int batch, const Plane *dx, const Plane *dy, int m) {
  return filtering_scratch(batch, dy, dx, m);
}

static void winograd_forward(char *memory, int batch, const Plane *x, const float *w, const Plane *y, const Filter *f, int m,
                             Statistics *statistics, char *scratch) {
  filtering(memory, batch, x, y, m, f->top, f->left, w, 0, statistics, scratch);
}

static void winograd_input_gradient(char *memory, int batch, const Plane *dy, const float *w, const Plane *dx, const Filter *f, int m,
                                    char *scratch) {
  filtering(memory, batch, dy, dx, m, 2 - f->top, 2 - f->left, w, 1, 0, scratch);
}

// ---- gradient of the filter

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *dy;
  int top, left;
  Tiles tiles;
  float *v, *d, *sums;
  size_t v_pitch, d_pitch, sums_pitch;
  int row, from, to;
  float *dw;
} FilterProducts;

// Channels of x, then those of dy.
static void products_points_part(void *context, int part, int thread) {
  (void)thread;
  const FilterProducts *s = context;
  const Tiles *t = &s->tiles;
  const int m = t->m, is_dy = part >= s->x->channels, c = is_dy ? part - s->x->channels : part;
  FOR_TILES(t, s->batch, s->from, s->to) {
    const size_t place = c * t->row_pitch + (at - s->from);
    if (is_dy) {
      const Patch patch = make_patch(s->memory, s->batch, s->dy, m, s->row * m, tile * m);
      (m == 4 ? gradient_to_points_4 : gradient_to_points_2)(&patch, (size_t)c * s->dy->pitch, s->batch, first, count, s->d + place, s->d_pitch);
    } else {
      const Patch patch = make_patch(s->memory, s->batch, s->x, POINTS(m), s->row * m - s->top, tile * m - s->left);
      (m == 4 ? input_to_points_4 : input_to_points_2)(&patch, (size_t)c * s->x->pitch, s->batch, first, count, s->v + place, s->v_pitch);
    }
  }
}

// One point.
static void point_products_part(void *context, int point, int thread) {
  (void)thread;
  const FilterProducts *s = context;
  const Tiles *t = &s->tiles;
  const float *v = s->v + point * s->v_pitch, *d = s->d + point * s->d_pitch;
  const int blocks = dy_blocks(s->dy->channels), inner = s->x->channels, outer = s->dy->channels;
  float unwanted[MOST_DY] = {0};
  for (int block = 0; block < blocks; block++) {
    const int first = (int)((int64_t)outer * block / blocks), channels = (int)((int64_t)outer * (block + 1) / blocks) - first;
    const float *dy = d + first * t->row_pitch;
    const RowPairs rows = {1, &v, &dy, s->to - s->from};
    for (int c = 0; c < inner;) {
      const int left = inner - c, choice = left > 3 ? 2 : left > 1 ? 1 : 0, size = choice == 2 ? 6 : choice == 1 ? 3 : 1;
      ptrdiff_t at[MOST_X];
      float *sums[MOST_X];
      for (int i = 0; i < size; i++) {
        at[i] = (ptrdiff_t)(min_int(c + i, inner - 1) * t->row_pitch);
        sums[i] = c + i < inner ? s->sums + point * s->sums_pitch + (size_t)(c + i) * outer + first : unwanted;
      }
      products[channels - 1][choice](&rows, at, t->row_pitch, sums);
      c += size;
    }
  }
}

static Tiles product_tiles(int m, int batch, const Plane *x, const Plane *dy) {
  return make_tiles(m, batch, dy->height, dy->width, x->channels + dy->channels, (size_t)-1, PRODUCT_COLUMNS);
}

static size_t winograd_filter_gradient_scratch(int batch, const Plane *x, const Plane *dy, int m) {
  const Tiles t = product_tiles(m, batch, x, dy);
  const size_t points = point_pitch_of(&t, x->channels) + point_pitch_of(&t, dy->channels) + 2 * LINE_FLOATS;
  return 4 * t.points * (points + filter_pitch(x->channels, dy->channels)) + 4 * PLANE_SLACK + 4 * 64;
}

static void winograd_filter_gradient(char *memory, int batch, const Plane *x, const Plane *dy, float *dw, const Filter *f, int m, char *scratch) {
  const Tiles t = product_tiles(m, batch, x, dy);
  FilterProducts s = {memory, batch, x, dy, f->top, f->left, t, 0, 0, 0, point_pitch_of(&t, x->channels), point_pitch_of(&t, dy->channels),
                      filter_pitch(x->channels, dy->channels), 0, 0, 0, dw};
  s.v = carve(&scratch, 4 * (t.points * s.v_pitch + PLANE_SLACK));
  s.d = carve(&scratch, 4 * (t.points * s.d_pitch + PLANE_SLACK));
  s.sums = carve(&scratch, 4 * t.points * s.sums_pitch);
  fill_zero(s.sums, t.points * s.sums_pitch);
  for (s.row = 0; s.row < t.tile_rows; s.row++)
    for (s.from = 0; s.from < t.columns; s.from = s.to) {
      s.to = min_int(s.from + t.block, t.columns);
      parallel(x->channels + dy->channels, products_points_part, &s);
      parallel(t.points, point_products_part, &s);
    }
  const size_t floats = (size_t)x->channels * dy->channels;
  for (size_t e = 0; e < floats; e += VL) {
    vec r[3][MOST_POINTS], u[MOST_POINTS], o[3];
    const int lanes = floats - e < VL ? (int)(floats - e) : VL;
    for (int j = 0; j < POINTS(m); j++) {
      for (int i = 0; i < POINTS(m); i++) u[i] = vload(s.sums + (i * POINTS(m) + j) * s.sums_pitch + e);
      transform_product(m, u, o);
      for (int i = 0; i < 3; i++) r[i][j] = o[i];
    }
    for (int i = 0; i < 3; i++) {
      transform_product(m, r[i], o);
      for (int j = 0; j < 3; j++) vstore_part(dw + (i * 3 + j) * floats + e, o[j], lanes);
    }
  }
}

#endif
