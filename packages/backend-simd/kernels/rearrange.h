// Operations of compiled networks that move pixels and channels about: loading a batch, nearest resize, channel truncation and
// padding, sums, global average pooling.
#ifndef REARRANGE_H
#define REARRANGE_H

#include "direct.h"
#include "image.h"

typedef struct {
  char *memory;
  int batch;
  const Plane *a, *b, *y;
  const float *images;
  float *stored;
  int parts;
} Moving;

#define ROWS_OF_PART(plane)                                                                                             \
  const int begin = part_begin((plane)->height, s->parts, part), end = part_begin((plane)->height, s->parts, part + 1); \
  (void)thread

static void finish_rows(const Moving *s, const Plane *p, int part, int begin, int end) {
  if (!p->margin) return;
  for (int h = begin; h < end; h++)
    for (int c = 0; c < p->channels; c++)
      clear_gap(plane_row(s->memory, p, h) + (size_t)c * p->pitch, p->width * s->batch, p->pitch);
  if (part == 0) clear_left(s->memory, p);
}

// ---- loading: NHWC to planes, four examples by four numbers at a time

INLINE void transpose4(const float *x, size_t x_pitch, float *const *y) {
  const f32x4 a = load(x), b = load(x + x_pitch), c = load(x + 2 * x_pitch), d = load(x + 3 * x_pitch);
  const f32x4 ab = shuffle4(a, b, 0, 4, 1, 5), AB = shuffle4(a, b, 2, 6, 3, 7);
  const f32x4 cd = shuffle4(c, d, 0, 4, 1, 5), CD = shuffle4(c, d, 2, 6, 3, 7);
  store(y[0], shuffle4(ab, cd, 0, 1, 4, 5));
  store(y[1], shuffle4(ab, cd, 2, 3, 6, 7));
  store(y[2], shuffle4(AB, CD, 0, 1, 4, 5));
  store(y[3], shuffle4(AB, CD, 2, 3, 6, 7));
}

// One line of `count` numbers of all examples. Images may be apart by a multiple of what one way of the cache holds: each line is
// then fetched once only if it is used up at once.
INLINE void load_line(const float *from, size_t example, int batch, float *const *to, int count) {
  int n = 0;
  for (; n + 4 <= batch; n += 4, from += 4 * example) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      float *const at[4] = {to[i] + n, to[i + 1] + n, to[i + 2] + n, to[i + 3] + n};
      transpose4(from + i, example, at);
    }
    for (; i < count; i++)
      for (int j = 0; j < 4; j++) to[i][n + j] = from[j * example + i];
  }
  for (; n < batch; n++, from += example)
    for (int i = 0; i < count; i++) to[i][n] = from[i];
}

static void load_part(void *context, int part, int thread) {
  const Moving *s = context;
  const Plane *y = s->y;
  ROWS_OF_PART(y);
  const int numbers = y->width * y->channels;
  const size_t example = (size_t)y->height * numbers;
  for (int h = begin; h < end; h++) {
    float *row = plane_row(s->memory, y, h);
    const float *from = s->images + (size_t)h * numbers;
    for (int i = 0; i < numbers; i += LINE_FLOATS) {
      const int count = min_int(LINE_FLOATS, numbers - i);
      float *to[LINE_FLOATS];
      for (int j = 0; j < count; j++)
        to[j] = row + (size_t)((i + j) % y->channels) * y->pitch + (size_t)((i + j) / y->channels) * s->batch;
      if (count == LINE_FLOATS) load_line(from + i, example, s->batch, to, LINE_FLOATS);
      else load_line(from + i, example, s->batch, to, count);
    }
  }
  finish_rows(s, y, part, begin, end);
}

static void load_images(char *memory, int batch, const Plane *y, const float *images) {
  Moving s = {memory, batch, 0, 0, y, images, 0, row_parts(y->height)};
  parallel(s.parts, load_part, &s);
}

// ---- storing: planes to NHWC

static void store_part(void *context, int part, int thread) {
  const Moving *s = context;
  const Plane *x = s->a;
  ROWS_OF_PART(x);
  const int numbers = x->width * x->channels;
  const size_t example = (size_t)x->height * numbers;
  for (int h = begin; h < end; h++) {
    const float *row = plane_row(s->memory, x, h);
    float *to = s->stored + (size_t)h * numbers;
    for (int w = 0; w < x->width; w++, to += x->channels) {
      const float *from = row + (size_t)w * s->batch;
      int n = 0;
      for (; n + 4 <= s->batch; n += 4) {
        float *const at[4] = {to + n * example, to + (n + 1) * example, to + (n + 2) * example, to + (n + 3) * example};
        int c = 0;
        for (; c + 4 <= x->channels; c += 4) {
          float *const four[4] = {at[0] + c, at[1] + c, at[2] + c, at[3] + c};
          transpose4(from + (size_t)c * x->pitch + n, x->pitch, four);
        }
        for (; c < x->channels; c++)
          for (int k = 0; k < 4; k++) at[k][c] = from[(size_t)c * x->pitch + n + k];
      }
      for (; n < s->batch; n++)
        for (int c = 0; c < x->channels; c++) to[n * example + c] = from[(size_t)c * x->pitch + n];
    }
  }
}

static void store_images(char *memory, int batch, const Plane *x, float *images) {
  Moving s = {memory, batch, x, 0, 0, 0, images, row_parts(x->height)};
  parallel(s.parts, store_part, &s);
}

// ---- nearest resize: output i takes the input floor(i * size / newSize)

static void resize_part(void *context, int part, int thread) {
  const Moving *s = context;
  const Plane *x = s->a, *y = s->y;
  ROWS_OF_PART(y);
  for (int h = begin; h < end; h++) {
    const float *from = plane_row(s->memory, x, nearest(h, x->height, y->height));
    float *to = plane_row(s->memory, y, h);
    for (int c = 0; c < y->channels; c++, from += x->pitch, to += y->pitch)
      for (int w = 0; w < y->width; w++)
        copy_run(to + (size_t)w * s->batch, from + (size_t)nearest(w, x->width, y->width) * s->batch, s->batch);
  }
  finish_rows(s, y, part, begin, end);
}

static void resize(char *memory, int batch, const Plane *x, const Plane *y) {
  Moving s = {memory, batch, x, 0, y, 0, 0, row_parts(y->height)};
  parallel(s.parts, resize_part, &s);
}

// The first output that takes input i, or one behind it: ceil(i * newSize / size).
INLINE int first_taking(int i, int size, int new_size) { return (int)(((int64_t)i * new_size + size - 1) / size); }

static void resize_gradient_part(void *context, int part, int thread) {
  const Moving *s = context;
  const Plane *dy = s->a, *dx = s->y;
  ROWS_OF_PART(dx);
  for (int h = begin; h < end; h++) {
    float *to = plane_row(s->memory, dx, h);
    const int first = first_taking(h, dx->height, dy->height), last = first_taking(h + 1, dx->height, dy->height);
    for (int c = 0; c < dx->channels; c++, to += dx->pitch) {
      clear_run(to, dx->width * s->batch);
      for (int oh = first; oh < last; oh++) {
        const float *from = plane_row(s->memory, dy, oh) + (size_t)c * dy->pitch;
        for (int w = 0; w < dy->width; w++)
          add_run(to + (size_t)nearest(w, dx->width, dy->width) * s->batch, from + (size_t)w * s->batch, s->batch);
      }
    }
  }
  finish_rows(s, dx, part, begin, end);
}

static void resize_gradient_planes(char *memory, int batch, const Plane *dy, const Plane *dx) {
  Moving s = {memory, batch, dy, 0, dx, 0, 0, row_parts(dx->height)};
  parallel(s.parts, resize_gradient_part, &s);
}

// ---- channels, sums

static void match_part(void *context, int part, int thread) {
  const Moving *s = context;
  const Plane *x = s->a, *y = s->y;
  ROWS_OF_PART(y);
  for (int h = begin; h < end; h++) {
    const float *from = plane_row(s->memory, x, h);
    float *to = plane_row(s->memory, y, h);
    for (int c = 0; c < y->channels; c++, from += x->pitch, to += y->pitch)
      if (c < x->channels) copy_run(to, from, y->width * s->batch);
      else clear_run(to, y->width * s->batch);
  }
  finish_rows(s, y, part, begin, end);
}

static void match_planes(char *memory, int batch, const Plane *x, const Plane *y) {
  Moving s = {memory, batch, x, 0, y, 0, 0, row_parts(y->height)};
  parallel(s.parts, match_part, &s);
}

static void add_part(void *context, int part, int thread) {
  const Moving *s = context;
  ROWS_OF_PART(s->y);
  const int columns = s->y->width * s->batch;
  for (int h = begin; h < end; h++) {
    const float *a = plane_row(s->memory, s->a, h), *b = plane_row(s->memory, s->b, h);
    float *y = plane_row(s->memory, s->y, h);
    for (int c = 0; c < s->y->channels; c++, a += s->a->pitch, b += s->b->pitch, y += s->y->pitch) {
      int i = 0;
      for (; i + VL <= columns; i += VL) vstore(y + i, vload(a + i) + vload(b + i));
      if (i < columns) vstore_part(y + i, vload_part(a + i, columns - i) + vload_part(b + i, columns - i), columns - i);
    }
  }
  finish_rows(s, s->y, part, begin, end);
}

static void add_planes(char *memory, int batch, const Plane *a, const Plane *b, const Plane *y) {
  Moving s = {memory, batch, a, b, y, 0, 0, row_parts(y->height)};
  parallel(s.parts, add_part, &s);
}

// ---- global average pooling: features [channels][round_up(batch, 16)]

static void pool_planes(char *memory, int batch, const Plane *x, float *features) {
  const int pitch = (int)round_up(batch, LINE_FLOATS);
  const vec count = vsplat((float)(x->height * x->width));
  for (int c = 0; c < x->channels; c++, features += pitch) {
    for (int n = 0; n < pitch; n += VL) vstore(features + n, vzero());
    for (int n = 0; n < batch; n += VL) {
      vec total = vzero();
      for (int h = 0; h < x->height; h++) {
        const float *row = plane_row(memory, x, h) + (size_t)c * x->pitch + n;
        // Two levels of sums keep long ones accurate.
        vec a = vzero(), b = vzero();
        int w = 0;
        for (; w + 2 <= x->width; w += 2, row += 2 * batch) a += vload(row), b += vload(row + batch);
        if (w < x->width) a += vload(row);
        total += a + b;
      }
      const int lanes = min_int(VL, batch - n);
      vstore_part(features + n, total / count, lanes);
    }
  }
}

typedef struct {
  char *memory;
  int batch;
  const Plane *dx;
  const float *dfeatures;
  int parts;
} Unpooling;

static void pool_gradient_part(void *context, int part, int thread) {
  const Unpooling *s = context;
  const Plane *dx = s->dx;
  ROWS_OF_PART(dx);
  const int pitch = (int)round_up(s->batch, LINE_FLOATS);
  const vec share = vsplat(1 / (float)(dx->height * dx->width));
  for (int h = begin; h < end; h++) {
    float *row = plane_row(s->memory, dx, h);
    for (int c = 0; c < dx->channels; c++, row += dx->pitch) {
      const float *d = s->dfeatures + (size_t)c * pitch;
      for (int w = 0; w < dx->width; w++) {
        float *to = row + (size_t)w * s->batch;
        int n = 0;
        for (; n + VL <= s->batch; n += VL) vstore(to + n, vload(d + n) * share);
        if (n < s->batch) vstore_part(to + n, vload(d + n) * share, s->batch - n);
      }
      if (dx->margin) clear_gap(row, dx->width * s->batch, dx->pitch);
    }
  }
  if (dx->margin && part == 0) clear_left(s->memory, dx);
}

static void pool_gradient_planes(char *memory, int batch, const float *dfeatures, const Plane *dx) {
  Unpooling s = {memory, batch, dx, dfeatures, row_parts(dx->height)};
  parallel(s.parts, pool_gradient_part, &s);
}

#endif
