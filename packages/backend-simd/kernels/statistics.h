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
  double *sum, *square; // [part][channel], around `shift`
  float *shift;
  int channels;
} Statistics;

EXPORT(stats_floats) int stats_floats(int channels) { return MOST_PARTS * 5 * channels + 64; }

static Statistics statistics_at(float *memory, int channels) {
  double *sum = (double *)memory;
  const size_t n = (size_t)MOST_PARTS * channels;
  return (Statistics){sum, sum + n, (float *)(sum + 2 * n), channels};
}

// Adds n columns of one row of each channel.
static void gather_statistics(const Statistics *s, int part, const float *rows, size_t pitch, int n, int is_first) {
  double *sum = s->sum + (size_t)part * s->channels, *squares = s->square + (size_t)part * s->channels;
  float *shift = s->shift + (size_t)part * s->channels;
  for (int c = 0; c < s->channels; c++, rows += pitch) {
    if (is_first) {
      shift[c] = rows[0];
      sum[c] = squares[c] = 0;
    }
    const vec k = vsplat(shift[c]);
    vec a0 = vzero(), a1 = vzero(), b0 = vzero(), b1 = vzero();
    int i = 0;
    for (; i + 2 * VL <= n; i += 2 * VL) {
      const vec v = vload(rows + i) - k, u = vload(rows + i + VL) - k;
      a0 += v, a1 += u;
      b0 = vfma(v, v, b0), b1 = vfma(u, u, b1);
    }
    for (; i < n; i += VL) {
      const int part_lanes = min_int(VL, n - i);
      float lanes[VL] = {0};
      vstore_part(lanes, vload_part(rows + i, part_lanes) - k, part_lanes);
      const vec v = vload(lanes);
      a0 += v;
      b0 = vfma(v, v, b0);
    }
    sum[c] += vsum(a0 + a1);
    squares[c] += vsum(b0 + b1);
  }
}

// Of a plane of `height` rows of `columns` numbers.
static void merge_statistics(const Statistics *s, int c, int height, int columns, double *mean, double *variance) {
  const int parts = row_parts(height);
  double count = 0, m = 0, m2 = 0;
  for (int p = 0; p < parts; p++) {
    const double n = (double)(part_begin(height, parts, p + 1) - part_begin(height, parts, p)) * columns;
    const size_t at = (size_t)p * s->channels + c;
    const double around = s->sum[at] / n, own_mean = s->shift[at] + around, own_m2 = s->square[at] - s->sum[at] * around;
    const double delta = own_mean - m, total = count + n;
    m += delta * n / total;
    m2 += own_m2 + delta * delta * count * n / total;
    count = total;
  }
  *mean = m;
  *variance = m2 > 0 || m2 != m2 ? m2 / count : 0;
}

#endif
