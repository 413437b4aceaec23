/* SPDX-License-Identifier: MIT */
/*
 * Compiling a graph into a program, and running it.
 *
 * rn_compile fixes shapes, memory, order, kernels and threads. A run allocates nothing, and
 * its results do not depend on the number of threads (docs/threads.md). Only one thread may
 * use a program at a time. Programs that share variables must not run at the same time if
 * one of them assigns a shared variable.
 */
#ifndef RONDO_PROGRAM_H
#define RONDO_PROGRAM_H

#include "graph.h"
#include "optimizers.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_program rn_program;

/* Whether runs trace where a NaN or infinity first appeared; see rn_program_nonfinite. */
typedef enum rn_watch {
    RN_WATCH_DEFAULT, /* on if the program minimises a loss */
    RN_WATCH_ON,
    RN_WATCH_OFF
} rn_watch;

/* Shown the program's plan as text after each pass that makes it: schedule, contract,
 * order, elide, accumulate, overlay, pack, row_blocks, fuse, place, watch. Both texts live
 * until it returns. */
typedef void (*rn_trace)(void *with, const char *pass, const char *plan);

/* Passes of the compiler that can be left out, to measure what each is worth or to find one
 * that is wrong. Without any of them a program computes the same values, some with other
 * rounding. */
typedef enum rn_pass {
    RN_PASS_MERGE_LOOPS = 1, /* loops that compute something in common become one */
    RN_PASS_HOIST = 2,       /* moves work out of loops that need not run in every step */
    RN_PASS_ELIDE = 4, /* leaves out copies; overwrites values that are not read again */
    RN_PASS_FUSE = 8,  /* runs element-wise operators tile by tile */
    RN_PASS_PACK = 16, /* packs weights once before a loop, not in every step */
    RN_PASS_JOIN_PRODUCTS = 32,  /* products that share an operand become one, as do sums of
                                    a gradient's products in a loop */
    RN_PASS_SPLIT_PRODUCTS = 64, /* products of concatenations become sums of products */
    RN_PASS_ROWS = 128,       /* computes nothing for the padding of batches with lengths */
    RN_PASS_ACCUMULATE = 256, /* a product and its addition to a value become one call */
    RN_PASS_PARTS = 512,      /* sums of ranges in zeros, as the gradients of slices, become
                                 concatenations */
    RN_PASS_RECOMPUTE = 1024, /* a loop computes cheap values again and does not read what
                                 another one kept */
    RN_PASS_ROW_BLOCKS = 2048, /* runs reductions within rows, such as those of a layer
                                  normalisation, with the element-wise operators around
                                  them, some rows at a time */
    RN_PASS_CHECKPOINT = 4096, /* loops with a budget run in segments; see
                                  rn_loop_checkpoint */
    RN_PASS_SCAN = 8192,       /* loops whose carries are affine in themselves, such as
                                  averages, compute all steps at once */
    RN_PASS_CONTRACT = 16384,  /* a product, element by element, and its sum are one call */
    RN_PASS_ALL = 32767        /* all of these */
} rn_pass;

enum { RN_OUTPUTS_MAX = 32 };

typedef struct rn_compile_options {
    /* The tensors that rn_read may read, besides `minimize`: a list that must live until
     * rn_compile returns or, if that is NULL, the first ones of `output`. */
    const rn_tensor *outputs;
    rn_tensor output[RN_OUTPUTS_MAX];
    int output_count;
    rn_tensor minimize;    /* a real scalar, the loss; it is an output too */
    rn_optimizer with;     /* the optimiser that minimises it */
    bool omit_assignments; /* leave out those of rn_assign; an optimiser's stay */
    rn_type real;          /* if `convert` is set: compile all real tensors as this type */
    bool convert;
    rn_watch watch;
    int threads;      /* most threads of a run; 0: one for each processor; not negative */
    unsigned without; /* passes to leave out, of rn_pass */
    bool profile;     /* runs measure each step, see profile.h */
    rn_trace trace;   /* NULL: none */
    void *trace_with;
} rn_compile_options;

/* Sets the outputs: rn_compile(g, (rn_compile_options){RN_OUTPUTS(y, h)}). The struct
 * itself holds them, at most RN_OUTPUTS_MAX, so it can be kept and copied. In C++ from
 * C++20 on. */
#ifdef __cplusplus
extern "C++" {
template <typename... Tensors> constexpr int rn__count_of(const Tensors &...)
{
    return static_cast<int>(sizeof...(Tensors));
}
}
#define RN_OUTPUTS(...) .output = {__VA_ARGS__}, .output_count = rn__count_of(__VA_ARGS__)
#else
#define RN_OUTPUTS(...)                                                                    \
    .output = {__VA_ARGS__},                                                               \
    .output_count = (int)(sizeof((rn_tensor[]){__VA_ARGS__}) / sizeof(rn_tensor))
#endif

/* Compiles everything that the outputs, the loss and the graph's assignments depend on. The
 * graph is not changed and may be freed. Errors (NULL, message on the graph): a builder
 * failed earlier; there are no outputs, loss or assignments; a loss without an optimiser,
 * or an optimiser without a loss; a negative number of threads; an unknown pass; a loss all
 * of whose weights came from rn_root_inference; out of memory. After an error the models
 * are unchanged too. */
RN_API rn_program *rn_compile(rn_graph *graph, rn_compile_options options);
RN_API void rn_program_free(rn_program *program);

/* Copies `count` values, all elements of the input, row by row. The input keeps them until
 * it is fed again. Its type is the one that it has in the program: with `convert`, that of
 * the options. RN_INVALID, with a message: another type or count. Feeding an input that the
 * program does not use has no effect and is not an error. */
RN_API rn_status rn_feed_f32(rn_program *program, rn_tensor input, const float *data,
                             int64_t count);
RN_API rn_status rn_feed_f64(rn_program *program, rn_tensor input, const double *data,
                             int64_t count);
RN_API rn_status rn_feed_i32(rn_program *program, rn_tensor input, const int32_t *data,
                             int64_t count);
RN_API rn_status rn_feed_bool(rn_program *program, rn_tensor input, const bool *data,
                              int64_t count);

/* Feeds an input of any type. `bytes` must be its exact size; the type of the values is not
 * checked. */
RN_API rn_status rn_feed(rn_program *program, rn_tensor input, const void *data,
                         size_t bytes);

/* Runs the program once. RN_INVALID: an input that it uses was never fed (inputs without
 * elements need no feeding). RN_BAD_VALUE: a kernel rejected its input values, such as an
 * index out of range; the message says which. After a failed run no output can be read. */
RN_API rn_status rn_run(rn_program *program);

/* Copies an output of the last run. `count` must be the number of its elements. RN_INVALID,
 * with a message: another type or count, no run yet, or the last run failed. */
RN_API rn_status rn_read_f32(const rn_program *program, rn_tensor output, float *data,
                             int64_t count);
RN_API rn_status rn_read_f64(const rn_program *program, rn_tensor output, double *data,
                             int64_t count);
RN_API rn_status rn_read_i32(const rn_program *program, rn_tensor output, int32_t *data,
                             int64_t count);
RN_API rn_status rn_read_bool(const rn_program *program, rn_tensor output, bool *data,
                              int64_t count);

/* Reads an output of any type. `bytes` must be its exact size in its type in the program.
 */
RN_API rn_status rn_read(const rn_program *program, rn_tensor output, void *data,
                         size_t bytes);

/* The value of a scalar output of any type. Returns NaN, with a message on the program, if
 * `output` is not a scalar output, before the first run and after a failed one. */
RN_API double rn_scalar(rn_program *program, rn_tensor output);

/* The type of an input or output in the program, which `convert` may have changed; RN_F32
 * if `tensor` is neither. */
RN_API rn_type rn_program_type(const rn_program *program, rn_tensor tensor);

/* The last error's message, or "" if there was none. */
RN_API const char *rn_program_error(const rn_program *program);

/* All memory that the program has for values, in bytes: its workspace, and the tiles and
 * scratch memory of each of its threads. */
RN_API size_t rn_program_workspace(const rn_program *program);

/* In how many threads the program runs, the caller's among them: at most as many as
 * rn_compile_options allow, and 1 if the program is too small to share. */
RN_API int rn_program_threads(const rn_program *program);

/* The number of steps in the program: operators, copies, loops, packs of
 * operands, and tails, which fill the slots of a stack that no iteration reached. Chains do
 * not count, but the operators in them do. The steps of a loop's body count once. */
RN_API int rn_program_calls(const rn_program *program);

/* Writes the program as text: the inputs, then the plan's steps in order, with operator,
 * name, shape and where its values are: offsets in the workspace, or a variable's name. The
 * steps of a loop, and those of a chain of element-wise operators that runs tile by tile,
 * are indented. `text`, `capacity` and the
 * result are as for rn_graph_print. */
RN_API size_t rn_program_print(const rn_program *program, char *text, size_t capacity);

/* ---- where NaN and infinities first appear, see docs/nonfinite.md ---- */

/* Where a NaN or an infinity came from: an operator produced it, or it was there before the
 * run. */
typedef enum rn_origin {
    RN_ORIGIN_OPERATOR, /* a NaN from operands without one, or an infinity from finite ones
                         */
    RN_ORIGIN_INPUT,    /* it was fed */
    RN_ORIGIN_VARIABLE  /* a variable, such as a weight, held it */
} rn_origin;

enum { RN_NONFINITE_OPERANDS = 4, RN_NONFINITE_MOST = 8, RN_NONFINITE_STEPS = 4 };

/* The element of an operand that the result was computed from. For an operator that is not
 * element-wise: the operand's largest element, or its first that is not finite. */
typedef struct rn_nonfinite_operand {
    int64_t element; /* row-major index; -1: overwritten */
    double value;    /* NaN if overwritten by a later result */
} rn_nonfinite_operand;

typedef struct rn_nonfinite {
    rn_origin origin;
    const char *op;   /* operator; "input" or "variable" */
    const char *name; /* "" if it has none; owned by the program */
    int call;         /* numbered as in rn_program_print; -1 for an input or a variable */
    int loops; /* number of enclosing loops; `step` has their steps, outermost first */
    int64_t step[RN_NONFINITE_STEPS];
    rn_shape shape;
    int64_t element; /* row-major index of the first such element */
    double value;
    int operands; /* number of operands of the call; `operand` has the first few */
    rn_nonfinite_operand operand[RN_NONFINITE_OPERANDS];
    bool reached;   /* some result of the run was not finite */
    int64_t ago;    /* how many runs ago it was found; 0: in the last run */
    char text[400]; /* the same as one line of text */
} rn_nonfinite;

/* Gets finding number `index`, counted from 0. Non-finite inputs and variables come first,
 * then the operators that produced a NaN or an infinity, in order of execution, at most one
 * finding for each call. Returns false when there are no more. A run with findings still
 * returns RN_OK. */
RN_API bool rn_program_nonfinite(const rn_program *program, int index, rn_nonfinite *out);

#ifdef __cplusplus
}
#endif
#endif
