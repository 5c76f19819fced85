// Winograd's minimal filtering in one dimension (Lavin & Gray 2016): m outputs of a filter of r taps by m + r - 1 products, at the
// points 0, 1, -1 (, 2, -2) and infinity.
//
// A *mode* says which: m for F(m, 3), the convolution with stride 1. With stride 2 the even inputs meet taps 0 and 2 only, which is
// F(m, 2), and the odd ones tap 1, which is m plain products: 2m + 1 points instead of 3m products. 10 + m is that, and 20 + m
// its input gradient: m + 1 numbers of dy make 2m of dx. Every branch is decided when the functions are compiled.
#ifndef MINIMAL_FILTERING_H
#define MINIMAL_FILTERING_H

#include "lanes.h"

#define TILE(mode) ((mode) % 10)
#define IS_STRIDED(mode) ((mode) > 10)
#define POINTS(mode) (IS_STRIDED(mode) ? 2 * TILE(mode) + 1 : TILE(mode) + 2)
#define INPUTS(mode) ((mode) > 20 ? TILE(mode) + 1 : POINTS(mode))
#define OUTPUTS(mode) ((mode) > 20 ? 2 * TILE(mode) : TILE(mode))
// Points with different transformed filters: all plain products share the middle tap.
#define FILTERS(mode) (TILE(mode) + 2)
enum { MOST_POINTS = 9, MOST_TILE_OUTPUTS = 8, MOST_FILTERS = 6 };

INLINE int filter_of_point(int mode, int point) { return IS_STRIDED(mode) && point > TILE(mode) ? TILE(mode) + 1 : point; }

// ---- F(m, 2): inputs d[m + 1], taps g0 and g1

INLINE void input_2(const int m, const vec *d, vec *o) {
  if (m == 4) {
    const vec a = d[3] - d[2], b = d[3] - d[1];
    o[0] = vfma(vsplat(2), d[0] - d[2], b);
    o[1] = vfma(vsplat(-2), d[1], a);
    o[2] = vfma(vsplat(2), d[1] - d[2], a);
    o[3] = b;
    o[4] = vfma(vsplat(-2), b, d[4] - d[2]);
  } else {
    o[0] = d[1] - d[0];
    o[1] = d[1];
    o[2] = d[2] - d[1];
  }
}

INLINE void output_2(const int m, const vec *v, vec *o) {
  if (m == 4) {
    const vec a = v[1] + v[2], b = v[1] - v[2];
    o[0] = v[0] + a + v[3];
    o[1] = vfma(vsplat(2), v[3], b);
    o[2] = vfma(vsplat(4), v[3], a);
    o[3] = vfma(vsplat(8), v[3], b) + v[4];
  } else {
    o[0] = v[0] + v[1];
    o[1] = v[1] + v[2];
  }
}

INLINE void gradient_2(const int m, const vec *y, vec *o) {
  if (m == 4) {
    const vec a = y[0] + y[2], b = y[1] + y[3];
    o[0] = y[0];
    o[1] = a + b;
    o[2] = a - b;
    o[3] = vfma(vsplat(2), y[1], vfma(vsplat(4), y[2], vfma(vsplat(8), y[3], y[0])));
    o[4] = y[3];
  } else {
    o[0] = y[0];
    o[1] = y[0] + y[1];
    o[2] = y[1];
  }
}

INLINE void filter_2(const int m, vec g0, vec g1, vec *o) {
  if (m == 4) {
    o[0] = g0 * vsplat(.5f);
    o[1] = (g0 + g1) * vsplat(-.5f);
    o[2] = (g1 - g0) * vsplat(1.f / 6);
    o[3] = vfma(vsplat(1.f / 3), g1, g0 * vsplat(1.f / 6));
    o[4] = g1;
  } else {
    o[0] = vzero() - g0;
    o[1] = g0 + g1;
    o[2] = g1;
  }
}

INLINE void product_2(const int m, const vec *u, vec *g0, vec *g1) {
  if (m == 4) {
    *g0 = vfma(vsplat(.5f), u[0] - u[1], (u[3] - u[2]) * vsplat(1.f / 6));
    *g1 = vfma(vsplat(-.5f), u[1], vfma(vsplat(1.f / 6), u[2], vfma(vsplat(1.f / 3), u[3], u[4])));
  } else {
    *g0 = u[1] - u[0];
    *g1 = u[1] + u[2];
  }
}

// ---- all modes

// inputs to points
INLINE void transform_input(const int mode, const vec *d, vec *o) {
  const int m = TILE(mode);
  if (mode > 20) {
    input_2(m, d, o);
    UNROLL_ALL for (int k = 0; k < m; k++) o[m + 1 + k] = d[k + 1];
  } else if (mode > 10) {
    vec even[5];
    UNROLL_ALL for (int k = 0; k <= m; k++) even[k] = d[2 * k];
    input_2(m, even, o);
    UNROLL_ALL for (int k = 0; k < m; k++) o[m + 1 + k] = d[2 * k + 1];
  } else if (m == 4) {
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

// points to outputs
INLINE void transform_output(const int mode, const vec *v, vec *o) {
  const int m = TILE(mode);
  if (mode > 20) {
    vec even[4];
    output_2(m, v, even);
    UNROLL_ALL for (int k = 0; k < m; k++) o[2 * k] = even[k], o[2 * k + 1] = v[m + 1 + k];
  } else if (mode > 10) {
    output_2(m, v, o);
    UNROLL_ALL for (int k = 0; k < m; k++) o[k] += v[m + 1 + k];
  } else if (m == 4) {
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

// the transpose of transform_output: a gradient of the outputs to points
INLINE void transform_gradient(const int mode, const vec *y, vec *o) {
  const int m = TILE(mode);
  if (mode > 10) {
    gradient_2(m, y, o);
    UNROLL_ALL for (int k = 0; k < m; k++) o[m + 1 + k] = y[k];
  } else if (m == 4) {
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

// three taps to the filters of the points
INLINE void transform_filter(const int mode, const vec *g, vec *o) {
  const int m = TILE(mode);
  if (mode > 10) {
    filter_2(m, g[0], g[2], o);
    o[m + 1] = g[1];
  } else if (m == 4) {
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

// the transpose of transform_filter: sums of products to the gradient of three taps
INLINE void transform_product(const int mode, const vec *u, vec *o) {
  const int m = TILE(mode);
  if (mode > 10) {
    product_2(m, u, o, o + 2);
    o[1] = u[m + 1];
  } else if (m == 4) {
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

#endif
