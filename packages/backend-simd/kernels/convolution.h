// Convolution and its two gradients, NHWC.
//
// The images are first copied into a frame of zeros (a "padded" image). In NHWC the window of a filter row is then one
// contiguous run of filter width x channels floats, so that there are no border cases, no table of taps and no limit on
// the size of a filter, and a first layer of one channel is as regular as any other. Small images are framed in groups,
// so that the register tiles run across images and stay full down to 1 x 1 pixels.
#ifndef CONVOLUTION_H
#define CONVOLUTION_H

#include "vector.h"

// The filter is the full one in memory; only its window [window_top, +window_height) x [window_left, +window_width)
// can ever touch the image, and pad_top / pad_left count from that window. The caller has checked every number.
typedef struct {
  int batch, height, width, channels;
  int filter_width;
  int window_top, window_left, window_height, window_width;
  int out_height, out_width, out_channels;
  int stride_height, stride_width, pad_top, pad_left;
} Convolution;

// A group of images inside frames of zeros.
typedef struct {
  int height, width; // of one frame
  int top, left;     // where the image begins in it
  int group;         // images framed at once
} Frame;

enum { TILE_ROWS = 4, WIDE = 2 * LANES, GROUP_FLOATS = 16384, SLACK = 64 };

static Frame make_frame(int height, int width, int top, int left, int channels, int batch) {
  size_t floats = (size_t)height * width * channels;
  int group = floats >= GROUP_FLOATS ? 1 : min_int(batch, (int)(GROUP_FLOATS / (floats ? floats : 1)));
  return (Frame){height, width, top, left, max_int(group, 1)};
}

INLINE size_t frame_floats(const Frame *f, int channels) { return (size_t)f->height * f->width * channels; }
INLINE size_t group_floats(const Frame *f, int channels) { return frame_floats(f, channels) * f->group + SLACK; }

// Copies `count` images into frames whose borders are zero already. What does not fit into a frame is not needed.
static void frame_images(const Frame *f, const float *images, int height, int width, int channels, int count, float *out) {
  int rows = min_int(height, f->height - f->top), columns = min_int(width, f->width - f->left);
  if (columns <= 0) return;
  for (int n = 0; n < count; n++) {
    const float *image = images + (size_t)n * height * width * channels;
    float *inner = out + n * frame_floats(f, channels) + ((size_t)f->top * f->width + f->left) * channels;
    for (int r = 0; r < rows; r++)
      copy_short(inner + (size_t)r * f->width * channels, image + (size_t)r * width * channels, columns * channels);
  }
}

// ---- the register tile of convolution and of its gradient by the image

// out[i][0..columns) = sum over `runs` filter rows and `run` floats of window[i] * weights, for `rows` pixels at once.
// Weights: [runs][run][4 * vectors]. Taking four floats a turn (`unrolled`) makes tiles of one vector faster, those of two slower.
INLINE void correlate_tile(const int rows, const int vectors, const int unrolled, const float *const *window, int runs, int run,
                           size_t step, const float *weights, float *const *out, int columns) {
  f32x4 sum[8][2];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = splat(0);
  for (int k = 0; k < runs; k++) {
    const float *a[8];
    UNROLL for (int i = 0; i < rows; i++) a[i] = window[i] + k * step;
    int c = 0;
    for (; unrolled && c + 4 <= run; c += 4) {
      UNROLL for (int u = 0; u < 4; u++) {
        f32x4 b[2];
        UNROLL for (int j = 0; j < vectors; j++) b[j] = load(weights + (u * vectors + j) * LANES);
        UNROLL for (int i = 0; i < rows; i++) {
          f32x4 x = splat(a[i][u]);
          UNROLL for (int j = 0; j < vectors; j++) sum[i][j] += x * b[j];
        }
      }
      weights += 4 * vectors * LANES;
      UNROLL for (int i = 0; i < rows; i++) a[i] += 4;
    }
    for (; c < run; c++) {
      f32x4 b[2];
      UNROLL for (int j = 0; j < vectors; j++) b[j] = load(weights + j * LANES);
      weights += vectors * LANES;
      UNROLL for (int i = 0; i < rows; i++) {
        f32x4 x = splat(*a[i]++);
        UNROLL for (int j = 0; j < vectors; j++) sum[i][j] += x * b[j];
      }
    }
  }
  if (columns == vectors * LANES) {
    UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++) store(out[i] + j * LANES, sum[i][j]);
  } else {
    UNROLL for (int i = 0; i < rows; i++) {
      float all[8];
      UNROLL for (int j = 0; j < vectors; j++) store(all + j * LANES, sum[i][j]);
      for (int j = 0; j < columns; j++) out[i][j] = all[j];
    }
  }
}

// Functions of their own: inlined into their caller, the tiles lose their registers.
NOINLINE void tile_4x8(const float *const *window, int runs, int run, size_t step, const float *weights, float *const *out,
                       int columns) {
  correlate_tile(TILE_ROWS, 2, 0, window, runs, run, step, weights, out, columns);
}
NOINLINE void tile_4x4(const float *const *window, int runs, int run, size_t step, const float *weights, float *const *out,
                       int columns) {
  correlate_tile(TILE_ROWS, 1, 1, window, runs, run, step, weights, out, columns);
}
NOINLINE void tile_8x4(const float *const *window, int runs, int run, size_t step, const float *weights, float *const *out,
                       int columns) {
  correlate_tile(2 * TILE_ROWS, 1, 1, window, runs, run, step, weights, out, columns);
}

// Where the windows are read and where the results are written: distances in floats.
typedef struct {
  int images, lines, columns;
  size_t in_image, in_line, in_column;
  size_t out_image, out_line, out_column;
} Walk;

// One tile of pixels over all output channels. Blocks of 8 channels, the last one of 4 or 8: a block's packed weights begin
// at taps * (its first channel).
static void correlate_tiles(const float *const *window, int runs, int run, size_t step, const float *packed, int channels,
                            float *const *target) {
  const size_t taps = (size_t)runs * run;
  if (channels <= LANES) {
    tile_8x4(window, runs, run, step, packed, target, channels);
    return;
  }
  for (int c = 0; c < channels; c += WIDE) {
    float *out[TILE_ROWS];
    for (int i = 0; i < TILE_ROWS; i++) out[i] = target[i] + c;
    if (channels - c > LANES) tile_4x8(window, runs, run, step, packed + taps * c, out, min_int(channels - c, WIDE));
    else tile_4x4(window, runs, run, step, packed + taps * c, out, channels - c);
  }
}

// All pixels of a walk. The last tile repeats its last pixel: it writes the same bits twice instead of needing a tail.
static void correlate(const Walk *walk, const float *in, int runs, int run, size_t step, const float *packed, int channels,
                      float *out) {
  const int rows = channels > LANES ? TILE_ROWS : 2 * TILE_ROWS;
  const float *window[2 * TILE_ROWS];
  float *target[2 * TILE_ROWS];
  int filled = 0;
  for (int n = 0; n < walk->images; n++)
    for (int line = 0; line < walk->lines; line++) {
      const float *w = in + n * walk->in_image + line * walk->in_line;
      float *t = out + n * walk->out_image + line * walk->out_line;
      for (int c = 0; c < walk->columns; c++, w += walk->in_column, t += walk->out_column) {
        window[filled] = w, target[filled] = t;
        if (++filled < rows) continue;
        filled = 0;
        correlate_tiles(window, runs, run, step, packed, channels, target);
      }
    }
  if (!filled) return;
  for (int i = filled; i < rows; i++) window[i] = window[filled - 1], target[i] = target[filled - 1];
  correlate_tiles(window, runs, run, step, packed, channels, target);
}

INLINE int block_width(int channels, int first) { return channels - first > LANES ? WIDE : LANES; }

// ---- forward

static void pack_forward(const Convolution *d, const float *filter, float *packed) {
  const int run = d->window_width * d->channels;
  for (int first = 0; first < d->out_channels; first += WIDE) {
    const int width = block_width(d->out_channels, first), used = min_int(d->out_channels - first, width);
    for (int k = 0; k < d->window_height; k++) {
      const float *row = filter + ((size_t)(d->window_top + k) * d->filter_width + d->window_left) * d->channels * d->out_channels;
      for (int i = 0; i < run; i++, packed += width)
        for (int j = 0; j < width; j++) packed[j] = j < used ? row[(size_t)i * d->out_channels + first + j] : 0;
    }
  }
}

INLINE size_t packed_floats(const Convolution *d) {
  return (size_t)d->window_height * d->window_width * d->channels * round_up(d->out_channels, LANES) + SLACK;
}

static Frame input_frame(const Convolution *d) {
  return make_frame((d->out_height - 1) * d->stride_height + d->window_height,
                    (d->out_width - 1) * d->stride_width + d->window_width, d->pad_top, d->pad_left, d->channels, d->batch);
}

EXPORT(convolution_scratch) size_t convolution_scratch(const Convolution *d) {
  Frame f = input_frame(d);
  return packed_floats(d) + group_floats(&f, d->channels);
}

// y[n,oh,ow,co] = sum x[n, oh*s + kh - pad, ow*s + kw - pad, ci] * filter[kh,kw,ci,co]
EXPORT(convolution) void convolution(const Convolution *d, const float *x, const float *filter, float *y, float *scratch) {
  const Frame f = input_frame(d);
  const int C = d->channels;
  const size_t in_image = (size_t)d->height * d->width * C, out_image = (size_t)d->out_height * d->out_width * d->out_channels;
  float *packed = scratch, *framed = scratch + packed_floats(d);
  pack_forward(d, filter, packed);
  fill_zero(framed, group_floats(&f, C));
  for (int n = 0; n < d->batch; n += f.group) {
    const int images = min_int(f.group, d->batch - n);
    frame_images(&f, x + n * in_image, d->height, d->width, C, images, framed);
    const Walk walk = {images, d->out_height, d->out_width,
                       frame_floats(&f, C), (size_t)d->stride_height * f.width * C, (size_t)d->stride_width * C,
                       out_image, (size_t)d->out_width * d->out_channels, d->out_channels};
    correlate(&walk, framed, d->window_height, d->window_width * C, (size_t)f.width * C, packed, d->out_channels,
              y + n * out_image);
  }
}

// ---- gradient by the image

// The image pixels r, r + stride, r + 2 stride ... along one axis: each sees the same taps of the filter,
// first, first + stride ... (`taps` of them), laid over `taps` neighbouring output pixels that end at u + end.
typedef struct {
  int pixels, first, taps, end;
} Phase;

static Phase make_phase(int r, int size, int stride, int window, int pad) {
  const int first = (r + pad) % stride;
  return (Phase){r < size ? (size - r + stride - 1) / stride : 0, first,
                 first < window ? (window - 1 - first) / stride + 1 : 0, (r + pad - first) / stride};
}

// Zeros needed before and after the output gradient along one axis, over all phases.
static void phase_extent(int size, int stride, int window, int pad, int *before, int *extent) {
  int last = 0;
  *before = 0;
  for (int r = 0; r < stride; r++) {
    const Phase p = make_phase(r, size, stride, window, pad);
    *before = max_int(*before, p.taps - 1 - p.end);
    last = max_int(last, p.pixels - 1 + p.end);
  }
  *extent = *before + last + 1;
}

static Frame gradient_frame(const Convolution *d) {
  int top, left, height, width;
  phase_extent(d->height, d->stride_height, d->window_height, d->pad_top, &top, &height);
  phase_extent(d->width, d->stride_width, d->window_width, d->pad_left, &left, &width);
  return make_frame(height, width, top, left, d->out_channels, d->batch);
}

// The taps of one phase, turned round, with input and output channels exchanged.
static float *pack_phase(const Convolution *d, const Phase *h, const Phase *w, const float *filter, float *packed) {
  const int C = d->channels, K = d->out_channels;
  for (int first = 0; first < C; first += WIDE) {
    const int width = block_width(C, first), used = min_int(C - first, width);
    for (int i = h->taps - 1; i >= 0; i--)
      for (int j = w->taps - 1; j >= 0; j--) {
        const int kh = d->window_top + h->first + i * d->stride_height, kw = d->window_left + w->first + j * d->stride_width;
        const float *tap = filter + ((size_t)kh * d->filter_width + kw) * C * K + (size_t)first * K;
        for (int k = 0; k < K; k++, packed += width)
          for (int c = 0; c < width; c++) packed[c] = c < used ? tap[(size_t)c * K + k] : 0;
      }
  }
  return packed;
}

INLINE size_t packed_gradient_floats(const Convolution *d) {
  return (size_t)d->window_height * d->window_width * d->out_channels * round_up(d->channels, LANES) + SLACK;
}

EXPORT(convolution_input_gradient_scratch) size_t convolution_input_gradient_scratch(const Convolution *d) {
  Frame f = gradient_frame(d);
  return packed_gradient_floats(d) + group_floats(&f, d->out_channels);
}

// The pixels of one phase in one group of images.
static void input_gradient_phase(const Convolution *d, const Frame *f, const Phase *h, const Phase *w, int images,
                                 const float *framed, const float *packed, float *dx) {
  const int C = d->channels, K = d->out_channels;
  const Walk walk = {images, h->pixels, w->pixels,
                     frame_floats(f, K), (size_t)f->width * K, K,
                     (size_t)d->height * d->width * C, (size_t)d->stride_height * d->width * C, (size_t)d->stride_width * C};
  // A phase without taps (a stride larger than the filter) gets its zeros from the caller.
  if (!h->taps || !w->taps) return;
  const int top = f->top + h->end - (h->taps - 1), left = f->left + w->end - (w->taps - 1);
  correlate(&walk, framed + ((size_t)top * f->width + left) * K, h->taps, w->taps * K, (size_t)f->width * K, packed, C, dx);
}

EXPORT(convolution_input_gradient)
void convolution_input_gradient(const Convolution *d, const float *dy, const float *filter, float *dx, float *scratch) {
  const Frame f = gradient_frame(d);
  const int C = d->channels, K = d->out_channels, H = d->stride_height, W = d->stride_width;
  const size_t in_image = (size_t)d->height * d->width * C, out_image = (size_t)d->out_height * d->out_width * K;
  float *packed = scratch, *framed = scratch + packed_gradient_floats(d), *end = packed;
  for (int r = 0; r < H; r++)
    for (int q = 0; q < W; q++) {
      const Phase h = make_phase(r, d->height, H, d->window_height, d->pad_top);
      const Phase w = make_phase(q, d->width, W, d->window_width, d->pad_left);
      end = pack_phase(d, &h, &w, filter, end);
    }
  if (H > d->window_height || W > d->window_width) fill_zero(dx, d->batch * in_image);
  fill_zero(framed, group_floats(&f, K));
  for (int n = 0; n < d->batch; n += f.group) {
    const int images = min_int(f.group, d->batch - n);
    const float *weights = packed;
    frame_images(&f, dy + n * out_image, d->out_height, d->out_width, K, images, framed);
    for (int r = 0; r < H; r++)
      for (int q = 0; q < W; q++) {
        const Phase h = make_phase(r, d->height, H, d->window_height, d->pad_top);
        const Phase w = make_phase(q, d->width, W, d->window_width, d->pad_left);
        input_gradient_phase(d, &f, &h, &w, images, framed, weights, dx + n * in_image + ((size_t)r * d->width + q) * C);
        weights += (size_t)h.taps * w.taps * K * round_up(C, LANES);
      }
  }
}

// ---- gradient by the filter

// rows x 4 vectors of the filter's gradient, summed in registers over all pixels of a group. Rows and lanes beyond the
// filter compute rubbish that is not stored.
INLINE void outer_tile(const int rows, const int vectors, const Walk *walk, const float *in, const float *dy, float *out,
                       int out_step, int used_rows, int used_columns) {
  f32x4 sum[8][2];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < vectors; j++) sum[i][j] = splat(0);
  for (int n = 0; n < walk->images; n++)
    for (int line = 0; line < walk->lines; line++) {
      const float *x = in + n * walk->in_image + line * walk->in_line;
      const float *g = dy + n * walk->out_image + line * walk->out_line;
      for (int c = 0; c < walk->columns; c++, x += walk->in_column, g += walk->out_column) {
        f32x4 b[2];
        UNROLL for (int j = 0; j < vectors; j++) b[j] = load(g + j * LANES);
        UNROLL for (int i = 0; i < rows; i++) {
          f32x4 a = splat(x[i]);
          UNROLL for (int j = 0; j < vectors; j++) sum[i][j] += a * b[j];
        }
      }
    }
  UNROLL for (int i = 0; i < rows; i++) {
    float all[8] = {0};
    if (i >= used_rows) break;
    UNROLL for (int j = 0; j < vectors; j++) store(all + j * LANES, sum[i][j]);
    for (int j = 0; j < used_columns; j++) out[(size_t)i * out_step + j] += all[j];
  }
}

static void outer_4x8(const Walk *w, const float *in, const float *dy, float *out, int step, int rows, int columns) {
  outer_tile(4, 2, w, in, dy, out, step, rows, columns);
}
static void outer_2x8(const Walk *w, const float *in, const float *dy, float *out, int step, int rows, int columns) {
  outer_tile(2, 2, w, in, dy, out, step, rows, columns);
}
static void outer_8x4(const Walk *w, const float *in, const float *dy, float *out, int step, int rows, int columns) {
  outer_tile(8, 1, w, in, dy, out, step, rows, columns);
}
static void outer_4x4(const Walk *w, const float *in, const float *dy, float *out, int step, int rows, int columns) {
  outer_tile(4, 1, w, in, dy, out, step, rows, columns);
}

// out[i][co] += sum over pixels of in[pixel][i] * dy[pixel][co], i in [0, run)
static void outer_products(const Walk *walk, const float *in, const float *dy, float *out, int run, int channels) {
  for (int c = 0; c < channels; c += WIDE) {
    const int columns = min_int(channels - c, WIDE);
    for (int i = 0; i < run;) {
      const int left = run - i;
      float *o = out + (size_t)i * channels + c;
      if (columns > LANES) {
        if (left > 2) outer_4x8(walk, in + i, dy + c, o, channels, min_int(left, 4), columns), i += 4;
        else outer_2x8(walk, in + i, dy + c, o, channels, left, columns), i += 2;
      } else if (left > 4) outer_8x4(walk, in + i, dy + c, o, channels, min_int(left, 8), columns), i += 8;
      else outer_4x4(walk, in + i, dy + c, o, channels, left, columns), i += 4;
    }
  }
}

EXPORT(convolution_filter_gradient_scratch) size_t convolution_filter_gradient_scratch(const Convolution *d) {
  Frame f = input_frame(d);
  return group_floats(&f, d->channels);
}

// Adds to dw, which the caller has zeroed.
EXPORT(convolution_filter_gradient)
void convolution_filter_gradient(const Convolution *d, const float *x, const float *dy, float *dw, float *framed) {
  const Frame f = input_frame(d);
  const int C = d->channels, K = d->out_channels;
  const size_t in_image = (size_t)d->height * d->width * C, out_image = (size_t)d->out_height * d->out_width * K;
  fill_zero(framed, group_floats(&f, C));
  for (int n = 0; n < d->batch; n += f.group) {
    const int images = min_int(f.group, d->batch - n);
    frame_images(&f, x + n * in_image, d->height, d->width, C, images, framed);
    const Walk walk = {images, d->out_height, d->out_width,
                       frame_floats(&f, C), (size_t)d->stride_height * f.width * C, (size_t)d->stride_width * C,
                       out_image, (size_t)d->out_width * K, K};
    for (int k = 0; k < d->window_height; k++)
      outer_products(&walk, framed + (size_t)k * f.width * C, dy + n * out_image,
                     dw + ((size_t)(d->window_top + k) * d->filter_width + d->window_left) * C * K, d->window_width * C, K);
  }
}

#endif
