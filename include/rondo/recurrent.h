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

/* ---- the same cells with options ---- */

/* An activation of every element: rn_tanh, rn_relu, .. (ops.h), or a function like them. */
typedef rn_tensor (*rn_activation)(rn_tensor x);

/* A zeroed struct of options, or NULL, stands for the cells above. All cells here: */
typedef struct rn_cell_options {
    bool two_biases; /* one with W x and another with U h, name/bu [H], as PyTorch, cuDNN
                        and ONNX have them; they train like one of twice the step */
    double clip;     /* what an activation of a gate or candidate gets is limited to
                        [-clip, clip], as in ONNX; 0: not */
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
                            act(c').  Sak et al. 2014, arXiv:1402.1128 */
    double forget_bias;  /* bf initially; 0 means 1 */
    bool no_forget_bias; /* bf is initially 0 */
    double clip_state;   /* c' is limited to [-clip_state, clip_state]; 0: not */
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

/* ---- layers ---- */

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
    const rn_cell *cell;     /* NULL: the layer's, that is, the argument of rn_recurrent */
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
    const rn_tensor *states; /* the same states after every step, each [T, B, ...], zero
                                past a sequence's length */
    const int *first;        /* [layers * D], see above; owned by the graph */
    rn_tensor direction[2];  /* the last layer's outputs in each direction, [T, B, O]; the
                                second is null without bidirectional */
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
 * unrolled layer. In inference the steps give the bits of rn_recurrent; in training each
 * call draws its own masks. Options about directions, whole sequences and initial states
 * are errors. */
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
