/* SPDX-License-Identifier: MIT */
/* The internals of the recurrent layer. */
#ifndef RN_NN_RECURRENT_H
#define RN_NN_RECURRENT_H

#include "graph/node.h"
#include "rondo/recurrent.h"

/* What a call builds: all steps, one step, or the initial states. */
typedef enum rn__recurrent_kind { RN__SEQUENCE, RN__STEP, RN__BEGIN } rn__recurrent_kind;

/* The arguments of rn_recurrent, rn_recurrent_step or rn_recurrent_begin, checked and with
 * defaults filled in. */
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

/* Fills *r. False after an error or for a null x. */
bool rn__recurrent_init(rn__recurrent *r, rn__recurrent_kind kind, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x,
                        const rn_recurrent_options *options);

/* The public function, for messages. */
const char *rn__recurrent_what(const rn__recurrent *r);

/* rn__recurrent_fits_model: false, with an error, if the model has a layer of another kind
 * under this name. rn__recurrent_record: records the kind in the model; false after an
 * error. */
bool rn__recurrent_fits_model(const rn__recurrent *r);
bool rn__recurrent_record(const rn__recurrent *r);

/* The shape [B, ...] of a state, by its index among all. */
rn_shape rn__recurrent_shape(const rn__recurrent *r, int index);

/* Computes the sizes `inputs` and `outputs` of all layers. False with an error if a size of
 * the cell is not valid. */
bool rn__recurrent_sizes(rn__recurrent *r, int64_t inputs);

/* Whether `states` are `count` valid states, `first` being the index of the first; false
 * with an error. */
bool rn__recurrent_check_states(const rn__recurrent *r, int first, int count,
                                const rn_tensor *states);

/* Calls the cell's step in a layer and checks its results. */
rn_tensor rn__recurrent_cell(const rn__recurrent *r, rn_scope scope, int layer, rn_tensor x,
                             rn_tensor *state);

/* The scope of a layer, "layer0", and of a direction in it, "layer0/backward". */
rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer);
rn_scope rn__recurrent_direction(const rn__recurrent *r, int layer, int direction);

/* Writes the initial states of a layer and direction, by the cell's record. False after an
 * error. */
bool rn__recurrent_begin(const rn__recurrent *r, int layer, int direction,
                         rn_tensor *state);

/* ---- .stateful ---- */

/* Whether all initial states are zero. */
bool rn__recurrent_begins_zero(const rn__recurrent *r);

/* The variable that keeps a state of a layer between runs, and the variable that marks the
 * sequences that have begun, bool [B]. */
rn_tensor rn__recurrent_kept(const rn__recurrent *r, int layer, int state);
rn_tensor rn__recurrent_begun(const rn__recurrent *r);

/* `kept` for sequences that have begun, else `begin`. */
rn_tensor rn__recurrent_resume(rn_tensor begun, rn_tensor kept, rn_tensor begin);

/* Assigns all final states to the variables `kept`, and to `begun`, unless null, which of
 * them are finite. */
void rn__recurrent_keep(const rn__recurrent *r, const rn_tensor *kept, rn_tensor begun,
                        const rn_tensor *final);

#endif
