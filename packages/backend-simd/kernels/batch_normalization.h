// Batch normalisation with a leaky ReLU behind it, in training mode (both ways) and with given statistics.
//
// `rows` is batch x height x width, each a row of C channels. A vector holds four neighbouring floats; where C is not a
// multiple of four, as many rows as make one are treated as a single wider row ("tile"), so that nothing is scalar but
// the last rows that do not fill a tile.
#ifndef BATCH_NORMALIZATION_H
#define BATCH_NORMALIZATION_H

#include "vector.h"

enum { CHUNK = 64 }; // tiles summed in registers before they go into the totals: keeps float32 sums of long columns accurate

typedef struct {
  int width;    // floats in a tile: C times the number of rows in it
  size_t tiles; // full tiles
  size_t rest;  // first float behind them
  size_t end;   // rows * C
} Tiling;

static Tiling make_tiling(size_t rows, int C) {
  const int repeat = C % 4 == 0 ? 1 : C % 2 == 0 ? 2 : 4;
  const int width = C * repeat;
  const size_t tiles = rows / repeat;
  return (Tiling){width, tiles, tiles * width, rows * C};
}

// Repeats a vector of C parameters over the width of a tile.
static void spread(const float *parameters, int C, int width, float *out) {
  for (int i = 0; i < width; i++) out[i] = parameters[i % C];
}

static void fold(const float *tile, int C, int width, float *out) {
  for (int c = 0; c < C; c++) {
    float sum = 0;
    for (int i = c; i < width; i += C) sum += tile[i];
    out[c] = sum;
  }
}

INLINE size_t min_size(size_t a, size_t b) { return a < b ? a : b; }

INLINE f32x4 square(f32x4 v) { return v * v; }

// totals[C] = sum over rows of x - mean, or of its square. `mean` and `sums` have the width of a tile.
INLINE void sum_rows(const int squared, const float *x, const Tiling *t, int C, const float *mean, float *sums, float *totals) {
  fill_zero(sums, t->width);
  for (size_t first = 0; first < t->tiles; first += CHUNK) {
    const size_t last = min_size(first + CHUNK, t->tiles);
    for (int i = 0; i < t->width; i += LANES) {
      f32x4 a = splat(0), b = splat(0), m = squared ? load(mean + i) : splat(0);
      size_t r = first;
      for (; r + 2 <= last; r += 2) {
        const f32x4 v = load(x + r * t->width + i), w = load(x + (r + 1) * t->width + i);
        a += squared ? square(v - m) : v;
        b += squared ? square(w - m) : w;
      }
      if (r < last) a += squared ? square(load(x + r * t->width + i) - m) : load(x + r * t->width + i);
      store(sums + i, load(sums + i) + (a + b));
    }
  }
  fold(sums, C, t->width, totals);
  for (size_t i = t->rest; i < t->end; i++) {
    const float v = squared ? x[i] - mean[(i - t->rest) % C] : x[i];
    totals[(i - t->rest) % C] += squared ? v * v : v;
  }
}

// max(v, 0) that lets NaN through, and v * leakiness below zero. `keep` is all ones, or zero where leakiness is zero:
// minus infinity times zero would be NaN.
INLINE f32x4 leaky(f32x4 v, f32x4 leakiness, i32x4 keep) {
  return select4((i32x4)(v < splat(0)), (f32x4)((i32x4)(v * leakiness) & keep), v);
}
INLINE float leaky1(float v, float leakiness) { return v < 0 ? (leakiness ? v * leakiness : 0) : v; }

// y = leaky((x - mean) * scale + beta); the parameters are spread over a tile.
static void normalize(const float *x, const Tiling *t, const float *mean, const float *scale, const float *beta,
                      float leakiness, float *y) {
  const f32x4 leak = splat(leakiness);
  const i32x4 keep = leakiness ? (i32x4){-1, -1, -1, -1} : (i32x4){0, 0, 0, 0};
  for (size_t r = 0; r < t->tiles; r++) {
    const float *p = x + r * t->width;
    float *q = y + r * t->width;
    for (int i = 0; i < t->width; i += LANES)
      store(q + i, leaky((load(p + i) - load(mean + i)) * load(scale + i) + load(beta + i), leak, keep));
  }
  for (size_t i = t->rest; i < t->end; i++) {
    const size_t c = i - t->rest; // fewer rows than a tile holds, so the spread parameters reach
    y[i] = leaky1((x[i] - mean[c]) * scale[c] + beta[c], leakiness);
  }
}

INLINE float deviation(float variance, float epsilon) { return 1 / __builtin_sqrtf(variance + epsilon); }

EXPORT(batch_normalization_scratch) size_t batch_normalization_scratch(int C) { return (size_t)C * 4 * 6; }

EXPORT(batch_normalization_inference)
void batch_normalization_inference(const float *x, size_t rows, int C, const float *gamma, const float *beta,
                                   const float *mean, const float *variance, float epsilon, float leakiness, float *y,
                                   float *scratch) {
  const Tiling t = make_tiling(rows, C);
  float *means = scratch, *scales = means + t.width, *betas = scales + t.width;
  spread(mean, C, t.width, means);
  spread(beta, C, t.width, betas);
  for (int i = 0; i < t.width; i++) scales[i] = gamma[i % C] * deviation(variance[i % C], epsilon);
  normalize(x, &t, means, scales, betas, leakiness, y);
}

// Also returns the mean and the (biased) variance of the batch.
EXPORT(batch_normalization)
void batch_normalization(const float *x, size_t rows, int C, const float *gamma, const float *beta, float epsilon,
                         float leakiness, float *y, float *mean, float *variance, float *scratch) {
  const Tiling t = make_tiling(rows, C);
  float *means = scratch, *sums = means + t.width;
  sum_rows(0, x, &t, C, means, sums, mean);
  for (int c = 0; c < C; c++) mean[c] /= (float)rows;
  spread(mean, C, t.width, means);
  sum_rows(1, x, &t, C, means, sums, variance);
  for (int c = 0; c < C; c++) variance[c] /= (float)rows;
  batch_normalization_inference(x, rows, C, gamma, beta, mean, variance, epsilon, leakiness, y, scratch);
}

// The parameters of a gradient, spread over a tile.
typedef struct {
  float *mean, *scale, *beta, *by_x, *shift;
} Spread;

// The gradient behind the leaky ReLU. Its argument is computed again, with the bits of the forward pass, instead of being kept.
INLINE f32x4 gate(f32x4 dy, f32x4 centred, const Spread *s, int i, f32x4 leak, i32x4 keep) {
  const f32x4 v = centred * load(s->scale + i) + load(s->beta + i);
  return select4((i32x4)(v > splat(0)), dy, (f32x4)((i32x4)(dy * leak) & keep));
}
INLINE float gate1(float dy, float centred, const Spread *s, size_t i, float leakiness) {
  return centred * s->scale[i] + s->beta[i] > 0 ? dy : leakiness ? dy * leakiness : 0;
}

// dbeta[C] = sum of g, dscaled[C] = sum of g * (x - mean), where g is the gradient behind the ReLU.
static void sum_gradients(const float *dy, const float *x, const Tiling *t, int C, const Spread *s, float leakiness,
                          float *sums, float *dbeta, float *dscaled) {
  const f32x4 leak = splat(leakiness);
  const i32x4 keep = leakiness ? (i32x4){-1, -1, -1, -1} : (i32x4){0, 0, 0, 0};
  float *scaled = sums + t->width;
  fill_zero(sums, 2 * t->width);
  for (size_t first = 0; first < t->tiles; first += CHUNK) {
    const size_t last = min_size(first + CHUNK, t->tiles);
    for (int i = 0; i < t->width; i += LANES) {
      f32x4 a = splat(0), b = splat(0);
      const f32x4 m = load(s->mean + i);
      for (size_t r = first; r < last; r++) {
        const f32x4 centred = load(x + r * t->width + i) - m;
        const f32x4 g = gate(load(dy + r * t->width + i), centred, s, i, leak, keep);
        a += g;
        b += g * centred;
      }
      store(sums + i, load(sums + i) + a);
      store(scaled + i, load(scaled + i) + b);
    }
  }
  fold(sums, C, t->width, dbeta);
  fold(scaled, C, t->width, dscaled);
  for (size_t i = t->rest; i < t->end; i++) {
    const size_t k = i - t->rest;
    const float centred = x[i] - s->mean[k], g = gate1(dy[i], centred, s, k, leakiness);
    dbeta[k % C] += g;
    dscaled[k % C] += g * centred;
  }
}

// dx = scale * g + by_x * (x - mean) + shift
static void apply_gradient(const float *dy, const float *x, const Tiling *t, const Spread *s, float leakiness, float *dx) {
  const f32x4 leak = splat(leakiness);
  const i32x4 keep = leakiness ? (i32x4){-1, -1, -1, -1} : (i32x4){0, 0, 0, 0};
  for (size_t r = 0; r < t->tiles; r++) {
    const size_t at = r * t->width;
    for (int i = 0; i < t->width; i += LANES) {
      const f32x4 centred = load(x + at + i) - load(s->mean + i);
      const f32x4 g = gate(load(dy + at + i), centred, s, i, leak, keep);
      store(dx + at + i, load(s->scale + i) * g + load(s->by_x + i) * centred + load(s->shift + i));
    }
  }
  for (size_t i = t->rest; i < t->end; i++) {
    const size_t k = i - t->rest;
    const float centred = x[i] - s->mean[k], g = gate1(dy[i], centred, s, k, leakiness);
    dx[i] = s->scale[k] * g + s->by_x[k] * centred + s->shift[k];
  }
}

EXPORT(batch_normalization_gradient)
void batch_normalization_gradient(const float *dy, const float *x, size_t rows, int C, const float *gamma, const float *beta,
                                  const float *mean, const float *variance, float epsilon, float leakiness, float *dx,
                                  float *dgamma, float *dbeta, float *scratch) {
  const Tiling t = make_tiling(rows, C);
  const int W = t.width;
  const Spread s = {scratch, scratch + W, scratch + 2 * W, scratch + 3 * W, scratch + 4 * W};
  spread(mean, C, W, s.mean);
  spread(beta, C, W, s.beta);
  for (int i = 0; i < W; i++) s.scale[i] = gamma[i % C] * deviation(variance[i % C], epsilon);
  // by_x and shift are not known yet: their place serves for the sums.
  sum_gradients(dy, x, &t, C, &s, leakiness, s.by_x, dbeta, dgamma);
  for (int i = 0; i < W; i++) {
    const float d = deviation(variance[i % C], epsilon);
    s.by_x[i] = -s.scale[i] * d * d * dgamma[i % C] / (float)rows;
    s.shift[i] = -s.scale[i] * dbeta[i % C] / (float)rows;
  }
  for (int c = 0; c < C; c++) dgamma[c] *= deviation(variance[c], epsilon);
  apply_gradient(dy, x, &t, &s, leakiness, dx);
}

#endif
