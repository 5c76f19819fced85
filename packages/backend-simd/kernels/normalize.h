// Batch normalisation with a leaky ReLU behind it, over planes: in training mode with its gradient, and with given statistics.
#ifndef NORMALIZE_H
#define NORMALIZE_H

#include "direct.h"

// What the gradient needs of the forward pass, [4][round_up(channels, 16)].
typedef struct {
  float *scale, *shift, *mean, *inverse; // gamma / deviation, beta, mean of the batch, 1 / deviation
} Saved;

INLINE double saved_floats(int channels) { return 4.0 * (double)round_up((size_t)channels, LINE_FLOATS); }
static Saved saved_at(float *memory, int channels) {
  const size_t n = round_up(channels, LINE_FLOATS);
  return (Saved){memory, memory + n, memory + 2 * n, memory + 3 * n};
}

typedef struct {
  char *memory;
  const Plane *x, *y, *dy; // of a gradient: x, y = dx
  Saved saved;
  float leakiness;
  int columns, parts;
  Statistics *statistics;
  double *sums;              // gradient: [part][2][channel]
  const float *by_x, *constant; // gradient: dx = scale * g + by_x * (x - mean) + constant
} Normalizing;

// v where it is not negative (or NaN), v * leakiness elsewhere. Without a slope it is zero: minus infinity times zero were NaN.
INLINE vec leaky_relu(vec v, vec slope, int has_slope) { return vwhere_not_negative(v, v, has_slope ? (vec)(v * slope) : vzero()); }
INLINE vec behind_relu(vec dy, vec v, vec slope, int has_slope) { return vwhere_positive(v, dy, has_slope ? (vec)(dy * slope) : vzero()); }

static void statistics_part(void *context, int part, int thread) {
  (void)thread;
  const Normalizing *s = context;
  const int begin = part_begin(s->x->height, s->parts, part), end = part_begin(s->x->height, s->parts, part + 1);
  for (int h = begin; h < end; h++)
    gather_statistics(s->statistics, part, plane_row(s->memory, s->x, h), s->x->pitch, s->columns, h == begin);
}

INLINE void map_row(const float *x, float *y, int n, float mean, float scale, float shift, float leakiness, const int has_slope) {
  const vec m = vsplat(mean), a = vsplat(scale), b = vsplat(shift), slope = vsplat(leakiness);
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(y + i, leaky_relu(vfma(vload(x + i) - m, a, b), slope, has_slope));
  if (i < n) vstore_part(y + i, leaky_relu(vfma(vload_part(x + i, n - i) - m, a, b), slope, has_slope), n - i);
}

static void map_part(void *context, int part, int thread) {
  (void)thread;
  const Normalizing *s = context;
  const Plane *x = s->x, *y = s->y;
  const int begin = part_begin(x->height, s->parts, part), end = part_begin(x->height, s->parts, part + 1);
  for (int h = begin; h < end; h++) {
    const float *from = plane_row(s->memory, x, h);
    float *to = plane_row(s->memory, y, h);
    for (int c = 0; c < x->channels; c++, from += x->pitch, to += y->pitch) {
      const float mean = s->saved.mean[c], scale = s->saved.scale[c], shift = s->saved.shift[c];
      if (s->leakiness != 0) map_row(from, to, s->columns, mean, scale, shift, s->leakiness, 1);
      else map_row(from, to, s->columns, mean, scale, shift, 0, 0);
      if (y->margin) clear_gap(to, s->columns, y->pitch);
    }
  }
  if (y->margin && part == 0) clear_left(s->memory, y);
}

static void normalize_planes(char *memory, int batch, const Plane *x, const Plane *y, const float *gamma, const float *beta, float *mean,
                      float *variance, Saved saved, float leakiness, float epsilon, float decay, Statistics *gathered, char *scratch) {
  Statistics own = statistics_at((float *)scratch, x->channels);
  Normalizing s = {memory, x, y, 0, saved, leakiness, x->width * batch, row_parts(x->height), gathered ? gathered : &own, 0, 0, 0};
  if (!gathered) {
    begin_statistics(&own);
    parallel(s.parts, statistics_part, &s);
  }
  for (int c = 0; c < x->channels; c++) {
    double m, v;
    merge_statistics(s.statistics, c, &m, &v);
    saved.mean[c] = (float)m;
    saved.inverse[c] = (float)(1 / __builtin_sqrt(v + (double)epsilon));
    saved.scale[c] = gamma[c] * saved.inverse[c];
    saved.shift[c] = beta[c];
    mean[c] = decay * mean[c] + (1 - decay) * (float)m;
    variance[c] = decay * variance[c] + (1 - decay) * (float)v;
  }
  parallel(s.parts, map_part, &s);
}

static void normalize_inference(char *memory, int batch, const Plane *x, const Plane *y, const float *gamma, const float *beta,
                                const float *mean, const float *variance, float leakiness, float epsilon, char *scratch) {
  const Saved saved = saved_at((float *)scratch, x->channels);
  for (int c = 0; c < x->channels; c++) {
    saved.mean[c] = mean[c];
    saved.scale[c] = gamma[c] * (float)(1 / __builtin_sqrt((double)variance[c] + (double)epsilon));
    saved.shift[c] = beta[c];
  }
  Normalizing s = {memory, x, y, 0, saved, leakiness, x->width * batch, row_parts(x->height), 0, 0, 0, 0};
  parallel(s.parts, map_part, &s);
}

// ---- gradient

INLINE void sum_row(const float *x, const float *dy, int n, float mean, float scale, float shift, float leakiness, const int has_slope,
                    double *sum, double *products) {
  const vec m = vsplat(mean), a = vsplat(scale), b = vsplat(shift), slope = vsplat(leakiness);
  vec g0 = vzero(), g1 = vzero(), p0 = vzero(), p1 = vzero();
  int i = 0;
  for (; i + 2 * VL <= n; i += 2 * VL) {
    const vec u = vload(x + i) - m, v = vload(x + i + VL) - m;
    const vec g = behind_relu(vload(dy + i), vfma(u, a, b), slope, has_slope);
    const vec h = behind_relu(vload(dy + i + VL), vfma(v, a, b), slope, has_slope);
    g0 += g, g1 += h;
    p0 = vfma(g, u, p0), p1 = vfma(h, v, p1);
  }
  for (; i < n; i += VL) {
    const int lanes = min_int(VL, n - i);
    const vec u = vload_part(x + i, lanes) - m;
    const vec g = behind_relu(vload_part(dy + i, lanes), vfma(u, a, b), slope, has_slope);
    g0 += g;
    p0 = vfma(g, u, p0);
  }
  *sum += vsum(g0 + g1);
  *products += vsum(p0 + p1);
}

static void gradient_sums_part(void *context, int part, int thread) {
  (void)thread;
  const Normalizing *s = context;
  const Plane *x = s->x, *dy = s->dy;
  const int begin = part_begin(x->height, s->parts, part), end = part_begin(x->height, s->parts, part + 1);
  double *sum = s->sums + (size_t)part * 2 * x->channels, *products = sum + x->channels;
  for (int c = 0; c < 2 * x->channels; c++) sum[c] = 0;
  for (int h = begin; h < end; h++) {
    const float *from = plane_row(s->memory, x, h), *d = plane_row(s->memory, dy, h);
    for (int c = 0; c < x->channels; c++, from += x->pitch, d += dy->pitch) {
      const float mean = s->saved.mean[c], scale = s->saved.scale[c], shift = s->saved.shift[c];
      if (s->leakiness != 0) sum_row(from, d, s->columns, mean, scale, shift, s->leakiness, 1, sum + c, products + c);
      else sum_row(from, d, s->columns, mean, scale, shift, 0, 0, sum + c, products + c);
    }
  }
}

INLINE void gradient_row(const float *x, const float *dy, float *dx, int n, float mean, float scale, float shift, float by_x,
                         float constant, float leakiness, const int has_slope) {
  const vec m = vsplat(mean), a = vsplat(scale), b = vsplat(shift), k = vsplat(by_x), l = vsplat(constant), slope = vsplat(leakiness);
  int i = 0;
  for (; i + VL <= n; i += VL) {
    const vec u = vload(x + i) - m;
    vstore(dx + i, vfma(a, behind_relu(vload(dy + i), vfma(u, a, b), slope, has_slope), vfma(k, u, l)));
  }
  if (i < n) {
    const vec u = vload_part(x + i, n - i) - m;
    vstore_part(dx + i, vfma(a, behind_relu(vload_part(dy + i, n - i), vfma(u, a, b), slope, has_slope), vfma(k, u, l)), n - i);
  }
}

static void gradient_part(void *context, int part, int thread) {
  (void)thread;
  const Normalizing *s = context;
  const Plane *x = s->x, *dy = s->dy, *dx = s->y;
  const int begin = part_begin(x->height, s->parts, part), end = part_begin(x->height, s->parts, part + 1);
  for (int h = begin; h < end; h++) {
    const float *from = plane_row(s->memory, x, h), *d = plane_row(s->memory, dy, h);
    float *to = plane_row(s->memory, dx, h);
    for (int c = 0; c < x->channels; c++, from += x->pitch, d += dy->pitch, to += dx->pitch) {
      const float mean = s->saved.mean[c], scale = s->saved.scale[c], shift = s->saved.shift[c];
      if (s->leakiness != 0)
        gradient_row(from, d, to, s->columns, mean, scale, shift, s->by_x[c], s->constant[c], s->leakiness, 1);
      else gradient_row(from, d, to, s->columns, mean, scale, shift, s->by_x[c], s->constant[c], 0, 0);
      if (dx->margin) clear_gap(to, s->columns, dx->pitch);
    }
  }
  if (dx->margin && part == 0) clear_left(s->memory, dx);
}

static size_t normalize_scratch(int channels) {
  return round_up(sizeof(float) * stats_floats(channels), 64) + round_up(sizeof(double) * MOST_PARTS * 2 * channels, 64) +
         4 * round_up(sizeof(float) * round_up(channels, 16), 64);
}

static void normalize_gradient(char *memory, int batch, const Plane *dy, const Plane *x, const Plane *dx, Saved saved, float *dgamma,
                               float *dbeta, float leakiness, char *scratch) {
  const int channels = x->channels;
  double *sums = carve(&scratch, sizeof(double) * MOST_PARTS * 2 * channels);
  float *by_x = carve(&scratch, sizeof(float) * channels), *constant = carve(&scratch, sizeof(float) * channels);
  Normalizing s = {memory, x, dx, dy, saved, leakiness, x->width * batch, row_parts(x->height), 0, sums, by_x, constant};
  parallel(s.parts, gradient_sums_part, &s);
  const double count = (double)x->height * s.columns;
  for (int c = 0; c < channels; c++) {
    double sum = 0, products = 0;
    for (int p = 0; p < s.parts; p++) {
      sum += sums[(size_t)p * 2 * channels + c];
      products += sums[((size_t)p * 2 + 1) * channels + c];
    }
    const double inverse = saved.inverse[c], scale = saved.scale[c];
    dbeta[c] = (float)sum;
    dgamma[c] = (float)(products * inverse);
    by_x[c] = (float)(-scale * inverse * inverse * products / count);
    constant[c] = (float)(-scale * sum / count);
  }
  parallel(s.parts, gradient_part, &s);
}

#endif
