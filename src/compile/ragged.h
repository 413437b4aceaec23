/* SPDX-License-Identifier: MIT */
/*
 * Ragged loops: of a loop with lengths each step runs only on the sequences that have it.
 *
 * In such a loop the batch is in order of descending lengths, so that a step runs on the
 * first rows of everything (ops/ragged.h). Padding does not exist: the selections that
 * replace it go.
 *
 *   step inputs   packed: the rows of step t follow those of step t - 1
 *   carries       in order; the rows of sequences that have ended keep their value
 *   histories     in order, in slots of B rows, of which a step writes its own
 *   stacks        packed
 *
 * Outside, what reads a stack or a carry gets it unpacked, with zeros for padding, unless
 * it is another ragged loop. Operators that leave the loop run on the packed rows.
 *
 * It takes operators whose rows can be computed apart (row_axes.h); sums over rows only in
 * gradients, where padding adds zeros. If a loop has another operator, all loops with its
 * lengths stay as they are, because one would otherwise read padding that another has left
 * out.
 */
#ifndef RN_COMPILE_RAGGED_H
#define RN_COMPILE_RAGGED_H

#include "compile/copy.h"
#include "compile/row_axes.h"
#include "ops/ragged.h"

/* A loop that will be ragged: what is known of its body, by node. */
typedef struct rn__ragged_body {
    const rn_loop *loop;
    rn__row_body rows;
    signed char *need; /* the axis along which a value without rows is used as if it had
                          them; -1: none */
    bool *masked;      /* a selection by the mask between a value and what replaces it */
    bool *depends;     /* on a step input or a carry */
    bool *zero;        /* no rows, but it comes from a zero that the mask selects */
} rn__ragged_body;

/* Fills in what is found; false without an error where the loop must stay as it is. */
bool rn__ragged_find(rn__ragged_body *b, const rn__region *outer, const rn__region *region,
                     rn__arena *arena, bool *no_memory);

/* Whether a node of a loop's body is the scalar 0, or repeats it. */
bool rn__ragged_is_zero(const rn_graph *graph, int32_t id);

/* Whether two loops could be ragged at all. */
bool rn__ragged_form(const rn_loop *loop);

/* By graph number and node: 1 for the history of rows, 2 for its slots as a step input. */
typedef struct rn__ragging {
    rn__ragged_body **body; /* by number of the graph; NULL: stays as it is */
    signed char **history;  /* by number of the graph, by node */
    rn_tensor **raw;        /* likewise: the packed stack behind an output's copy */
    rn_tensor **arrays;     /* likewise, RN__RAGGED_KINDS for each node: of lengths */
} rn__ragging;

/* ---- ragged_order.c: `outer` is the region of the graph of an old loop ---- */

/* An array of the loop's lengths, in the graph that these are of. */
rn_tensor rn__ragged_array(rn__copy_pass *pass, const rn__region *outer, const rn_loop *old,
                           rn__ragged kind);

/* A stack x [T, B, ..] packed; a packed one as it would be, with zeros for padding. */
rn_tensor rn__ragged_pack(rn__copy_pass *pass, const rn__region *outer, const rn_loop *old,
                          rn_tensor x);
rn_tensor rn__ragged_unpack(rn__copy_pass *pass, const rn__region *outer,
                            const rn_loop *old, rn_tensor x);

/* Whether x [B, ..] is known to be the same for all rows. */
bool rn__ragged_uniform(rn_tensor x);

/* ---- ragged_loop.c: the copy of a loop that becomes ragged ---- */

bool rn__ragged_make(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                     rn_graph *to);

/* ---- ragged_history.c ---- */

/* Marks the histories of a graph's loops. False if something reads one that must have it as
 * it is without ragged loops. */
bool rn__ragged_histories(const rn__ragging *r, const rn__region *region,
                          const int32_t *roots, int count, rn__arena *arena,
                          bool *no_memory);

#endif
