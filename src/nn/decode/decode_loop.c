/* SPDX-License-Identifier: MIT */
/*
 * The loop of a decoding.
 *
 * A loop has a fixed number of steps. If it may stop early, each of them is a loop inside,
 * of one step, or of none once all sequences have ended:
 *
 *   around: T steps    n = any sequence goes on ? 1 : 0
 *     loop: n steps    the decoder's step
 *
 * Carries exist in both; the inner one begins with the outer one's value.
 */
#include "graph/loop.h"
#include "nn/decode/decode.h"
#include "rondo/ops.h"

bool rn__decode_begin(rn__decode *w, rn_tensor first, const rn_tensor *state)
{
    w->loop = rn_loop_begin(w->d.graph);
    rn_loop_steps(w->loop, w->o.steps);
    if (w->loop && w->o.stop_early) {
        w->around = w->loop;
        w->loop = rn_loop_begin(rn_loop_body(w->around));
        rn_loop_steps(w->loop, 1);
    }
    w->token = rn__decode_carry(w, first);
    for (int i = 0; i < w->d.count; i++) w->state[i] = rn__decode_carry(w, state[i]);
    return w->loop && !w->d.graph->root->failed;
}

rn_tensor rn__decode_carry(const rn__decode *w, rn_tensor initial)
{
    return rn_loop_carry(w->loop, w->around ? rn_loop_carry(w->around, initial) : initial);
}

rn_tensor rn__decode_index(const rn__decode *w)
{
    return rn_loop_index(w->around ? w->around : w->loop);
}

/* The carry of the loop around. */
static rn_tensor outside(const rn__decode *w, rn_tensor carry)
{
    const rn__carry *c = rn__loop_find_carry(w->loop, carry);

    return c ? rn__tensor(w->loop->outer, c->initial) : rn_null();
}

/* Ends the inner loop; the values of its step, or those that stand for them. */
static bool end_step(rn__decode *w, rn_tensor ended, rn_tensor *y, const rn_tensor *rest,
                     int count)
{
    const rn_tensor open = rn_cast(rn_logical_not(outside(w, ended)), RN_I32);
    const rn_tensor number = rn_sum_all(open);
    const rn_tensor goes = rn_greater(number, rn_constant_like(number, 0));

    rn__loop_limit(w->loop, rn_cast(goes, RN_I32));
    if (!rn_loop_end(w->loop)) return false;
    for (int i = 0; i < count; i++) {
        const rn_tensor one = rn_loop_collect(w->loop, y[i]);
        y[i] = rn_where(goes, rn_reshape(one, rn_shape_get(y[i])), rest[i]);
    }
    for (int i = 0; i < w->loop->carry.count; i++) {
        const rn__carry *c = rn__list_at(w->loop->carry, rn__carry, i);
        rn_loop_next(w->around, rn__tensor(w->loop->outer, c->initial),
                     rn_loop_final(w->loop, rn__tensor(w->loop->body, c->leaf)));
    }
    return true;
}

bool rn__decode_end(rn__decode *w, rn_tensor ended, rn_tensor *y, const rn_tensor *rest,
                    int count)
{
    rn_loop *all = w->around ? w->around : w->loop;

    if (w->around && !end_step(w, ended, y, rest, count)) return false;
    if (!rn_loop_end(all)) return false;
    for (int i = 0; i < count; i++) y[i] = rn_loop_collect(all, y[i]);
    return true;
}

rn_tensor rn__decode_final(const rn__decode *w, rn_tensor carry)
{
    return w->around ? rn_loop_final(w->around, outside(w, carry))
                     : rn_loop_final(w->loop, carry);
}
