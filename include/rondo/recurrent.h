/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers: a cell is one step as a function, and one generic layer runs any cell.
 *
 * Letters: B batch, T steps, I input units, H hidden units, O output units, D directions (1
 * or 2).
 */
#ifndef RONDO_RECURRENT_H
#define RONDO_RECURRENT_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_STATES_MAX = 8, RN_LAYERS_MAX = 32 };

/* For the sizes in a cell's record: RN_UNITS stands for H and RN_INPUTS for the I of the
 * layer. Multiples and sums are allowed, 2 * RN_UNITS + RN_INPUTS is 2 H + I, with factors
 * up to 1000. */
enum { RN_UNITS = -1, RN_INPUTS = -1024 };

/* A state of a cell, and its value before the first step. All zero: [B, H], zeros. */
typedef struct rn_cell_state {
    rn_shape shape; /* of one sequence, without B, up to 6 axes; rank 0 stands for [H] */
    double value;   /* each element's value before the first step */
    bool learned;   /* that value is a weight, initial<i> of this shape, one for all
                       sequences; `value` is what the weight is initialised with */
} rn_cell_state;

/* A recurrent cell. `step` is given x [B, I] and the states [B, ...] and writes the next
 * states over them, of the same shapes; it returns the output of the step, [B, O]. At least
 * one state must change. Most cells have a name, a number of states and a step, and leave
 * out the rest.
 *
 * A cell with options of its own has `step_with` in the place of `step`; it is given
 * `options`. They are used during the call of rn_recurrent alone, as are the record itself
 * and its functions. */
typedef struct rn_cell {
    const char *name;
    int states; /* 1 .. RN_STATES_MAX */
    rn_tensor (*step)(rn_scope s, rn_tensor x, rn_tensor *state);

    rn_tensor (*step_with)(rn_scope s, rn_tensor x, rn_tensor *state, const void *options);
    const void *options;
    int64_t output;                     /* O; 0 stands for H */
    rn_cell_state state[RN_STATES_MAX]; /* the first `states` of them */

    /* NULL, or what begins the states: it is given them as `state` declares them, in the
     * scope of the layer and direction, and may write others of the same shapes. */
    void (*begin)(rn_scope s, rn_tensor *state, const void *options);
} rn_cell;

/* W x + U h + b for a gate: x [B, I], h [B, H] -> [B, H]. The weights are name/w [I, H]
 * (Glorot uniform), name/u [H, H] (orthogonal) and name/b [H] (zeros). */
RN_API rn_tensor rn_gate(rn_scope scope, const char *name, rn_tensor x, rn_tensor h);

/* The same with a bias that begins as `bias`. */
RN_API rn_tensor rn_gate_biased(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                                double bias);

/* The parts of a gate, with its names and initialisers, for cells that put them together in
 * another way; W x + b is rn_linear of layers.h.
 *   rn_gate_input   W x    x [B, I]  -> [B, units]    name/w [I, units]   Glorot uniform
 *   rn_gate_state   U h    h [B, N]  -> [B, units]    name/u [N, units]   orthogonal
 *   rn_bias         y + b  y [.., N] -> [.., N]       name [N]            begins as value
 * rn_bias takes the name of the weight itself, such as "f/b". */
RN_API rn_tensor rn_gate_input(rn_scope scope, const char *name, rn_tensor x,
                               int64_t units);
RN_API rn_tensor rn_gate_state(rn_scope scope, const char *name, rn_tensor h,
                               int64_t units);
RN_API rn_tensor rn_bias(rn_scope scope, const char *name, rn_tensor y, double value);

/* h' = tanh(W x + U h + b); Elman 1990. Weights: h/w, h/u, h/b. */
RN_API extern const rn_cell rn_cell_rnn;

/* Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. States h, c.
 *   f = s(Wf x + Uf h + bf)     i = s(Wi x + Ui h + bi)     bf begins as 1
 *   g = tanh(Wc x + Uc h + bc)  o = s(Wo x + Uo h + bo)
 *   c' = f .* c + i .* g        h' = o .* tanh(c')
 * Weights: f/w f/u f/b, i/.., c/.., o/.. */
RN_API extern const rn_cell rn_cell_lstm;

/* Chung et al. 2014, arXiv:1412.3555. The reset is applied before the product, as in
 * arXiv:1406.1078v3 (Cho et al. 2014) and Keras with reset_after=False.
 *   r = s(Wr x + Ur h + br)     z = s(Wz x + Uz h + bz)
 *   g = tanh(W x + U (r .* h) + b)
 *   h' = (1 - z) .* h + z .* g
 * All versions of 1406.1078, Keras, PyTorch and cuDNN have z and 1 - z the other way round,
 * h' = z .* h + (1 - z) .* g. As 1 - s(a) = s(-a), weights of theirs serve here when all
 * three of the update gate, z/w, z/u and z/b, are negated, and the other way too.
 * Weights: r/.., z/.., g/.. */
RN_API extern const rn_cell rn_cell_gru;

/* The same with the reset after the product, as in arXiv:1406.1078v1 and v2, Keras with
 * reset_after=True, PyTorch and cuDNN:
 *   g = tanh(W x + b + r .* (U h + bu))
 * The rest is as above, so weights of theirs need the update gate negated here too. Two
 * biases of a gate r or z add up to its one here. Weights: those of the GRU and g/bu [H].
 */
RN_API extern const rn_cell rn_cell_gru_reset_after;

typedef struct rn_recurrent_options {
    int64_t units;            /* H */
    int layers;               /* 0 stands for 1 */
    bool bidirectional;       /* D = 2: outputs are [forward; backward] */
    bool reverse;             /* D = 1: from the last step to the first */
    rn_tensor lengths;        /* i32 [B], see loop.h; null: all T */
    const rn_tensor *initial; /* initial states, ordered as rn_sequence.final; NULL: what
                                 the cell begins with */
    int initial_count;        /* with initial: layers * D * states */
    bool stateful;  /* begin where the last run ended, see below; not with bidirectional,
                       reverse or initial, nor inside a loop */
    double dropout; /* between layers: the share of units that are zeroed in training */
} rn_recurrent_options;

typedef struct rn_sequence {
    rn_tensor outputs; /* [T, B, D O] of the last layer */
    rn_tensor last;    /* [B, D O]: each direction's output at its own last step */
    const rn_tensor
        *final; /* all states at the end, each [B, ...]: index
                   (layer * D + direction) * states + state; owned by the graph */
    int final_count;
} rn_sequence;

/* Runs a cell over x [T, B, I], of the model's real type; O is the size of the cell's
 * output, H for most. Weights are under scope/name/layer<k>[/forward or /backward]. Past
 * its length a sequence's outputs are zero and its states are held. T may be 0: outputs are
 * empty, final states the initial ones. Of a sequence without steps `last` is the initial
 * state 0 where the cell returns its next state 0 as output, and else zero.
 *
 * With .stateful each run assigns the final states to variables of the model,
 * scope/name/layer<k>/state<i>/batch<B>, from which the next one begins: truncated
 * back-propagation through time. Each batch size has its own; graphs of one batch size
 * share them. rn_model_reset_states sets them to zero; where a cell does not begin with
 * zeros, a variable scope/name/begun/batch<B> tells which sequences begin anew. States that
 * are not finite are not kept: a sequence (a row of the batch) of which a final state has a
 * NaN or an infinity, in any layer, begins the next run anew, as a new one does; the other
 * sequences go on. `final` has the states as they are.
 *
 * A name stands for one kind of layer in a model: another cell, or another number of layers
 * or directions, is an error, in every graph.
 *
 * After an error the tensors of the result are null, and `final` may still be indexed. */
RN_API rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell,
                                rn_tensor x, rn_recurrent_options options);

/* One step of the same layers: x [B, I] with layers * cell->states states ordered as
 * rn_sequence.final, which are replaced by the next ones. Returns the output [B, O]. The
 * names are the same, so it runs with the weights of a trained rn_recurrent. Each call
 * shares the weights of the earlier ones in its graph, as if by rn_share: called in a C
 * loop it builds the unrolled layer. Only the options units, layers and dropout apply; the
 * others concern sequences and are errors. */
RN_API rn_tensor rn_recurrent_step(rn_scope scope, const char *name, const rn_cell *cell,
                                   rn_tensor x, rn_tensor *states,
                                   rn_recurrent_options options);

/* What the same layers begin with, for rn_recurrent_step: writes layers * D * cell->states
 * states, ordered as rn_sequence.final. x [B, I] or [T, B, I] gives B and I alone. Of the
 * options units, layers, bidirectional and reverse hold; lengths, initial and stateful are
 * errors. Weights that states begin with are shared as by rn_recurrent_step. False with an
 * error on the graph; the states are then null. */
RN_API bool rn_recurrent_begin(rn_scope scope, const char *name, const rn_cell *cell,
                               rn_tensor x, rn_tensor *states,
                               rn_recurrent_options options);

/* rn_recurrent with the cell of that name. */
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
