/* SPDX-License-Identifier: MIT */
/* Reads a forward value in a backward body. */
#include "autodiff/primal.h"

#include "rondo/ops.h"

static bool grow(rn__primals *primals, int32_t id)
{
    if (id < primals->count) return true;
    /* The source graph grows meanwhile: room for twice as many. */
    const int32_t least = primals->source->count;
    const int32_t count = primals->count > least / 2 ? 2 * primals->count : least;
    int32_t *of = (int32_t *)rn__resize(primals->source->root->allocator, primals->of,
                                        (size_t)count * sizeof *of);
    if (!of) return false;
    for (int32_t i = primals->count; i < count; i++) of[i] = -1;
    primals->of = of;
    primals->count = count;
    return true;
}

void rn__primals_finish(rn__primals *primals)
{
    rn__free(primals->source->root->allocator, primals->of);
    primals->of = NULL;
}

/* The outer tensor that a leaf of a body reads. */
static int32_t outer_of(const rn__list *pairs, int32_t leaf)
{
    const rn__pair *pair = rn__pair_of(pairs, leaf);

    return pair ? pair->outer : -1;
}

/* The slice of a stack that the forward loop outputs, read by the backward loop. */
static rn_tensor residual(rn__primals *primals, rn__get_kind kind, int32_t id)
{
    rn_loop *forward = primals->source->loop, *backward = primals->target->loop;
    rn_tensor stack = rn__loop_get(forward, kind, id);

    if (rn_is_null(stack)) return stack;
    stack = rn__primal(primals->outer, stack.id);
    if (kind == RN__HISTORY) {
        /* The carry at the start of step t: slot t, or t + 1 in a reversed loop. */
        const int64_t first = forward->reverse ? 1 : 0;
        stack = rn_slice(stack, 0, first, first + forward->steps, 1);
    }
    return rn_is_null(stack) ? stack : rn__loop_each(backward, stack, "gradient");
}

/* A view is free to compute again, so only its input is saved. */
static rn_tensor view_again(rn__primals *primals, const rn__node *node)
{
    const rn_tensor in = rn__primal(primals, node->in[0]);

    if (rn_is_null(in)) return in;
    return rn__append(primals->target, node->op, node->type, node->shape, &in.id, 1,
                      node->attributes, node->attribute_size);
}

/* Whether node id is the mask of a loop with lengths. */
static bool is_mask(const rn__primals *primals, int32_t id)
{
    const rn_loop *forward = primals->source->loop;

    return forward && forward->row_mask == id && forward->row_steps >= 0;
}

/* The mask of a loop with lengths: cheaper to compute again than to save. */
static rn_tensor mask_again(rn__primals *primals)
{
    const rn_loop *forward = primals->source->loop;
    rn_loop *backward = primals->target->loop;
    const rn_tensor steps = rn__primal(primals->outer, forward->row_steps);

    if (rn_is_null(steps)) return steps;
    const rn_tensor mask = rn_less(rn_loop_index(backward), steps);
    if (!rn_is_null(mask)) backward->row_mask = mask.id;
    return mask;
}

static rn_tensor make(rn__primals *primals, int32_t id)
{
    const rn__node *node = rn__at(primals->source, id);
    rn_loop *forward = primals->source->loop, *backward = primals->target->loop;

    if (node->op == &rn__op_scalar || node->op == &rn__op_constant)
        return rn__append(primals->target, node->op, node->type, node->shape, NULL, 0,
                          node->attributes, node->attribute_size);
    if (node->op == &rn__op_index) return rn_loop_index(backward);
    if (node->op == &rn__op_capture) {
        const rn_tensor outer = rn__primal(primals->outer, outer_of(&forward->capture, id));
        return rn__adopt(primals->target, outer, "gradient");
    }
    if (node->op == &rn__op_each) {
        const rn_tensor outer = rn__primal(primals->outer, outer_of(&forward->each, id));
        return rn_is_null(outer) ? outer : rn__loop_each(backward, outer, "gradient");
    }
    if (node->op == &rn__op_carry) return residual(primals, RN__HISTORY, id);
    if (is_mask(primals, id)) return mask_again(primals);
    if (node->op->view) return view_again(primals, node);
    return residual(primals, RN__COLLECT, id);
}

rn_tensor rn__primal(rn__primals *primals, int32_t id)
{
    if (primals->source == primals->target) return rn__tensor(primals->target, id);
    if (!grow(primals, id)) return rn__no_memory(primals->target);
    if (primals->of[id] < 0) {
        const rn_tensor x = make(primals, id);
        if (rn_is_null(x)) return x;
        primals->of[id] = x.id;
    }
    return rn__tensor(primals->target, primals->of[id]);
}
