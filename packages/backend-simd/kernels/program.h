// A compiled network: a list of instructions over one memory, of which a whole training step is one call.
// src/network/program.ts writes what is read here; the two change together.
#ifndef PROGRAM_H
#define PROGRAM_H

#include "classifier.h"
#include "examples.h"
#include "filter_gradient.h"
#include "loss.h"
#include "normalize.h"
#include "winograd.h"

enum { PROGRAM_VERSION = 1 };

typedef struct {
  int32_t version, batch;
  int32_t planes, plane_table;             // how many; where they begin, in integers from the beginning of the program
  int32_t instructions, instruction_table;
  int32_t scratch, result;                 // lines; a result is [loss, correct (int), first label that is no class or -1 (int)]
  int32_t valid;                           // examples of the batch that are counted
  float rate, momentum, weight_decay;
  float epsilon, decay;                    // of batch normalisation: added to variances; what a step keeps of moving statistics
} Program;

enum { ARGUMENTS = 15 };

typedef struct {
  int32_t op, arg[ARGUMENTS];
} Instruction;

enum {
  LOAD_IMAGES = 1,
  CONVOLUTION,
  RESIZE,
  MATCH_CHANNELS,
  ADD,
  NORMALIZE,
  NORMALIZE_INFERENCE,
  POOL,
  DENSE,
  LOSS,
  COUNT_CORRECT,
  DENSE_GRADIENT,
  POOL_GRADIENT,
  NORMALIZE_GRADIENT,
  INPUT_GRADIENT,
  FILTER_GRADIENT,
  RESIZE_GRADIENT,
  SGD,
  PLACE_IMAGES
};

INLINE const Plane *planes_of(const Program *p) { return (const Plane *)((const int32_t *)p + p->plane_table); }
INLINE const Instruction *instructions_of(const Program *p) { return (const Instruction *)((const int32_t *)p + p->instruction_table); }
INLINE Filter filter_at(const int32_t *arg) { return (Filter){arg[0], arg[1], arg[1], arg[2], arg[2], arg[3], arg[4]}; }
INLINE float float_of(int32_t bits) {
  union {
    int32_t bits;
    float value;
  } u = {.bits = bits};
  return u.value;
}

static size_t instruction_scratch(const Program *p, const Instruction *i) {
  const Plane *plane = planes_of(p);
  const int32_t *a = i->arg;
  const int n = p->batch;
  switch (i->op) {
  case CONVOLUTION: {
    const Filter f = filter_at(a + 3);
    const int m = winograd_size(a[9], &f, plane + a[0], plane + a[2], 0);
    return m ? winograd_forward_scratch(n, plane + a[0], plane + a[2], &f, m) : direct_forward_scratch(n, plane + a[0], plane + a[2], &f);
  }
  case INPUT_GRADIENT: {
    const Filter f = filter_at(a + 3);
    const int m = winograd_size(a[8], &f, plane + a[2], plane + a[0], 0);
    return m ? winograd_input_gradient_scratch(n, plane + a[2], plane + a[0], &f, m)
             : direct_input_gradient_scratch(n, plane + a[2], plane + a[0], &f);
  }
  case FILTER_GRADIENT: {
    const Filter f = filter_at(a + 3);
    const int m = winograd_size(a[8], &f, plane + a[0], plane + a[1], 1);
    return m ? winograd_filter_gradient_scratch(n, plane + a[0], plane + a[1], &f, m)
             : direct_filter_gradient_scratch(n, plane + a[0], plane + a[1], &f);
  }
  case NORMALIZE:
  case NORMALIZE_INFERENCE: return normalize_scratch(plane[a[0]].channels);
  case NORMALIZE_GRADIENT: return normalize_scratch(plane[a[1]].channels);
  case LOSS: return 4 * (size_t)n * a[3];
  case PLACE_IMAGES: return place_scratch(n, plane + a[0]);
  case DENSE_GRADIENT: return classifier_scratch(n, a[7]);
  default: return 0;
  }
}

// Bytes of scratch that a run needs, with the present number of threads.
EXPORT(program_scratch) size_t program_scratch(const Program *p) {
  size_t most = 64;
  for (int i = 0; i < p->instructions; i++) {
    const size_t bytes = instruction_scratch(p, instructions_of(p) + i);
    if (bytes > most) most = bytes;
  }
  return most + 256;
}

// ---- what is checked before anything runs

typedef struct {
  const Program *program;
  size_t lines; // of the memory
} Limits;

// All that is checked is counted in double: products of sizes of 32 bits could wrap around.
static int is_in(const Limits *l, int32_t line, double floats) {
  return line >= 0 && line + floats / LINE_FLOATS <= (double)l->lines;
}

static int is_plane(const Limits *l, int32_t index) {
  if (index < 0 || index >= l->program->planes) return 0;
  const Plane *p = planes_of(l->program) + index;
  if (p->height < 1 || p->width < 1 || p->channels < 1 || p->margin < 0 || p->left < 0 || p->left % LINE_FLOATS) return 0;
  if ((int64_t)p->margin * l->program->batch > p->left || p->pitch % LINE_FLOATS) return 0;
  if ((int64_t)p->width * l->program->batch + (int64_t)p->margin * l->program->batch > p->pitch) return 0;
  const double floats = p->left + (double)p->height * p->channels * p->pitch + PLANE_SLACK;
  return p->line >= 0 && p->line + floats / LINE_FLOATS <= (double)l->lines;
}

static int same_size(const Plane *a, const Plane *b) { return a->height == b->height && a->width == b->width; }
static int same_plane(const Plane *a, const Plane *b) { return same_size(a, b) && a->channels == b->channels; }

// A convolution of x to y by a filter at `line`, whose gradients read dy with margins.
static int is_convolution(const Limits *l, const Plane *x, const Plane *y, int32_t line, const int32_t *arg, int reads_x, int reads_dy) {
  const Filter f = filter_at(arg);
  if (f.filter_height < 1 || f.filter_width < 1 || f.stride_width < 1 || f.top < 0 || f.left < 0) return 0;
  if (f.top >= f.filter_height || f.left >= f.filter_width) return 0;
  if (y->height != (x->height + f.stride_height - 1) / f.stride_height || y->width != (x->width + f.stride_width - 1) / f.stride_width) return 0;
  if (reads_x && f.stride_width == 1 && x->margin < max_int(f.left, f.filter_width - 1 - f.left)) return 0;
  if (reads_dy && y->margin < f.filter_width - 1) return 0;
  return is_in(l, line, (double)f.filter_height * f.filter_width * x->channels * y->channels);
}

static int is_valid(const Limits *l, const Instruction *i) {
  const Plane *plane = planes_of(l->program);
  const int32_t *a = i->arg;
  const double n = l->program->batch, padded = (double)round_up((size_t)n, LINE_FLOATS);
#define IN(k, floats) is_in(l, a[k], floats)
#define PLANE_AT(k) is_plane(l, a[k])
#define CHANNELS(k) ((double)plane[a[k]].channels)
  switch (i->op) {
  case LOAD_IMAGES:
    return PLANE_AT(0) && IN(1, n * plane[a[0]].height * plane[a[0]].width * CHANNELS(0));
  case CONVOLUTION:
    return PLANE_AT(0) && PLANE_AT(2) && is_convolution(l, plane + a[0], plane + a[2], a[1], a + 3, 1, 0) &&
           (!a[8] || IN(8, (double)stats_floats((int)CHANNELS(2))));
  case INPUT_GRADIENT: return PLANE_AT(0) && PLANE_AT(2) && is_convolution(l, plane + a[2], plane + a[0], a[1], a + 3, 0, 1);
  case FILTER_GRADIENT: return PLANE_AT(0) && PLANE_AT(1) && is_convolution(l, plane + a[0], plane + a[1], a[2], a + 3, 1, 0);
  case RESIZE:
  case RESIZE_GRADIENT: return PLANE_AT(0) && PLANE_AT(1) && CHANNELS(0) == CHANNELS(1);
  case MATCH_CHANNELS: return PLANE_AT(0) && PLANE_AT(1) && same_size(plane + a[0], plane + a[1]);
  case ADD:
    return PLANE_AT(0) && PLANE_AT(1) && PLANE_AT(2) && same_plane(plane + a[0], plane + a[1]) && same_plane(plane + a[0], plane + a[2]);
  case NORMALIZE:
    return PLANE_AT(0) && PLANE_AT(1) && same_plane(plane + a[0], plane + a[1]) && IN(2, CHANNELS(0)) && IN(3, CHANNELS(0)) &&
           IN(4, CHANNELS(0)) && IN(5, CHANNELS(0)) && IN(6, saved_floats(plane[a[0]].channels)) &&
           (!a[8] || IN(8, (double)stats_floats((int)CHANNELS(0))));
  case NORMALIZE_INFERENCE:
    return PLANE_AT(0) && PLANE_AT(1) && same_plane(plane + a[0], plane + a[1]) && IN(2, CHANNELS(0)) && IN(3, CHANNELS(0)) &&
           IN(4, CHANNELS(0)) && IN(5, CHANNELS(0));
  case POOL: return PLANE_AT(0) && IN(1, padded * CHANNELS(0));
  case POOL_GRADIENT: return PLANE_AT(1) && IN(0, padded * CHANNELS(1));
  case DENSE:
    return a[4] > 0 && a[5] > 0 && IN(0, padded * a[4]) && IN(1, (double)a[4] * a[5]) && IN(2, a[5]) && IN(3, n * a[5]);
  case DENSE_GRADIENT:
    return a[6] > 0 && a[7] > 0 && IN(0, n * a[7]) && IN(1, padded * a[6]) && IN(2, (double)a[6] * a[7]) &&
           (!a[3] || IN(3, padded * a[6])) && IN(4, (double)a[6] * a[7]) && IN(5, a[7]);
  case LOSS: return a[3] > 0 && IN(0, n * a[3]) && IN(1, n) && IN(2, n * a[3]);
  case COUNT_CORRECT: return a[2] > 0 && IN(0, n * a[2]) && IN(1, n);
  case NORMALIZE_GRADIENT:
    return PLANE_AT(0) && PLANE_AT(1) && PLANE_AT(2) && same_plane(plane + a[0], plane + a[1]) && same_plane(plane + a[0], plane + a[2]) &&
           IN(4, saved_floats(plane[a[1]].channels)) && IN(5, CHANNELS(1)) && IN(6, CHANNELS(1));
  case PLACE_IMAGES:
    return PLANE_AT(0) && IN(1, n * plane[a[0]].height * plane[a[0]].width * CHANNELS(0) / 4) && IN(2, 3 * n) && IN(3, CHANNELS(0)) &&
           IN(4, CHANNELS(0));
  case SGD: return a[3] >= 0 && IN(0, a[3]) && IN(1, a[3]) && IN(2, a[3]);
  default: return 0;
  }
#undef IN
#undef PLANE_AT
#undef CHANNELS
}

// -1 if every instruction stays inside the memory and fits its operands, otherwise the first that does not. The program itself
// is `integers` long.
EXPORT(program_check) int program_check(const Program *p, size_t integers, size_t memory_bytes) {
  const Limits limits = {p, memory_bytes / (LINE_FLOATS * 4)};
  const size_t header = sizeof(Program) / 4, plane = sizeof(Plane) / 4, instruction = sizeof(Instruction) / 4;
  if (integers < header || p->version != PROGRAM_VERSION || p->batch < 1 || p->planes < 0 || p->instructions < 0) return 0;
  if (p->plane_table < 0 || p->instruction_table < 0 || p->valid < 0 || p->valid > p->batch) return 0;
  if ((size_t)p->plane_table + p->planes * plane > integers) return 0;
  if ((size_t)p->instruction_table + p->instructions * instruction > integers) return 0;
  if (!is_in(&limits, p->result, LINE_FLOATS)) return 0;
  for (int i = 0; i < p->instructions; i++)
    if (!is_valid(&limits, instructions_of(p) + i)) return i;
  return -1;
}

// ---- running

static void run_instruction(char *memory, Program *p, const Instruction *i) {
  const Plane *plane = planes_of(p);
  const int32_t *a = i->arg;
  const int n = p->batch;
  char *scratch = (char *)at_line(memory, p->scratch);
  float *result = at_line(memory, p->result);
  int32_t *result_integers = (int32_t *)result;
#define PLANE(k) (plane + a[k])
#define LINE(k) at_line(memory, a[k])
  switch (i->op) {
  case LOAD_IMAGES: load_images(memory, n, PLANE(0), LINE(1)); break;
  case CONVOLUTION: {
    const Filter f = filter_at(a + 3);
    Statistics statistics = a[8] ? statistics_at(LINE(8), PLANE(2)->channels) : (Statistics){0};
    const int m = winograd_size(a[9], &f, PLANE(0), PLANE(2), 0);
    if (m) winograd_forward(memory, n, PLANE(0), LINE(1), PLANE(2), &f, m, a[8] ? &statistics : 0, scratch);
    else direct_forward(memory, n, PLANE(0), LINE(1), PLANE(2), &f, a[8] ? &statistics : 0, scratch);
    break;
  }
  case RESIZE: resize(memory, n, PLANE(0), PLANE(1)); break;
  case MATCH_CHANNELS: match_planes(memory, n, PLANE(0), PLANE(1)); break;
  case ADD: add_planes(memory, n, PLANE(0), PLANE(1), PLANE(2)); break;
  case NORMALIZE: {
    const int channels = PLANE(0)->channels;
    Statistics statistics = a[8] ? statistics_at(LINE(8), channels) : (Statistics){0};
    normalize_planes(memory, n, PLANE(0), PLANE(1), LINE(2), LINE(3), LINE(4), LINE(5), saved_at(LINE(6), channels), float_of(a[7]), p->epsilon,
              p->decay, a[8] ? &statistics : 0, scratch);
    break;
  }
  case NORMALIZE_INFERENCE:
    normalize_inference(memory, n, PLANE(0), PLANE(1), LINE(2), LINE(3), LINE(4), LINE(5), float_of(a[6]), p->epsilon, scratch);
    break;
  case POOL: pool_planes(memory, n, PLANE(0), LINE(1)); break;
  case DENSE: dense_forward(n, LINE(0), LINE(1), LINE(2), LINE(3), a[4], a[5]); break;
  case LOSS: {
    float *probabilities = (float *)scratch;
    const float one = 1;
    result_integers[2] = softmax_cross_entropy(LINE(0), (const int32_t *)LINE(1), n, a[3], probabilities, result);
    if (result_integers[2] >= 0) result[0] = __builtin_nanf("");
    softmax_cross_entropy_gradient(probabilities, (const int32_t *)LINE(1), n, a[3], &one, LINE(2));
    break;
  }
  case COUNT_CORRECT: result_integers[1] += count_correct(LINE(0), (const int32_t *)LINE(1), p->valid, a[2]); break;
  case DENSE_GRADIENT:
    dense_backward(n, LINE(0), LINE(1), LINE(2), a[3] ? LINE(3) : 0, LINE(4), LINE(5), a[6], a[7], scratch);
    break;
  case POOL_GRADIENT: pool_gradient_planes(memory, n, LINE(0), PLANE(1)); break;
  case NORMALIZE_GRADIENT:
    normalize_gradient(memory, n, PLANE(0), PLANE(1), PLANE(2), saved_at(LINE(4), PLANE(1)->channels), LINE(5), LINE(6), float_of(a[7]),
                       scratch);
    break;
  case INPUT_GRADIENT: {
    const Filter f = filter_at(a + 3);
    const int m = winograd_size(a[8], &f, PLANE(2), PLANE(0), 0);
    if (m) winograd_input_gradient(memory, n, PLANE(0), LINE(1), PLANE(2), &f, m, scratch);
    else direct_input_gradient(memory, n, PLANE(0), LINE(1), PLANE(2), &f, scratch);
    break;
  }
  case FILTER_GRADIENT: {
    const Filter f = filter_at(a + 3);
    const int m = winograd_size(a[8], &f, PLANE(0), PLANE(1), 1);
    if (m) winograd_filter_gradient(memory, n, PLANE(0), PLANE(1), LINE(2), &f, m, scratch);
    else {
      fill_zero(LINE(2), (size_t)f.filter_height * f.filter_width * PLANE(0)->channels * PLANE(1)->channels);
      direct_filter_gradient(memory, n, PLANE(0), PLANE(1), LINE(2), &f, scratch);
    }
    break;
  }
  case RESIZE_GRADIENT: resize_gradient_planes(memory, n, PLANE(0), PLANE(1)); break;
  case PLACE_IMAGES:
    place_images(memory, n, PLANE(0), (const uint8_t *)LINE(1), (const int32_t *)LINE(2), LINE(3), LINE(4), scratch);
    break;
  case SGD: sgd_momentum(LINE(0), LINE(1), LINE(2), (size_t)a[3], p->rate, p->momentum, a[4] ? p->weight_decay : 0); break;
  }
#undef PLANE
#undef LINE
}

// Runs instructions [first, first + count). `memory` is where line 0 is; a label that is no class ends it.
EXPORT(program_run) void program_run(char *memory, Program *p, int first, int count) {
  for (int i = first; i < first + count; i++) {
    const Instruction *instruction = instructions_of(p) + i;
    run_instruction(memory, p, instruction);
    if (instruction->op == LOSS && ((int32_t *)at_line(memory, p->result))[2] >= 0) return;
  }
}

#endif
