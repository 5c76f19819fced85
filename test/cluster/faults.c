// Makes file operations of a process fail by rule, without its knowing: a library to be preloaded.
//
//   gcc -shared -fPIC -O2 -o faults.so faults.c -ldl
//   LD_PRELOAD=faults.so FAULTS='rename /experiment/ EIO after 0.01;read /experiment/ ESTALE before 0.001' FAULTS_BOARD=FILE node …
//
// A rule is OPERATION PATHPART FAULT WHEN PROBABILITY. It meets calls of which a path contains PATHPART; the first rule
// that strikes holds.
//   OPERATION  open read write fsync rename mkdir link unlink rmdir stat list
//   FAULT      an errno by name, `kill` (SIGKILL), `hang:SECONDS` (and then it is carried out), or, of a rename,
//              `copied`: a directory is copied to its new name and then deleted, as some mounts of object stores do
//   WHEN       before: nothing is done | after: it is done, and reported as failed | half: of a write
// The board is a file of 4096 bytes, shared by all processes: the first 32-bit word switches the faults on, word 1 + n
// counts how often rule n has struck. Not seen: copyFile, mmap, truncate.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum when { BEFORE, AFTER, HALF };
enum { NO_FAULT = 0, KILL = -1, COPIED = -2, MOST_RULES = 64, BOARD_BYTES = 4096 };
struct rule { char operation[16], part[128]; int error; double seconds; enum when when; double probability; };
struct strike { int error; enum when when; };

static struct rule rules[MOST_RULES];
static int rule_count;
static unsigned *board;
static __thread unsigned chance;

static void give_up(const char *why) { fprintf(stderr, "faults: %s\n", why); _exit(2); }

static int errno_of(const char *name) {
  for (int error = 1; error < 134; error++) {
    const char *known = strerrorname_np(error);
    if (known && !strcmp(known, name)) return error;
  }
  give_up(name);
  return 0;
}

__attribute__((constructor)) static void read_rules(void) {
  const char *text = getenv("FAULTS"), *file = getenv("FAULTS_BOARD");
  if (!text || !file) return;
  char copy[8192], *rest;
  snprintf(copy, sizeof copy, "%s", text);
  for (char *line = strtok_r(copy, ";", &rest); line && rule_count < MOST_RULES; line = strtok_r(0, ";", &rest)) {
    struct rule *rule = &rules[rule_count++];
    char fault[32], when[16];
    if (sscanf(line, "%15s %127s %31s %15s %lf", rule->operation, rule->part, fault, when, &rule->probability) != 5) give_up(line);
    rule->when = !strcmp(when, "before") ? BEFORE : !strcmp(when, "after") ? AFTER : HALF;
    if (!strcmp(fault, "kill")) rule->error = KILL;
    else if (!strcmp(fault, "copied")) rule->error = COPIED;
    else if (!strncmp(fault, "hang:", 5)) rule->seconds = atof(fault + 5);
    else rule->error = errno_of(fault);
  }
  int fd = open(file, O_RDWR | O_CLOEXEC);
  board = fd < 0 ? MAP_FAILED : mmap(0, BOARD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (board == MAP_FAILED) give_up("no board");
  close(fd);
}

static struct strike decide(const char *operation, const char *path, const char *other) {
  struct strike none = { NO_FAULT, BEFORE };
  if (!board || !__atomic_load_n(board, __ATOMIC_RELAXED)) return none;
  if (!chance) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    chance = (unsigned)(now.tv_nsec ^ (getpid() << 12) ^ (unsigned long)&chance) | 1;
  }
  for (int i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    if (strcmp(rule->operation, operation)) continue;
    if (!(path && strstr(path, rule->part)) && !(other && strstr(other, rule->part))) continue;
    if (rand_r(&chance) / (RAND_MAX + 1.0) >= rule->probability) continue;
    __atomic_add_fetch(&board[1 + i], 1, __ATOMIC_RELAXED);
    if (rule->seconds > 0) {
      struct timespec time = { (time_t)rule->seconds, (long)((rule->seconds - (time_t)rule->seconds) * 1e9) };
      nanosleep(&time, 0);
    }
    if (rule->error == KILL && rule->when == BEFORE) kill(getpid(), SIGKILL);
    return (struct strike){ rule->error, rule->when };
  }
  return none;
}

static long raw(long number, long a, long b, long c, long d, long e, long f) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, a, b, c, d, e, f);
}

static const char *path_of(int fd, char *buffer, int size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  long length = raw(SYS_readlinkat, AT_FDCWD, (long)link, (long)buffer, size - 1, 0, 0);
  buffer[length > 0 ? length : 0] = 0;
  return buffer;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define REFUSE(error, value) do { errno = (error); return value; } while (0)
#define CALL(operation, path, other, half, whole, failed) \
  struct strike s = decide(operation, path, other); \
  if (s.error > 0 && s.when == BEFORE) REFUSE(s.error, failed); \
  __typeof__(whole) result = s.when == HALF ? half : whole; \
  if (s.error == KILL) kill(getpid(), SIGKILL); \
  if (s.error > 0 && result != failed) REFUSE(s.error, failed); \
  return result
#define CALL_FD(operation, half, whole) \
  if (fd <= 2 || !board) return whole; \
  char buffer[4096]; \
  CALL(operation, path_of(fd, buffer, sizeof buffer), 0, half, whole, -1)

// Of two that do it at the same time both find the directory there, and both are told that they have renamed it.
static int copy_directory(DIR *from, const char *b) {
  if (mkdir(b, 0777)) return -1;
  int to = open(b, O_DIRECTORY);
  for (struct dirent *entry; (entry = readdir(from));) {
    char buffer[65536];
    int in = openat(dirfd(from), entry->d_name, O_RDONLY), out = -1;
    if (entry->d_type == DT_REG && in >= 0) out = openat(to, entry->d_name, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (ssize_t n; out >= 0 && (n = read(in, buffer, sizeof buffer)) > 0;) if (write(out, buffer, n) < n) break;
    if (in >= 0) close(in);
    if (out >= 0) close(out);
  }
  close(to);
  rewinddir(from);
  for (struct dirent *entry; (entry = readdir(from));) unlinkat(dirfd(from), entry->d_name, 0);
  return 0;
}
static int rename_by_copying(const char *a, const char *b) {
  DIR *from = opendir(a);
  if (!from) return -1;
  int result = copy_directory(from, b);
  closedir(from);
  if (!result) rmdir(a);
  return result;
}

int rename(const char *a, const char *b) {
  REAL(rename);
  struct strike s = decide("rename", a, b);
  if (s.error == COPIED) {
    int result = rename_by_copying(a, b);
    return result && errno == ENOTDIR ? real(a, b) : result;
  }
  if (s.error > 0 && s.when == BEFORE) REFUSE(s.error, -1);
  int result = real(a, b);
  if (s.error == KILL) kill(getpid(), SIGKILL);
  if (s.error > 0 && result != -1) REFUSE(s.error, -1);
  return result;
}
int link(const char *a, const char *b) { REAL(link); CALL("link", a, b, real(a, b), real(a, b), -1); }
int mkdir(const char *a, mode_t mode) { REAL(mkdir); CALL("mkdir", a, 0, real(a, mode), real(a, mode), -1); }
int unlink(const char *a) { REAL(unlink); CALL("unlink", a, 0, real(a), real(a), -1); }
int rmdir(const char *a) { REAL(rmdir); CALL("rmdir", a, 0, real(a), real(a), -1); }
int scandir(const char *a, struct dirent ***list, int (*use)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **)) {
  REAL(scandir);
  CALL("list", a, 0, real(a, list, use, order), real(a, list, use, order), -1);
}
int scandir64(const char *a, struct dirent64 ***list, int (*use)(const struct dirent64 *),
              int (*order)(const struct dirent64 **, const struct dirent64 **)) {
  REAL(scandir64);
  CALL("list", a, 0, real(a, list, use, order), real(a, list, use, order), -1);
}
// Node's stat comes this way, and its asynchronous operations would go past us by io_uring.
long syscall(long number, ...) {
  va_list v;
  va_start(v, number);
  long x[6];
  for (int i = 0; i < 6; i++) x[i] = va_arg(v, long);
  va_end(v);
  if (number == SYS_io_uring_setup && board) REFUSE(ENOSYS, -1);
  if (number != SYS_statx || !board) return raw(number, x[0], x[1], x[2], x[3], x[4], x[5]);
  const char *a = (const char *)x[1];
  char buffer[4096];
  CALL("stat", a && a[0] ? a : path_of((int)x[0], buffer, sizeof buffer), 0,
       raw(number, x[0], x[1], x[2], x[3], x[4], x[5]), raw(number, x[0], x[1], x[2], x[3], x[4], x[5]), -1);
}
int fsync(int fd) { REAL(fsync); CALL_FD("fsync", real(fd), real(fd)); }
int fdatasync(int fd) { REAL(fdatasync); CALL_FD("fsync", real(fd), real(fd)); }
ssize_t read(int fd, void *p, size_t n) { REAL(read); CALL_FD("read", real(fd, p, n), real(fd, p, n)); }
ssize_t pread64(int fd, void *p, size_t n, off64_t o) { REAL(pread64); CALL_FD("read", real(fd, p, n, o), real(fd, p, n, o)); }
ssize_t write(int fd, const void *p, size_t n) { REAL(write); CALL_FD("write", real(fd, p, n / 2), real(fd, p, n)); }
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t o) { REAL(pwrite64); CALL_FD("write", real(fd, p, n / 2, o), real(fd, p, n, o)); }
#define OPEN(name) \
  int name(const char *a, int flags, ...) { \
    REAL(name); \
    va_list v; \
    va_start(v, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(v, mode_t) : 0; \
    va_end(v); \
    CALL("open", a, 0, real(a, flags, mode), real(a, flags, mode), -1); \
  }
OPEN(open)
OPEN(open64)
