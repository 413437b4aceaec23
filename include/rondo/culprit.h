/* SPDX-License-Identifier: MIT */
/*
 * The diagnosis of a failed gradient check: the operator, loop or part of the engine that
 * is wrong, and the kind of mistake.
 *
 * The check tests every operator of the loss on its own, on the values of the run and with
 * a random cotangent; then every loop as a whole; then the gradients that the reverse sweep
 * accumulates for each node.
 */
#ifndef RONDO_CULPRIT_H
#define RONDO_CULPRIT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is wrong. */
typedef enum rn_culprit_kind {
    RN_CULPRIT_NONE,   /* nothing failed, or no diagnosis was possible: out of memory, a run
                          that fails, a value that is not finite */
    RN_CULPRIT_RULE,   /* the gradient rule of an operator */
    RN_CULPRIT_LOOP,   /* the gradient of a loop; every rule agrees with its operator */
    RN_CULPRIT_ENGINE, /* all rules agree with their operators, but the gradient does not:
                         the reverse sweep, rn_grad or the compiler */
    RN_CULPRIT_KERNEL  /* an operator's f32 kernel disagrees with its f64 kernel; every
                         comparison of the gradient passed */
} rn_culprit_kind;

/* The kind of mistake; it explains all elements of the operand's gradient. */
typedef enum rn_mistake {
    RN_MISTAKE_UNKNOWN,
    /* of a rule or a loop */
    RN_MISTAKE_SIGN,
    RN_MISTAKE_RATIO,      /* wrong by a constant factor: double, half, or n times, as a sum
                              instead of a mean of n */
    RN_MISTAKE_ZERO,       /* zero, or not set */
    RN_MISTAKE_REFUSED,    /* it cannot be built or run; the text says why */
    RN_MISTAKE_NO_RULE,    /* the operator has no gradient rule, but needs one */
    RN_MISTAKE_NOT_ZERO,   /* correct, except where it should be zero */
    RN_MISTAKE_TRANSPOSED, /* the last two axes exchanged */
    RN_MISTAKE_SWAPPED,    /* the gradient of another operand */
    RN_MISTAKE_ONE_TERM,   /* one slice instead of the sum over a broadcast axis */
    RN_MISTAKE_NO_COTANGENT,   /* does not depend on the cotangent */
    RN_MISTAKE_UNIT_COTANGENT, /* correct only for a cotangent of ones */
    RN_MISTAKE_SHIFTED,        /* off by one along an axis */
    RN_MISTAKE_REVERSED,       /* reversed along an axis */
    RN_MISTAKE_NONFINITE,      /* NaN or infinite where it should be finite */
    /* of the engine */
    RN_MISTAKE_READER_MISSING, /* the sum lacks the contribution of one reader */
    /* of a kernel */
    RN_MISTAKE_TYPES /* f32 and f64 disagree by more than rounding */
} rn_mistake;

enum { RN_CULPRIT_STEPS = 4, RN_CULPRIT_NAME = 112 };

/* The struct has no pointers: there is nothing to free, and it may be copied. A number that
 * does not apply is -1 (loops: 0; ratio: NaN; shape: rank -1). */
typedef struct rn_gradcheck_culprit {
    rn_culprit_kind kind;
    rn_mistake mistake;
    char op[RN_CULPRIT_NAME];   /* operator of the node, truncated if longer; "loop" */
    char name[RN_CULPRIT_NAME]; /* name of the node, "" if it has none */
    int32_t node; /* its number in the checked graph, or in a loop's body, as printed by
                     rn_graph_print */
    int32_t loop; /* the loop node whose body it is in; -1: none */
    int loops;    /* number of enclosing loops */
    int64_t step[RN_CULPRIT_STEPS]; /* their steps where the mistake showed, as indices
                                       along the first axis, outermost loop first */
    int operand;     /* the operand, or input of the loop, whose gradient is wrong */
    int other;       /* SWAPPED: the operand whose gradient it is; engine: the
                        number of the reader */
    int64_t element; /* the element with the largest error, row-major; -1: the
                        mistake shows only along a direction */
    rn_shape shape;  /* of the operand; kernel: of the node */
    double analytic, numeric; /* its gradient by the rule and by differences; engine: by the
                                 sweep and by the readers' rules; kernel: the value of the
                                 element by the f32 and by the f64 kernel */
    double error;             /* error bound of `numeric`; kernel: of their difference */
    double ratio;             /* analytic / numeric, if it is the same for all compared
                                 elements or there is only one; else NaN */
    int rules;                /* number of rules that were tested */
    int unjudged;             /* number of rules that could not be, for example at a kink */
    char text[640];           /* all of this as one line of text, "" for NONE */
} rn_gradcheck_culprit;

/* A word or two for each mistake: "sign", "transposed", ... */
RN_API const char *rn_mistake_name(rn_mistake mistake);

#ifdef __cplusplus
}
#endif
#endif
