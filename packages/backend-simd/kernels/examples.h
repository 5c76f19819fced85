// The images of a batch from bytes: shifted, mirrored and normalised. Between reading them and the first layer nothing else
// is done, and for small networks it is a large part of a step.
#ifndef EXAMPLES_H
#define EXAMPLES_H

#include "lanes.h"

INLINE vec vload_bytes(const uint8_t *p) {
#if defined(__AVX512F__)
  return (vec)_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
#elif defined(__AVX2__) && defined(__FMA__)
  return (vec)_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
#else
  return (vec){p[0], p[1], p[2], p[3]};
#endif
}

// A row of numbers: scale and shift are as long as it.
static void normalize_bytes(const uint8_t *bytes, const float *scale, const float *shift, int n, float *values) {
  int i = 0;
  for (; i + VL <= n; i += VL) vstore(values + i, vfma(vload_bytes(bytes + i), vload(scale + i), vload(shift + i)));
  if (i == n) return;
  uint8_t rest[VL] = {0};
  for (int j = i; j < n; j++) rest[j - i] = bytes[j];
  const vec v = vfma(vload_bytes(rest), vload_part(scale + i, n - i), vload_part(shift + i, n - i));
  vstore_part(values + i, v, n - i);
}

INLINE void reverse_run(const uint8_t *from, int pixels, int channels, uint8_t *to) {
  from += (size_t)(pixels - 1) * channels;
  for (int i = 0; i < pixels; i++, from -= channels, to += channels)
    for (int c = 0; c < channels; c++) to[c] = from[c];
}

static void reverse_pixels(const uint8_t *from, int pixels, int channels, uint8_t *to) {
  if (channels == 1) reverse_run(from, pixels, 1, to);
  else if (channels == 3) reverse_run(from, pixels, 3, to);
  else reverse_run(from, pixels, channels, to);
}

INLINE int between(int low, int value, int high) { return value < low ? low : value > high ? high : value; }

// Floats that place_images needs besides.
EXPORT(place_images_scratch) size_t place_images_scratch(int width, int channels) { return 3 * (size_t)width * channels + 3 * VL; }

// bytes and images are [n, height, width, channels]; placements [n, 3]: pixel (0, 0) of the result is pixel (down, right) of
// the image, which is then mirrored if the third is not 0. A byte becomes byte * scale + shift, each [channels]; beyond the
// image there are zeros.
EXPORT(place_images)
void place_images(const uint8_t *bytes, const int32_t *placements, const float *scale, const float *shift, int n, int height, int width,
                  int channels, float *images, float *scratch) {
  const int row = width * channels;
  const size_t size = (size_t)height * row;
  float *scales = scratch, *shifts = scratch + row + VL;
  uint8_t *reversed = (uint8_t *)(shifts + row + VL);
  for (int i = 0; i < row; i++) {
    scales[i] = scale[i % channels];
    shifts[i] = shift[i % channels];
  }
  for (int i = 0; i < n; i++, bytes += size, placements += 3) {
    const int down = between(-height, placements[0], height), right = between(-width, placements[1], width);
    const int mirrored = placements[2];
    const int missing_before = mirrored ? right : -right;
    const int first = between(0, missing_before, width), end = between(0, width + missing_before, width);
    const int pixels = end - first;
    // Of the image's row, the first pixel that is taken.
    const int from = mirrored ? width - end + right : first + right;
    for (int y = 0; y < height; y++, images += row) {
      const int from_y = y + down;
      if (from_y < 0 || from_y >= height || pixels <= 0) {
        fill_zero(images, row);
        continue;
      }
      const uint8_t *x = bytes + (size_t)from_y * row + (size_t)from * channels;
      if (mirrored) {
        reverse_pixels(x, pixels, channels, reversed);
        x = reversed;
      }
      if (first > 0) fill_zero(images, (size_t)first * channels);
      normalize_bytes(x, scales, shifts, pixels * channels, images + (size_t)first * channels);
      if (end < width) fill_zero(images + (size_t)end * channels, (size_t)(width - end) * channels);
    }
  }
}

#endif
