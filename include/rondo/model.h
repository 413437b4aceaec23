/* SPDX-License-Identifier: MIT */
/*
 * Models and scopes: named variables, declared where they are used.
 *
 * A model owns named variables. A function that builds a layer takes a scope (a graph, a
 * model and a path) and gets its weights by name. The first graph that names a weight
 * creates and initialises it; later graphs share it. A weight's initial values depend only
 * on the model's seed and the weight's full name, not on the order of creation.
 *
 * Within one graph a name may be used once, and once more for inference: a second layer of
 * the same name is an error, unless rn_share asks for the same weights again. A graph for
 * inference creates no weights once the model has those of a training graph or of a file.
 */
#ifndef RONDO_MODEL_H
#define RONDO_MODEL_H

#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rn_model rn_model;

/* A new model whose weights are f32, or of the real type `real`. NULL if out of memory or
 * if `real` is not a real type. Free with rn_model_free. */
RN_API rn_model *rn_model_new(uint64_t seed);
RN_API rn_model *rn_model_new_using(uint64_t seed, rn_type real, rn_allocator allocator);

/* Frees the model. Graphs and programs keep the variables that they use alive. */
RN_API void rn_model_free(rn_model *model);

/* The last error's message, or "" if there was none. */
RN_API const char *rn_model_error(const rn_model *model);

/* The variables, in order of creation; NULL if there is no such variable. Weights are
 * trained; the other variables are states, optimisers' moments and counters. */
RN_API int rn_model_count(const rn_model *model);
RN_API rn_variable *rn_model_at(const rn_model *model, int index);
RN_API rn_variable *rn_model_find(const rn_model *model, const char *name);
RN_API bool rn_model_is_weight(const rn_model *model, int index);

/* The total number of elements of all weights. */
RN_API int64_t rn_model_parameters(const rn_model *model);

/* Copies a variable's values in or out; `bytes` must be its exact size. RN_INVALID with a
 * message: unknown name, wrong size, or no data. */
RN_API rn_status rn_model_set(rn_model *model, const char *name, const void *data,
                              size_t bytes);
RN_API rn_status rn_model_get(rn_model *model, const char *name, void *data, size_t bytes);

/* Sets the states of all layers built with .stateful (recurrent.h) to zero. */
RN_API void rn_model_reset_states(rn_model *model);

/* Sets the states of one sequence to zero, counted from 0, in all stateful layers of this
 * batch size; those of all sequences if `sequence` is -1. RN_INVALID with a message: no
 * such sequence, or no stateful layer of that batch size. */
RN_API rn_status rn_model_reset_sequence(rn_model *model, int64_t batch, int64_t sequence);

/* Saves all weights, statistics and texts to a safetensors file, or loads them from one, or
 * from a checkpoint.
 *
 * Saving replaces the file atomically, see file.h. RN_INVALID: the names are so long that
 * the header would exceed the format's limit of 100 MB.
 *
 * Loading sets every weight of the model. The file must hold exactly the model's weights,
 * with the same shapes and types, so build the graph first: RN_INVALID if the model has no
 * weights. Loading also resets what belonged to the old weights: the states of stateful
 * layers, and the moments and counts of all optimisers. RN_BAD_FILE with a message that
 * names the file and the tensor: the file is not valid or does not match the model. After
 * an error the model is unchanged. */
RN_API rn_status rn_model_save(rn_model *model, const char *path);
RN_API rn_status rn_model_load(rn_model *model, const char *path);

/* What was loaded. The counts and the list are there after a mismatch too, and then tell
 * what would have been loaded. The list has a line for each tensor. */
typedef struct rn_load_report {
    int loaded;      /* weights and statistics */
    int converted;   /* those among them that had another element type in the file */
    int missing;     /* weights and statistics that the file does not have */
    int left;        /* tensors of the file that were not asked for or are unknown */
    int mismatched;  /* tensors with another shape, or not of real numbers */
    char *text;      /* where the list goes, truncated to `capacity` bytes with the */
    size_t capacity; /* terminating 0; may be NULL. Both are the caller's */
    size_t bytes;    /* of the whole list with its terminating 0 */
} rn_load_report;

/* How a file is loaded that was not made for the model, or only in part. Lists are
 * separated by commas; in them * matches any text. */
typedef struct rn_load_options {
    const char *only;       /* patterns of the model's names to load; NULL: all */
    const char *rename;     /* pairs like "enc.* -> rnn.*, fc.weight -> out/w": names in
                               the file and in the model. The first pair that matches counts,
                               and every * keeps its text */
    const char *transpose;  /* patterns of the model's names of matrices that the file holds
                               as [out, in], the layout of PyTorch */
    bool allow_missing;     /* weights that the file does not have keep their values */
    bool allow_extra;       /* unknown tensors are ignored */
    bool allow_mismatch;    /* tensors that do not fit are not loaded */
    rn_load_report *report; /* NULL: none */
} rn_load_options;

/* Loads a file as rn_model_load does, with these differences: f16, bf16, f32 and f64 are
 * converted to the model's type, rounded to nearest; and the options apply. All zero, they
 * allow nothing else.
 *
 * RN_INVALID with a message: a list that is malformed; a pattern that matches no weight.
 * RN_BAD_FILE: as for rn_model_load; two tensors with the same name after renaming; a
 * number that is too large for f32; nothing was loaded although something is allowed. */
RN_API rn_status rn_model_load_using(rn_model *model, const char *path,
                                     rn_load_options options);

/* Texts that belong to a model, such as a vocabulary. They are saved and loaded with the
 * weights, in the metadata of the file; a text of the file replaces one of the same key.
 *
 * rn_model_set_text copies both; a NULL text removes the key. RN_INVALID with a message: no
 * key, or one that begins with "rondo." or "checkpoint/"; not UTF-8. RN_NO_MEMORY.
 * rn_model_text: the text, valid until the next change; NULL if there is none. */
RN_API rn_status rn_model_set_text(rn_model *model, const char *key, const char *text);
RN_API const char *rn_model_text(const rn_model *model, const char *key);

/* ---- scopes ---- */

/* Passed by value; valid as long as its graph and model. A NULL path means "". */
typedef struct rn_scope {
    rn_graph *graph;
    rn_model *model;
    const char *path;   /* "" or "rnn/layer0"; owned by the graph */
    bool inference;     /* dropout is the identity and draws no random numbers */
    uint32_t shared;    /* the call of rn_share that returned it; 0: none */
    double weight_drop; /* in training, the probability of dropping an element of the
                           recurrent weights of rn_gate and rn_gate_state; 0: none */
} rn_scope;

/* The root scope of a model, for training or for inference. A NULL graph or model is not an
 * error yet: builders that use the scope fail, with a message on the graph. graph.h
 * explains what happens without a graph.
 *
 * An inference scope creates weights only as long as no training scope has used one,
 * rn_model_set has set none and no file has been loaded. So a model can be built for
 * inference alone, in one graph or several, and then loaded. After that, a weight that the
 * model does not have is an error, which lists the nearest names. */
RN_API rn_scope rn_root(rn_graph *graph, rn_model *model);
RN_API rn_scope rn_root_inference(rn_graph *graph, rn_model *model);

/* The same scope for another use of names that its graph has used already: layers built in
 * it share the weights of the earlier ones. Each call allows one more use of each name, so
 * in a C loop call it in every iteration. Names that the graph has not used yet work as
 * without it. */
RN_API rn_scope rn_share(rn_scope scope);

/* The scope `name` within `scope`. A name is non-empty UTF-8 without control characters. It
 * may be a path with '/'. */
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
    RN_INIT_ORTHOGONAL,     /* scale times a uniformly random matrix with orthonormal rows
                               or columns; arXiv:1312.6120 */
    RN_INIT_LECUN_UNIFORM,  /* scale sqrt(3 / in); LeCun et al. 1998 */
    RN_INIT_LECUN_NORMAL,   /* scale sqrt(1 / in) */
    RN_INIT_IDENTITY        /* scale where the indices on the last two axes are equal, else
                               0; for recurrent weights: Le et al. 2015, arXiv:1504.00941.
                               A vector has scale in all elements */
} rn_initializer;

/* `in` and `out` are the sizes of a shape [in, out]. For more axes, `out` is the last size
 * and `in` the product of the others; for a vector, `in` is 1. A scale of 0 means 1, except
 * for RN_INIT_CONSTANT. */
typedef struct rn_init {
    rn_initializer kind;
    double scale;
} rn_init;

/* Gives new initial values to all weights that match one of the patterns, separated by
 * commas, in which * matches any text: "rnn*u" stands for all weights whose names begin
 * with rnn and end with u. They depend on the seed and each weight's name, as always. What
 * belonged to the old weights is reset as by rn_model_load.
 *
 *   rn_model_initialize(model, "rnn*", (rn_init){RN_INIT_UNIFORM, 1 / sqrt(units)});
 *
 * sets an LSTM to what PyTorch initialises it to. RN_INVALID with a message: no such
 * weight, or no such initialiser; RN_NO_MEMORY. After an error the model is unchanged. */
RN_API rn_status rn_model_initialize(rn_model *model, const char *patterns, rn_init init);

/* A trained variable of the model's real type, as a tensor of the scope's root graph; loops
 * may use it. An existing weight must have the same shape and keeps its values. Errors:
 * another shape; a name that the graph has used before, without rn_share; a name that is
 * missing in an inference graph. */
RN_API rn_tensor rn_weight(rn_scope scope, const char *name, rn_shape shape, rn_init init);

/* An untrained variable of any type, initialised to zeros. Change it with rn_assign. A name
 * may be used once in a graph, as for rn_weight; an inference graph may create new ones. */
RN_API rn_tensor rn_state(rn_scope scope, const char *name, rn_type type, rn_shape shape);

/* An untrained variable that is saved and loaded with the weights, such as a running mean:
 * of the model's real type. Change it with rn_assign. Names as for rn_weight. */
RN_API rn_tensor rn_statistic(rn_scope scope, const char *name, rn_shape shape,
                              rn_init init);

/* ---- random draws: the arguments of rn_uniform and rn_normal ---- */

/* The ticks, i32 [2], in the graph of x: the number of the run, and the step of the loops
 * around x (0 outside loops). All draws of one run and step share their ticks and must
 * differ in their keys. The model's variable "random/counter" counts the runs. Errors: no
 * model, x of another graph, or a loop around x whose number of steps is not known yet. */
RN_API rn_tensor rn_random_ticks(rn_scope scope, rn_tensor x);

/* The key of a name: a function of the model's seed and the full name alone, the same in
 * every call and graph. Draws with the same key and ticks give the same numbers. */
RN_API uint64_t rn_random_key(rn_scope scope, const char *name);

/* A new key under a name. The first call in a graph returns rn_random_key, every later call
 * an independent key. The key depends only on the number of earlier calls for the full name
 * in this graph, so the same model function gets the same keys on a second graph.
 * rn_dropout and rn_dropout_mask count as calls. */
RN_API uint64_t rn_random_key_next(rn_scope scope, const char *name);

#ifdef __cplusplus
}
#endif
#endif
