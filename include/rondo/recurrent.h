/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers: one generic layer runs any cell (cells.h), with the options that layers
 * have.
 *
 * Letters: B batch, T steps, I input units, H hidden units, O output units, D directions (1
 * or 2).
 */
#ifndef RONDO_RECURRENT_H
#define RONDO_RECURRENT_H

#include "cells.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_LAYERS_MAX = 32 };

/* How the outputs of both directions become one. */
typedef enum rn_merge {
    RN_MERGE_CONCAT, /* [forward; backward], 2 O units */
    RN_MERGE_SUM,
    RN_MERGE_MEAN,
    RN_MERGE_PRODUCT
} rn_merge;

/* What the layers read and return besides the outputs of the layer before. */
typedef enum rn_connections {
    RN_CONNECT_STACK,    /* nothing */
    RN_CONNECT_RESIDUAL, /* each layer adds its input to its outputs, whose sizes must be
                            equal; the first one only if they are. Excludes merges other
                            than RN_MERGE_CONCAT */
    RN_CONNECT_SKIP      /* each layer after the first reads [outputs before; x];
                            Graves 2013, arXiv:1308.0850 */
} rn_connections;

/* What one layer has of its own. A zeroed struct has nothing. */
typedef struct rn_recurrent_layer {
    const rn_cell *cell;     /* NULL: the one that rn_recurrent was given */
    const rn_cell *backward; /* its cell in the backward direction; NULL: as in the options,
                                or `cell` if that is set */
    int64_t units;           /* H; 0: as in the options */
} rn_recurrent_layer;

typedef struct rn_recurrent_options {
    int64_t units;            /* H */
    int layers;               /* 0 means 1 */
    bool bidirectional;       /* D = 2 */
    bool reverse;             /* D = 1: from the last step to the first */
    rn_tensor lengths;        /* i32 [B], see loop.h; null: all T */
    const rn_tensor *initial; /* initial states, in the order of rn_sequence.final; NULL:
                                 the cell's own */
    int initial_count;        /* with `initial`: the number of all states */
    bool stateful;  /* carries the states over from one run to the next, see below; excludes
                       initial and use inside a loop */
    double dropout; /* between layers: probability of dropping an element in training */

    rn_merge merge;                /* of both directions */
    const rn_cell *backward;       /* the cell of the backward direction; NULL: the same */
    const rn_recurrent_layer *own; /* [layers]: layers that differ; NULL: none */
    rn_connections connect;        /* between layers */
    bool batch_major;              /* x is [B, T, I], and so are outputs, states, mask
                                      and restarts */
    bool learn_initial;            /* all initial values are weights initial<i>, as with
                                      rn_cell_state.learned */

    rn_tensor mask;     /* bool [T, B], of any pattern: where it is false a sequence skips
                           the step. Its states keep their values, x is not read, and the
                           output is zero; null: no step is skipped */
    bool hold;          /* with mask: the output is that of the step before instead, zero in
                           the first */
    rn_tensor restarts; /* bool [T, B]: where it is true a sequence begins in this step,
                           with the initial states. In the backward direction its last step,
                           the one before the next restart, begins so. Null: none */
    int64_t keep_after; /* with stateful: the next run begins with the states after so many
                           steps; 0 means all T. So a run advances by k1 = keep_after steps
                           and propagates back through k2 = T. Excludes lengths */

    double input_dropout;     /* of x, before the first layer */
    bool variational;         /* dropout and input_dropout draw one mask for a sequence, for
                                 all steps; arXiv:1512.05287 */
    double recurrent_dropout; /* of state 0 as the cell reads it; one mask for a sequence */
    double zoneout[RN_STATES_MAX]; /* by state: probability that an element keeps its value
                                      in a step, see rn_zoneout */
    double weight_drop; /* of the elements of recurrent weights, those of rn_gate and
                           rn_gate_state; one mask for a run; arXiv:1708.02182 */

    /* Added to the states after every step, each [T, B, ...], in the order of
     * rn_sequence.final; NULL: nothing. With zeros (rn_fill) they change nothing, and the
     * gradient with respect to them is that with respect to the states: dL/ds_t of all
     * steps t, through the output and through later steps. */
    const rn_tensor *perturb;
    int perturb_count; /* with `perturb`: the number of all states */
    bool perturb_zero; /* the layer makes these zeros itself: rn_sequence.perturb */

    double clip_gradient; /* limits each element of the gradient that a step passes to the
                             states it reads, and so from step to step, to
                             [-clip_gradient, clip_gradient]; 0: no limit. See
                             rn_clip_gradient in grad.h, also for rn_gradcheck */

    int64_t checkpoint; /* bytes that each layer and direction may keep for its gradient, or
                           RN_CHECKPOINT_SQRT; see rn_loop_checkpoint. 0: all that it needs.
                           Single steps ignore it */
} rn_recurrent_options;

/* The results. States are in order of layers, of one layer forward before backward, of one
 * direction as the cell has them: state i of layer l and direction d is number
 * first[l * D + d] + i. With one cell that is (l * D + d) * cell->states + i. */
typedef struct rn_sequence {
    rn_tensor outputs;      /* [T, B, N] of the last layer; N = O, or 2 O if both
                               directions are concatenated */
    rn_tensor last;         /* [B, N]: each direction's output at its last step */
    const rn_tensor *final; /* all final states, each [B, ...]; owned by the graph */
    int final_count;
    const rn_tensor *states;  /* the same states after every step, each [T, B, ...], zero
                                 past a sequence's length */
    const int *first;         /* [layers * D], see above; owned by the graph */
    rn_tensor direction[2];   /* the last layer's outputs in each direction, [T, B, O]; the
                                 second is null without bidirectional */
    const rn_tensor *perturb; /* what is added to each state, [T, B, ...], also with
                                 batch_major; NULL: nothing */
} rn_sequence;

/* Runs a cell over x [T, B, I], of the model's real type. The names of the weights begin
 * with scope/name/layer<k>, followed by /forward or /backward if bidirectional. Past its
 * length a sequence's outputs are zero and its states keep their values. T may be 0: then
 * the outputs are empty and the final states are the initial ones. For a sequence without
 * steps `last` is the initial state 0 if that is the layer's output, because the cell
 * returns its next state 0 and nothing is added to it, and zero otherwise.
 *
 * With .stateful each run assigns the final states to variables of the model,
 * scope/name/layer<k>/state<i>/batch<B>, and the next run starts from them: truncated
 * back-propagation through time. If bidirectional, only the forward direction continues, in
 * layer<k>/forward; the backward one begins anew in every run. Graphs of the same batch
 * size share these variables. rn_model_reset_states sets them to zero, so that all
 * sequences start from the initial states again. If the cell's initial states are not zero,
 * the variable scope/name/begun/batch<B> marks the sequences that have kept states.
 * Non-finite states are not kept: if any state of a sequence, in any layer, has a NaN or an
 * infinity at the end of a run, this sequence starts from the initial states in the next
 * run; the others continue. `final` has the states as computed.
 *
 * In a model a name belongs to one kind of layer. Using it with another cell, or another
 * number of layers or directions, is an error in every graph.
 *
 * After an error the tensors of the result are null; `final` can still be indexed. */
RN_API rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell,
                                rn_tensor x, rn_recurrent_options options);

/* One step of the same layers, for x [B, I]. `states` are all states in the order of
 * rn_sequence.final; the call replaces them by the next states. Returns the output [B, O].
 * The weights have the same names, so those of a trained rn_recurrent can be used. Later
 * calls in a graph share the weights of the first, as with rn_share, so a C loop builds the
 * unrolled layer. In inference the steps give the bits of rn_recurrent, unless a layer of
 * this graph reads what an earlier call or layer made by rn_concat: its product may then be
 * computed in parts, with other rounding. In training each call draws its own masks.
 * Options about directions, whole sequences and initial states are errors. */
RN_API rn_tensor rn_recurrent_step(rn_scope scope, const char *name, const rn_cell *cell,
                                   rn_tensor x, rn_tensor *states,
                                   rn_recurrent_options options);

/* The initial states of the same layers, for rn_recurrent_step: writes all states in the
 * order of rn_sequence.final. x, [B, I] or as for rn_recurrent, only determines B and I.
 * Options about whole sequences (lengths, mask, restarts, initial, stateful) are errors.
 * Weights of learned initial states are shared as by rn_recurrent_step. Returns false after
 * an error, with a message on the graph and null states. */
RN_API bool rn_recurrent_begin(rn_scope scope, const char *name, const rn_cell *cell,
                               rn_tensor x, rn_tensor *states,
                               rn_recurrent_options options);

/* rn_recurrent with the cell rn_cell_rnn, rn_cell_lstm or rn_cell_gru. */
RN_API rn_sequence rn_rnn(rn_scope scope, const char *name, rn_tensor x,
                          rn_recurrent_options options);
RN_API rn_sequence rn_lstm(rn_scope scope, const char *name, rn_tensor x,
                           rn_recurrent_options options);
RN_API rn_sequence rn_gru(rn_scope scope, const char *name, rn_tensor x,
                          rn_recurrent_options options);

#ifdef __cplusplus
}
#endif
#endif
