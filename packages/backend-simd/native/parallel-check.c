// Drives the pool of threads: every part exactly once, from one thread, from many at a time, and after a fork. Built and
// run by scripts/sanitize.mjs (there with the thread sanitizer) and by the tests.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kernels/parallel.h"

enum { MOST_PARTS = 97, CALLS = 20000 };

static void count(void *context, int part, int thread) {
  if (thread < 0 || thread > 3) abort();
  ((int *)context)[part]++;
}

static void *call_often(void *threads) {
  parallel_set_threads((int)(intptr_t)threads);
  for (int i = 0; i < CALLS; i++) {
    int counts[MOST_PARTS + 1] = {0};
    const int parts = i % (MOST_PARTS + 1);
    parallel(parts, count, counts);
    for (int p = 0; p <= MOST_PARTS; p++)
      if (counts[p] != (p < parts)) {
        fprintf(stderr, "call %d: part %d of %d was done %d times\n", i, p, parts, counts[p]);
        exit(1);
      }
    if (i % 1000 == 0) usleep(300); // so that the workers fall asleep
  }
  return NULL;
}

#ifdef __SANITIZE_THREAD__
static int check_fork(void) { return 0; } // it does not follow into the child of a process with threads
#else
static int check_fork(void) {
  int status;
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    call_often((void *)3);
    exit(0);
  }
  return waitpid(child, &status, 0) != child || status != 0;
}
#endif

int main(void) {
  pthread_t callers[4];
  call_often((void *)4);
  for (intptr_t i = 0; i < 4; i++)
    if (pthread_create(&callers[i], NULL, call_often, (void *)(i + 1))) return 1;
  for (int i = 0; i < 4; i++) pthread_join(callers[i], NULL);
  if (check_fork()) {
    fputs("the child of a fork failed\n", stderr);
    return 1;
  }
  puts("every part was done once");
  return 0;
}
