// Convolution by minimal filtering; with the filter turned round, the gradient of its input.
#ifndef WINOGRAD_FILTERING_H
#define WINOGRAD_FILTERING_H

#include "winograd_layout.h"

// ---- transformed filters

INLINE void filter_points(const int mode, const float *taps, size_t tap_pitch, size_t floats, float *u, size_t u_pitch) {
  for (size_t e = 0; e < floats; e += VL) {
    vec t[FILTERS(mode)][3], g[3], o[MOST_FILTERS];
    UNROLL_ALL for (int j = 0; j < 3; j++) {
      UNROLL_ALL for (int i = 0; i < 3; i++) g[i] = vload(taps + (i * 3 + j) * tap_pitch + e);
      transform_filter(mode, g, o);
      UNROLL_ALL for (int i = 0; i < FILTERS(mode); i++) t[i][j] = o[i];
    }
    UNROLL_ALL for (int i = 0; i < FILTERS(mode); i++) {
      transform_filter(mode, t[i], o);
      UNROLL_ALL for (int j = 0; j < FILTERS(mode); j++) vstore(u + (i * FILTERS(mode) + j) * u_pitch + e, o[j]);
    }
  }
}

INLINE size_t taps_pitch(int inner, int outer) { return round_up((size_t)inner * outer, LINE_FLOATS); }

// u[filter][block of outputs][inner][output] of w[tap][channel of the input][of the output], or turned round and its channels exchanged.
static void transform_filters(int mode, const float *w, int turned, int inner, int outer, float *taps, float *u, size_t u_pitch) {
  const size_t pitch = taps_pitch(inner, outer);
  const int none = 0;
  const WeightOrder order = {1, 1, &none, &none, 0, 0, turned ? 1 : outer, turned ? inner : 1};
  for (int k = 0; k < 9; k++) pack_weights(w + (size_t)(turned ? 8 - k : k) * inner * outer, &order, inner, outer, taps + k * pitch);
#define CALL(mode) filter_points(mode, taps, pitch, (size_t)inner * outer, u, u_pitch)
  WITH_FILTER_MODE(mode, CALL)
#undef CALL
}

// ---- forward, and by the filter turned round the gradient of the input

typedef struct {
  char *memory;
  int batch;
  const Plane *x, *y;
  Tiles tiles;
  const Transforms *transforms;
  const float *u;
  size_t u_pitch;
  float *scratch;
  size_t thread_floats;
  Statistics *statistics;
  int parts;
} Filtering;

// The first number that a tile makes: what statistics are gathered around.
static float first_output(int mode, const float *points, size_t point_pitch) {
  const int side = POINTS(mode), m = TILE(mode), terms = mode < 10 ? m + 1 : m == 4 ? 4 : 2;
  float sum = 0;
  for (int i = 0; i <= terms; i++)
    for (int j = 0; j <= terms; j++) {
      // With a stride, the first of the plain products comes after the points of the even inputs.
      const int row = i < terms ? i : m + 1, column = j < terms ? j : m + 1;
      if (mode > 10 || (i < terms && j < terms)) sum += points[(row * side + column) * point_pitch];
    }
  return sum;
}

// One block of output channels: the products of all points, then what they make.
static void filter_outputs(const Filtering *s, int part, int is_first, int from, int to, int channel, int outputs, const Patch *patches,
                           const float *v, size_t v_pitch, float *o, size_t o_pitch) {
  const Tiles *t = &s->tiles;
  const Plane *y = s->y;
  const int inner = s->x->channels, side = POINTS(t->mode), filters = FILTERS(t->mode);
  const size_t row_pitch = row_pitch_of(t);
  const ptrdiff_t no_tap = 0;
  int run = 0;
  for (int p = 0; p < t->points; p++) {
    const int filter = filter_of_point(t->mode, p / side) * filters + filter_of_point(t->mode, p % side);
    const float *rows = v + p * v_pitch;
    const Window window = {1, &rows, &run, row_pitch};
    const Correlation k = {inner, outputs, 1, &no_tap, s->u + filter * s->u_pitch + (size_t)channel * inner, 1};
    correlate_planes(&k, &window, 0, to - from, o + p * o_pitch, row_pitch);
  }
  for (int c = channel; c < channel + outputs; c++) {
    const float *points = o + (c - channel) * row_pitch;
    vec sum = vzero(), square = vzero(), shift = vzero();
    if (s->statistics) {
      if (is_first) begin_channel(s->statistics, part, c, first_output(t->mode, points, o_pitch));
      shift = vsplat(s->statistics->shift[(size_t)part * y->channels + c]);
    }
    const Patch *patch = patches;
    FOR_TILES(s->batch, from, to) {
      (void)tile;
      s->transforms->from_points(patch++, (size_t)c * y->pitch, s->batch, first, count, points + (at - from), o_pitch, shift, &sum, &square);
    }
    if (s->statistics) add_statistics(s->statistics, part, c, vsum(sum), vsum(square));
  }
}

// How many numbers of a channel a block of columns makes.
static double outputs_of(const Filtering *s, int row, int from, int to) {
  const Tiles *t = &s->tiles;
  double numbers = 0;
  FOR_TILES(s->batch, from, to) {
    (void)first;
    numbers += (double)count * min_int(OUTPUTS(t->mode), s->y->width - tile * t->out_step);
  }
  return numbers * min_int(OUTPUTS(t->mode), s->y->height - row * t->out_step);
}

static size_t filtering_points(const Tiles *t, int channels) { return point_pitch_of(channels * row_pitch_of(t)); }

static void filtering_part(void *context, int part, int thread) {
  const Filtering *s = context;
  const Tiles *t = &s->tiles;
  const Plane *x = s->x, *y = s->y;
  const size_t row_pitch = row_pitch_of(t), v_pitch = filtering_points(t, x->channels), o_pitch = filtering_points(t, MOST_OUTPUTS);
  float *v = s->scratch + s->thread_floats * thread, *o = v + t->points * v_pitch;
  Patch *patches = (Patch *)(o + round_up(t->points * o_pitch + PLANE_SLACK, LINE_FLOATS));
  const int begin = part_begin(t->rows, s->parts, part), end = part_begin(t->rows, s->parts, part + 1);
  for (int row = begin; row < end; row++)
    for (int from = 0; from < t->columns; from += t->block) {
      const int to = min_int(from + t->block, t->columns), is_first = row == begin && from == 0;
      FOR_TILES(s->batch, from, to) {
        const Patch patch = make_patch(s->memory, s->batch, x, INPUTS(t->mode), row * t->in_step + t->in_top, tile * t->in_step + t->in_left);
        for (int c = 0; c < x->channels; c++)
          s->transforms->to_points(&patch, (size_t)c * x->pitch, s->batch, first, count, v + c * row_pitch + (at - from), v_pitch);
      }
      Patch *patch = patches;
      FOR_TILES(s->batch, from, to) {
        (void)first;
        *patch++ = make_patch(s->memory, s->batch, y, OUTPUTS(t->mode), row * t->out_step + t->out_top, tile * t->out_step + t->out_left);
      }
      for (int block = 0; block < output_blocks(y->channels); block++) {
        const int channel = block_begin(y->channels, block), outputs = block_begin(y->channels, block + 1) - channel;
        filter_outputs(s, part, is_first, from, to, channel, outputs, patches, v, v_pitch, o, o_pitch);
      }
      if (s->statistics) s->statistics->count[part] += outputs_of(s, row, from, to);
      if (to < t->columns || !y->margin) continue;
      const int first_row = max_int(0, row * t->out_step + t->out_top);
      const int last_row = min_int(y->height, (row + 1) * t->out_step + t->out_top);
      for (int h = first_row; h < last_row; h++)
        for (int c = 0; c < y->channels; c++)
          clear_gap(plane_row(s->memory, y, h) + (size_t)c * y->pitch, y->width * s->batch, y->pitch);
    }
  if (y->margin && part == 0) clear_left(s->memory, y);
}

static Tiles filtering_tiles(Tiles t, int inner) {
  t.block = block_of(&t, inner + MOST_OUTPUTS, 480);
  return t;
}

static size_t filtering_thread_floats(const Tiles *t, int inner) {
  // A block meets fewer tiles than this, whatever their examples.
  const size_t patches = sizeof(Patch) / sizeof(float) * (t->block + 2);
  return round_up(t->points * (filtering_points(t, inner) + filtering_points(t, MOST_OUTPUTS)) + PLANE_SLACK, LINE_FLOATS) +
         round_up(patches, LINE_FLOATS) + LINE_FLOATS;
}

static size_t filtering_scratch(Tiles tiles, int inner, int outer) {
  const Tiles t = filtering_tiles(tiles, inner);
  const int filters = FILTERS(t.mode) * FILTERS(t.mode);
  return round_up(4 * filters * point_pitch_of((size_t)inner * outer), 64) + round_up(4 * (9 * taps_pitch(inner, outer) + VL), 64) +
         4 * filtering_thread_floats(&t, inner) * thread_count() + 64;
}

static void filtering(char *memory, int batch, const Plane *x, const Plane *y, Tiles tiles, const float *w, int turned,
                      Statistics *statistics, char *scratch) {
  const int inner = x->channels, outer = y->channels;
  const Tiles t = filtering_tiles(tiles, inner);
  const size_t u_pitch = point_pitch_of((size_t)inner * outer);
  float *u = carve(&scratch, 4 * FILTERS(t.mode) * FILTERS(t.mode) * u_pitch);
  float *taps = carve(&scratch, 4 * (9 * taps_pitch(inner, outer) + VL));
  transform_filters(t.mode, w, turned, inner, outer, taps, u, u_pitch);
  if (statistics) begin_statistics(statistics);
  Filtering s = {memory,  batch,      x,          y, t, transforms_of(t.mode), u, u_pitch, (float *)scratch, filtering_thread_floats(&t, inner),
                 statistics, row_parts(t.rows)};
  parallel(s.parts, filtering_part, &s);
}

static size_t winograd_forward_scratch(int batch, const Plane *x, const Plane *y, const Filter *f, int m) {
  return filtering_scratch(forward_tiles(m, batch, y, f), x->channels, y->channels);
}
static void winograd_forward(char *memory, int batch, const Plane *x, const float *w, const Plane *y, const Filter *f, int m,
                             Statistics *statistics, char *scratch) {
  filtering(memory, batch, x, y, forward_tiles(m, batch, y, f), w, 0, statistics, scratch);
}

static size_t winograd_input_gradient_scratch(int batch, const Plane *dx, const Plane *dy, const Filter *f, int m) {
  return filtering_scratch(backward_tiles(m, batch, dx, f), dy->channels, dx->channels);
}
static void winograd_input_gradient(char *memory, int batch, const Plane *dy, const float *w, const Plane *dx, const Filter *f, int m,
                                    char *scratch) {
  filtering(memory, batch, dy, dx, backward_tiles(m, batch, dx, f), w, 1, 0, scratch);
}

#endif
