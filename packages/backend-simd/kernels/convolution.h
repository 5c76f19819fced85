// Convolution and its two gradients for tensors in NHWC: through planes, by the direct kernels. A dense layer is a convolution of
// images of one pixel.
#ifndef CONVOLUTION_H
#define CONVOLUTION_H

#include "filter_gradient.h"
#include "rearrange.h"

// The filter is the full one in memory; only its window [window_top, +window_height) x [window_left, +window_width)
// can ever touch the image, and pad_top / pad_left count from that window. The caller has checked every number.
typedef struct {
  int batch, height, width, channels;
  int filter_width;
  int window_top, window_left, window_height, window_width;
  int out_height, out_width, out_channels;
  int stride_height, stride_width, pad_top, pad_left;
} Convolution;

static Filter filter_of(const Convolution *d) {
  return (Filter){d->window_height, d->window_width, d->filter_width, d->stride_height, d->stride_width, d->pad_top, d->pad_left};
}

INLINE size_t window_offset(const Convolution *d) {
  return ((size_t)d->window_top * d->filter_width + d->window_left) * d->channels * d->out_channels;
}

static Plane lay_plane(int batch, int height, int width, int channels, int margin) {
  const int left = (int)round_up((size_t)margin * batch, LINE_FLOATS);
  return (Plane){0, height, width, channels, margin, left, (int)odd_lines((size_t)width * batch + left)};
}

// Zeros that the taps read on either side of a row of x, of dy.
static int input_margin(const Convolution *d) {
  const int right = d->out_width - 1 + d->window_width - 1 - d->pad_left - (d->width - 1);
  return d->stride_width > 1 ? 0 : max_int(0, max_int(d->pad_left, right));
}
static int gradient_margin(const Convolution *d) {
  const int left = (d->window_width - 1 - d->pad_left + d->stride_width - 1) / d->stride_width;
  const int right = (d->width - 1 + d->pad_left) / d->stride_width - (d->out_width - 1);
  return max_int(0, max_int(left, right));
}

static Plane input_plane(const Convolution *d, int margin) { return lay_plane(d->batch, d->height, d->width, d->channels, margin); }
static Plane output_plane(const Convolution *d, int margin) {
  return lay_plane(d->batch, d->out_height, d->out_width, d->out_channels, margin);
}

// Planes live in the scratch: lines count from its beginning.
static void place(Plane *p, const char *begin, char **scratch) {
  p->line = (int32_t)((*scratch - begin) / (LINE_FLOATS * 4));
  *scratch += round_up(4 * plane_floats(p), LINE_FLOATS * 4);
}

INLINE size_t placed_bytes(Plane p) { return round_up(4 * plane_floats(&p), LINE_FLOATS * 4); }

// Floats.
EXPORT(convolution_scratch) size_t convolution_scratch(const Convolution *d) {
  const Plane x = input_plane(d, input_margin(d)), y = output_plane(d, 0);
  const Filter f = filter_of(d);
  return (placed_bytes(x) + placed_bytes(y) + direct_forward_scratch(d->batch, &x, &y, &f)) / 4 + 64;
}

EXPORT(convolution) void convolution(const Convolution *d, const float *x, const float *w, float *y, char *scratch) {
  Plane in = input_plane(d, input_margin(d)), out = output_plane(d, 0);
  const Filter f = filter_of(d);
  char *begin = scratch;
  place(&in, begin, &scratch);
  place(&out, begin, &scratch);
  load_images(begin, d->batch, &in, x);
  direct_forward(begin, d->batch, &in, w + window_offset(d), &out, &f, 0, scratch);
  store_images(begin, d->batch, &out, y);
}

EXPORT(convolution_input_gradient_scratch) size_t convolution_input_gradient_scratch(const Convolution *d) {
  const Plane dx = input_plane(d, 0), dy = output_plane(d, gradient_margin(d));
  const Filter f = filter_of(d);
  return (placed_bytes(dx) + placed_bytes(dy) + direct_input_gradient_scratch(d->batch, &dx, &dy, &f)) / 4 + 64;
}

EXPORT(convolution_input_gradient)
void convolution_input_gradient(const Convolution *d, const float *dy, const float *w, float *dx, char *scratch) {
  Plane in = input_plane(d, 0), out = output_plane(d, gradient_margin(d));
  const Filter f = filter_of(d);
  char *begin = scratch;
  place(&in, begin, &scratch);
  place(&out, begin, &scratch);
  load_images(begin, d->batch, &out, dy);
  direct_input_gradient(begin, d->batch, &out, w + window_offset(d), &in, &f, scratch);
  store_images(begin, d->batch, &in, dx);
}

EXPORT(convolution_filter_gradient_scratch) size_t convolution_filter_gradient_scratch(const Convolution *d) {
  const Plane x = input_plane(d, input_margin(d)), dy = output_plane(d, 0);
  const Filter f = filter_of(d);
  return (placed_bytes(x) + placed_bytes(dy) + direct_filter_gradient_scratch(d->batch, &x, &dy, &f)) / 4 + 64;
}

// Adds to dw, of which only the window is touched.
EXPORT(convolution_filter_gradient)
void convolution_filter_gradient(const Convolution *d, const float *x, const float *dy, float *dw, char *scratch) {
  Plane in = input_plane(d, input_margin(d)), out = output_plane(d, 0);
  const Filter f = filter_of(d);
  char *begin = scratch;
  place(&in, begin, &scratch);
  place(&out, begin, &scratch);
  load_images(begin, d->batch, &in, x);
  load_images(begin, d->batch, &out, dy);
  direct_filter_gradient(begin, d->batch, &in, &out, dw + window_offset(d), &f, scratch);
}

#endif
