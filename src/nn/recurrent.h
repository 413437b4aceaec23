/* SPDX-License-Identifier: MIT */
/* The recurrent layer from inside. */
#ifndef RN_NN_RECURRENT_H
#define RN_NN_RECURRENT_H

#include "node.h"
#include "rondo/recurrent.h"

/* One call of rn_recurrent or rn_recurrent_step: what was asked for, checked and with the
 * defaults filled in. */
typedef struct rn__recurrent {
    const char *what; /* the function, for messages */
    const char *name;
    rn_scope scope; /* that of `name` */
    const rn_cell *cell;
    rn_recurrent_options options;
    rn_graph *graph; /* the innermost of x, lengths and initial states */
    int layers, directions;
    int count;       /* of states: layers * directions * cell->states */
    rn_shape states; /* [B, H] */
    rn_type real;
} rn__recurrent;

/* Fills *r. False after an error, or when x is null. `sequence`: x has an axis of time. */
bool rn__recurrent_init(rn__recurrent *r, const char *what, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x, bool sequence,
                        const rn_recurrent_options *options);

/* False with an error unless each of these count tensors is a state [B, H]. */
bool rn__recurrent_check_states(const rn__recurrent *r, const rn_tensor *states);

/* Notes on the model what kind of layer this is; false after an error. A later call of the
 * name must be of the same kind, which rn__recurrent_init checks. */
bool rn__recurrent_keep(const rn__recurrent *r);

/* The cell's step with its result checked. */
rn_tensor rn__recurrent_cell(const rn__recurrent *r, rn_scope scope, rn_tensor x,
                             rn_tensor *state);

/* The scope of a layer, "layer0". */
rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer);

#endif
