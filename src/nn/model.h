/* SPDX-License-Identifier: MIT */
/* The model from inside: variables in order of creation, and a hash table of their
 * names. */
#ifndef RN_NN_MODEL_H
#define RN_NN_MODEL_H

#include "graph/node.h"
#include "rondo/model.h"

typedef enum rn__kind {
    RN__WEIGHT,
    RN__STATE,
    RN__CARRIED, /* a state that rn_model_reset_states sets to zero */
    RN__MOMENT,  /* an optimiser's moment or count, which belongs to the weights' values */
    RN__RATE     /* an optimiser's rate, which does not */
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

struct rn_model {
    rn_allocator allocator;
    uint64_t seed;
    rn_type real;
    rn__entry *entry;
    int count, capacity;
    int32_t *slot; /* index + 1 of an entry, 0: free; a power of two of them */
    int slots;
    int before;   /* 1 + count when the compile under way began to add; 0: none is */
    bool settled; /* a scope for training asked for a weight, one was set, or a file was
                     loaded: graphs for inference make none */
    rn__layer_kind
        *layer_kind; /* what the recurrent layers are, in order of their first use */
    int kind_count, kind_capacity;
    char error[512];
};

/* The index of the variable of that name, or -1. */
int rn__model_index(const rn_model *model, const char *name);

/* Adds a variable of a name that is not there yet, with initial values (NULL: zeros). NULL
 * without memory; the model is then as it was. */
rn_variable *rn__model_add(rn_model *model, const char *name, rn_type type, rn_shape shape,
                           rn__kind kind, const rn_init *init);

/* What is added after `begin` is kept by rn__model_settle(model, true); with false the
 * model is as it was then. Without `begin` settling does nothing. */
void rn__model_begin(rn_model *model);
void rn__model_settle(rn_model *model, bool keep);

/* Sets to zero what belongs to weights that are not there any more: moments, counts and
 * carried states. */
void rn__model_forget(rn_model *model);

/* The names of the weights that are most like `name`, in words; text has room for
 * RN__NEAREST bytes, and is returned. */
enum { RN__NEAREST = 300 };
const char *rn__nearest_weights(const rn_model *model, const char *name, char *text);

/* What the recurrent layer of that path is, NULL if the model has none; and noting it,
 * false without memory. */
const char *rn__model_kind(const rn_model *model, const char *path);
bool rn__model_note_kind(rn_model *model, const char *path, const char *what);

/* Frees these notes. */
void rn__model_kinds_finish(rn_model *model);

/* Puts a message on the model; returns status. */
rn_status rn__model_complain(rn_model *model, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);

/* The variable of that full name as a tensor of the graph's root; found, or made with
 * zeros. Null with an error on the graph. */
rn_tensor rn__model_state(rn_model *model, rn_graph *graph, const char *name, rn_type type,
                          rn_shape shape, rn__kind kind);

/* Whether the graph assigns this variable already. */
bool rn__model_assigned(rn_tensor variable);

#endif
