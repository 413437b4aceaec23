/* SPDX-License-Identifier: MIT */
/*
 * Recurrent layers: a cell is a function that builds one step, and one generic layer runs
 * any cell.
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

/* Sizes in a cell's record may depend on the layer: RN_UNITS stands for H, RN_INPUTS for
 * the layer's I. Sums of multiples are allowed, with factors up to 1000: 2 * RN_UNITS +
 * RN_INPUTS is 2 H + I. */
enum { RN_UNITS = -1, RN_INPUTS = -1024 };

/* A state of a cell, and its initial value. A zeroed struct is a state [B, H] that starts
 * as zeros. */
typedef struct rn_cell_state {
    rn_shape shape; /* for one sequence, without B, up to 6 axes; rank 0 means [H] */
    double value;   /* the initial value of each element */
    bool learned;   /* the initial value is a weight initial<i> of this shape, shared by all
                       sequences and initialised to `value` */
} rn_cell_state;

/* A recurrent cell. `step` gets x [B, I] and the states [B, ...]. It replaces the states by
 * the next ones, of the same shapes, and returns the output of the step, [B, O]. At least
 * one state must change. Most cells set only name, states and step.
 *
 * A cell with options sets `step_with`, which gets `options`, instead of `step`. The
 * record, its functions and the options are used only during the call that builds the
 * layer. */
typedef struct rn_cell {
    const char *name;
    int states; /* 1 .. RN_STATES_MAX */
    rn_tensor (*step)(rn_scope s, rn_tensor x, rn_tensor *state);

    rn_tensor (*step_with)(rn_scope s, rn_tensor x, rn_tensor *state, const void *options);
    const void *options;
    int64_t output;                     /* O; 0 means H */
    rn_cell_state state[RN_STATES_MAX]; /* the first `states` entries are used */

    /* NULL, or computes the initial states: it gets those that `state` declares and may
     * replace them by others of the same shapes. The scope is that of the layer and
     * direction. */
    void (*begin)(rn_scope s, rn_tensor *state, const void *options);
} rn_cell;

/* W x + U h + b for a gate: x [B, I], h [B, H] -> [B, H]. The weights are name/w [I, H]
 * (Glorot uniform), name/u [H, H] (orthogonal) and name/b [H] (zeros). */
RN_API rn_tensor rn_gate(rn_scope scope, const char *name, rn_tensor x, rn_tensor h);

/* The same with the bias initialised to `bias`. */
RN_API rn_tensor rn_gate_biased(rn_scope scope, const char *name, rn_tensor x, rn_tensor h,
                                double bias);

/* The parts of a gate, with the same names and initialisers, for cells that combine them in
 * another way. W x + b is rn_linear (layers.h).
 *   rn_gate_input   W x    x [B, I]  -> [B, units]    name/w [I, units]   Glorot uniform
 *   rn_gate_state   U h    h [B, N]  -> [B, units]    name/u [N, units]   orthogonal
 *   rn_bias         y + b  y [.., N] -> [.., N]       name [N]            initially value
 * For rn_bias, `name` is that of the weight itself, such as "f/b". */
RN_API rn_tensor rn_gate_input(rn_scope scope, const char *name, rn_tensor x,
                               int64_t units);
RN_API rn_tensor rn_gate_state(rn_scope scope, const char *name, rn_tensor h,
                               int64_t units);
RN_API rn_tensor rn_bias(rn_scope scope, const char *name, rn_tensor y, double value);

/* h' = tanh(W x + U h + b); Elman 1990. Weights: h/w, h/u, h/b. */
RN_API extern const rn_cell rn_cell_rnn;

/* Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. States h, c.
 *   f = s(Wf x + Uf h + bf)     i = s(Wi x + Ui h + bi)     bf initially 1
 *   g = tanh(Wc x + Uc h + bc)  o = s(Wo x + Uo h + bo)
 *   c' = f .* c + i .* g        h' = o .* tanh(c')
 * Weights: f/w f/u f/b, i/.., c/.., o/.. */
RN_API extern const rn_cell rn_cell_lstm;

/* Chung et al. 2014, arXiv:1412.3555. The reset gate is applied before the product, as in
 * arXiv:1406.1078v3 (Cho et al. 2014) and in Keras with reset_after=False.
 *   r = s(Wr x + Ur h + br)     z = s(Wz x + Uz h + bz)
 *   g = tanh(W x + U (r .* h) + b)
 *   h' = (1 - z) .* h + z .* g
 * All versions of 1406.1078, Keras, PyTorch and cuDNN exchange z and 1 - z: h' = z .* h +
 * (1 - z) .* g. Because 1 - s(a) = s(-a), weights can be converted in both directions by
 * negating the update gate's z/w, z/u and z/b. Weights: r/.., z/.., g/.. */
RN_API extern const rn_cell rn_cell_gru;

/* The same with the reset gate applied after the product, as in arXiv:1406.1078v1 and v2,
 * Keras with reset_after=True, PyTorch and cuDNN:
 *   g = tanh(W x + b + r .* (U h + bu))
 * The rest is as above, so the update gate of converted weights must be negated here too.
 * If a gate r or z has two biases there, its bias here is their sum. Weights: those of the
 * GRU, and g/bu [H]. */
RN_API extern const rn_cell rn_cell_gru_reset_after;

typedef struct rn_recurrent_options {
    int64_t units;            /* H */
    int layers;               /* 0 means 1 */
    bool bidirectional;       /* D = 2: outputs are [forward; backward] */
    bool reverse;             /* D = 1: from the last step to the first */
    rn_tensor lengths;        /* i32 [B], see loop.h; null: all T */
    const rn_tensor *initial; /* initial states, in the order of rn_sequence.final; NULL:
                                 the cell's own */
    int initial_count;        /* with `initial`: layers * D * states */
    bool stateful;  /* carries the states over from one run to the next, see below; excludes
                       bidirectional, reverse, initial and use inside a loop */
    double dropout; /* between layers: probability of dropping an element in training */
} rn_recurrent_options;

typedef struct rn_sequence {
    rn_tensor outputs;      /* [T, B, D O] of the last layer */
    rn_tensor last;         /* [B, D O]: each direction's output at its last step */
    const rn_tensor *final; /* all final states, each [B, ...]; index (layer * D +
                               direction) * states + state; owned by the graph */
    int final_count;
} rn_sequence;

/* Runs a cell over x [T, B, I], of the model's real type. The names of the weights begin
 * with scope/name/layer<k>, followed by /forward or /backward if bidirectional. Past its
 * length a sequence's outputs are zero and its states keep their values. T may be 0: then
 * the outputs are empty and the final states are the initial ones. For a sequence of length
 * 0, `last` is the initial state 0 if the cell returns its next state 0 as its output, and
 * zero otherwise.
 *
 * With .stateful each run assigns the final states to variables of the model,
 * scope/name/layer<k>/state<i>/batch<B>, and the next run starts from them: truncated
 * back-propagation through time. Graphs of the same batch size share these variables.
 * rn_model_reset_states sets them to zero, so that all sequences start from the initial
 * states again. If the cell's initial states are not zero, the variable
 * scope/name/begun/batch<B> marks the sequences that have kept states. Non-finite states
 * are not kept: if any state of a sequence, in any layer, has a NaN or an infinity at the
 * end of a run, this sequence starts from the initial states in the next run; the others
 * continue. `final` has the states as computed.
 *
 * In a model a name belongs to one kind of layer. Using it with another cell, or another
 * number of layers or directions, is an error in every graph.
 *
 * After an error the tensors of the result are null; `final` can still be indexed. */
RN_API rn_sequence rn_recurrent(rn_scope scope, const char *name, const rn_cell *cell,
                                rn_tensor x, rn_recurrent_options options);

/* One step of the same layers, for x [B, I]. `states` are layers * cell->states tensors in
 * the order of rn_sequence.final; the call replaces them by the next states. Returns the
 * output [B, O]. The weights have the same names, so those of a trained rn_recurrent can be
 * used. Later calls in a graph share the weights of the first, as with rn_share, so a C
 * loop builds the unrolled layer. Only the options units, layers and dropout are allowed;
 * the others are errors. */
RN_API rn_tensor rn_recurrent_step(rn_scope scope, const char *name, const rn_cell *cell,
                                   rn_tensor x, rn_tensor *states,
                                   rn_recurrent_options options);

/* The initial states of the same layers, for rn_recurrent_step: writes layers * D *
 * cell->states states in the order of rn_sequence.final. x, [B, I] or [T, B, I], only
 * determines B and I. The options units, layers, bidirectional and reverse apply; lengths,
 * initial and stateful are errors. Weights of learned initial states are shared as by
 * rn_recurrent_step. Returns false after an error, with a message on the graph and null
 * states. */
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
