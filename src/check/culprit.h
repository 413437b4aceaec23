/* SPDX-License-Identifier: MIT */
/*
 * After a failed check: what is wrong.
 *
 *   suspect.c      the nodes that the loss is made from, and their operands' values
 *   alone.c     a probe of one operator or one loop
 *   judge.c     whether a probe's gradient is right, and where it is worst
 *   mistake.c, mistake_again.c   what the mistake is
 *   adjoint.c   whether the sweep joins what the rules give
 *   kernels.c   whether an operator's f32 and f64 kernels disagree
 *   culprit.c   the search;  culprit_text.c  its words
 */
#ifndef RN_CHECK_CULPRIT_H
#define RN_CHECK_CULPRIT_H

#include "check/probe.h"

/* Before a search. */
rn_gradcheck_culprit rn__no_culprit(void);

/* Searches on a copy of the loss's graph of its own, with the values of the loss's probe.
 * The graph is left as it was. */
void rn__find_culprit(rn_tensor loss, const rn__probe *checked,
                      rn_gradcheck_culprit *culprit);

/* Searches for an operator whose f32 kernel disagrees with its f64 kernel. False without
 * memory. */
bool rn__find_kernel(rn_tensor loss, const rn__probe *checked,
                     rn_gradcheck_culprit *culprit);

/* ---- suspect.c ---- */

/* Where an operand's values for all runs of a suspect are. */
typedef struct rn__suspect_operand {
    rn_tensor stack; /* in the outermost graph */
    int depth;    /* how many of the loops around the suspect it has a value for each step
                     of, the outermost ones */
    bool reached; /* what is checked reaches it */
    const char *data; /* the stack as it was read */
} rn__suspect_operand;

/* A node of the copy, with the node of the user's graph that it is the copy of. */
typedef struct rn__suspect {
    rn_graph *graph;
    int32_t id;
    rn_graph *user_graph;
    int32_t user_id;
    int loops;
    int64_t steps[RN_LOOP_DEPTH]; /* of the loops around it, the outermost first */
    int64_t runs;                 /* all steps multiplied */
    bool stops;                   /* its operator stops the gradient; not judged */
    bool no_branches;             /* it is a user's without a rule `branches` */
    bool unjudged;                /* a rule was judged without a verdict */
    int outputs;                  /* of a loop: how many of it the loss reads, at first */
    rn__suspect_operand *operand;
} rn__suspect;

typedef struct rn__search {
    rn_graph *user, *copy;
    int32_t count;       /* of the copy, before the search adds what it reads */
    rn__copy_pass reach; /* its regions' `live`: what is checked reaches that node */
    rn__copy_pass pass;  /* from the one to the other */
    int32_t user_loss;
    rn_tensor loss;           /* of the copy */
    const rn__probe *checked; /* the loss's */
    const char *refused;      /* why there is no gradient; NULL: there is */
    rn__arena arena;
    rn__list suspects; /* rn__suspect, of operators and of loops */
    rn_program *program;
    rn_gradcheck_culprit *culprit;
} rn__search;

/* Lists the suspects, later nodes, which are nearer to the loss, at the end; compiles and
 * runs a program that gives all operands. */
bool rn__suspects_find(rn__search *s);

/* By node of a graph of the copy: whether its value depends on a leaf whose gradient is
 * checked, all operators on the way having rules. NULL: nothing there is used. */
const bool *rn__search_reached(const rn__search *s, const rn_graph *graph);

/* The copy of an input of the loss's probe; null: the loss does not need it. */
rn_tensor rn__search_leaf(const rn__search *s, int i);

/* Feeds the values of the run to a program of the copy. */
bool rn__search_feed(const rn__search *s, rn_program *program);

/* Number k of a few runs to look at, the last step first: there the gradient begins. */
int64_t rn__suspect_run(const rn__suspect *suspect, int64_t k, int64_t count);

/* Reads the operands into the arena; the value of one in a run; feeds those of a run to a
 * probe. */
bool rn__suspect_read(const rn__search *s, rn__suspect *suspect, rn__arena *arena);
const void *rn__suspect_value(const rn__suspect *suspect, int i, int64_t run);
bool rn__suspect_feed(const rn__suspect *suspect, int64_t run, rn__probe *p);

/* ---- alone.c ---- */

/* Builds and compiles a probe; finish it in any case. False when it cannot be judged. */
bool rn__alone(rn__probe *p, const rn__suspect *suspect);

/* Calls the rule of a node, if it has one, with these tensors; dx in the shapes of x, null
 * where not wanted. */
void rn__pull(const rn__node *node, const rn_tensor *x, rn_tensor y, rn_tensor dy,
              const bool *wanted, rn_tensor *dx);

/* ---- judge.c ---- */

/* The derivative with respect to one element. */
typedef struct rn__sample {
    int64_t element;
    rn__slope slope;
} rn__sample;

typedef enum rn__verdict { RN__RIGHT, RN__WRONG, RN__UNJUDGED } rn__verdict;

/* Compares the gradients of all inputs of a probe that has been fed. When one is wrong it
 * sets the operand, the element, the numbers and the mistake. */
rn__verdict rn__judge(rn__probe *p, rn_gradcheck_culprit *culprit);

/* Whether a gradient is that far from a slope. NaN is. */
bool rn__disagrees(double analytic, const rn__slope *slope);

/* ---- mistake.c ---- */

/* What explains the gradient of input i, which is wrong; *ratio as in the culprit, *other
 * the input whose gradient it is. */
rn_mistake rn__recognise(rn__probe *p, int i, const rn__sample *sample, int count,
                         double *ratio, int *other);

/* ---- adjoint.c ---- */

/* Whether each node's gradient is the sum of what its readers' rules give; if not, says
 * where. False too without memory, with the kind NONE. */
bool rn__adjoints_agree(rn__search *s);

/* ---- kernels.c ---- */

/* Whether the loss is another in f32 than rounding explains. False too without memory,
 * which the probe then says. It leaves other values in the probe's program. */
bool rn__kernels_differ(rn__probe *p);

/* The same for each operator alone, until one is named. False without memory. */
bool rn__suspects_kernels(rn__search *s);

/* ---- culprit_text.c ---- */

/* Fills node, names, loops and steps. */
void rn__culprit_place(rn_gradcheck_culprit *culprit, const rn__suspect *suspect,
                       int64_t run);

/* Writes the text; of the engine `suspect` is one that may be the reason, or NULL.
 * `refused` says why it cannot be made, or is NULL. */
void rn__culprit_text(rn_gradcheck_culprit *culprit, const rn__suspect *suspect,
                      const char *refused);

#endif
