/* SPDX-License-Identifier: MIT */
/* A loop that is being divided into segments. */
#ifndef RN_COMPILE_DIVISION_H
#define RN_COMPILE_DIVISION_H

#include "compile/checkpoint.h"
#include "graph/loop.h"

typedef struct rn__division {
    rn__copy_pass *pass;
    rn__region *outer;
    rn__segments *s;
    const rn_loop *loop; /* of the source */
    rn_graph *to;
    int64_t count, rest; /* S, and T - S K */
    bool gradient;       /* the loop is one */
    rn_tensor *initial;  /* by carry: before all steps */
    rn_tensor *carry;    /* by carry: its value after the parts that have been made */
    rn_tensor *steps;    /* by output: that of all segments */

    /* checkpoint_sums.c */
    bool *summed; /* by carry: it is a sum, added in the order of `levels`; NULL: none */
    int levels;
    rn_tensor adds, waits; /* bool [S, levels] */
    rn_tensor *rest_sum;   /* by carry: that of the last steps */
    rn_tensor *pending;    /* by carry and level */
} rn__division;

static inline const rn__carry *rn__carry_at(const rn_loop *loop, int i)
{
    return rn__list_at(loop->carry, rn__carry, i);
}

static inline rn__region *rn__division_body(const rn__division *d, const rn_loop *loop)
{
    return rn__copy_region(d->pass, loop->body);
}

/* Memory for so many tensors, all null; NULL after an error. */
rn_tensor *rn__division_tensors(const rn__division *d, int count);

/* A loop's output i, or NULL if it is dead. */
const rn__get *rn__division_output(const rn__division *d, const rn_loop *loop, int i);

/* ---- checkpoint_part.c ---- */

/* Copies `steps` steps of a loop, from step `start` on, into a graph. NULL after an
 * error. */
rn_loop *rn__division_part(const rn__division *d, const rn_loop *old, rn_graph *in,
                           int64_t steps, rn_tensor start, const rn_tensor *initial,
                           const rn_tensor *each);

/* An output of the part that was made last. */
rn_tensor rn__division_get(const rn__division *d, rn_loop *part, const rn_loop *old,
                           rn__get_kind kind, int64_t id);

/* A stack [S, K, ..] as [S K, ..]. */
rn_tensor rn__division_by_steps(rn_tensor x);

/* The slots from `first` on of an output; one that is no history has no others. */
rn_tensor rn__division_slots(rn_tensor x, const rn__get *get, int64_t first, int64_t steps);

/* The step inputs of a segment in `all`, the loop over segments that begins a segment with
 * step `start`; and of the last steps. NULL after an error. */
rn_tensor *rn__division_inputs(const rn__division *d, rn_loop *all, rn_tensor start);
rn_tensor *rn__division_last_inputs(const rn__division *d);

/* ---- checkpoint_sums.c ---- */

/* Finds the carries that are sums. False after an error. */
bool rn__division_find_sums(rn__division *d);

/* Zero, of the carry's type and shape. */
rn_tensor rn__division_zero(const rn__division *d, const rn_loop *loop, int carry);

/* For the sum of carry i: its values in the loop over segments, given that of a segment;
 * and the final value. False after an error. */
bool rn__division_add(const rn__division *d, rn_loop *all, int i, rn_tensor segment);
rn_tensor rn__division_total(const rn__division *d, int i);

#endif
