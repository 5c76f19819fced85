// Every function of the kernels that JavaScript calls, one line each.
//
// To add one: put EXPORT(name) before it, a line here, its type into src/kernels-module.ts (KernelExports), and build
// both engines (scripts/build-native.mjs, scripts/build-wasm.mjs). That is all: table and checks are made of these lines.
//
//   PROCEDURE(name, parameters)   returns nothing
//   FUNCTION(name, parameters)    returns an int or a size_t (to JavaScript: a number)
//
// A parameter is its type and its place:
//   P(i)  a pointer of any kind. JavaScript gives its byte offset in the heap, a multiple of 4 within the heap
//         (offset 0 is the heap itself, for a function that computes addresses of its own);
//   I(i)  int;   N(i)  size_t;   F(i)  float.
//
// No include guard: whoever includes this has defined these six macros to what it needs.
PROCEDURE(zero, P(0), N(1))
PROCEDURE(add, P(0), P(1), N(2), P(3))
FUNCTION(convolution_scratch, P(0))
PROCEDURE(convolution, P(0), P(1), P(2), P(3), P(4))
FUNCTION(convolution_input_gradient_scratch, P(0))
PROCEDURE(convolution_input_gradient, P(0), P(1), P(2), P(3), P(4))
FUNCTION(convolution_filter_gradient_scratch, P(0))
PROCEDURE(convolution_filter_gradient, P(0), P(1), P(2), P(3), P(4))
FUNCTION(batch_normalization_scratch, I(0))
PROCEDURE(batch_normalization, P(0), N(1), I(2), P(3), P(4), F(5), F(6), P(7), P(8), P(9), P(10))
PROCEDURE(batch_normalization_inference, P(0), N(1), I(2), P(3), P(4), P(5), P(6), F(7), F(8), P(9), P(10))
PROCEDURE(batch_normalization_gradient, P(0), P(1), N(2), I(3), P(4), P(5), P(6), P(7), F(8), F(9), P(10), P(11), P(12), P(13))
PROCEDURE(resize_nearest, P(0), I(1), I(2), I(3), I(4), I(5), I(6), P(7))
PROCEDURE(resize_nearest_gradient, P(0), I(1), I(2), I(3), I(4), I(5), I(6), P(7))
PROCEDURE(match_channels, P(0), N(1), I(2), I(3), P(4))
FUNCTION(global_average_pool_scratch, I(0))
PROCEDURE(global_average_pool, P(0), I(1), I(2), I(3), P(4), P(5))
PROCEDURE(global_average_pool_gradient, P(0), I(1), I(2), I(3), P(4), P(5))
FUNCTION(dense_scratch, I(0), I(1), I(2))
PROCEDURE(dense, P(0), I(1), I(2), I(3), P(4), P(5), P(6), P(7))
PROCEDURE(dense_gradient, P(0), P(1), I(2), I(3), I(4), P(5), P(6), P(7), P(8), P(9))
FUNCTION(softmax_cross_entropy, P(0), P(1), I(2), I(3), P(4), P(5))
PROCEDURE(softmax_cross_entropy_gradient, P(0), P(1), I(2), I(3), P(4), P(5))
FUNCTION(count_correct, P(0), P(1), I(2), I(3))
PROCEDURE(sgd_momentum, P(0), P(1), P(2), N(3), F(4), F(5), F(6))
FUNCTION(set_threads, I(0))
FUNCTION(stats_floats, I(0))
FUNCTION(program_scratch, P(0))
FUNCTION(program_check, P(0), N(1), N(2))
PROCEDURE(program_run, P(0), P(1), I(2), I(3))
