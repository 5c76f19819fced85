// All kernels of the `simd` back end: float32, NHWC, freestanding, over a memory that the caller owns.
// The caller checks shapes; nothing here does. Scratch sizes are in floats.
#include "batch_normalization.h"
#include "convolution.h"
#include "dense.h"
#include "image.h"
#include "loss.h"
#include "program.h"
#include "vector.h"

EXPORT(zero) void zero(float *p, size_t n) { fill_zero(p, n); }
