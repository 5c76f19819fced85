// Mean and variance of the channels of a plane, gathered part by part while the rows are in cache, each part's sums around a
// value of its own (so that no large mean swallows a small variance), and merged in double, always in the same order.
#ifndef STATISTICS_H
#define STATISTICS_H

#include "planes.h"

// The rows of an image are worked on in so many parts at most, whatever the number of threads.
enum { MOST_PARTS = 16 };

INLINE int row_parts(int height) { return min_int(height, MOST_PARTS); }
INLINE int part_begin(int n, int parts, int part) { return (int)((int64_t)n * part / parts); }

typedef struct {
  double *count;        // [part]: numbers that it has gathered
  double *sum, *square; // [part][channel], around `shift`
  float *shift;
  int channels;
} Statistics;

EXPORT(stats_floats) int stats_floats(int channels) { return MOST_PARTS * (2 + 5 * channels) + 64; }

static Statistics statistics_at(float *memory, int channels) {
  double *count = (double *)memory, *sum = count + MOST_PARTS;
  const size_t n = (size_t)MOST_PARTS * channels;
  return (Statistics){count, sum, sum + n, (float *)(sum + 2 * n), channels};
}

static void begin_statistics(const Statistics *s) {
  for (int p = 0; p < MOST_PARTS; p++) s->count[p] = 0;
}

static void begin_channel(const Statistics *s, int part, int c, float shift) {
  const size_t at = (size_t)part * s->channels + c;
  s->shift[at] = shift;
  s->sum[at] = s->square[at] = 0;
}

static void add_statistics(const Statistics *s, int part, int c, float sum, float square) {
  s->sum[(size_t)part * s->channels + c] += sum;
  s->square[(size_t)part * s->channels + c] += square;
}

// Adds n columns of one row of each channel.
static void gather_statistics(const Statistics *s, int part, const float *rows, size_t pitch, int n, int is_first) {
  s->count[part] += n;
  for (int c = 0; c < s->channels; c++, rows += pitch) {
    if (is_first) begin_channel(s, part, c, rows[0]);
    const vec k = vsplat(s->shift[(size_t)part * s->channels + c]);
    vec a0 = vzero(), a1 = vzero(), b0 = vzero(), b1 = vzero();
    int i = 0;
    for (; i + 2 * VL <= n; i += 2 * VL) {
      const vec v = vload(rows + i) - k, u = vload(rows + i + VL) - k;
      a0 += v, a1 += u;
      b0 = vfma(v, v, b0), b1 = vfma(u, u, b1);
    }
    for (; i < n; i += VL) {
      const int lanes = min_int(VL, n - i);
      const vec v = vkeep(vload_part(rows + i, lanes) - k, lanes);
      a0 += v;
      b0 = vfma(v, v, b0);
    }
    add_statistics(s, part, c, vsum(a0 + a1), vsum(b0 + b1));
  }
}

static void merge_statistics(const Statistics *s, int c, double *mean, double *variance) {
  double count = 0, m = 0, m2 = 0;
  for (int p = 0; p < MOST_PARTS; p++) {
    const double n = s->count[p];
    if (n == 0) continue;
    const size_t at = (size_t)p * s->channels + c;
    const double around = s->sum[at] / n, own_mean = s->shift[at] + around, own_m2 = s->square[at] - s->sum[at] * around;
    const double delta = own_mean - m, total = count + n;
    m += delta * n / total;
    m2 += own_m2 + delta * delta * count * n / total;
    count = total;
  }
  *mean = m;
  // A NaN goes through.
  *variance = m2 <= 0 ? 0 : m2 / count;
}

#endif
