// The images of a batch from bytes to planes: shifted, mirrored, normalised and laid out on the way, since for small networks
// it is a large part of a step to read and write them once more.
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "rearrange.h"

enum { BYTES = 16 };
typedef uint8_t bytes16 __attribute__((vector_size(BYTES), aligned(1), may_alias));

INLINE bytes16 load_bytes(const uint8_t *p) { return *(const bytes16 *)p; }
INLINE void store_bytes(uint8_t *p, bytes16 v) { *(bytes16 *)p = v; }

#if defined(__clang__) || __GNUC__ >= 12
#define shuffle_pair(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define shuffle_pair(a, b, ...) __builtin_shuffle(a, b, (bytes16){__VA_ARGS__})
#endif

// The bytes of v that `at` (each below 16) names.
INLINE bytes16 pick_bytes(bytes16 v, bytes16 at) {
#if defined(__AVX2__)
  return (bytes16)_mm_shuffle_epi8((__m128i)v, (__m128i)at);
#elif defined(__ARM_NEON)
  return (bytes16)vqtbl1q_u8((uint8x16_t)v, (uint8x16_t)at);
#elif defined(__wasm__)
  return (bytes16)__builtin_wasm_swizzle_i8x16((__attribute__((vector_size(16))) signed char)v, (__attribute__((vector_size(16))) signed char)at);
#else
  bytes16 picked;
  for (int i = 0; i < BYTES; i++) picked[i] = v[at[i]];
  return picked;
#endif
}

// As many as there are lanes, as floats.
INLINE vec vload_bytes(const uint8_t *p) {
#if defined(__AVX512F__)
  return (vec)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
#elif defined(__AVX2__) && defined(__FMA__)
  return (vec)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
#else
  return (vec){p[0], p[1], p[2], p[3]};
#endif
}

// 16 rows of 16 bytes become its columns: byte j of row i becomes byte i of row j. A stage exchanges the halves of all pairs.
INLINE void transpose_bytes(const uint8_t *from, size_t from_pitch, uint8_t *to, size_t to_pitch) {
  bytes16 v[BYTES], w[BYTES];
  UNROLL_ALL
  for (int i = 0; i < BYTES; i++) v[i] = load_bytes(from + i * from_pitch);
  UNROLL_ALL
  for (int stage = 0; stage < 4; stage++) {
    UNROLL_ALL
    for (int i = 0; i < BYTES / 2; i++) {
      w[2 * i] = shuffle_pair(v[i], v[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      w[2 * i + 1] = shuffle_pair(v[i], v[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    UNROLL_ALL
    for (int i = 0; i < BYTES; i++) v[i] = w[i];
  }
  UNROLL_ALL
  for (int i = 0; i < BYTES; i++) store_bytes(to + i * to_pitch, v[i]);
}

typedef struct {
  char *memory;
  int batch;
  const Plane *y;
  const uint8_t *bytes;      // [batch, height, width, channels]
  const int32_t *placements; // [batch, 3]: pixel (0, 0) is pixel (down, right) of the image; mirrored then if the third is not 0
  const float *scale, *shift; // [channels]
  char *scratch;
  size_t thread_bytes;
  int parts;
} Placing;

INLINE int between(int low, int value, int high) { return value < low ? low : value > high ? high : value; }

// Of a row of the result, the pixels that the image has: [first, end).
typedef struct {
  int first, end;
} Span;

// A row of one example; what the image does not have is left as it is. Up to 15 bytes behind `to` are written, and as many
// behind the image are read.
static Span place_row(const Placing *s, int n, int h, bytes16 mirror, uint8_t *to) {
  const int height = s->y->height, width = s->y->width, channels = s->y->channels;
  const int32_t *placement = s->placements + 3 * (size_t)n;
  const int from_h = h + between(-height, placement[0], height), right = between(-width, placement[1], width);
  if (from_h < 0 || from_h >= height) return (Span){0, 0};
  const uint8_t *row = s->bytes + ((size_t)n * height + from_h) * width * channels;
  const int is_mirrored = placement[2] != 0;
  const Span span = {max_int(0, is_mirrored ? right : -right), min_int(width, is_mirrored ? width + right : width - right)};
  // As many pixels as fit 16 bytes at a time; the last ones once more, where they do not come out even.
  const int block = BYTES / channels, last = span.end - block;
  if (block > 0 && last >= span.first) {
    if (is_mirrored) {
      // Pixel w is the image's pixel width - 1 - w + right.
      row += (width - block + right) * channels;
      for (int w = span.first; w < last; w += block)
        store_bytes(to + w * channels, pick_bytes(load_bytes(row - w * channels), mirror));
      store_bytes(to + last * channels, pick_bytes(load_bytes(row - last * channels), mirror));
    } else {
      row += right * channels;
      for (int w = span.first; w < last; w += block) store_bytes(to + w * channels, load_bytes(row + w * channels));
      store_bytes(to + last * channels, load_bytes(row + last * channels));
    }
    return span;
  }
  for (int w = span.first; w < span.end; w++)
    for (int c = 0; c < channels; c++) to[w * channels + c] = row[(is_mirrored ? width - 1 - w + right : w + right) * channels + c];
  return span;
}

// Of a block of pixels, those from the last to the first.
static bytes16 mirror_of(int channels) {
  const int block = BYTES / channels;
  bytes16 at = {0};
  for (int i = 0; i < block * channels; i++) at[i] = (uint8_t)((block - 1 - i / channels) * channels + i % channels);
  return at;
}

// A pixel of all n examples: byte * scale + shift. Whole vectors, where the row has `room` for them: the next pixel is written later.
INLINE void normalize_pixel(const uint8_t *bytes, float scale, float shift, int n, int room, float *line) {
  const vec scales = vsplat(scale), shifts = vsplat(shift);
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(line + i, vfma(vload_bytes(bytes + i), scales, shifts));
  if (i == n) return;
  const vec rest = vfma(vload_bytes(bytes + i), scales, shifts);
  if (i + VL <= room) vstore(line + i, rest);
  else vstore_part(line + i, rest, n - i);
}

INLINE void clear_pixels(float *line, int batch, int first, int end) {
  for (int w = first; w < end; w++) line[(size_t)w * batch] = 0;
}

static void place_part(void *context, int part, int thread) {
  const Placing *s = context;
  const Plane *y = s->y;
  const int begin = part_begin(y->height, s->parts, part), end = part_begin(y->height, s->parts, part + 1);
  const int channels = y->channels, numbers = y->width * channels, batch = s->batch;
  const size_t row_pitch = round_up(numbers, BYTES) + BYTES, column_pitch = round_up(batch, BYTES) + BYTES;
  char *own = s->scratch + s->thread_bytes * thread;
  Span *spans = carve(&own, sizeof(Span) * batch);
  uint8_t *rows = carve(&own, BYTES * row_pitch), *columns = carve(&own, round_up(numbers, BYTES) * column_pitch);
  const bytes16 mirror = mirror_of(channels);
  __builtin_memset(rows, 0, BYTES * row_pitch);
  for (int h = begin; h < end; h++) {
    for (int n = 0; n < batch; n += BYTES) {
      for (int i = 0; i < BYTES && n + i < batch; i++) spans[n + i] = place_row(s, n + i, h, mirror, rows + i * row_pitch);
      for (int j = 0; j < numbers; j += BYTES) transpose_bytes(rows + j, row_pitch, columns + j * column_pitch + n, column_pitch);
    }
    float *row = plane_row(s->memory, y, h);
    for (int w = 0; w < y->width; w++)
      for (int c = 0; c < channels; c++)
        normalize_pixel(columns + (w * channels + c) * column_pitch, s->scale[c], s->shift[c], batch, (y->width - w) * batch,
                        row + (size_t)c * y->pitch + (size_t)w * batch);
    for (int n = 0; n < batch; n++)
      for (int c = 0; c < channels; c++) {
        float *line = row + (size_t)c * y->pitch + n;
        clear_pixels(line, batch, 0, spans[n].first);
        clear_pixels(line, batch, spans[n].end, y->width);
      }
  }
  Moving moved = {.memory = s->memory, .batch = batch, .y = y};
  finish_rows(&moved, y, part, begin, end);
}

static size_t place_thread_bytes(int batch, const Plane *y) {
  const size_t numbers = round_up((size_t)y->width * y->channels, BYTES), column_pitch = round_up(batch, BYTES) + BYTES;
  return round_up(sizeof(Span) * batch, 64) + round_up(BYTES * (numbers + BYTES), 64) + round_up(numbers * column_pitch, 64);
}

static size_t place_scratch(int batch, const Plane *y) { return place_thread_bytes(batch, y) * thread_count(); }

// A byte becomes byte * scale + shift, each [channels]; beyond the image there are zeros.
static void place_images(char *memory, int batch, const Plane *y, const uint8_t *bytes, const int32_t *placements, const float *scale,
                         const float *shift, char *scratch) {
  Placing s = {memory, batch, y, bytes, placements, scale, shift, scratch, place_thread_bytes(batch, y), row_parts(y->height)};
  parallel(s.parts, place_part, &s);
}

#endif
