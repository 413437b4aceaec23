/* SPDX-License-Identifier: MIT */
/*
 * What a failed gradient check found: the gradient rule that is wrong and what the mistake
 * in it is, or that the rules are right and what joins them is not.
 *
 * Each operator that the loss is made from is judged alone, on the values of the run, with
 * a random cotangent; then each loop as a whole; then what the reverse sweep gives each
 * node.
 */
#ifndef RONDO_CULPRIT_H
#define RONDO_CULPRIT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who is to blame. */
typedef enum rn_culprit_kind {
    RN_CULPRIT_NONE,  /* not looked for, for nothing failed, or not to be judged: no memory,
                         a run that fails, a value that is no number */
    RN_CULPRIT_RULE,  /* the gradient rule of an operator */
    RN_CULPRIT_LOOP,  /* the gradient of a loop; every rule agrees with its operator */
    RN_CULPRIT_ENGINE /* something else that joins the rules, which all agree: the reverse
                         sweep, rn_grad, the compiler */
} rn_culprit_kind;

/* The mistake, as it shows in all elements of the operand's gradient. */
typedef enum rn_mistake {
    RN_MISTAKE_UNKNOWN,
    /* of a rule or a loop */
    RN_MISTAKE_SIGN,
    RN_MISTAKE_RATIO,        /* another constant times what it should be: twice, half, or
                                n times, as a sum for a mean of n */
    RN_MISTAKE_ZERO,         /* zero, or not set at all */
    RN_MISTAKE_REFUSED,      /* it cannot be built, or run: the text says why */
    RN_MISTAKE_NO_RULE,      /* the operator has no gradient rule, but it has a gradient */
    RN_MISTAKE_NOT_ZERO,     /* right but where it should be zero */
    RN_MISTAKE_TRANSPOSED,   /* the last two axes exchanged */
    RN_MISTAKE_SWAPPED,      /* the gradient of another operand */
    RN_MISTAKE_ONE_TERM,     /* one slice of a sum, not the sum: what was broadcast is not
                                summed over */
    RN_MISTAKE_NO_COTANGENT, /* the same whatever the cotangent */
    RN_MISTAKE_UNIT_COTANGENT, /* right for a cotangent of ones only */
    RN_MISTAKE_SHIFTED,        /* off by one along an axis */
    RN_MISTAKE_REVERSED,       /* backwards along an axis */
    RN_MISTAKE_NONFINITE,      /* NaN or infinite where it should be a number */
    /* of the engine */
    RN_MISTAKE_READER_MISSING /* what one reader gives is not in the sum */
} rn_mistake;

enum { RN_CULPRIT_STEPS = 4, RN_CULPRIT_NAME = 112 };

/* All of it lies in the struct itself: there is nothing to free, and it may be copied.
 * Where a number does not apply it is -1 (loops: 0; ratio: NaN; shape: rank -1). */
typedef struct rn_gradcheck_culprit {
    rn_culprit_kind kind;
    rn_mistake mistake;
    char op[RN_CULPRIT_NAME];   /* operator of the node, cut if it is longer; "loop" */
    char name[RN_CULPRIT_NAME]; /* name of the node, "" if it has none */
    int32_t node;               /* its number in the graph that was given, or in the body of
                                   a loop of it, as rn_graph_print has it */
    int32_t loop;               /* of which loop node's body; -1: of none */
    int loops;                  /* how many loops are around it, ... */
    int64_t step[RN_CULPRIT_STEPS]; /* ... and at which of their steps it showed, counted
                                       along the first axis, the outermost loop first */
    int operand;                    /* the gradient of which operand, or of which input of
                                       the loop */
    int other;                      /* SWAPPED: it is that of this one; of the engine: the
                                       number of the reader */
    int64_t element;                /* the element that is furthest off, row by row; -1: it
                                       shows along a direction only */
    rn_shape shape;                 /* of the operand */
    double analytic, numeric;       /* its gradient by the rule and by differences; of the
                                       engine: by the sweep, and by the readers' rules */
    double error;                   /* numeric is all but surely no further off */
    double ratio;                   /* analytic / numeric; NaN unless it is the same for all
                                       elements that were compared, or there is but one */
    int rules;                      /* rules that were judged, ... */
    int unjudged;                   /* ... and that could not be, as at kinks */
    char text[640];                 /* all this in a line for people, "" for NONE */
} rn_gradcheck_culprit;

/* "sign", "transposed", ...: a word or two for each mistake. */
RN_API const char *rn_mistake_name(rn_mistake mistake);

#ifdef __cplusplus
}
#endif
#endif
