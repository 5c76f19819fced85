// The end of a network and the step of its optimiser: softmax cross-entropy, accuracy, SGD.
#ifndef LOSS_H
#define LOSS_H

#include "vector.h"

typedef union {
  double value;
  uint64_t bits;
} Bits;

// e^x for x <= 0, NaN for NaN. Range reduction to |r| <= ln 2 / 2, then Taylor: below 1 ulp of float32 by far.
static double exponential(double x) {
  if (!(x > -700)) return x == x ? 0 : x;
  const double k = __builtin_rint(x * 1.4426950408889634);
  const double r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
  // 1 / 13!, 1 / 12!, ... 1
  static const double coefficients[] = {
      1.6059043836821613e-10, 2.0876756987868099e-09, 2.5052108385441720e-08, 2.7557319223985893e-07, 2.7557319223985888e-06,
      2.4801587301587302e-05, 1.9841269841269841e-04, 1.3888888888888889e-03, 8.3333333333333332e-03, 4.1666666666666664e-02,
      1.6666666666666666e-01, 0.5,                    1,                      1};
  double sum = coefficients[0];
  for (int i = 1; i < 14; i++) sum = coefficients[i] + sum * r;
  const Bits scale = {.bits = (uint64_t)(1023 + (int64_t)k) << 52};
  return sum * scale.value;
}

// ln x for finite x >= 1, NaN for NaN.
static double logarithm(double x) {
  if (x != x) return x;
  Bits b = {.value = x};
  int64_t exponent = (int64_t)(b.bits >> 52) - 1023;
  b.bits = (b.bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
  if (b.value > 1.4142135623730951) b.value /= 2, exponent++;
  const double t = (b.value - 1) / (b.value + 1), t2 = t * t;
  double sum = 0;
  for (int i = 23; i > 0; i -= 2) sum = sum * t2 + 1.0 / i;
  return 2 * t * sum + (double)exponent * 0.6931471805599453;
}

// NaN if there is one: softmax of a row with NaN must be NaN.
static float maximum(const float *row, int C) {
  float best = row[0];
  for (int c = 0; c < C; c++) {
    if (row[c] != row[c]) return row[c];
    if (row[c] > best) best = row[c];
  }
  return best;
}

// *loss = mean over rows of -log softmax(logits)[label]. Returns the first row whose label is not a class, or -1.
EXPORT(softmax_cross_entropy)
int softmax_cross_entropy(const float *logits, const int32_t *labels, int rows, int C, float *probabilities, float *loss) {
  double total = 0;
  for (int r = 0; r < rows; r++, logits += C, probabilities += C) {
    if (labels[r] < 0 || labels[r] >= C) return r;
    const double shift = maximum(logits, C);
    double sum = 0;
    for (int c = 0; c < C; c++) {
      const double e = exponential(logits[c] - shift);
      probabilities[c] = (float)e;
      sum += e;
    }
    for (int c = 0; c < C; c++) probabilities[c] = (float)(probabilities[c] / sum);
    total += logarithm(sum) - (logits[labels[r]] - shift);
  }
  *loss = (float)(total / rows);
  return -1;
}

EXPORT(softmax_cross_entropy_gradient)
void softmax_cross_entropy_gradient(const float *probabilities, const int32_t *labels, int rows, int C, const float *dloss,
                                    float *dlogits) {
  const float scale = *dloss / (float)rows;
  for (int r = 0; r < rows; r++, probabilities += C, dlogits += C)
    for (int c = 0; c < C; c++) dlogits[c] = scale * (probabilities[c] - (c == labels[r] ? 1 : 0));
}

// Rows whose first largest logit is the label's. A row with a NaN is wrong.
EXPORT(count_correct) int count_correct(const float *logits, const int32_t *labels, int rows, int C) {
  int correct = 0;
  for (int r = 0; r < rows; r++, logits += C) {
    int best = 0, valid = logits[0] == logits[0];
    for (int c = 1; c < C; c++) {
      valid &= logits[c] == logits[c];
      if (logits[c] > logits[best]) best = c;
    }
    correct += valid && best == labels[r];
  }
  return correct;
}

EXPORT(sgd_momentum)
void sgd_momentum(float *restrict variable, float *restrict momentum, const float *restrict gradient, size_t n, float rate, float decay, float weight_decay) {
  for (size_t i = 0; i < n; i++) {
    const float m = decay * momentum[i] + (gradient[i] + weight_decay * variable[i]);
    momentum[i] = m;
    variable[i] -= rate * m;
  }
}

#endif
