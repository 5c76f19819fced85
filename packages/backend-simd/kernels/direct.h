// Convolution and the gradient of its input over planes, computed directly: any size of filter, any stride and padding.
#ifndef DIRECT_H
#define DIRECT_H

#include "correlate.h"
#include "parallel.h"
#include "statistics.h"

// `top` and `left`: rows and columns of padding. In memory, a filter row may be longer than what is used of it: `memory_width`.
typedef struct {
  int filter_height, filter_width, memory_width, stride_height, stride_width, top, left;
} Filter;

// ---- weights in the order of use

// One stretch of weights of `correlate`: w[run][tap][inner][outer] by its strides, in filter rows `runs` and columns `taps`.
typedef struct {
  int run_count, tap_count;
  const int *run, *tap;
  size_t run_stride, tap_stride, inner_stride, outer_stride;
} WeightOrder;

static void pack_weights(const float *w, const WeightOrder *o, int inner, int outer, float *packed) {
  for (int block = 0; block < output_blocks(outer); block++) {
    const int begin = block_begin(outer, block), end = block_begin(outer, block + 1);
    for (int r = 0; r < o->run_count; r++)
      for (int c = 0; c < inner; c++)
        for (int t = 0; t < o->tap_count; t++) {
          const float *from = w + o->run[r] * o->run_stride + o->tap[t] * o->tap_stride + c * o->inner_stride;
          for (int i = begin; i < end; i++) *packed++ = from[i * o->outer_stride];
        }
  }
}

// ---- rows for a stride

// For strides above 1: a row's pixels sorted by column modulo the stride, so that each tap reads a contiguous run.
typedef struct {
  int stride, pixels; // pixels of a phase
  size_t phase_pitch, pitch;
} Phases;

INLINE size_t odd_lines(size_t floats) { return (((floats + LINE_FLOATS - 1) / LINE_FLOATS) | 1) * LINE_FLOATS; }

static Phases make_phases(int batch, int out_width, const Filter *f) {
  const int pixels = out_width + (f->filter_width - 1) / f->stride_width;
  const size_t phase_pitch = (size_t)pixels * batch;
  return (Phases){f->stride_width, pixels, phase_pitch, odd_lines(phase_pitch * f->stride_width + VL)};
}

static void split_row(const Phases *p, int batch, const float *x, size_t x_pitch, int width, int channels, int left, float *out) {
  for (int c = 0; c < channels; c++, x += x_pitch, out += p->pitch)
    for (int phase = 0; phase < p->stride; phase++)
      for (int q = 0; q < p->pixels; q++) {
        const int w = q * p->stride + phase - left;
        float *to = out + phase * p->phase_pitch + (size_t)q * batch;
        if (w >= 0 && w < width) copy_run(to, x + (size_t)w * batch, batch);
        else clear_run(to, batch);
      }
}

// How far each tap of a filter row is from its output, in floats.
static void forward_taps(const Filter *f, int batch, const Phases *p, ptrdiff_t *tap) {
  for (int t = 0; t < f->filter_width; t++)
    tap[t] = f->stride_width == 1 ? (ptrdiff_t)(t - f->left) * batch
                                  : (ptrdiff_t)(t % f->stride_width * p->phase_pitch + (size_t)(t / f->stride_width) * batch);
}

// ---- what the threads share

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *y; // of an input gradient: dx, dy
  Filter f;
  Phases phases;
  const Correlation *correlation; // input gradients: stride height x width of them, by row and column modulo the stride
  float *scratch;     // of each thread
  size_t thread_floats;
  Statistics *statistics;
  int parts;
} Convolving;

// Room in a scratch: lines of it.
INLINE void *carve(char **scratch, size_t bytes) {
  char *at = *scratch;
  *scratch += round_up(bytes, 64);
  return at;
}

// ---- forward

static size_t forward_ring_floats(const Phases *p, const Plane *x, const Filter *f) {
  return f->stride_width == 1 ? 0 : (size_t)f->filter_height * x->channels * p->pitch + PLANE_SLACK;
}

static void forward_part(void *context, int part, int thread) {
  const Convolving *s = context;
  const Plane *x = s->x, *y = s->y;
  const Filter *f = &s->f;
  const Correlation *k = s->correlation;
  const int columns = y->width * s->batch, is_split = f->stride_width > 1;
  char *own = (char *)(s->scratch + s->thread_floats * thread);
  const float **row = carve(&own, sizeof(float *) * f->filter_height);
  int *run = carve(&own, sizeof(int) * f->filter_height);
  int *held = carve(&own, sizeof(int) * f->filter_height);
  float *ring = (float *)own;
  const size_t slot = (size_t)x->channels * s->phases.pitch;
  for (int i = 0; i < f->filter_height; i++) held[i] = -1;
  const int begin = part_begin(y->height, s->parts, part), end = part_begin(y->height, s->parts, part + 1);
  const int block = column_block(f->filter_height * x->channels, (f->filter_width - 1) * s->batch, columns);
  for (int oh = begin; oh < end; oh++) {
    Window window = {0, row, run, is_split ? s->phases.pitch : (size_t)x->pitch};
    for (int kh = 0; kh < f->filter_height; kh++) {
      const int h = oh * f->stride_height + kh - f->top;
      if (h < 0 || h >= x->height) continue;
      const float *at = plane_row(s->memory, x, h);
      if (is_split) {
        float *in_ring = ring + (size_t)(h % f->filter_height) * slot;
        if (held[h % f->filter_height] != h)
          split_row(&s->phases, s->batch, at, x->pitch, x->width, x->channels, f->left, in_ring);
        held[h % f->filter_height] = h;
        at = in_ring;
      }
      row[window.count] = at;
      run[window.count++] = kh;
    }
    float *out = plane_row(s->memory, y, oh);
    for (int from = 0; from < columns; from += block) {
      const int to = min_int(from + block, columns);
      correlate_planes(k, &window, from, to, out, y->pitch);
      if (s->statistics) gather_statistics(s->statistics, part, out + from, y->pitch, to - from, oh == begin && from == 0);
    }
    if (y->margin)
      for (int c = 0; c < y->channels; c++) clear_gap(out + (size_t)c * y->pitch, columns, y->pitch);
  }
  if (y->margin && part == 0) clear_left(s->memory, y);
}

static size_t thread_lists(const Filter *f) {
  return round_up(sizeof(float *) * f->filter_height, 64) + 2 * round_up(sizeof(int) * f->filter_height, 64);
}

static size_t direct_forward_scratch(int batch, const Plane *x, const Plane *y, const Filter *f) {
  const Phases p = make_phases(batch, y->width, f);
  const size_t shared = round_up(sizeof(float) * f->filter_height * f->filter_width * x->channels * y->channels, 64) +
                        round_up(sizeof(ptrdiff_t) * f->filter_width, 64) +
                        2 * round_up(sizeof(int) * max_int(f->filter_height, f->filter_width), 64);
  const size_t own = round_up(thread_lists(f) + 4 * forward_ring_floats(&p, x, f), 64);
  return shared + own * thread_count() + 64;
}

static int *counting(char **scratch, int n) {
  int *list = carve(scratch, sizeof(int) * n);
  for (int i = 0; i < n; i++) list[i] = i;
  return list;
}

static void direct_forward(char *memory, int batch, const Plane *x, const float *w, const Plane *y, const Filter *f,
                           Statistics *statistics, char *scratch) {
  const Phases phases = make_phases(batch, y->width, f);
  float *packed = carve(&scratch, sizeof(float) * f->filter_height * f->filter_width * x->channels * y->channels);
  ptrdiff_t *tap = carve(&scratch, sizeof(ptrdiff_t) * f->filter_width);
  forward_taps(f, batch, &phases, tap);
  const int most = max_int(f->filter_height, f->filter_width), ci = x->channels, co = y->channels;
  const int *numbers = counting(&scratch, most);
  const WeightOrder order = {f->filter_height, f->filter_width, numbers, numbers, (size_t)f->memory_width * ci * co,
                             (size_t)ci * co, co, 1};
  pack_weights(w, &order, ci, co, packed);
  const Correlation k = {ci, co, f->filter_width, tap, packed, f->filter_height};
  const size_t own = round_up(thread_lists(f) + 4 * forward_ring_floats(&phases, x, f), 64);
  Convolving s = {memory, batch, x, y, *f, phases, &k, (float *)scratch, own / 4, statistics, row_parts(y->height)};
  if (statistics) begin_statistics(statistics);
  parallel(s.parts, forward_part, &s);
}

// ---- gradient of the input

// For row and column modulo the stride: which filter rows and columns meet them. Outputs of a row with another place modulo the
// stride are made apart, and then put between each other.
static void input_gradient_part(void *context, int part, int thread) {
  const Convolving *s = context;
  const Plane *dx = s->x, *dy = s->y;
  const Filter *f = &s->f;
  const int stride_h = f->stride_height, stride = f->stride_width, batch = s->batch;
  char *own = (char *)(s->scratch + s->thread_floats * thread);
  const float **row = carve(&own, sizeof(float *) * f->filter_height);
  int *run = carve(&own, sizeof(int) * f->filter_height);
  float *phase_rows = (float *)own;
  const int begin = part_begin(dx->height, s->parts, part), end = part_begin(dx->height, s->parts, part + 1);
  for (int h = begin; h < end; h++) {
    const int phase_h = (h + f->top) % stride_h;
    Window window = {0, row, run, dy->pitch};
    int index = 0;
    for (int kh = phase_h; kh < f->filter_height; kh += stride_h, index++) {
      const int oh = (h + f->top - kh) / stride_h;
      if (h + f->top < kh || oh >= dy->height) continue;
      row[window.count] = plane_row(s->memory, dy, oh);
      run[window.count++] = index;
    }
    float *out = plane_row(s->memory, dx, h);
    for (int phase_w = 0; phase_w < stride; phase_w++) {
      const Correlation *k = s->correlation + phase_h * stride + phase_w;
      // The first column with this place modulo the stride.
      const int first = (phase_w - f->left % stride + stride) % stride;
      if (first >= dx->width) continue;
      const int pixels = (dx->width - first + stride - 1) / stride, columns = pixels * batch;
      const size_t to_pitch = stride == 1 ? (size_t)dx->pitch : odd_lines(columns);
      float *to = stride == 1 ? out : phase_rows;
      const int block = column_block(max_int(1, k->runs) * dy->channels, (f->filter_width - 1) * batch, columns);
      for (int from = 0; from < columns; from += block)
        correlate_planes(k, &window, from, min_int(from + block, columns), to, to_pitch);
      if (stride == 1) continue;
      for (int c = 0; c < dx->channels; c++)
        for (int q = 0; q < pixels; q++)
          copy_run(out + (size_t)c * dx->pitch + (size_t)(first + q * stride) * batch, to + c * to_pitch + (size_t)q * batch, batch);
    }
    if (dx->margin)
      for (int c = 0; c < dx->channels; c++) clear_gap(out + (size_t)c * dx->pitch, dx->width * batch, dx->pitch);
  }
  if (dx->margin && part == 0) clear_left(s->memory, dx);
}

static size_t input_gradient_thread(int batch, const Plane *dx, const Filter *f) {
  const size_t rows =
      f->stride_width == 1 ? 0 : (size_t)dx->channels * odd_lines((size_t)(dx->width / f->stride_width + 1) * batch) + PLANE_SLACK;
  return round_up(thread_lists(f) + 4 * rows, 64);
}

static size_t direct_input_gradient_scratch(int batch, const Plane *dx, const Plane *dy, const Filter *f) {
  const size_t phases = (size_t)f->stride_height * f->stride_width;
  const size_t weights = sizeof(float) * f->filter_height * f->filter_width * dx->channels * dy->channels + phases * 64;
  const size_t lists = phases * (round_up(sizeof(ptrdiff_t) * f->filter_width, 64) +
                                 round_up(sizeof(int) * f->filter_height, 64) + round_up(sizeof(int) * f->filter_width, 64));
  return weights + lists + round_up(sizeof(Correlation) * phases, 64) + input_gradient_thread(batch, dx, f) * thread_count() + 64;
}

static void direct_input_gradient(char *memory, int batch, const Plane *dy, const float *w, const Plane *dx, const Filter *f,
                                  char *scratch) {
  const int stride_h = f->stride_height, stride = f->stride_width, ci = dx->channels, co = dy->channels;
  Correlation *k = carve(&scratch, sizeof(Correlation) * stride_h * stride);
  for (int phase_h = 0; phase_h < stride_h; phase_h++)
    for (int phase_w = 0; phase_w < stride; phase_w++) {
      int *run = carve(&scratch, sizeof(int) * f->filter_height), *column = carve(&scratch, sizeof(int) * f->filter_width);
      ptrdiff_t *tap = carve(&scratch, sizeof(ptrdiff_t) * f->filter_width);
      int runs = 0, taps = 0;
      const int first = (phase_w - f->left % stride + stride) % stride;
      for (int kh = phase_h; kh < f->filter_height; kh += stride_h) run[runs++] = kh;
      // From the last tap to the first: increasing places of dy.
      for (int kw = f->filter_width - 1; kw >= 0; kw--) {
        if (kw % stride != phase_w) continue;
        column[taps] = kw;
        tap[taps++] = (ptrdiff_t)((first + f->left - kw) / stride) * batch;
      }
      float *packed = carve(&scratch, sizeof(float) * runs * taps * ci * co);
      const WeightOrder order = {runs, taps, run, column, (size_t)f->memory_width * ci * co, (size_t)ci * co, 1, co};
      pack_weights(w, &order, co, ci, packed);
      k[phase_h * stride + phase_w] = (Correlation){co, ci, taps, tap, packed, runs};
    }
  Convolving s = {memory, batch, dx, dy, *f, {0}, k, (float *)scratch, input_gradient_thread(batch, dx, f) / 4, 0,
                  row_parts(dx->height)};
  parallel(s.parts, input_gradient_part, &s);
}

#endif
