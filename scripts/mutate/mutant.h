/* SPDX-License-Identifier: MIT */
/*
 * Mutants: one mistake at a time, made on purpose, to see that the tests find it.
 *
 * Only scripts/mutate.py compiles this, into its own copy of the sources. The variable
 * RONDO_MUTANT of the environment chooses the mistake, "where/what": an operator and what
 * is wrong with its gradient rule, or a part of the engine and one of engine.txt's.
 */
#ifndef RN_MUTANT_H
#define RN_MUTANT_H

#include "autodiff/sweep.h"

/* Whether this is the mistake that was chosen. */
bool rn__mutant(const char *name);

/* Calls a rule, which is made to err if it is the one. */
void rn__mutant_rule(const rn_op *op, rn_pullback *p);

/* rn__mask_add of what rule and fitting gave for input i of a node. */
bool rn__mutant_add(rn__sweep *s, const rn__node *node, int i, rn_tensor dx, rn__mask mask);

/* Puts into the file RONDO_MUTANT_LOG which mistakes this call of the rule could be made
 * with, "= what" where the mistake changes nothing: the rule builds the same graph. */
void rn__mutant_census(const rn_op *op, const rn_pullback *p);
void rn__mutant_log(const char *format, ...) RN_PRINTF(1, 2);

/* ---- the mistakes, each applied where it can be; false where not ---- */

/* "sign:0" of input a = 0; "swap:0:1" of inputs a and b; "drop:mul.1:0" of the second mul
 * that a call of the rule makes (op, nth), and its operand a = 0. */
typedef struct rn__mistake {
    char what[24], op[24];
    int nth, a, b;
} rn__mistake;

/* In what a rule is given: `x` is a copy that may be changed. */
bool rn__mutant_before(const rn__mistake *m, rn_pullback *p, rn_tensor *x);

/* In what it gives: nodes from `first` on are its own. */
bool rn__mutant_after(const rn__mistake *m, const rn_op *op, rn_pullback *p, int32_t first);

/* Node `id` is its input i instead; its two operands are swapped; it takes the largest
 * instead of the sum. These only say whether they could, unless told to do it. */
bool rn__mutant_drop(rn_graph *g, int32_t id, int i, bool really);
bool rn__mutant_flip(rn_graph *g, int32_t id, bool really);
bool rn__mutant_unsum(rn_graph *g, int32_t id, bool really);

#endif
