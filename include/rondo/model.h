/* SPDX-License-Identifier: MIT */
/*
 * Models and scopes: variables by name, declared where they are used.
 *
 * A model owns named variables. A function that builds a layer is given a scope (a graph, a
 * model and a path) and asks for its weights by name; the first graph that names a weight
 * creates and initialises it, every later one shares it. What a weight begins with depends
 * on the model's seed and the weight's full name alone, not on the order in which it is
 * asked for.
 */
#ifndef RONDO_MODEL_H
#define RONDO_MODEL_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_model rn_model;

/* A new model whose weights are f32, or of a real type `real`. NULL without memory, or for
 * a type that is not real. */
RN_API rn_model *rn_model_new(uint64_t seed);
RN_API rn_model *rn_model_new_using(uint64_t seed, rn_type real, rn_allocator allocator);

/* Frees the model. Graphs and programs that mention its variables keep those alive. */
RN_API void rn_model_free(rn_model *model);

/* The last error's message, "" when there was none. */
RN_API const char *rn_model_error(const rn_model *model);

/* The variables in order of creation; NULL where there is none. Weights are trained; the
 * other variables are states, moments and counters. */
RN_API int rn_model_count(const rn_model *model);
RN_API rn_variable *rn_model_at(const rn_model *model, int index);
RN_API rn_variable *rn_model_find(const rn_model *model, const char *name);
RN_API bool rn_model_is_weight(const rn_model *model, int index);

/* Number of elements of all weights. */
RN_API int64_t rn_model_parameters(const rn_model *model);

/* Copies all of a variable's values in or out; `bytes` must be exactly its size. RN_INVALID
 * with a message for an unknown name or a wrong size. */
RN_API rn_status rn_model_set(rn_model *model, const char *name, const void *data,
                              size_t bytes);
RN_API rn_status rn_model_get(rn_model *model, const char *name, void *data, size_t bytes);

/* Sets the states of all layers made with .stateful, see recurrent.h, to zero. */
RN_API void rn_model_reset_states(rn_model *model);

/* Writes all weights to a safetensors file, in the way that file.h describes: a reader
 * finds the old file or the new one, also after a crash. RN_INVALID when names are so long
 * that the file could not be loaded again: headers have 100 MB at most. Loading sets every
 * weight of the model, which must be the very weights of the file, with the same shapes and
 * types: build the graph first. It also sets to zero what belonged to the weights before:
 * the states of stateful layers, and the moments and counts of all optimisers. Anything
 * else is RN_BAD_FILE with a message that names file and tensor, and then nothing is
 * changed. */
RN_API rn_status rn_model_save(rn_model *model, const char *path);
RN_API rn_status rn_model_load(rn_model *model, const char *path);

/* ---- scopes ---- */

/* Passed by value; valid as long as its graph and model. A path NULL is "". */
typedef struct rn_scope {
    rn_graph *graph;
    rn_model *model;
    const char *path; /* "" or "rnn/layer0"; owned by the graph */
    bool inference;   /* dropout does nothing and draws nothing */
} rn_scope;

/* The scope of the model itself, for training or for use. A null graph or model is allowed:
 * what is built is null, and the graph says why. */
RN_API rn_scope rn_root(rn_graph *graph, rn_model *model);
RN_API rn_scope rn_root_inference(rn_graph *graph, rn_model *model);

/* The scope `name` inside. A name is UTF-8 without control characters and not empty; it
 * may be a path itself. */
RN_API rn_scope rn_scope_in(rn_scope scope, const char *name);

/* ---- initialisers ---- */

typedef enum rn_initializer {
    RN_INIT_ZEROS,
    RN_INIT_CONSTANT,       /* scale */
    RN_INIT_UNIFORM,        /* between -scale and scale */
    RN_INIT_NORMAL,         /* mean 0, standard deviation scale */
    RN_INIT_GLOROT_UNIFORM, /* scale sqrt(6 / (in + out)); Glorot and Bengio 2010 */
    RN_INIT_GLOROT_NORMAL,  /* scale sqrt(2 / (in + out)) */
    RN_INIT_HE_UNIFORM,     /* scale sqrt(6 / in); arXiv:1502.01852 */
    RN_INIT_HE_NORMAL,      /* scale sqrt(2 / in) */
    RN_INIT_ORTHOGONAL      /* scale times orthonormal rows or columns, any alike;
                               arXiv:1312.6120 */
} rn_initializer;

/* For a shape [in, out]; of a shape with more axes the last is out and all others in; a
 * vector has in = 1. A scale of 0 stands for 1, but for RN_INIT_CONSTANT. */
typedef struct rn_init {
    rn_initializer kind;
    double scale;
} rn_init;

/* A trained variable of the model's real type, as a tensor of the scope's root graph, which
 * may be mentioned inside loops. An existing one must have the same shape; it keeps its
 * values. */
RN_API rn_tensor rn_weight(rn_scope scope, const char *name, rn_shape shape, rn_init init);

/* A variable that is not trained, of any type, zeros at first; rn_assign changes it. */
RN_API rn_tensor rn_state(rn_scope scope, const char *name, rn_type type, rn_shape shape);

/* ---- random draws: what rn_uniform and rn_normal are given ---- */

/* i32 [2], in the graph of x: the number of the run, and the step of the loops around x (0
 * outside of loops). Everything drawn in one run and step has the same ticks; the key must
 * tell these draws apart. The runs are counted by a variable of the
 * model, "random/counter". Errors: no model, x of another graph, or a loop around x whose
 * number of steps is not known yet. */
RN_API rn_tensor rn_random_ticks(rn_scope scope, rn_tensor x);

/* The key of a name: a function of the model's seed and the full name alone, the same in
 * every call and graph. Two draws with one key and the same ticks are the same numbers. */
RN_API uint64_t rn_random_key(rn_scope scope, const char *name);

/* A key for one more draw under that name: the first call in a graph gives rn_random_key,
 * every later one another key, independent of the others. Depends on the number of earlier
 * calls for the full name in this graph alone, so a model function that is run on a second
 * graph gets the same keys again. rn_dropout and rn_dropout_mask count as calls. */
RN_API uint64_t rn_random_key_next(rn_scope scope, const char *name);

#ifdef __cplusplus
}
#endif
#endif
