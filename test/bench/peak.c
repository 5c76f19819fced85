// The largest rate of one core: 12 independent chains of fused multiply-adds of the widest vectors, in registers.
// By processor time, so that others on the machine disturb little.
// gcc -O2 -march=native -ffp-contract=fast peak.c -o peak && ./peak
#include <stdio.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define CHAINS 12
#define ROUNDS 20
#define TURNS 2000000L

typedef float vector __attribute__((vector_size(LANES * 4)));

#if defined(__x86_64__)
#define IN_REGISTERS(a) __asm__ volatile("" ::"x"((a)[0]), "x"((a)[5]), "x"((a)[11]))
#else
#define IN_REGISTERS(a) __asm__ volatile("" ::"w"((a)[0]), "w"((a)[5]), "w"((a)[11]))
#endif

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(void) {
  vector chain[CHAINS], factor, term;
  for (int i = 0; i < LANES; i++) {
    factor[i] = 0.999999f;
    term[i] = 1e-7f;
    for (int j = 0; j < CHAINS; j++) chain[j][i] = j + i;
  }
  double best = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double start = now();
    for (long turn = 0; turn < TURNS; turn++) {
#pragma GCC unroll 12
      for (int j = 0; j < CHAINS; j++) chain[j] = chain[j] * factor + term;
      IN_REGISTERS(chain);
    }
    double rate = 2.0 * CHAINS * LANES * TURNS / (now() - start) / 1e9;
    if (rate > best) best = rate;
  }
  float sum = 0;
  for (int j = 0; j < CHAINS; j++)
    for (int i = 0; i < LANES; i++) sum += chain[j][i];
  // The sum, so that nothing is left out as unused.
  printf("{\"lanes\":%d,\"gigaflops\":%.1f,\"sum\":%g}\n", LANES, best, sum);
  return 0;
}
