// A dense layer: a 1 x 1 convolution of images of one pixel.
#ifndef DENSE_H
#define DENSE_H

#include "batch_normalization.h"
#include "convolution.h"
#include "vector.h"

static Convolution dense_geometry(int rows, int inputs, int outputs) {
  return (Convolution){.batch = rows, .height = 1, .width = 1, .channels = inputs, .filter_width = 1,
                       .window_height = 1, .window_width = 1, .out_height = 1, .out_width = 1,
                       .out_channels = outputs, .stride_height = 1, .stride_width = 1};
}

EXPORT(dense_scratch) size_t dense_scratch(int rows, int inputs, int outputs) {
  const Convolution d = dense_geometry(rows, inputs, outputs);
  const size_t forward = convolution_scratch(&d), back = convolution_input_gradient_scratch(&d);
  const size_t kernel = convolution_filter_gradient_scratch(&d), most = forward > back ? forward : back;
  return (size_t)outputs * 4 + (most > kernel ? most : kernel);
}

// y = x . w + bias
EXPORT(dense)
void dense(const float *x, int rows, int inputs, int outputs, const float *w, const float *bias, float *y, float *scratch) {
  const Convolution d = dense_geometry(rows, inputs, outputs);
  convolution(&d, x, w, y, (char *)scratch);
  for (int r = 0; r < rows; r++) add_short(y + (size_t)r * outputs, bias, outputs);
}

EXPORT(dense_gradient)
void dense_gradient(const float *dy, const float *x, int rows, int inputs, int outputs, const float *w, float *dx, float *dw,
                    float *dbias, float *scratch) {
  const Convolution d = dense_geometry(rows, inputs, outputs);
  const Tiling t = make_tiling(rows, outputs);
  convolution_input_gradient(&d, dy, w, dx, (char *)scratch);
  fill_zero(dw, (size_t)inputs * outputs);
  convolution_filter_gradient(&d, x, dy, dw, (char *)scratch);
  sum_rows(0, dy, &t, outputs, NULL, scratch, dbias);
}

#endif
