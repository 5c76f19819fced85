// The loop that forward convolution and input gradient share: rows of one plane, shifted by the taps of a filter and weighted,
// summed into rows of another.
#ifndef CORRELATE_H
#define CORRELATE_H

#include "planes.h"

// Output channels that one pass over the input makes at once, chosen so that the sums fit into the registers.
#if defined(__AVX512F__) || defined(__ARM_NEON)
enum { MOST_OUTPUTS = 8 };
#define TILE_VECTORS(outputs) ((outputs) > 6 ? 3 : (outputs) > 4 ? 4 : 6)
#elif defined(__AVX2__)
enum { MOST_OUTPUTS = 6 };
#define TILE_VECTORS(outputs) ((outputs) > 4 ? 2 : (outputs) > 3 ? 3 : (outputs) > 2 ? 4 : 6)
#else
enum { MOST_OUTPUTS = 4 };
#define TILE_VECTORS(outputs) ((outputs) > 3 ? 2 : (outputs) > 2 ? 3 : (outputs) > 1 ? 4 : 6)
#endif

enum { WINDOW_FLOATS = 48 * 1024 };

typedef struct {
  int inner, outer;     // channels summed over, channels made
  int taps;             // of a filter row
  const ptrdiff_t *tap; // how far each is from the output's own place, in floats
  const float *packed;  // weights: blocks of output channels; in each [filter row][inner][tap][output of the block]
  int runs;             // filter rows in `packed`
} Correlation;

// Filter rows that meet the image: where the row of the first inner channel begins, and which one it is.
typedef struct {
  int count;
  const float **row;
  int *run;
  size_t pitch;
} Window;

// Blocks of output channels differ by one at most: 7 are 4 and 3, not 6 and 1.
INLINE int output_blocks(int outer) { return (outer + MOST_OUTPUTS - 1) / MOST_OUTPUTS; }
INLINE int block_begin(int outer, int block) { return (int)((int64_t)outer * block / output_blocks(outer)); }

INLINE void add_tap(const int outputs, const int vectors, const float *x, const float *weight, vec sum[8][6]) {
  vec b[6];
  UNROLL_ALL for (int j = 0; j < vectors; j++) b[j] = vload(x + j * VL);
  UNROLL_ALL for (int i = 0; i < outputs; i++) {
    const vec a = vsplat(weight[i]);
    UNROLL_ALL for (int j = 0; j < vectors; j++) sum[i][j] = vfma(a, b[j], sum[i][j]);
  }
}

INLINE void plane_tile(const int outputs, const int vectors, const int taps_known, const Correlation *k, const Window *w,
                           const float *packed, int column, float *out, size_t out_pitch, int part) {
  const int taps = taps_known ? taps_known : k->taps;
  vec sum[8][6];
  UNROLL_ALL for (int i = 0; i < outputs; i++) UNROLL_ALL for (int j = 0; j < vectors; j++) sum[i][j] = vzero();
  for (int r = 0; r < w->count; r++) {
    const float *x = w->row[r] + column;
    const float *weight = packed + (size_t)w->run[r] * k->inner * taps * outputs;
    for (int c = 0; c < k->inner; c++, x += w->pitch) {
      if (taps_known) {
        UNROLL_ALL for (int t = 0; t < taps_known; t++, weight += outputs) add_tap(outputs, vectors, x + k->tap[t], weight, sum);
      } else {
        for (int t = 0; t < taps; t++, weight += outputs) add_tap(outputs, vectors, x + k->tap[t], weight, sum);
      }
    }
  }
  UNROLL_ALL for (int i = 0; i < outputs; i++) UNROLL_ALL for (int j = 0; j < vectors; j++) {
    float *to = out + i * out_pitch + column + j * VL;
    if (j == vectors - 1 && part < VL) vstore_part(to, sum[i][j], part);
    else vstore(to, sum[i][j]);
  }
}

INLINE void correlate_columns(const int outputs, const int taps_known, const Correlation *k, const Window *w, const float *packed,
                              int from, int to, float *out, size_t out_pitch) {
  const int vectors = TILE_VECTORS(outputs);
  int column = from;
  for (; column + vectors * VL <= to; column += vectors * VL)
    plane_tile(outputs, vectors, taps_known, k, w, packed, column, out, out_pitch, VL);
  for (; column < to; column += VL)
    plane_tile(outputs, 1, taps_known, k, w, packed, column, out, out_pitch, to - column < VL ? to - column : VL);
}

// Functions of their own, as inlined into one they would lose their registers.
#define CORRELATE(outputs)                                                                                                  \
  NOINLINE void correlate_##outputs(const Correlation *k, const Window *w, const float *packed, int from, int to,          \
                                    float *out, size_t out_pitch) {                                                       \
    switch (k->taps) {                                                                                                     \
    case 1: correlate_columns(outputs, 1, k, w, packed, from, to, out, out_pitch); break;                                   \
    case 2: correlate_columns(outputs, 2, k, w, packed, from, to, out, out_pitch); break;                                   \
    case 3: correlate_columns(outputs, 3, k, w, packed, from, to, out, out_pitch); break;                                   \
    default: correlate_columns(outputs, 0, k, w, packed, from, to, out, out_pitch);                                        \
    }                                                                                                                        \
  }
CORRELATE(1)
CORRELATE(2)
CORRELATE(3)
CORRELATE(4)
#if defined(__AVX2__) || defined(__ARM_NEON)
CORRELATE(5)
CORRELATE(6)
#endif
#if defined(__AVX512F__) || defined(__ARM_NEON)
CORRELATE(7)
CORRELATE(8)
#endif

// Columns [from, to) of all output channels; `out` is the row of the first.
static void correlate_planes(const Correlation *k, const Window *w, int from, int to, float *out, size_t out_pitch) {
  const size_t taps = (size_t)k->runs * k->inner * k->taps;
  for (int block = 0; block < output_blocks(k->outer); block++) {
    const int begin = block_begin(k->outer, block), outputs = block_begin(k->outer, block + 1) - begin;
    const float *packed = k->packed + taps * begin;
    float *rows = out + begin * out_pitch;
    switch (outputs) {
    case 1: correlate_1(k, w, packed, from, to, rows, out_pitch); break;
    case 2: correlate_2(k, w, packed, from, to, rows, out_pitch); break;
    case 3: correlate_3(k, w, packed, from, to, rows, out_pitch); break;
    case 4: correlate_4(k, w, packed, from, to, rows, out_pitch); break;
#if defined(__AVX2__) || defined(__ARM_NEON)
    case 5: correlate_5(k, w, packed, from, to, rows, out_pitch); break;
    case 6: correlate_6(k, w, packed, from, to, rows, out_pitch); break;
#endif
#if defined(__AVX512F__) || defined(__ARM_NEON)
    case 7: correlate_7(k, w, packed, from, to, rows, out_pitch); break;
    case 8: correlate_8(k, w, packed, from, to, rows, out_pitch); break;
#endif
    }
  }
}

// So many columns at a time that the rows they need stay in the second-level cache over all output channels.
static int column_block(int rows, int halo, int columns) {
  const int wide = TILE_VECTORS(MOST_OUTPUTS) * VL;
  int block = (int)(WINDOW_FLOATS / rows) - halo;
  block = block / wide * wide;
  if (block < 4 * wide) block = 4 * wide;
  return block < columns ? block : columns;
}

#endif
