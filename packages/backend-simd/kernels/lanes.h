// The widest vector of the instruction set that is compiled for, under one name: 16 floats (AVX-512), 8 (AVX2 with FMA) or
// 4 (SSE2, NEON, WebAssembly). Sums of products are fused where the instruction set can, by name and never by contraction,
// so that one instruction set gives the same bits whatever the compiler.
#ifndef LANES_H
#define LANES_H

#include "vector.h"

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#if defined(__clang__)
#define UNROLL_ALL _Pragma("unroll")
#else
#define UNROLL_ALL _Pragma("GCC unroll 32")
#endif

#if defined(__AVX512F__)
enum { VL = 16 };
#elif defined(__AVX2__) && defined(__FMA__)
enum { VL = 8 };
#else
enum { VL = 4 };
#endif

// aligned(4): rows begin at cache lines, but a tap of a filter or the examples of one pixel do not.
typedef float vec __attribute__((vector_size(VL * 4), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(VL * 4), aligned(4), may_alias));

INLINE vec vload(const float *p) { return *(const vec *)p; }
INLINE void vstore(float *p, vec v) { *(vec *)p = v; }
INLINE vec vzero(void) { return (vec){0}; }

#if defined(__AVX512F__)
INLINE vec vsplat(float x) { return (vec)_mm512_set1_ps(x); }
INLINE vec vfma(vec a, vec b, vec c) { return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c); }
// The first n lanes, zero beyond; memory beyond them is not touched. 0 < n <= VL.
INLINE vec vload_part(const float *p, int n) { return (vec)_mm512_maskz_loadu_ps((__mmask16)(0xffffu >> (16 - n)), p); }
INLINE void vstore_part(float *p, vec v, int n) { _mm512_mask_storeu_ps(p, (__mmask16)(0xffffu >> (16 - n)), (__m512)v); }
// yes where a > 0, no elsewhere (also where a is NaN); yes where a >= 0 or NaN.
INLINE vec vwhere_positive(vec a, vec yes, vec no) {
  return (vec)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, _mm512_setzero_ps(), _CMP_GT_OQ), (__m512)no, (__m512)yes);
}
INLINE vec vwhere_not_negative(vec a, vec yes, vec no) {
  return (vec)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, _mm512_setzero_ps(), _CMP_LT_OQ), (__m512)yes, (__m512)no);
}
#else
INLINE ivec vselect_mask(ivec m, ivec yes, ivec no) { return (yes & m) | (no & ~m); }
#if defined(__AVX2__) && defined(__FMA__)
INLINE vec vsplat(float x) { return (vec)_mm256_set1_ps(x); }
INLINE vec vfma(vec a, vec b, vec c) { return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
INLINE __m256i lanes_mask(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE vec vload_part(const float *p, int n) { return (vec)_mm256_maskload_ps(p, lanes_mask(n)); }
INLINE void vstore_part(float *p, vec v, int n) { _mm256_maskstore_ps(p, lanes_mask(n), (__m256)v); }
INLINE vec vwhere_positive(vec a, vec yes, vec no) {
  return (vec)_mm256_blendv_ps((__m256)no, (__m256)yes, _mm256_cmp_ps((__m256)a, _mm256_setzero_ps(), _CMP_GT_OQ));
}
INLINE vec vwhere_not_negative(vec a, vec yes, vec no) {
  return (vec)_mm256_blendv_ps((__m256)yes, (__m256)no, _mm256_cmp_ps((__m256)a, _mm256_setzero_ps(), _CMP_LT_OQ));
}
#else
INLINE vec vsplat(float x) { return (vec){x, x, x, x}; }
#if defined(__ARM_NEON)
INLINE vec vfma(vec a, vec b, vec c) { return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
#else
INLINE vec vfma(vec a, vec b, vec c) { return a * b + c; }
#endif
INLINE vec vload_part(const float *p, int n) {
  if (n == VL) return vload(p);
  vec v = vzero();
  v[0] = p[0];
  if (n > 1) v[1] = p[1];
  if (n > 2) v[2] = p[2];
  return v;
}
INLINE void vstore_part(float *p, vec v, int n) {
  if (n == VL) {
    vstore(p, v);
    return;
  }
  p[0] = v[0];
  if (n > 1) p[1] = v[1];
  if (n > 2) p[2] = v[2];
}
INLINE vec vwhere_positive(vec a, vec yes, vec no) { return (vec)vselect_mask((ivec)(a > vzero()), (ivec)yes, (ivec)no); }
INLINE vec vwhere_not_negative(vec a, vec yes, vec no) { return (vec)vselect_mask((ivec)(a < vzero()), (ivec)no, (ivec)yes); }
#endif
#endif

// The first n lanes, zero beyond.
INLINE vec vkeep(vec v, int n) {
#if defined(__AVX512F__)
  return (vec)_mm512_maskz_mov_ps((__mmask16)(0xffffu >> (16 - n)), (__m512)v);
#elif defined(__AVX2__) && defined(__FMA__)
  return (vec)((ivec)v & (ivec)lanes_mask(n));
#else
  float lanes[VL] = {0};
  vstore_part(lanes, v, n);
  return vload(lanes);
#endif
}

// Always in the same order: halves onto halves.
INLINE float vsum(vec v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512)v);
#elif defined(__AVX2__) && defined(__FMA__)
  __m128 sum = _mm_add_ps(_mm256_castps256_ps128((__m256)v), _mm256_extractf128_ps((__m256)v, 1));
  sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
  return _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps(sum, sum, 1)));
#else
  return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}

#endif
