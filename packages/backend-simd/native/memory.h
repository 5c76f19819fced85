// The memory of one instance: addresses reserved once, made accessible from the front as it grows, so that it never
// moves. Untouched pages cost nothing.
#ifndef MEMORY_H
#define MEMORY_H

#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

// Under an address sanitizer the heap (src/heap.ts) says which bytes belong to a block; all others are poisoned. Kernels may
// read, never write, up to READ_SLACK bytes behind a block: scripts/sanitize.mjs therefore builds twice, once with only
// the writes watched and no slack, once with all and the slack.
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { GUARD_BYTES = 4096 };
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

enum { PAGE = 65536, HUGE_PAGE = 2 << 20 };
static const size_t MINIMUM_RESERVATION = (size_t)256 << 20;

typedef struct {
  char *base; // begins at a huge page
  size_t bytes; // what may be used
  size_t reserved;
  size_t accessible; // from `bytes` to `reserved`, by whole huge pages
  void *mapping; // what munmap gets
  size_t mapped;
} Memory;

// Reserves `wanted` bytes or, where addresses are limited (RLIMIT_AS), half of it, and so on. Returns whether it could.
// Not MAP_NORESERVE: pages without access are not counted, and those that are made accessible should be: then a system
// that is strict about what it promises refuses here, and not by killing somebody later.
static int memory_reserve(Memory *m, size_t wanted) {
  for (size_t bytes = wanted; bytes >= MINIMUM_RESERVATION; bytes /= 2) {
    const size_t reserved = bytes / HUGE_PAGE * HUGE_PAGE, mapped = reserved + HUGE_PAGE;
    void *mapping = mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) continue;
    char *base = (char *)(((uintptr_t)mapping + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
#ifdef MADV_HUGEPAGE
    madvise(base, reserved, MADV_HUGEPAGE); // a hint: not every kernel has huge pages
#endif
    *m = (Memory){base, 0, reserved, 0, mapping, mapped};
    return 1;
  }
  return 0;
}

// Returns whether there was room.
static int memory_grow(Memory *m, size_t bytes) {
  if (bytes > m->reserved - m->bytes) return 0;
  const size_t end = m->bytes + bytes;
  if (end > m->accessible) {
    const size_t whole = (end + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    if (mprotect(m->base + m->accessible, whole - m->accessible, PROT_READ | PROT_WRITE)) return 0;
    m->accessible = whole;
  }
  ASAN_POISON_MEMORY_REGION(m->base + m->bytes, bytes);
  m->bytes = end;
  return 1;
}

// Gives whole pages in [begin, begin + bytes) back to the system: they read as 0 when they are next touched.
static void memory_discard(Memory *m, size_t begin, size_t bytes) {
  const size_t first = (begin + PAGE - 1) / PAGE * PAGE, end = (begin + bytes) / PAGE * PAGE;
  if (first < end) madvise(m->base + first, end - first, MADV_DONTNEED);
}

static void memory_release(Memory *m) {
  ASAN_UNPOISON_MEMORY_REGION(m->base, m->bytes);
  munmap(m->mapping, m->mapped);
}

#endif
