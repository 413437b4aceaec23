/* SPDX-License-Identifier: MIT */
/*
 * L-BFGS: minimises the loss of a program by the curvature of its last iterations. It is
 * for small problems whose loss is computed from all data and without random draws, such as
 * fitting a few parameters, or the end of a training with few weights.
 *
 *   rn_program *p = rn_compile(g, (rn_compile_options){
 *       .minimize = loss, .with = rn_lbfgs_gradients()});
 *   rn_lbfgs_options options = {.strong_wolfe = true};
 *   rn_lbfgs *lbfgs = rn_lbfgs_new(model, p, loss, options);
 *   rn_feed_f32(p, x, data, count);
 *   rn_lbfgs_step(lbfgs, NULL);
 *
 * Options, iterations and results are those of PyTorch's torch.optim.LBFGS; Nocedal and
 * Wright, Numerical Optimization, 2006, algorithms 3.5, 3.6, 7.4 and 7.5.
 */
#ifndef RONDO_LBFGS_H
#define RONDO_LBFGS_H

#include "model.h"
#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An optimiser that does not change weights: a run computes the loss and leaves its
 * gradients in the model, as <name>/<weight>/gradient. The name is "lbfgs" unless rn_named
 * gives another one; rn_except and groups that freeze apply. */
RN_API rn_optimizer rn_lbfgs_gradients(void);

typedef struct rn_lbfgs rn_lbfgs;

typedef struct rn_lbfgs_options {
    const char *name;        /* of the gradients; NULL: "lbfgs" */
    double lr;               /* the step length, with a line search its first trial; 0: 1 */
    int max_iter;            /* iterations of a step; 0: 20 */
    int max_eval;            /* runs of a step; 0: max_iter * 5 / 4 */
    double tolerance_grad;   /* stops if no gradient is larger; 0: 1e-7, negative: 0 */
    double tolerance_change; /* stops if no weight, or the loss, changes more; 0: 1e-9,
                                negative: 0 */
    int history_size;        /* iterations that are remembered; 0: 100 */
    bool strong_wolfe;       /* a line search by the strong Wolfe conditions */
} rn_lbfgs_options;

/* What a step did. */
typedef struct rn_lbfgs_result {
    double first, loss; /* the loss before the step, and the last one computed */
    int iterations;
    int evaluations; /* runs of the program */
} rn_lbfgs_result;

/* A driver for the gradients that the program leaves in the model; `loss` is what the
 * program minimises. The program must live as long. All memory is allocated here, 16
 * history_size + 48 bytes for each element of a weight. NULL, with a message on the model:
 * no such gradients, a program without this loss, an option out of range, out of memory. */
RN_API rn_lbfgs *rn_lbfgs_new(rn_model *model, rn_program *program, rn_tensor loss,
                              rn_lbfgs_options options);
RN_API void rn_lbfgs_free(rn_lbfgs *lbfgs);

/* At most max_iter iterations from the weights in the model, which the step changes. What
 * earlier steps learned of the curvature is used again. A trial whose loss is not finite is
 * not accepted. `result` may be NULL. Errors: those of rn_run, and RN_BAD_VALUE if the loss
 * or its gradient is not finite before the first iteration. The weights are then those of
 * the last iteration. */
RN_API rn_status rn_lbfgs_step(rn_lbfgs *lbfgs, rn_lbfgs_result *result);

/* The last error's message, or "". */
RN_API const char *rn_lbfgs_error(const rn_lbfgs *lbfgs);

#ifdef __cplusplus
}
#endif
#endif
