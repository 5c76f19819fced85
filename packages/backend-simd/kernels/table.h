// The table of a native build: every line of exports.h as a function that takes its arguments from an array, so that
// one wrapper (native/addon.c) serves all of them.
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

typedef union {
  void *pointer;
  int integer;
  size_t count;
  float number;
} Argument;

enum { MAXIMUM_PARAMETERS = 16 };

typedef struct {
  const char *name; // NULL behind the last
  const char parameters[MAXIMUM_PARAMETERS + 1]; // 'P', 'I', 'N' and 'F' of exports.h
  int returns;
  double (*call)(const Argument *a);
} Kernel;

#ifdef ISA

#define P(i) a[i].pointer
#define I(i) a[i].integer
#define N(i) a[i].count
#define F(i) a[i].number
#define PROCEDURE(name, ...) \
  static double call_##name(const Argument *a) { return name(__VA_ARGS__), 0; }
#define FUNCTION(name, ...) \
  static double call_##name(const Argument *a) { return (double)name(__VA_ARGS__); }
#include "exports.h"
#undef P
#undef I
#undef N
#undef F
#undef PROCEDURE
#undef FUNCTION

#define P(i) 'P'
#define I(i) 'I'
#define N(i) 'N'
#define F(i) 'F'
#define PROCEDURE(name, ...) {#name, {__VA_ARGS__}, 0, call_##name},
#define FUNCTION(name, ...) {#name, {__VA_ARGS__}, 1, call_##name},
#define TABLE_OF(isa) TABLE_NAMED(isa)
#define TABLE_NAMED(isa) kernels_##isa
extern const Kernel TABLE_OF(ISA)[];
const Kernel TABLE_OF(ISA)[] = {
#include "exports.h"
    {0},
};
#undef P
#undef I
#undef N
#undef F

#endif
#endif
