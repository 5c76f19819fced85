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

// The images on either side of a filter as planes, one behind the other in the scratch: their lines count from its beginning.
typedef struct {
  Filter filter;
  Plane x, y;
  size_t bytes; // of both
} Laid;

static Laid lay(const Convolution *d, int x_margin, int y_margin) {
  Laid l = {filter_of(d), lay_plane(d->batch, d->height, d->width, d->channels, x_margin),
            lay_plane(d->batch, d->out_height, d->out_width, d->out_channels, y_margin), 0};
  l.y.line = (int32_t)((plane_floats(&l.x) + LINE_FLOATS - 1) / LINE_FLOATS);
  l.bytes = LINE_FLOATS * 4 * ((size_t)l.y.line + (plane_floats(&l.y) + LINE_FLOATS - 1) / LINE_FLOATS);
  return l;
}

static Laid lay_forward(const Convolution *d) { return lay(d, input_margin(d), 0); }
static Laid lay_input_gradient(const Convolution *d) { return lay(d, 0, gradient_margin(d)); }
static Laid lay_filter_gradient(const Convolution *d) { return lay(d, input_margin(d), 0); }

// Floats.
EXPORT(convolution_scratch) size_t convolution_scratch(const Convolution *d) {
  const Laid l = lay_forward(d);
  return (l.bytes + direct_forward_scratch(d->batch, &l.x, &l.y, &l.filter)) / 4 + 64;
}

EXPORT(convolution) void convolution(const Convolution *d, const float *x, const float *w, float *y, char *scratch) {
  const Laid l = lay_forward(d);
  load_images(scratch, d->batch, &l.x, x);
  direct_forward(scratch, d->batch, &l.x, w + window_offset(d), &l.y, &l.filter, 0, scratch + l.bytes);
  store_images(scratch, d->batch, &l.y, y);
}

EXPORT(convolution_input_gradient_scratch) size_t convolution_input_gradient_scratch(const Convolution *d) {
  const Laid l = lay_input_gradient(d);
  return (l.bytes + direct_input_gradient_scratch(d->batch, &l.x, &l.y, &l.filter)) / 4 + 64;
}

EXPORT(convolution_input_gradient)
void convolution_input_gradient(const Convolution *d, const float *dy, const float *w, float *dx, char *scratch) {
  const Laid l = lay_input_gradient(d);
  load_images(scratch, d->batch, &l.y, dy);
  direct_input_gradient(scratch, d->batch, &l.y, w + window_offset(d), &l.x, &l.filter, scratch + l.bytes);
  store_images(scratch, d->batch, &l.x, dx);
}

EXPORT(convolution_filter_gradient_scratch) size_t convolution_filter_gradient_scratch(const Convolution *d) {
  const Laid l = lay_filter_gradient(d);
  return (l.bytes + direct_filter_gradient_scratch(d->batch, &l.x, &l.y, &l.filter)) / 4 + 64;
}

// Adds to dw, of which only the window is touched.
EXPORT(convolution_filter_gradient)
void convolution_filter_gradient(const Convolution *d, const float *x, const float *dy, float *dw, char *scratch) {
  const Laid l = lay_filter_gradient(d);
  load_images(scratch, d->batch, &l.x, x);
  load_images(scratch, d->batch, &l.y, dy);
  direct_filter_gradient(scratch, d->batch, &l.x, &l.y, dw + window_offset(d), &l.filter, scratch + l.bytes);
}

#endif
