/* SPDX-License-Identifier: MIT */
/*
 * Recompute: a loop computes cheap values again and does not read what another one kept.
 *
 * A gradient's loop reads what the loop of its primal collected. Where that is a cheap
 * element-wise function of other values that both loops have, it is computed again from
 * these: the stack is then neither written nor read. Likewise a stack that was computed
 * from others before the loops. A value is the same bit for bit, because the same operator
 * makes it from the same operands.
 *
 * Only stacks that nothing but loops reads by step are left out, and only if all of these
 * loops have all operands. A stack of few elements a step stays: a call costs more than
 * reading it.
 */
#include "compile/recompute.h"

#include "compile/passes.h"
#include "graph/loop.h"

/* ---- the copy ---- */

/* An operand that has yet to be computed again; -1: none. */
static int32_t missing(const rn__region *body, const rn__again *again)
{
    for (int k = 0; k < again->maker->inputs; k++)
        if (again->in[k].leaf >= 0 && rn_is_null(body->to[again->in[k].leaf]))
            return again->in[k].leaf;
    return -1;
}

static bool make(rn__copy_pass *pass, const rn__region *outer, rn__region *body,
                 int32_t leaf)
{
    const rn__again *again = body->again[leaf];
    rn_tensor in[RN__AGAIN_INPUTS];

    for (int k = 0; k < again->maker->inputs; k++) {
        const rn__source s = again->in[k];
        in[k] = s.leaf >= 0 ? body->to[s.leaf] : outer->to[s.outer];
    }
    pass->limit = pass->limit_rows = pass->limit_order = rn_null();
    const rn_tensor x = rn__simplified(pass, again->maker, in);
    if (rn_is_null(x)) return false;
    body->to[leaf] = x;
    return !again->maker->context || rn__copy_context(pass, again->maker, rn__node_of(x));
}

/* Makes all values again, each after its operands. */
static bool make_all(rn__copy_pass *pass, const rn__region *outer, rn__region *body,
                     const rn_loop *old)
{
    const size_t n = (size_t)old->each.count + 1;
    int32_t *stack = (int32_t *)rn__arena_new(&pass->arena, n * sizeof *stack);

    if (!stack) return !rn_is_null(rn__no_memory(pass->to));
    for (int i = 0; i < old->each.count; i++) {
        int depth = 1;
        stack[0] = rn__list_at(old->each, rn__pair, i)->leaf;
        if (!body->again[stack[0]]) continue;
        while (depth > 0) {
            const int32_t leaf = stack[depth - 1];
            const int32_t before =
                rn_is_null(body->to[leaf]) ? missing(body, body->again[leaf]) : -1;
            if (before >= 0) {
                stack[depth++] = before;
                continue;
            }
            if (rn_is_null(body->to[leaf]) && !make(pass, outer, body, leaf)) return false;
            depth--;
        }
    }
    return true;
}

static bool copy_loop(rn__copy_pass *pass, rn__region *outer, const rn__node *node,
                      rn_graph *to)
{
    rn__region *body = rn__copy_region(pass, node->loop->body);
    rn_loop *loop = rn__copy_loop_begin(outer, node, to);

    return loop && rn__copy_leaves(outer, body, node->loop, loop) &&
           make_all(pass, outer, body, node->loop) &&
           rn__copy_body(pass, body, loop->body) &&
           rn__copy_loop_end(outer, body, node->loop, loop);
}

/* ---- the pass ---- */

bool rn__recompute_possible(const rn_graph *graph)
{
    for (const rn_graph *body = graph->bodies; body; body = body->next_body)
        if (body->loop->each.count > 1) return true;
    return false;
}

bool rn__recompute(rn__copy_pass *pass, const int32_t *roots, int count)
{
    const rn__roots all = {roots, count};

    pass->roots = &all;
    pass->loop = copy_loop;
    pass->prepare = rn__find_again;
    return rn__simplify(pass, roots, count);
}
