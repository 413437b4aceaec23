/* SPDX-License-Identifier: MIT */
/*
 * The internals of the recurrent layer.
 *
 *   recurrent.c           the layers, one after the other; one step of them
 *   recurrent_check.c     tensors that are given
 *   recurrent_options.c   the other options
 *   recurrent_sublayers.c one cell in one direction of one layer: which, and its sizes
 *   recurrent_begin.c     initial states
 *   recurrent_loop.c      the loop of a sublayer
 *   recurrent_step.c      a step in it: dropout, zoneout, residual
 *   recurrent_cell.c      the cell's own step, checked
 *   recurrent_merge.c     what the next layer reads
 *   recurrent_stateful.c  states that stay between runs
 *   recurrent_kind.c      which kind of layer a name in a model stands for
 *   observe.c             values inside cells, by name
 */
#ifndef RN_NN_RECURRENT_H
#define RN_NN_RECURRENT_H

#include "graph/node.h"
#include "rondo/recurrent.h"

/* What a call builds: all steps, one step, or the initial states. */
typedef enum rn__recurrent_kind { RN__SEQUENCE, RN__STEP, RN__BEGIN } rn__recurrent_kind;

enum { RN__SUBLAYERS_MAX = 2 * RN_LAYERS_MAX };

/* One cell, in one direction of one layer. */
typedef struct rn__sublayer {
    const rn_cell *cell;
    int layer, direction;
    int first; /* of its states */
    int64_t units, inputs, outputs;
} rn__sublayer;

/* The arguments of rn_recurrent, rn_recurrent_step or rn_recurrent_begin, checked and with
 * defaults filled in. */
typedef struct rn__recurrent {
    rn__recurrent_kind kind;
    const char *name;
    rn_scope scope; /* that of `name` */
    const rn_cell *cell;
    rn_recurrent_options options;
    rn_graph *graph; /* the innermost of x, lengths, mask, restarts and initial states */
    int layers, directions;
    int count;                           /* of all states */
    rn__sublayer sub[RN__SUBLAYERS_MAX]; /* layer * directions + direction */
    int64_t batch;
    rn_type real;
} rn__recurrent;

/* Fills *r. False after an error or for a null x. */
bool rn__recurrent_init(rn__recurrent *r, rn__recurrent_kind kind, rn_scope scope,
                        const char *name, const rn_cell *cell, rn_tensor x,
                        const rn_recurrent_options *options);

/* ---- recurrent_options.c ---- */

/* Whether the options are valid and fit each other; false with an error. */
bool rn__recurrent_check_options(const rn__recurrent *r);

/* The public function, for messages. */
const char *rn__recurrent_what(const rn__recurrent *r);

/* ---- recurrent_sublayers.c ---- */

/* Chooses the cells and numbers the states; checks the cells. False with an error. */
bool rn__recurrent_cells(rn__recurrent *r);

/* Computes the sizes of all sublayers. False with an error if a size of a cell is not
 * valid, or sizes do not fit each other. */
bool rn__recurrent_sizes(rn__recurrent *r, int64_t inputs);

/* The shape [B, ...] of a state. */
rn_shape rn__recurrent_shape(const rn__recurrent *r, const rn__sublayer *s, int state);

/* The scope of a layer, "layer0", and of a sublayer, "layer0/backward". */
rn_scope rn__recurrent_layer(const rn__recurrent *r, int layer);
rn_scope rn__recurrent_direction(const rn__recurrent *r, const rn__sublayer *s);

/* ---- recurrent_kind.c ---- */

/* rn__recurrent_fits_model: false, with an error, if the model has a layer of another kind
 * under this name. rn__recurrent_record: records the kind in the model; false after an
 * error. */
bool rn__recurrent_fits_model(const rn__recurrent *r);
bool rn__recurrent_record(const rn__recurrent *r);

/* ---- recurrent_begin.c ---- */

/* Whether `states` are valid states of a sublayer; false with an error. */
bool rn__recurrent_check_states(const rn__recurrent *r, const rn__sublayer *s,
                                const rn_tensor *states);

/* Writes the initial states of a sublayer, by the cell's record. False after an error. */
bool rn__recurrent_begin(const rn__recurrent *r, const rn__sublayer *s, rn_tensor *state);

/* ---- a step ---- */

/* Whether two tensors are one node. */
static inline bool rn__recurrent_same(rn_tensor x, rn_tensor y)
{
    return x.graph == y.graph && x.id == y.id;
}

/* Calls the cell's step and checks its results. */
rn_tensor rn__recurrent_cell(const rn__recurrent *r, const rn__sublayer *s, rn_tensor x,
                             rn_tensor *state);

/* The mask by which state 0 is dropped; null: none. */
rn_tensor rn__recurrent_state_mask(const rn__recurrent *r, const rn__sublayer *s);

/* The cell's step with what the options add: x [B, I] and the states -> the output [B, O]
 * and the next states. mask: see above. perturb: what is added to the states; NULL:
 * nothing. Null after an error. */
rn_tensor rn__recurrent_step(const rn__recurrent *r, const rn__sublayer *s, rn_tensor mask,
                             const rn_tensor *perturb, rn_tensor x, rn_tensor *state);

/* ---- a loop ---- */

/* The results of a sublayer, or of a layer. */
typedef struct rn__results {
    rn_tensor outputs, last;
} rn__results;

/* A loop over x [T, B, I] from these states, which become the final ones; `history` becomes
 * those after each step. `begin`: the states after a restart. */
rn__results rn__recurrent_loop(const rn__recurrent *r, const rn__sublayer *s, rn_tensor x,
                               const rn_tensor *begin, rn_tensor *state,
                               rn_tensor *history);

/* ---- observe.c ---- */

/* Sets the mask of the values of this body that were observed since there were `since`:
 * bool [T, B] of the outer graph; null: none. */
void rn__observed_mask(rn_graph *body, int since, rn_tensor mask);

/* ---- recurrent_merge.c ---- */

/* Both directions' [.., O] as one [.., N]. */
rn_tensor rn__recurrent_merged(const rn__recurrent *r, rn_tensor forward,
                               rn_tensor backward);

/* The units of a layer's outputs, [.., N]. */
int64_t rn__recurrent_width(const rn__recurrent *r, int layer);

/* What a layer reads, given the outputs of the one before: with its skip connection and
 * dropped. x is the first layer's input. */
rn_tensor rn__recurrent_input(const rn__recurrent *r, int layer, rn_tensor before,
                              rn_tensor x);

/* ---- recurrent_stateful.c ---- */

/* Whether all initial states of the sublayers that continue are zero. */
bool rn__recurrent_begins_zero(const rn__recurrent *r);

/* Whether the states of a sublayer stay. */
bool rn__recurrent_stays(const rn__recurrent *r, const rn__sublayer *s);

/* The variable that keeps a state between runs, and the variable that marks the sequences
 * that have begun, bool [B]. */
rn_tensor rn__recurrent_kept(const rn__recurrent *r, const rn__sublayer *s, int state);
rn_tensor rn__recurrent_begun(const rn__recurrent *r);

/* x where the condition [B] or [B, 1] holds, else y: [B, ...], and one may be a scalar. */
rn_tensor rn__recurrent_choose(rn_tensor condition, rn_tensor x, rn_tensor y);

/* Assigns states to the variables `kept`, and to `begun`, unless null, which of them are
 * finite. */
void rn__recurrent_keep(const rn__recurrent *r, const rn_tensor *kept, rn_tensor begun,
                        const rn_tensor *final);

#endif
