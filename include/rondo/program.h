/* SPDX-License-Identifier: MIT */
/*
 * Compiling a graph to a program, and running it.
 *
 * rn_compile decides everything: shapes, memory, order and kernels. A run allocates
 * nothing. A program may be used by one thread at a time; programs that share variables
 * must not run at the same time if one of them assigns.
 */
#ifndef RONDO_PROGRAM_H
#define RONDO_PROGRAM_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_program rn_program;

/* How a program minimises: a rule that is given the loss, finds the variables that it
 * depends on, and adds to its graph their gradients and assignments. train.h has the usual
 * ones, and says what the other members mean to them. */
typedef struct rn_optimizer rn_optimizer;
struct rn_optimizer {
    /* Adds the nodes to the loss's graph, which is a private copy of the user's; false
     * after an error on it. NULL: no optimiser. */
    bool (*build)(const rn_optimizer *self, rn_tensor loss);
    /* Called once after build, when rn_compile ends, with the loss in the user's graph.
     * When it was not `compiled`, build may have succeeded or not, and whatever it changed
     * outside the graph must be changed back. NULL: there is nothing to change back. */
    void (*settle)(const rn_optimizer *self, rn_tensor loss, bool compiled);
    const char *name;    /* whose rates, counts and moments these are; NULL: "optimizer" */
    const char *except;  /* patterns of the weights that it leaves alone; NULL: none */
    double rate;         /* learning rate */
    double clip;         /* largest global norm of the gradient; 0: no limit */
    double parameter[8]; /* the rule's own; for those of train.h by rn_parameter */
};

/* Whether runs look for births of NaN and infinities, see rn_program_nonfinite. */
typedef enum rn_watch {
    RN_WATCH_DEFAULT, /* on in programs that minimise */
    RN_WATCH_ON,
    RN_WATCH_OFF
} rn_watch;

enum { RN_OUTPUTS_MAX = 32 };

typedef struct rn_compile_options {
    /* What may be read, beside `minimize`: a list that lasts until rn_compile returns, or,
     * where that is NULL, the first ones of `output`. */
    const rn_tensor *outputs;
    rn_tensor output[RN_OUTPUTS_MAX];
    int output_count;
    rn_tensor minimize; /* a scalar to be made small by `with`; is an output too */
    rn_optimizer with;
    bool frozen;  /* leave out the graph's assignments; of weights see rn_except */
    rn_type real; /* with `convert`: compile all real tensors as this type */
    bool convert;
    rn_watch watch;
} rn_compile_options;

/* For the options' outputs: rn_compile(g, (rn_compile_options){RN_OUTPUTS(y, h)}). At most
 * RN_OUTPUTS_MAX of them, which the struct itself holds, so that it may be kept and copied.
 * In C++ from C++20 on. */
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

/* Compiles what the outputs, the minimised loss and the graph's assignments need. The graph
 * is left as it was and may be freed. NULL with a message on the graph: a builder's error,
 * no outputs and nothing assigned, a loss without an optimiser or an optimiser without a
 * loss, a loss to be minimised whose weights were all asked for through
 * rn_root_inference, or memory; models are then as they were too. */
RN_API rn_program *rn_compile(rn_graph *graph, rn_compile_options options);
RN_API void rn_program_free(rn_program *program);

/* Copies `count` values, all elements of the input, row by row. RN_INVALID with a message
 * for another type or count. The type is the one that the input has in the program: with
 * `convert` that of the options. What is fed stays until it is fed anew. Feeding an input
 * that the program does not use is allowed and does nothing. */
RN_API rn_status rn_feed_f32(rn_program *program, rn_tensor input, const float *data,
                             int64_t count);
RN_API rn_status rn_feed_f64(rn_program *program, rn_tensor input, const double *data,
                             int64_t count);
RN_API rn_status rn_feed_i32(rn_program *program, rn_tensor input, const int32_t *data,
                             int64_t count);
RN_API rn_status rn_feed_bool(rn_program *program, rn_tensor input, const bool *data,
                              int64_t count);

/* The same of any type: `bytes` must be exactly the input's, and nobody checks what they
 * are. */
RN_API rn_status rn_feed(rn_program *program, rn_tensor input, const void *data,
                         size_t bytes);

/* Runs the program once. RN_INVALID when an input that it uses was never fed, unless that
 * has no elements; RN_BAD_VALUE when a kernel rejected its input values. After a failed run
 * there is nothing to read. */
RN_API rn_status rn_run(rn_program *program);

/* Copies an output of the last run; `count` must be the number of its elements. RN_INVALID
 * with a message for another type or count, before the first run and after a failed one. */
RN_API rn_status rn_read_f32(const rn_program *program, rn_tensor output, float *data,
                             int64_t count);
RN_API rn_status rn_read_f64(const rn_program *program, rn_tensor output, double *data,
                             int64_t count);
RN_API rn_status rn_read_i32(const rn_program *program, rn_tensor output, int32_t *data,
                             int64_t count);
RN_API rn_status rn_read_bool(const rn_program *program, rn_tensor output, bool *data,
                              int64_t count);

/* The same of any type: `bytes` must be exactly the output's size, in the program's type. */
RN_API rn_status rn_read(const rn_program *program, rn_tensor output, void *data,
                         size_t bytes);

/* The value of a scalar output of any type. NaN with a message, see rn_program_error, if it
 * is none, before the first run and after a failed one. */
RN_API double rn_scalar(rn_program *program, rn_tensor output);

/* The type that a real tensor has in the program. */
RN_API rn_type rn_program_type(const rn_program *program, rn_tensor tensor);

/* The last error's message, "" when there was none. */
RN_API const char *rn_program_error(const rn_program *program);

/* Bytes of the one workspace that the program runs in. */
RN_API size_t rn_program_workspace(const rn_program *program);

/* Number of kernel calls listed, those of loop bodies once each. */
RN_API int rn_program_calls(const rn_program *program);

/* The program as text: inputs, calls in order with operator, name, shape and place, loops
 * indented. As rn_graph_print. */
RN_API size_t rn_program_print(const rn_program *program, char *text, size_t capacity);

/* ---- NaN with an address, see docs/nonfinite.md ---- */

/* Where a NaN or an infinity comes from. What was there before the run is told apart from
 * what an operator made of operands that had none. */
typedef enum rn_origin {
    RN_BORN,         /* a NaN although no operand is one, or an infinity of finite ones */
    RN_FROM_INPUT,   /* it was fed */
    RN_FROM_VARIABLE /* a variable held it, such as a weight */
} rn_origin;

enum { RN_NONFINITE_OPERANDS = 4, RN_NONFINITE_MOST = 8, RN_NONFINITE_STEPS = 4 };

/* An operand's element that the result was made of; of an operator that is not
 * element-wise, the operand's largest, or its first that is not finite. */
typedef struct rn_nonfinite_operand {
    int64_t element; /* its position among all elements in order; -1: gone */
    double value;    /* NaN when gone: another result has been written there */
} rn_nonfinite_operand;

typedef struct rn_nonfinite {
    rn_origin origin;
    const char *op;   /* operator; "input" or "variable" */
    const char *name; /* "" if it has none; the program's */
    int call;         /* as rn_program_print counts; -1 of an input or a variable */
    int loops;        /* how many are around it, and their steps, the outermost first */
    int64_t step[RN_NONFINITE_STEPS];
    rn_shape shape;
    int64_t element; /* the first one, its position in the shape */
    double value;
    int operands; /* those of the call, of which the first few stand here */
    rn_nonfinite_operand operand[RN_NONFINITE_OPERANDS];
    bool reached; /* a result of the run was not finite */
    int64_t ago;  /* runs since; 0: found in the last run */
    char text[400];
} rn_nonfinite;

/* Finding number `index`, from 0, in the order in which they appeared: first what inputs
 * and variables held, then the births, one for each call. False when there are no more. A
 * run that found something still returns RN_OK. */
RN_API bool rn_program_nonfinite(const rn_program *program, int index, rn_nonfinite *out);

#ifdef __cplusplus
}
#endif
#endif
