/* SPDX-License-Identifier: MIT */
/* Masks: what the steps of a loop with lengths read, carry and collect. */
#include "ops/composite/padding.h"

#include "graph/frame.h"
#include "graph/loop.h"
#include "rondo/ops.h"

/* The row that replaces each sequence's padding: its own, or that of the longest sequence
 * if it is empty. */
static rn_tensor rows(rn_graph *graph, rn_tensor lengths, int64_t batch)
{
    if (batch == 0) return lengths;

    const rn_tensor longest = rn_argmax(lengths, 0, false);
    const rn_tensor empty = rn_less_equal(lengths, rn_constant_like(lengths, 0));
    return rn_where(empty, longest, rn_range(graph, batch));
}

void rn__padding_begin(rn_loop *loop, rn_tensor lengths)
{
    loop->batch = rn_size(lengths, 0);
    loop->lengths = lengths;
    loop->row = rows(loop->outer, lengths, loop->batch);
    loop->mask = rn_less(rn_loop_index(loop), lengths);
}

bool rn__padding_has_batch(const rn_loop *loop, rn_tensor x, const char *what)
{
    char text[160];

    if (rn_rank(x) >= 1 && rn_size(x, 0) == loop->batch) return true;
    rn_fail(loop->outer, "%s: with lengths the first axis must be the batch of %lld: %s",
            what, (long long)loop->batch, rn__describe(x, text, sizeof text));
    return false;
}

/* The lengths, checked to be in 0 .. steps. */
static rn_tensor checked(rn_loop *loop)
{
    rn__frame f;

    rn__frame_enter(&f, "loop", NULL, loop->lengths, rn_null());
    f.noun = "length";
    return rn__frame_leave(&f, rn_check_range(loop->lengths, 0, loop->steps));
}

/* The rows of the first steps in a sequence [T, B, ..] reshaped to [T B, ..]. A reversed
 * loop begins with the last step. */
static rn_tensor first_steps(rn_loop *loop)
{
    const rn_tensor last = rn_offset(rn_take(checked(loop), loop->row), -1);

    if (!loop->reverse) return loop->row;
    return rn_add(
        rn_scale(rn_maximum(last, rn_constant_like(last, 0)), (double)loop->batch),
        loop->row);
}

rn_tensor rn__padding_each(rn_loop *loop, rn_tensor xs, rn_tensor leaf)
{
    rn_shape flat = rn_shape_get(leaf);

    if (!rn__padding_has_batch(loop, leaf, "loop: each")) return rn_null();
    if (loop->batch == 0 || loop->steps == 0) return leaf;
    flat.size[0] *= loop->steps;
    return rn__padding_choose(loop, leaf, rn_take(rn_reshape(xs, flat), first_steps(loop)),
                              "loop: each");
}

rn_tensor rn__padding_carry(rn_loop *loop, rn_tensor initial, rn_tensor leaf)
{
    if (!rn__padding_has_batch(loop, initial, "loop: carry")) return rn_null();
    if (loop->batch == 0) return leaf;
    return rn__padding_choose(loop, leaf, rn_take(initial, loop->row), "loop: carry");
}

void rn__padding_end(rn_loop *loop)
{
    if (loop->batch == 0) return;
    rn__loop_limit(loop, rn_max_all(checked(loop)));
    rn__loop_rows(loop, checked(loop));
    loop->row_mask = loop->mask.id;
}

rn_tensor rn__padding_choose(rn_loop *loop, rn_tensor x, rn_tensor y, const char *what)
{
    rn_shape shape = {.rank = rn_rank(x)};

    if (!rn__padding_has_batch(loop, x, what)) return rn_null();
    for (int i = 0; i < shape.rank; i++) shape.size[i] = i ? 1 : loop->batch;
    return rn_where(rn_reshape(loop->mask, shape), x, y);
}
