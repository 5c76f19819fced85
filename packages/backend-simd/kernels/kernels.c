// All kernels of this package: float32, freestanding, over a memory that the caller owns. The caller checks shapes;
// nothing here does. Scratch sizes are in floats.
//
// Compiled once to WebAssembly, and once for each instruction set to native code (-DISA=baseline, avx2, avx512 or neon),
// where it ends in a table named after it.
#include "batch_normalization.h"
#include "convolution.h"
#include "dense.h"
#include "image.h"
#include "loss.h"
#include "parallel.h"
#include "program.h"
#include "vector.h"

EXPORT(zero) void zero(float *p, size_t n) { fill_zero(p, n); }
EXPORT(set_threads) int set_threads(int threads) { return parallel_set_threads(threads); }

#ifdef ISA
#include "table.h"
#endif
