/* SPDX-License-Identifier: MIT */
/* The internals of a model: variables in order of creation, and a hash table of their
 * names. */
#ifndef RN_NN_MODEL_H
#define RN_NN_MODEL_H

#include "graph/node.h"
#include "rondo/model.h"

typedef enum rn__kind {
    RN__WEIGHT,
    RN__STATISTIC, /* not trained, but saved with the weights */
    RN__STATE,
    RN__CARRIED, /* a state that rn_model_reset_states sets to zero */
    RN__MOMENT,  /* an optimiser's moment or count; loading weights resets it */
    RN__RATE     /* an optimiser's rate; loading weights keeps it */
} rn__kind;

typedef struct rn__entry {
    rn_variable *variable;
    uint64_t hash;
    rn__kind kind;
} rn__entry;

/* A recurrent layer of the model. */
typedef struct rn__layer_kind {
    char *path, *what; /* "rnn", "lstm of 2 layers" */
} rn__layer_kind;

/* A text of the model. */
typedef struct rn__model_text {
    char *key, *value;
} rn__model_text;

/* All zero: none. */
typedef struct rn__texts {
    rn__model_text *at;
    int count;
} rn__texts;

struct rn_model {
    rn_allocator allocator;
    uint64_t seed;
    rn_type real;
    rn__entry *entry;
    int count, capacity;
    int32_t *slot; /* index + 1 of an entry, 0: free; a power of two of them */
    int slots;
    int before;   /* 1 + count when the current rn_compile began; 0: none is running */
    bool settled; /* a scope for training has used a weight, a weight was set, or a file was
                     loaded: graphs for inference create no weights */
    rn__layer_kind *layer_kind; /* the recurrent layers, in order of their first use */
    int kind_count, kind_capacity;
    rn__texts texts;
    char error[512];
};

/* The index of the variable of that name, or -1. */
int rn__model_index(const rn_model *model, const char *name);

/* Adds a variable with a new name and initial values (NULL: zeros). NULL if out of memory;
 * the model is then unchanged. */
rn_variable *rn__model_add(rn_model *model, const char *name, rn_type type, rn_shape shape,
                           rn__kind kind, const rn_init *init);

/* rn__model_settle(model, true) keeps the variables added since rn__model_begin; with false
 * it removes them. Without rn__model_begin it does nothing. */
void rn__model_begin(rn_model *model);
void rn__model_settle(rn_model *model, bool keep);

/* Zeroes what belonged to the previous weights: moments, counts and carried states. */
void rn__model_reset_derived(rn_model *model);

/* A text that lists the weights with the names nearest to `name`; `text` holds RN__NEAREST
 * bytes. Returns text. */
enum { RN__NEAREST = 300 };
const char *rn__nearest_weights(const rn_model *model, const char *name, char *text);

/* The edit distance of two names: letters inserted, removed or changed. */
int rn__name_distance(const char *a, const char *b);

/* The kind of the recurrent layer with that path, NULL if the model has none.
 * rn__model_set_kind: records it; false if out of memory. */
const char *rn__model_kind(const rn_model *model, const char *path);
bool rn__model_set_kind(rn_model *model, const char *path, const char *what);

/* Frees these records. */
void rn__model_kinds_finish(rn_model *model);

/* rn__texts_find: the index of a key, or -1. rn__texts_add: adds a copy of a text, for
 * which there is room; false if out of memory. rn__text_reserved: whether a key is that of
 * a file format. */
int rn__texts_find(const rn__texts *texts, const char *key);
bool rn__texts_add(rn__texts *texts, rn_allocator a, const char *key, const char *value);
void rn__texts_finish(rn__texts *texts, rn_allocator a);
bool rn__text_reserved(const char *key);

/* Records a message on the model. Returns status. */
rn_status rn__model_fail(rn_model *model, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);

/* The variable of that full name as a tensor of the graph's root, created with zeros if
 * there is none. Null with an error on the graph. */
rn_tensor rn__model_state(rn_model *model, rn_graph *graph, const char *name, rn_type type,
                          rn_shape shape, rn__kind kind);

/* Whether the graph assigns this variable already. */
bool rn__model_assigned(rn_tensor variable);

#endif
