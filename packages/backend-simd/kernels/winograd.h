// 3 x 3 convolutions with stride 1 or 2 by minimal filtering in two dimensions: with tiles of 4 x 4 outputs 4 times fewer products at
// stride 1 and 1.8 times at stride 2, with tiles of 2 x 2 2.25 and 1.4 times. The price is accuracy: rounding errors grow some 5 times
// with tiles of 4, hardly with those of 2.
//
// A *column* is one tile of one example. A block of columns of one row of tiles is transformed, multiplied point by point with the
// transformed filter (the same loop as the direct kernels', over one row), and transformed back, all inside the second-level cache.
// The input's gradient is the forward algorithm on dy with the filter turned round; the filter's is the transpose of the forward one.
#ifndef WINOGRAD_H
#define WINOGRAD_H

#include "winograd_filtering.h"
#include "winograd_products.h"

// What the transforms of one number of x or y weigh, in products of one example: measured.
enum { FILTERING_TRANSFORM = 20, PRODUCT_TRANSFORM = 11 };

static double winograd_cost(int m, int stride, const Plane *x, const Plane *y, int is_filter_gradient) {
  const int points = stride == 1 ? m + 2 : 2 * m + 1, transform = is_filter_gradient ? PRODUCT_TRANSFORM : FILTERING_TRANSFORM;
  const double tiles = (double)((y->height + m - 1) / m) * ((y->width + m - 1) / m);
  const double inner = x->channels, outer = is_filter_gradient ? (double)round_up(y->channels, CHANNEL_GROUP) : y->channels;
  return tiles * points * points * (inner * outer + transform * (inner + outer));
}

// The tile by which a convolution of x to y is computed, 0 for directly. Automatic is what costs least, if that is less by a
// tenth: of equals the direct one is the more accurate.
static int winograd_size(int method, const Filter *f, const Plane *x, const Plane *y, int is_filter_gradient) {
  if (f->filter_height != 3 || f->filter_width != 3 || f->stride_height > 2 || f->stride_height != f->stride_width || method == 1) return 0;
  if (method == 2 || method == 4) return method;
  const double direct = 9.0 * y->height * y->width * x->channels * y->channels;
  const double by_4 = winograd_cost(4, f->stride_width, x, y, is_filter_gradient);
  const double by_2 = winograd_cost(2, f->stride_width, x, y, is_filter_gradient);
  const double least = by_4 < by_2 ? by_4 : by_2;
  return least * 1.1 >= direct * (is_filter_gradient ? 1.1 : 1) ? 0 : by_4 < by_2 ? 4 : 2;
}

#endif
