// The gradient of a filter over planes: products of rows of x, shifted by a tap, with rows of dy, summed over rows and columns.
#ifndef FILTER_GRADIENT_H
#define FILTER_GRADIENT_H

#include "direct.h"

// Products of so many (channel, tap) of x with so many channels of dy are summed at once.
#if defined(__AVX512F__) || defined(__ARM_NEON)
enum { MOST_X = 6, MOST_DY = 4 };
#elif defined(__AVX2__)
enum { MOST_X = 4, MOST_DY = 3 };
#else
enum { MOST_X = 4, MOST_DY = 2 };
#endif
// Rows of dy that are worked on together: enough floats that adding up the lanes at their end does not matter.
enum { CHUNK_FLOATS = 1536 };

typedef struct {
  int count; // rows
  const float *const *x, *const *dy;
  int columns;
} RowPairs;

INLINE void product_tile(const int xs, const int dys, const RowPairs *rows, const ptrdiff_t *x_at, size_t dy_pitch, float *const *sums) {
  vec sum[MOST_X][MOST_DY];
  UNROLL_ALL for (int i = 0; i < xs; i++) UNROLL_ALL for (int j = 0; j < dys; j++) sum[i][j] = vzero();
  for (int r = 0; r < rows->count; r++) {
    const float *x[MOST_X], *dy = rows->dy[r];
    UNROLL_ALL for (int i = 0; i < xs; i++) x[i] = rows->x[r] + x_at[i];
    int column = 0;
    for (; column + VL <= rows->columns; column += VL) {
      vec b[MOST_DY];
      UNROLL_ALL for (int j = 0; j < dys; j++) b[j] = vload(dy + j * dy_pitch + column);
      UNROLL_ALL for (int i = 0; i < xs; i++) {
        const vec a = vload(x[i] + column);
        UNROLL_ALL for (int j = 0; j < dys; j++) sum[i][j] = vfma(a, b[j], sum[i][j]);
      }
    }
    const int rest = rows->columns - column;
    if (rest > 0) {
      vec b[MOST_DY];
      UNROLL_ALL for (int j = 0; j < dys; j++) b[j] = vload_part(dy + j * dy_pitch + column, rest);
      UNROLL_ALL for (int i = 0; i < xs; i++) {
        const vec a = vload_part(x[i] + column, rest);
        UNROLL_ALL for (int j = 0; j < dys; j++) sum[i][j] = vfma(a, b[j], sum[i][j]);
      }
    }
  }
  UNROLL_ALL for (int i = 0; i < xs; i++) UNROLL_ALL for (int j = 0; j < dys; j++) sums[i][j] += vsum(sum[i][j]);
}

#define PRODUCTS(xs, dys)                                                                                                    \
  NOINLINE void products_##xs##_##dys(const RowPairs *rows, const ptrdiff_t *x_at, size_t dy_pitch, float *const *sums) { \
    product_tile(xs, dys, rows, x_at, dy_pitch, sums);                                                                      \
  }
// One, three or MOST_X of x; as many of dy as there are.
PRODUCTS(1, 1)
PRODUCTS(3, 1)
PRODUCTS(1, 2)
PRODUCTS(3, 2)
#if defined(__AVX512F__) || defined(__ARM_NEON)
PRODUCTS(6, 1)
PRODUCTS(6, 2)
PRODUCTS(1, 3)
PRODUCTS(3, 3)
PRODUCTS(6, 3)
PRODUCTS(1, 4)
PRODUCTS(3, 4)
PRODUCTS(6, 4)
#elif defined(__AVX2__)
PRODUCTS(4, 1)
PRODUCTS(4, 2)
PRODUCTS(1, 3)
PRODUCTS(3, 3)
PRODUCTS(4, 3)
#else
PRODUCTS(4, 1)
PRODUCTS(4, 2)
#endif

typedef void (*Products)(const RowPairs *, const ptrdiff_t *, size_t, float *const *);

static const Products products[MOST_DY][3] = {
#if defined(__AVX512F__) || defined(__ARM_NEON)
    {products_1_1, products_3_1, products_6_1},
    {products_1_2, products_3_2, products_6_2},
    {products_1_3, products_3_3, products_6_3},
    {products_1_4, products_3_4, products_6_4},
#elif defined(__AVX2__)
    {products_1_1, products_3_1, products_4_1},
    {products_1_2, products_3_2, products_4_2},
    {products_1_3, products_3_3, products_4_3},
#else
    {products_1_1, products_3_1, products_4_1},
    {products_1_2, products_3_2, products_4_2},
#endif
};

INLINE int dy_blocks(int channels) { return (channels + MOST_DY - 1) / MOST_DY; }

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *dy;
  Filter f;
  Phases phases;
  const ptrdiff_t *tap;
  float *split;     // for strides above 1: rows of x from `split_from` on
  int split_from;
  int begin, end;   // rows of dy
  float *dw;
  char *scratch;
  size_t thread_bytes;
} FilterGradient;

static void split_part(void *context, int part, int thread) {
  (void)thread;
  const FilterGradient *s = context;
  const int h = s->split_from + part;
  if (h < 0 || h >= s->x->height) return;
  split_row(&s->phases, s->batch, plane_row(s->memory, s->x, h), s->x->pitch, s->x->width, s->x->channels, s->f.left,
            s->split + (size_t)part * s->x->channels * s->phases.pitch);
}

// One filter row, one block of channels of dy.
static void products_part(void *context, int part, int thread) {
  const FilterGradient *s = context;
  const Plane *x = s->x, *dy = s->dy;
  const Filter *f = &s->f;
  const int blocks = dy_blocks(dy->channels), kh = part / blocks, block = part % blocks;
  const int first = (int)((int64_t)dy->channels * block / blocks), channels = (int)((int64_t)dy->channels * (block + 1) / blocks) - first;
  char *own = s->scratch + s->thread_bytes * thread;
  const float **x_row = carve(&own, sizeof(float *) * (s->end - s->begin));
  const float **dy_row = carve(&own, sizeof(float *) * (s->end - s->begin));
  int count = 0;
  for (int oh = s->begin; oh < s->end; oh++) {
    const int h = oh * f->stride_height + kh - f->top;
    if (h < 0 || h >= x->height) continue;
    x_row[count] = f->stride_width == 1 ? plane_row(s->memory, x, h)
                                  : s->split + (size_t)(h - s->split_from) * x->channels * s->phases.pitch;
    dy_row[count++] = plane_row(s->memory, dy, oh) + (size_t)first * dy->pitch;
  }
  if (count == 0) return;
  const RowPairs rows = {count, x_row, dy_row, dy->width * s->batch};
  const size_t x_pitch = f->stride_width == 1 ? (size_t)x->pitch : s->phases.pitch;
  float unwanted[MOST_DY];
  const int all = x->channels * f->filter_width;
  for (int m = 0; m < all;) {
    const int left = all - m, choice = left > 3 ? 2 : left > 1 ? 1 : 0, size = choice == 2 ? MOST_X : choice == 1 ? 3 : 1;
    ptrdiff_t x_at[MOST_X];
    float *sums[MOST_X];
    for (int i = 0; i < size; i++) {
      const int own_m = min_int(m + i, all - 1), c = own_m / f->filter_width, kw = own_m % f->filter_width;
      x_at[i] = (ptrdiff_t)(c * x_pitch) + s->tap[kw];
      sums[i] = m + i < all ? s->dw + (((size_t)kh * f->memory_width + kw) * x->channels + c) * dy->channels + first : unwanted;
    }
    for (int j = 0; j < MOST_DY; j++) unwanted[j] = 0;
    products[channels - 1][choice](&rows, x_at, dy->pitch, sums);
    m += size;
  }
}

INLINE int chunk_rows(int batch, const Plane *dy) {
  const int rows = (CHUNK_FLOATS + dy->width * batch - 1) / (dy->width * batch);
  return min_int(rows, dy->height);
}
INLINE int split_rows(int rows, const Filter *f) { return f->stride_width == 1 ? 0 : (rows - 1) * f->stride_height + f->filter_height; }

static size_t direct_filter_gradient_scratch(int batch, const Plane *x, const Plane *dy, const Filter *f) {
  const Phases p = make_phases(batch, dy->width, f);
  const int rows = chunk_rows(batch, dy);
  return round_up(sizeof(ptrdiff_t) * f->filter_width, 64) +
         round_up(4 * ((size_t)split_rows(rows, f) * x->channels * p.pitch + PLANE_SLACK), 64) +
         2 * round_up(sizeof(float *) * rows, 64) * thread_count() + 64;
}

// Adds to dw.
static void direct_filter_gradient(char *memory, int batch, const Plane *x, const Plane *dy, float *dw, const Filter *f, char *scratch) {
  const Phases phases = make_phases(batch, dy->width, f);
  const int rows = chunk_rows(batch, dy);
  ptrdiff_t *tap = carve(&scratch, sizeof(ptrdiff_t) * f->filter_width);
  forward_taps(f, batch, &phases, tap);
  float *split = carve(&scratch, 4 * ((size_t)split_rows(rows, f) * x->channels * phases.pitch + PLANE_SLACK));
  FilterGradient s = {memory, batch, x, dy, *f, phases, tap, split, 0, 0, 0, dw, scratch, 2 * round_up(sizeof(float *) * rows, 64)};
  for (s.begin = 0; s.begin < dy->height; s.begin = s.end) {
    s.end = min_int(s.begin + rows, dy->height);
    s.split_from = s.begin * f->stride_height - f->top;
    if (f->stride_width > 1) parallel(split_rows(s.end - s.begin, f), split_part, &s);
    parallel(f->filter_height * dy_blocks(dy->channels), products_part, &s);
  }
}

#endif
