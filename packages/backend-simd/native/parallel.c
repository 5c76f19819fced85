// The threads behind kernels/parallel.h: one pool for the whole process, which whoever comes first has for the length of
// one call; anyone else works alone meanwhile. Threads are made when they are first needed and never end: a process may
// exit while they sleep. They run code of this library, which is therefore never unloaded once there is one.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../kernels/parallel.h"

enum { MAXIMUM_THREADS = 256, STACK_BYTES = 1 << 20, SPINS = 2000 };

// A worker takes part `next` of job number `job` by counting up `turn`, which holds both: so one that comes late, with an
// old job in mind, cannot take a part of the next. The other fields change only when no part can be taken: `turn` is closed
// first, so that whoever reads a field of the next job finds no turn of the last one.
#define TURN(job, next) ((uint64_t)(job) << 32 | (uint32_t)(next))
#define CLOSED UINT32_MAX

static struct {
  pthread_mutex_t owner; // held by who has the pool
  pthread_mutex_t mutex; // for the two conditions
  pthread_cond_t begun, finished;
  _Atomic uint64_t turn;
  _Atomic(Part) body;
  _Atomic(void *) context;
  _Atomic uint32_t parts, done;
  _Atomic int threads, sleepers;
  int created; // workers there are, without the caller
} pool = {.owner = PTHREAD_MUTEX_INITIALIZER,
          .mutex = PTHREAD_MUTEX_INITIALIZER,
          .begun = PTHREAD_COND_INITIALIZER,
          .finished = PTHREAD_COND_INITIALIZER,
          .turn = TURN(0, CLOSED)};

static _Thread_local int wanted = 1;

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Does parts of a job until none is left. The last one done wakes the caller.
static void work(uint32_t job, int thread) {
  const uint32_t parts = atomic_load(&pool.parts);
  const Part body = atomic_load(&pool.body);
  void *const context = atomic_load(&pool.context);
  if (thread >= atomic_load(&pool.threads)) return;
  uint64_t turn = atomic_load(&pool.turn);
  while (turn >> 32 == job && (uint32_t)turn < parts) {
    if (!atomic_compare_exchange_weak(&pool.turn, &turn, turn + 1)) continue;
    body(context, (int)(uint32_t)turn, thread);
    if (atomic_fetch_add(&pool.done, 1) + 1 == parts && thread > 0) {
      pthread_mutex_lock(&pool.mutex);
      pthread_cond_signal(&pool.finished);
      pthread_mutex_unlock(&pool.mutex);
    }
    turn = atomic_load(&pool.turn);
  }
}

static uint32_t current_job(void) { return (uint32_t)(atomic_load(&pool.turn) >> 32); }

// The number of the next job: waits a moment awake, since a step has many, then asleep.
static uint32_t await_job(uint32_t last) {
  for (int i = 0; i < SPINS; i++) {
    if (current_job() != last) return current_job();
    relax();
  }
  pthread_mutex_lock(&pool.mutex);
  atomic_fetch_add(&pool.sleepers, 1);
  while (current_job() == last) pthread_cond_wait(&pool.begun, &pool.mutex);
  atomic_fetch_sub(&pool.sleepers, 1);
  pthread_mutex_unlock(&pool.mutex);
  return current_job();
}

static void *worker(void *argument) {
  uint32_t job = 0;
  for (;;) {
    job = await_job(job);
    work(job, (int)(intptr_t)argument);
  }
  return NULL;
}

// In the child of a fork there is nobody but the thread that forked, and the locks may be held by who is gone.
static void forget_workers(void) {
  pthread_mutex_init(&pool.owner, NULL);
  pthread_mutex_init(&pool.mutex, NULL);
  pthread_cond_init(&pool.begun, NULL);
  pthread_cond_init(&pool.finished, NULL);
  atomic_store(&pool.turn, TURN(current_job(), CLOSED));
  atomic_store(&pool.sleepers, 0);
  pool.created = 0;
}

// Before the first worker. Node unloads an addon with the last thread of JavaScript that loaded it.
static void prepare(void) {
  Dl_info library;
  if (dladdr(&pool, &library)) dlopen(library.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  pthread_atfork(NULL, NULL, forget_workers);
}

// Makes workers up to `count`; fewer where the system refuses. Called by the owner of the pool.
static void create_workers(int count) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_attr_t attributes;
  sigset_t every, before;
  if (pool.created >= count) return;
  pthread_once(&once, prepare);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  // Signals are for the threads of the program.
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  while (pool.created < count) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, worker, (void *)(intptr_t)(pool.created + 1))) break;
    pool.created++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
}

static int is_done(uint32_t parts) { return atomic_load(&pool.done) == parts; }

static void await_end(uint32_t parts) {
  for (int i = 0; i < SPINS; i++) {
    if (is_done(parts)) return;
    relax();
  }
  pthread_mutex_lock(&pool.mutex);
  while (!is_done(parts)) pthread_cond_wait(&pool.finished, &pool.mutex);
  pthread_mutex_unlock(&pool.mutex);
}

void parallel(int parts, Part body, void *context) {
  const int threads = wanted < parts ? wanted : parts;
  if (threads < 2 || pthread_mutex_trylock(&pool.owner)) {
    for (int part = 0; part < parts; part++) body(context, part, 0);
    return;
  }
  create_workers(threads - 1);
  atomic_store(&pool.parts, parts);
  atomic_store(&pool.body, body);
  atomic_store(&pool.context, context);
  atomic_store(&pool.threads, threads);
  atomic_store(&pool.done, 0);
  // Never 0, the number that new workers begin with.
  const uint32_t job = current_job() + 1 ? current_job() + 1 : 1;
  atomic_store(&pool.turn, TURN(job, 0));
  if (atomic_load(&pool.sleepers) > 0) {
    pthread_mutex_lock(&pool.mutex);
    pthread_cond_broadcast(&pool.begun);
    pthread_mutex_unlock(&pool.mutex);
  }
  work(job, 0);
  await_end(parts);
  atomic_store(&pool.turn, TURN(job, CLOSED));
  pthread_mutex_unlock(&pool.owner);
}

int thread_count(void) { return wanted; }

int parallel_set_threads(int threads) {
  wanted = threads < 1 ? 1 : threads > MAXIMUM_THREADS ? MAXIMUM_THREADS : threads;
  return wanted;
}
