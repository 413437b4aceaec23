/* SPDX-License-Identifier: MIT */
/*
 * Recurrent cells: a cell is a function that builds one step. rn_recurrent (recurrent.h)
 * runs any of them.
 *
 * Letters: B batch, I input units, H hidden units, O output units.
 */
#ifndef RONDO_CELLS_H
#define RONDO_CELLS_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_STATES_MAX = 8 };

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

/* ---- values inside a cell ---- */

/* Gives a value a name by which rn_observed finds it, scope/name, and returns the value. A
 * cell calls it on its gates: it adds nothing to the graph, and a program that does not
 * read the value is the same as without the call.
 *
 *     rn_tensor f = rn_observe(s, "f", rn_sigmoid(rn_gate(s, "f", x, h)));
 *
 * Errors: no name; a value of another graph. */
RN_API rn_tensor rn_observe(rn_scope scope, const char *name, rn_tensor value);

/* The value of that name in all steps, [T, B, ...], also with batch_major; zero in steps
 * that a mask skips and past a sequence's length. A layer's values begin with its path and
 * direction, as its weights do: "rnn/layer0/f", "rnn/layer0/backward/f". Call it when the
 * layer is complete. If the name was observed several times, as by rn_share, this is the
 * latest. What no loop is around, as in rn_recurrent_step, is the value itself; around
 * several loops are as many axes, the outermost first. Errors: no such name. */
RN_API rn_tensor rn_observed(rn_scope scope, const char *name);

/* ---- the library's cells ---- */

/* h' = tanh(W x + U h + b); Elman 1990. Weights: h/w, h/u, h/b. */
RN_API extern const rn_cell rn_cell_rnn;

/* Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000. States h, c.
 *   f = s(Wf x + Uf h + bf)     i = s(Wi x + Ui h + bi)     bf initially 1
 *   g = tanh(Wc x + Uc h + bc)  o = s(Wo x + Uo h + bo)
 *   c' = f .* c + i .* g        h' = o .* tanh(c')
 * Weights: f/w f/u f/b, i/.., c/.., o/.. Observed: f, i, g, o. */
RN_API extern const rn_cell rn_cell_lstm;

/* Chung et al. 2014, arXiv:1412.3555. The reset gate is applied before the product, as in
 * arXiv:1406.1078v3 (Cho et al. 2014) and in Keras with reset_after=False.
 *   r = s(Wr x + Ur h + br)     z = s(Wz x + Uz h + bz)
 *   g = tanh(W x + U (r .* h) + b)
 *   h' = (1 - z) .* h + z .* g
 * All versions of 1406.1078, Keras, PyTorch and cuDNN exchange z and 1 - z: h' = z .* h +
 * (1 - z) .* g. Because 1 - s(a) = s(-a), weights can be converted in both directions by
 * negating the update gate's z/w, z/u and z/b. Weights: r/.., z/.., g/.. Observed: r, z,
 * g. */
RN_API extern const rn_cell rn_cell_gru;

/* The same with the reset gate applied after the product, as in arXiv:1406.1078v1 and v2,
 * Keras with reset_after=True, PyTorch and cuDNN:
 *   g = tanh(W x + b + r .* (U h + bu))
 * The rest is as above, so the update gate of converted weights must be negated here too.
 * If a gate r or z has two biases there, its bias here is their sum. Weights: those of the
 * GRU, and g/bu [H]. Observed: as of the GRU. */
RN_API extern const rn_cell rn_cell_gru_reset_after;

/* ---- the same cells with options ---- */

/* An activation of every element: rn_tanh, rn_relu, .. (ops.h), or a function like them. */
typedef rn_tensor (*rn_activation)(rn_tensor x);

/* A zeroed struct of options, or NULL, stands for the cells above, and the same values are
 * observed. These options are common to all of them. */
typedef struct rn_cell_options {
    bool two_biases; /* one with W x and another with U h, name/bu [H], as PyTorch, cuDNN
                        and ONNX have them; they train like one of twice the step */
    bool no_bias;    /* no biases at all: name/b and name/bu do not exist */
    double clip;     /* limits the inputs of the activations of gates and candidates to
                        [-clip, clip], as in ONNX; 0: no limit */
} rn_cell_options;

typedef struct rn_rnn_options {
    rn_cell_options all;
    rn_activation activation; /* NULL: rn_tanh */
} rn_rnn_options;

/* An LSTM with P = projection: h [B, P], c [B, H], output [B, P].
 *   f = s(Wf x + Uf h + bf + pf .* c)   i = s(Wi x + Ui h + bi + pi .* c)
 *   g = act(Wc x + Uc h + bc)           c' = f .* c + i .* g
 *   o = s(Wo x + Uo h + bo + po .* c')  h' = Wp (o .* act(c')) */
typedef struct rn_lstm_options {
    rn_cell_options all;
    bool peepholes;      /* the terms with p, weights f/p, i/p and o/p [H], initially zero;
                            Gers et al. 2002 */
    bool coupled;        /* i = 1 - f; weights of i do not exist. Greff et al. 2015,
                            arXiv:1503.04069; ONNX Runtime's input_forget: f = 1 - i */
    int64_t projection;  /* P and the weight p/w [H, P], Glorot uniform; 0: h' = o .*
                            act(c'). Sak et al. 2014, arXiv:1402.1128 */
    double forget_bias;  /* bf initially; 0 means 1 */
    bool no_forget_bias; /* bf is initially 0 */
    double clip_state;   /* limits c' to [-clip_state, clip_state]; 0: no limit */
    rn_activation gate, cell, hidden; /* s, and act of g and of c'; NULL: rn_sigmoid,
                                         rn_tanh, rn_tanh */
} rn_lstm_options;

typedef struct rn_gru_options {
    rn_cell_options all; /* with reset_after, g has two biases in any case */
    bool reset_after;    /* r is applied after the product with U, as in
                            rn_cell_gru_reset_after */
    bool update_keeps;   /* h' = z .* h + (1 - z) .* g: the z of PyTorch, Keras, ONNX and
                            cuDNN */
    rn_activation gate, candidate; /* NULL: rn_sigmoid and rn_tanh */
} rn_gru_options;

/* Cells for rn_recurrent. The options are kept by reference and needed until it returns. */
RN_API rn_cell rn_rnn_cell(const rn_rnn_options *options);
RN_API rn_cell rn_lstm_cell(const rn_lstm_options *options);
RN_API rn_cell rn_gru_cell(const rn_gru_options *options);

#ifdef __cplusplus
}
#endif
#endif
