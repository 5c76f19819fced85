// Four floats at a time, and the few helpers that every kernel uses. NaN and infinities must come out where they go in
// (a trainer recognises a diverged network by them), so nothing here may be compiled with -ffast-math.
#ifndef VECTOR_H
#define VECTOR_H

#include <stddef.h>
#include <stdint.h>

// aligned(4): tensors are 16-byte aligned, but a row of 3 channels is not.
typedef float f32x4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t i32x4 __attribute__((vector_size(16), aligned(4), may_alias));

// What JavaScript calls: stands before the function, and exports.h has a line for it. Compiled to native code, each
// instruction set is one translation unit that shows nothing but its table (kernels.c), so that equal names do not meet.
#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(#name)))
#else
#define EXPORT(name) static
#endif
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

enum { LANES = 4 };

INLINE f32x4 splat(float x) { return (f32x4){x, x, x, x}; }
INLINE f32x4 load(const float *p) { return *(const f32x4 *)p; }
INLINE void store(float *p, f32x4 v) { *(f32x4 *)p = v; }
// Not `select`: the headers of intrinsics bring in POSIX' function of that name.
INLINE f32x4 select4(i32x4 mask, f32x4 yes, f32x4 no) {
  return (f32x4)(((i32x4)yes & mask) | ((i32x4)no & ~mask));
}

// Four of the eight floats of two vectors. GCC knows Clang's name for it from version 12 on; many clusters have an older one.
#if defined(__clang__) || __GNUC__ >= 12
#define shuffle4(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define shuffle4(a, b, ...) __builtin_shuffle(a, b, (i32x4){__VA_ARGS__})
#endif

INLINE int min_int(int a, int b) { return a < b ? a : b; }
INLINE int max_int(int a, int b) { return a > b ? a : b; }
INLINE size_t round_up(size_t n, size_t multiple) { return (n + multiple - 1) / multiple * multiple; }

INLINE void fill_zero(float *p, size_t n) { __builtin_memset(p, 0, n * sizeof(float)); }
INLINE void copy(float *to, const float *from, size_t n) { __builtin_memcpy(to, from, n * sizeof(float)); }

// A pixel of a few channels is shorter than the call behind memory.copy.
INLINE void copy_short(float *to, const float *from, int n) {
  int i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, load(from + i));
  for (; i < n; i++) to[i] = from[i];
}

INLINE void add_short(float *to, const float *from, int n) {
  int i = 0;
  for (; i + LANES <= n; i += LANES) store(to + i, load(to + i) + load(from + i));
  for (; i < n; i++) to[i] += from[i];
}

#endif
