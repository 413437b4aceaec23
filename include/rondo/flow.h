/* SPDX-License-Identifier: MIT */
/*
 * How a gradient flows back through the steps of a recurrent layer, and how far its gates
 * are open: numbers for every step, from the same program that trains or from another one.
 *
 *     rn_sequence y = rn_lstm(s, "rnn", x,
 *                             (rn_recurrent_options){.units = H, .perturb_zero = true});
 *     rn_tensor loss = ..;
 *     rn_flow *flow = rn_flow_new(s, loss, (rn_flow_options){.states = y.perturb,
 *                                                            .state_count = y.final_count,
 *                                                            .gates = {"rnn/layer0/f"}});
 *     rn_program *p = rn_compile(g, (rn_compile_options){.outputs = flow->outputs,
 *                                                        .output_count =
 * flow->output_count});
 *     ..                               feed, rn_run(p)
 *     rn_flow_read(flow, p);           flow->norm[t] is |dL/dh_t|, flow->norm[T + t]
 * |dL/dc_t| rn_flow_write(flow, "flow.csv", NULL, 0); rn_flow_free(flow);
 */
#ifndef RONDO_FLOW_H
#define RONDO_FLOW_H

#include "program.h"
#include "recurrent.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RN_FLOW_GATES = 16 };

typedef struct rn_flow_options {
    const rn_tensor *states;          /* rn_sequence.perturb; NULL: none */
    int state_count;                  /* rn_sequence.final_count */
    const char *gates[RN_FLOW_GATES]; /* names for rn_observed; NULL after the last one */
    double low, high; /* a gate below or above is saturated; both 0: 0.1 and 0.9, as in
                         Karpathy et al. 2015, arXiv:1506.02078 */
    rn_tensor mask;   /* bool [T, B]: the steps whose gates count; null: all. Set it if
                         there are lengths or a mask, because gates are zero elsewhere */
} rn_flow_options;

/* The numbers of step t of state i are at [i * steps + t], those of gate k at
 * [k * steps + t]. They are zero until rn_flow_read. */
typedef struct rn_flow {
    int64_t steps; /* T */
    int states, gates;
    const rn_tensor *outputs; /* what the program must have as outputs, each f64 [T] */
    int output_count;
    const char *const *names; /* of the gates */

    const double *norm; /* |dL/ds_t|: the root of the sum of the squares over the batch and
                           the elements of the state */
    const double *growth; /* norm[t] / norm[t + 1]: the factor of one step back; NaN for the
                             last t. A layer that runs backwards has its reciprocal */
    const double *below, *above; /* share of a gate's values, over the batch and its
                                    elements, below `low` and above `high` */
} rn_flow;

/* Adds the nodes that measure the gradient of `loss` with respect to the states, and the
 * gates of that scope, to the graph. The loss may be null if there are no states. Free the
 * result with rn_flow_free. Errors (NULL, message on the graph): nothing to measure; as of
 * rn_grad and rn_observed; states or gates that are not [T, B, ...] with the same T; a mask
 * of another shape or type; low above high. */
RN_API rn_flow *rn_flow_new(rn_scope scope, rn_tensor loss, rn_flow_options options);
RN_API void rn_flow_free(rn_flow *flow);

/* Reads the numbers of the program's last run. RN_INVALID as of rn_read_f64, with a message
 * on the program. */
RN_API rn_status rn_flow_read(rn_flow *flow, const rn_program *program);

/* Writes the numbers as a table with commas (CSV): a line of names, and a line for each
 * step with its index, norm and growth of each state, and the two shares of each gate. NaN
 * is left empty. `message`, `capacity` and the result are as for rn_file_write. */
RN_API rn_status rn_flow_write(const rn_flow *flow, const char *path, char *message,
                               size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
