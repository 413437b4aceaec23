/* SPDX-License-Identifier: MIT */
/* The recurrent layer from inside. */
#ifndef RN_NN_RECURRENT_H
#define RN_NN_RECURRENT_H

#include "graph/node.h"
#include "rondo/recurrent.h"

/* What a call builds: all steps, one step, or the states before the first. */
typedef enum rn__recurrent_kind { RN__SEQUENCE, RN__STEP, RN__BEGIN } rn__recurrent_kind;

/* One call of rn_recurrent, rn_recurrent_step or rn_recurrent_begin: what was asked for,
 * checked and with the defaults filled in. */
typedef struct rn__recurrent {
    rn__recurrent_kind kind;
    const char *name;
    rn_scope scope; /* that of `name` */
    const rn_cell *cell;
    rn_recurrent_options options;
    rn_graph *graph; /* the innermost of x, lengths and initial states */
    int layers, directions;
    int count; /* of states: layers * directions * cell->states */
    int64_t batch;
    int64_t inputs[RN_LAYERS_MAX], outputs[RN_LAYERS_MAX]; /* I and O of each layer */
    rn_type real;
} rn__recurrent;

/* Fills *r. False after an error, or when x is null. */
bool rn__recurrent_init(rn__recurrent *r, rn__recurrent_kind kind, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x,
                        const rn_recurrent_options *options);

/* The public function, for messages. */
const char *rn__recurrent_what(const rn__recurrent *r);

/* Whether the model knows the layer's name as that of this kind of layer or not at all;
 * false with an error. Notes the kind on the model; false after an error. */
bool rn__recurrent_fits_model(const rn__recurrent *r);
bool rn__recurrent_note(const rn__recurrent *r);

/* The shape [B, ...] of a state, by its index among all. */
rn_shape rn__recurrent_shape(const rn__recurrent *r, int index);

/* Fills in inputs and outputs, given B and I. False with an error when the cell's sizes
 * cannot be. */
bool rn__recurrent_sizes(rn__recurrent *r, int64_t inputs);

/* False with an error unless these are `count` states, of which `first` is the index of the
 * first. */
bool rn__recurrent_check_states(const rn__recurrent *r, int first, int count,
                                const rn_tensor *states);

/* The cell's step in a layer, with its results checked. */
rn_tensor rn__recurrent_cell(const rn__recurrent *r, rn_scope scope, int layer, rn_tensor x,
                             rn_tensor *state);

/* The scope of a layer, "layer0", and of a direction in it, "layer0/backward". */
rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer);
rn_scope rn__recurrent_direction(const rn__recurrent *r, int layer, int direction);

/* Writes what the states of a layer and direction begin with, as the cell says. False after
 * an error. */
bool rn__recurrent_begin(const rn__recurrent *r, int layer, int direction,
                         rn_tensor *state);

/* ---- .stateful ---- */

/* Whether each element of every state begins as 0. */
bool rn__recurrent_begins_zero(const rn__recurrent *r);

/* The variable that keeps a state of a layer between runs, and the one that tells which
 * sequences have begun, bool [B]. */
rn_tensor rn__recurrent_kept(const rn__recurrent *r, int layer, int state);
rn_tensor rn__recurrent_begun(const rn__recurrent *r);

/* `kept` where the sequence has begun, else `begin`. */
rn_tensor rn__recurrent_resume(rn_tensor begun, rn_tensor kept, rn_tensor begin);

/* Assigns all final states to the variables `kept`, and to `begun` (null: there is none)
 * which are kept. */
void rn__recurrent_keep(const rn__recurrent *r, const rn_tensor *kept, rn_tensor begun,
                        const rn_tensor *final);

#endif
