/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers: a cell is one step as a function, and one generic layer runs any cell.
 *
 * Letters: B batch, T steps, I input units, H hidden units, D directions (1 or 2).
 */
#ifndef RONDO_RECURRENT_H
#define RONDO_RECURRENT_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_STATES_MAX = 4, RN_LAYERS_MAX = 32 };

/* A recurrent cell. `step` is given x [B, I] and the states [B, H] and writes the next
 * states over them; it returns the output [B, H] of the step. state[0] is the one that
 * counts as the hidden state. */
typedef struct rn_cell {
    const char *name;
    int states; /* 1 .. RN_STATES_MAX */
    rn_tensor (*step)(rn_scope s, rn_tensor x, rn_tensor *state);
} rn_cell;

/* W x + U h + b for a gate: x [B, I], h [B, H] -> [B, H]. The weights are name/w [I, H]
 * (Glorot uniform), name/u [H, H] (orthogonal) and name/b [H] (zeros). */
RN_API rn_tensor rn_gate(rn_scope scope, const char *name, rn_tensor x, rn_tensor h);

/* The same with a bias that begins as `bias`. */
RN_API rn_tensor rn_gate_biased(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                                double bias);

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
    const rn_tensor *initial; /* initial states, ordered as rn_sequence.final */
    int initial_count;        /* layers * D * states, or 0: zeros */
    bool carry;     /* begin where the last run ended, see below; not with bidirectional,
                       reverse or initial, nor inside a loop */
    double dropout; /* between layers: the share of units that are zeroed in training */
} rn_recurrent_options;

typedef struct rn_sequence {
    rn_tensor outputs; /* [T, B, D H] of the last layer */
    rn_tensor last;    /* [B, D H]: each direction's h after its own last step */
    const rn_tensor
        *final; /* all states at the end, each [B, H]: index
                   (layer * D + direction) * states + state; owned by the graph */
    int final_count;
} rn_sequence;

/* Runs a cell over x [T, B, I], of the model's real type. Weights are under
 * scope/name/layer<k>[/forward or /backward]. T may be 0: outputs are empty, final states
 * the initial ones. Past its length a sequence's outputs are zero and its states are held.
 *
 * With .carry each run assigns the final states to variables of the model,
 * scope/name/layer<k>/state<i>/batch<B>, from which the next one begins: truncated
 * back-propagation through time. Each batch size has its own; graphs of one batch size
 * share them. rn_model_reset_states sets them to zero. States that are not finite are not
 * carried: a sequence (a row of the batch) of which a final state has a NaN or an infinity,
 * in any layer, begins the next run with zeros in all its states, as a new one does; the
 * other sequences go on. `final` has the states as they are.
 *
 * A name stands for one kind of layer in a model: another cell, or another number of layers
 * or directions, is an error, in every graph.
 *
 * After an error the tensors of the result are null, and `final` may still be indexed. */
RN_API rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell,
                                rn_tensor x, rn_recurrent_options options);

/* One step of the same layers: x [B, I] with layers * cell->states states [B, H] ordered as
 * rn_sequence.final, which are replaced by the next ones. Returns the output [B, H]. The
 * names are the same, so the weights of a trained rn_recurrent serve. Each call shares the
 * weights of the earlier ones in its graph, as if by rn_share: called in a C loop it builds
 * the unrolled layer. Of the options units, layers and dropout hold; bidirectional and
 * reverse are errors; others are ignored. */
RN_API rn_tensor rn_recurrent_step(rn_scope scope, const char *name, const rn_cell *cell,
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
