// Which tables of kernels there are, and which of them this processor can run. Asked of the processor itself: what
// compilers offer for it (__builtin_cpu_supports) some leave out of their libraries.
#ifndef ISA_H
#define ISA_H

#include "../kernels/table.h"

typedef struct {
  const char *name;
  const Kernel *kernels;
  int (*is_supported)(void);
} Isa;

static int always(void) { return 1; }

#if defined(__x86_64__)

#include <cpuid.h>

extern const Kernel kernels_avx512[], kernels_avx2[], kernels_baseline[];

enum { OSXSAVE = 1 << 27, FMA = 1 << 12, AVX2 = 1 << 5, AVX512 = 1 << 16 | 1 << 17 | 1 << 30, AVX512VL = 1 << 31 };
enum { YMM = 0x6, ZMM = 0xe6 }; // registers that the system saves: SSE and AVX; also masks and all of AVX-512

// Whether the system saves all of these registers, the processor has FMA and these features of leaf 7.
static int has(unsigned registers, unsigned features) {
  unsigned a, b, c, d, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & (OSXSAVE | FMA)) != (OSXSAVE | FMA)) return 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & registers) != registers) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & features) == features;
}
static int has_avx2(void) { return has(YMM, AVX2); }
static int has_avx512(void) { return has(ZMM, AVX2 | AVX512 | (unsigned)AVX512VL); }

static const Isa isas[] = {
    {"avx512", kernels_avx512, has_avx512}, {"avx2", kernels_avx2, has_avx2}, {"baseline", kernels_baseline, always}};

#elif defined(__aarch64__)

extern const Kernel kernels_neon[];
static const Isa isas[] = {{"neon", kernels_neon, always}};

#else

extern const Kernel kernels_baseline[];
static const Isa isas[] = {{"baseline", kernels_baseline, always}};

#endif

enum { ISAS = sizeof(isas) / sizeof(*isas) };

#endif
