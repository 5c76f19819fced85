// The dense layer of compiled networks: features [inputs][round_up(batch, 16)], logits [batch][outputs].
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include "direct.h"

static size_t classifier_scratch(int batch, int outputs) { return 4 * round_up(batch, LINE_FLOATS) * outputs + 64; }

static void dense_forward(int batch, const float *features, const float *kernel, const float *bias, float *logits, int inputs, int outputs) {
  const int pitch = (int)round_up(batch, LINE_FLOATS);
  for (int k = 0; k < outputs; k++)
    for (int n = 0; n < batch; n += VL) {
      vec sum = vsplat(bias[k]);
      for (int c = 0; c < inputs; c++) sum = vfma(vsplat(kernel[(size_t)c * outputs + k]), vload(features + (size_t)c * pitch + n), sum);
      float lanes[VL];
      vstore(lanes, sum);
      for (int i = 0; i < VL && n + i < batch; i++) logits[(size_t)(n + i) * outputs + k] = lanes[i];
    }
}

static void dense_backward(int batch, const float *dlogits, const float *features, const float *kernel, float *dfeatures, float *dkernel,
                           float *dbias, int inputs, int outputs, char *scratch) {
  const int pitch = (int)round_up(batch, LINE_FLOATS);
  // By output, and zero behind the batch: whole vectors.
  float *d = (float *)scratch;
  for (int k = 0; k < outputs; k++) {
    float sum = 0;
    for (int n = 0; n < batch; n++) sum += d[(size_t)k * pitch + n] = dlogits[(size_t)n * outputs + k];
    for (int n = batch; n < pitch; n++) d[(size_t)k * pitch + n] = 0;
    dbias[k] = sum;
  }
  for (int c = 0; c < inputs; c++) {
    const float *f = features + (size_t)c * pitch;
    for (int k = 0; k < outputs; k++) {
      vec sum = vzero();
      for (int n = 0; n < pitch; n += VL) sum = vfma(vload(f + n), vload(d + (size_t)k * pitch + n), sum);
      dkernel[(size_t)c * outputs + k] = vsum(sum);
    }
    if (!dfeatures) continue;
    for (int n = 0; n < pitch; n += VL) {
      vec sum = vzero();
      for (int k = 0; k < outputs; k++) sum = vfma(vsplat(kernel[(size_t)c * outputs + k]), vload(d + (size_t)k * pitch + n), sum);
      vstore(dfeatures + (size_t)c * pitch + n, sum);
    }
  }
}

#endif
