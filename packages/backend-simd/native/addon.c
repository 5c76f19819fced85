// The kernels as a Node-API addon. It offers
//
//   isas                            names of what this processor can run, the best first
//   instantiate(isa, maximumBytes)  { kernels, grow(pages), discard(offset, bytes) }: functions on a memory of their own;
//                                   under an address sanitizer also guard: { bytes, mark(offset, bytes, inUse) }
//
// A pointer from JavaScript is a byte offset in that memory. `grow` gives an ArrayBuffer of the memory as it is then, and
// detaches the one before, as a WebAssembly.Memory does: so nothing in JavaScript can reach beyond what is accessible.
// Instances share nothing and may be on different threads. Everything of an instance is freed when JavaScript has let go
// of its functions and buffers.
#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAPI_VERSION 8
#include <node_api.h>

#include "isa.h"

struct Instance;

typedef struct {
  struct Instance *instance;
  const Kernel *kernel;
} Binding;

typedef struct Instance {
  Memory memory;
  napi_ref buffer; // weak
  int holders;     // functions and buffers that JavaScript may still use
  Binding bindings[];
} Instance;

// ---- errors: thrown, and NULL returned

static napi_value refuse(napi_env env, const char *message) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_error(env, NULL, message);
  return NULL;
}

static napi_value refuse_range(napi_env env, const char *message) {
  napi_throw_range_error(env, NULL, message);
  return NULL;
}

static bool refuse_argument(napi_env env, const char *function, size_t index, const char *what) {
  char message[160];
  snprintf(message, sizeof message, "argument %zu of %s is not %s", index, function, what);
  napi_throw_range_error(env, NULL, message);
  return false;
}

// ---- lifetime

static void release(napi_env env, void *data, void *hint) {
  Instance *instance = data;
  (void)hint;
  if (--instance->holders > 0) return;
  if (instance->buffer) napi_delete_reference(env, instance->buffer);
  memory_release(&instance->memory);
  free(instance);
}

static void release_buffer(napi_env env, void *base, void *instance) { release(env, instance, base); }

static napi_value make_function(napi_env env, Instance *instance, const char *name, napi_callback callback, void *data) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function) != napi_ok) return NULL;
  if (napi_add_finalizer(env, function, instance, release, NULL, NULL) != napi_ok) return NULL;
  instance->holders++;
  return function;
}

// ---- calling a kernel

static bool is_whole(double value, double low, double high) { return value >= low && value <= high && value == floor(value); }

static bool read_argument(napi_env env, const Binding *b, size_t i, napi_value value, Argument *out) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return refuse_argument(env, b->kernel->name, i, "a number");
  switch (b->kernel->parameters[i]) {
    case 'P':
      if (!is_whole(number, 0, (double)b->instance->memory.bytes - 4) || (size_t)number % 4)
        return refuse_argument(env, b->kernel->name, i, "a multiple of 4 within the memory");
      out->pointer = b->instance->memory.base + (size_t)number;
      return true;
    case 'I':
      if (!is_whole(number, INT32_MIN, INT32_MAX)) return refuse_argument(env, b->kernel->name, i, "an integer of 32 bits");
      out->integer = (int)number;
      return true;
    case 'N':
      if (!is_whole(number, 0, 9007199254740991.0)) return refuse_argument(env, b->kernel->name, i, "a count");
      out->count = (size_t)number;
      return true;
    default:
      out->number = (float)number;
      return true;
  }
}

static napi_value call_kernel(napi_env env, napi_callback_info info) {
  napi_value values[MAXIMUM_PARAMETERS];
  Argument arguments[MAXIMUM_PARAMETERS];
  size_t given = MAXIMUM_PARAMETERS;
  void *data;
  if (napi_get_cb_info(env, info, &given, values, NULL, &data) != napi_ok) return refuse(env, "the arguments cannot be read");
  const Binding *b = data;
  // Missing ones are `undefined`, which is not a number.
  const size_t count = strlen(b->kernel->parameters);
  for (size_t i = 0; i < count; i++)
    if (!read_argument(env, b, i, values[i], &arguments[i])) return NULL;
  const double result = b->kernel->call(arguments);
  napi_value value = NULL;
  if (b->kernel->returns && napi_create_double(env, result, &value) != napi_ok) return refuse(env, "no room for a number");
  return value;
}

// ---- memory

static napi_value make_buffer(napi_env env, Instance *instance) {
  napi_value buffer;
  Memory *m = &instance->memory;
  if (napi_create_external_arraybuffer(env, m->base, m->bytes, release_buffer, instance, &buffer) != napi_ok)
    return refuse(env, "this Node does not let the memory of an addon be an ArrayBuffer");
  instance->holders++;
  if (napi_create_reference(env, buffer, 0, &instance->buffer) != napi_ok) return refuse(env, "no room for a reference");
  return buffer;
}

static void detach_buffer(napi_env env, Instance *instance) {
  napi_value buffer = NULL;
  if (!instance->buffer) return;
  // NULL when JavaScript has let go of it.
  if (napi_get_reference_value(env, instance->buffer, &buffer) == napi_ok && buffer) napi_detach_arraybuffer(env, buffer);
  napi_delete_reference(env, instance->buffer);
  instance->buffer = NULL;
}

static napi_value grow(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t given = 1;
  void *data;
  double pages;
  if (napi_get_cb_info(env, info, &given, &argument, NULL, &data) != napi_ok) return refuse(env, "the arguments cannot be read");
  Instance *instance = data;
  if (napi_get_value_double(env, argument, &pages) != napi_ok || !is_whole(pages, 0, (double)(SIZE_MAX / PAGE)))
    return refuse_range(env, "grow takes a number of pages");
  if (!memory_grow(&instance->memory, (size_t)pages * PAGE)) return refuse_range(env, "the memory cannot grow any further");
  detach_buffer(env, instance);
  return make_buffer(env, instance);
}

static napi_value discard(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t given = 2;
  void *data;
  double offset, bytes;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, &data) != napi_ok ||
      napi_get_value_double(env, arguments[0], &offset) != napi_ok || napi_get_value_double(env, arguments[1], &bytes) != napi_ok)
    return refuse(env, "discard takes an offset and a number of bytes");
  Memory *m = &((Instance *)data)->memory;
  if (!is_whole(offset, 0, (double)m->bytes) || !is_whole(bytes, 0, (double)m->bytes - offset))
    return refuse_range(env, "not in the memory");
  memory_discard(m, (size_t)offset, (size_t)bytes);
  return NULL;
}

#ifdef __SANITIZE_ADDRESS__

static napi_value mark(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  size_t given = 3;
  void *data;
  double offset, bytes;
  bool in_use;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, &data) != napi_ok ||
      napi_get_value_double(env, arguments[0], &offset) != napi_ok || napi_get_value_double(env, arguments[1], &bytes) != napi_ok ||
      napi_get_value_bool(env, arguments[2], &in_use) != napi_ok)
    return refuse(env, "mark takes an offset, a number of bytes and whether they are in use");
  const Memory *m = &((Instance *)data)->memory;
  if (offset < 0 || bytes < 0 || offset + bytes + READ_SLACK > (double)m->bytes) return refuse_range(env, "not in the memory");
  if (in_use) ASAN_UNPOISON_MEMORY_REGION(m->base + (size_t)offset, (size_t)bytes + READ_SLACK);
  else ASAN_POISON_MEMORY_REGION(m->base + (size_t)offset, (size_t)bytes);
  return NULL;
}

static bool add_guard(napi_env env, Instance *instance, napi_value result) {
  napi_value guard, bytes, function = make_function(env, instance, "mark", mark, instance);
  return function && napi_create_object(env, &guard) == napi_ok && napi_create_int32(env, GUARD_BYTES, &bytes) == napi_ok &&
         napi_set_named_property(env, guard, "bytes", bytes) == napi_ok &&
         napi_set_named_property(env, guard, "mark", function) == napi_ok &&
         napi_set_named_property(env, result, "guard", guard) == napi_ok;
}

#else

static bool add_guard(napi_env env, Instance *instance, napi_value result) { return (void)env, (void)instance, (void)result, true; }

#endif

// ---- the module

static napi_value make_kernels(napi_env env, Instance *instance, const Kernel *kernels, size_t count) {
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  for (size_t i = 0; i < count; i++) {
    instance->bindings[i] = (Binding){instance, &kernels[i]};
    napi_value function = make_function(env, instance, kernels[i].name, call_kernel, &instance->bindings[i]);
    if (!function || napi_set_named_property(env, object, kernels[i].name, function) != napi_ok) return NULL;
  }
  return object;
}

static const Isa *find_isa(const char *name) {
  for (int i = 0; i < ISAS; i++)
    if (!strcmp(isas[i].name, name) && isas[i].is_supported()) return &isas[i];
  return NULL;
}

static napi_value instantiate(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result;
  size_t given = 2;
  char name[16];
  double maximum;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, arguments[0], name, sizeof name, NULL) != napi_ok ||
      napi_get_value_double(env, arguments[1], &maximum) != napi_ok || !is_whole(maximum, 0, 9007199254740991.0))
    return refuse(env, "instantiate takes the name of an instruction set and a number of bytes");
  const Isa *isa = find_isa(name);
  if (!isa) return refuse(env, "no such instruction set here");
  size_t count = 0;
  while (isa->kernels[count].name) count++;
  Instance *instance = calloc(1, sizeof(Instance) + count * sizeof(Binding));
  if (!instance) return refuse(env, "no memory");
  if (!memory_reserve(&instance->memory, (size_t)maximum)) {
    free(instance);
    return refuse_range(env, "no room in the addresses of this process: is there a limit on virtual memory (ulimit -v)?");
  }
  // From here on it is freed when what JavaScript got of it is collected.
  if (napi_create_object(env, &result) != napi_ok) return refuse(env, "no room for an object");
  napi_value kernels = make_kernels(env, instance, isa->kernels, count);
  napi_value growth = make_function(env, instance, "grow", grow, instance);
  napi_value discarding = make_function(env, instance, "discard", discard, instance);
  if (!kernels || !growth || !discarding || !add_guard(env, instance, result) ||
      napi_set_named_property(env, result, "kernels", kernels) != napi_ok ||
      napi_set_named_property(env, result, "grow", growth) != napi_ok ||
      napi_set_named_property(env, result, "discard", discarding) != napi_ok)
    return refuse(env, "the kernels cannot be given to JavaScript");
  return result;
}

static napi_value list_isas(napi_env env) {
  napi_value list, name;
  uint32_t length = 0;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  for (int i = 0; i < ISAS; i++)
    if (isas[i].is_supported() && (napi_create_string_utf8(env, isas[i].name, NAPI_AUTO_LENGTH, &name) != napi_ok ||
                                   napi_set_element(env, list, length++, name) != napi_ok))
      return NULL;
  return list;
}

NAPI_MODULE_INIT() {
  napi_value function, list = list_isas(env);
  if (!list || napi_set_named_property(env, exports, "isas", list) != napi_ok ||
      napi_create_function(env, "instantiate", NAPI_AUTO_LENGTH, instantiate, NULL, &function) != napi_ok ||
      napi_set_named_property(env, exports, "instantiate", function) != napi_ok)
    return refuse(env, "the addon cannot be given to JavaScript");
  return exports;
}
