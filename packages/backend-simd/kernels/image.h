// Operations that move pixels and channels about: nearest resize, channel truncation and padding, sums, global pooling.
#ifndef IMAGE_H
#define IMAGE_H

#include "batch_normalization.h"
#include "vector.h"

INLINE int nearest(int i, int in, int out) { return (int)((uint64_t)i * (uint64_t)in / (uint64_t)out); }

// y[n,i,j] = x[n, floor(i * height / out_height), floor(j * width / out_width)]
EXPORT(resize_nearest)
void resize_nearest(const float *x, int batch, int height, int width, int C, int out_height, int out_width, float *y) {
  for (int n = 0; n < batch; n++)
    for (int i = 0; i < out_height; i++) {
      const float *row = x + ((size_t)n * height + nearest(i, height, out_height)) * width * C;
      for (int j = 0; j < out_width; j++, y += C) copy_short(y, row + (size_t)nearest(j, width, out_width) * C, C);
    }
}

EXPORT(resize_nearest_gradient)
void resize_nearest_gradient(const float *dy, int batch, int height, int width, int C, int out_height, int out_width, float *dx) {
  fill_zero(dx, (size_t)batch * height * width * C);
  for (int n = 0; n < batch; n++)
    for (int i = 0; i < out_height; i++) {
      float *row = dx + ((size_t)n * height + nearest(i, height, out_height)) * width * C;
      for (int j = 0; j < out_width; j++, dy += C) add_short(row + (size_t)nearest(j, width, out_width) * C, dy, C);
    }
}

// Keeps the first channels; those that the input does not have are zero. It is its own gradient, with the counts exchanged.
EXPORT(match_channels) void match_channels(const float *x, size_t pixels, int from, int to, float *y) {
  const int kept = min_int(from, to);
  if (to > from) fill_zero(y, pixels * to);
  for (size_t p = 0; p < pixels; p++) copy_short(y + p * to, x + p * from, kept);
}

EXPORT(add) void add(const float *a, const float *b, size_t n, float *out) {
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) store(out + i, load(a + i) + load(b + i));
  for (; i < n; i++) out[i] = a[i] + b[i];
}

EXPORT(global_average_pool_scratch) size_t global_average_pool_scratch(int C) { return (size_t)C * 4; }

EXPORT(global_average_pool) void global_average_pool(const float *x, int batch, int pixels, int C, float *y, float *scratch) {
  const Tiling t = make_tiling(pixels, C);
  for (int n = 0; n < batch; n++, y += C) {
    sum_rows(0, x + (size_t)n * pixels * C, &t, C, NULL, scratch, y);
    for (int c = 0; c < C; c++) y[c] /= (float)pixels;
  }
}

EXPORT(global_average_pool_gradient)
void global_average_pool_gradient(const float *dy, int batch, int pixels, int C, float *dx, float *scratch) {
  const Tiling t = make_tiling(pixels, C);
  for (int n = 0; n < batch; n++, dy += C, dx += t.end) {
    for (int i = 0; i < t.width; i++) scratch[i] = dy[i % C] / (float)pixels;
    for (size_t r = 0; r < t.tiles; r++) copy_short(dx + r * t.width, scratch, t.width);
    copy_short(dx + t.rest, scratch, (int)(t.end - t.rest));
  }
}

#endif
