/* SPDX-License-Identifier: MIT */
/* Which nodes of a loop's body a cotangent can reach. */
#include "autodiff/reach.h"

/* ---- what is needed ---- */

void rn__need(const rn_graph *graph, int32_t count, bool *needed)
{
    for (int32_t id = 0; id < count; id++) {
        const rn__node *node = rn__at(graph, id);
        const bool structure = node->op == &rn__op_loop || node->op == &rn__op_get;

        if (!structure && (!node->op->gradient || !rn__is_real(node->type))) continue;
        if (node->op == &rn__op_get && !rn__is_real(node->type)) continue;
        for (int i = 0; i < node->inputs && !needed[id]; i++)
            needed[id] = needed[node->in[i]];
    }
}

/* Includes dependence through the carries. */
void rn__need_body(const rn_loop *loop, const bool *outer, bool *needed)
{
    bool changed = true;

    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        needed[p->leaf] = outer[p->outer];
    }
    for (int i = 0; i < loop->capture.count; i++) {
        const rn__pair *p = rn__list_at(loop->capture, rn__pair, i);
        needed[p->leaf] = outer[p->outer];
    }
    while (changed) {
        rn__need(loop->body, loop->body->count, needed);
        changed = false;
        for (int i = 0; i < loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
            const bool depends = outer[c->initial] || needed[c->next];
            if (needed[c->leaf] || !depends ||
                !rn__is_real(rn__at(loop->body, c->leaf)->type))
                continue;
            needed[c->leaf] = changed = true;
        }
    }
}

/* ---- what is reached ---- */

const rn__carry *rn__reach_enter(const rn_loop *loop, const rn__get *output, bool *reached)
{
    if (output->kind == RN__COLLECT) {
        reached[output->id] = true;
        return NULL;
    }
    const int i = rn__carry_of(loop, (int32_t)output->id);
    const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
    reached[c->next] = true;
    return c;
}

static void leave(const rn__list *pairs, const bool *inner, bool *reached)
{
    for (int i = 0; i < pairs->count; i++) {
        const rn__pair *p = rn__list_at(*pairs, rn__pair, i);
        if (inner[p->leaf]) reached[p->outer] = true;
    }
}

/* From the reached outputs of a loop into its body. The history begins with the initial
 * value, which is also the final value if there are 0 steps, as a limit may have it. */
static void enter_loop(const rn_graph *graph, int32_t id, bool *inner, bool *reached)
{
    const rn_loop *loop = rn__at(graph, id)->loop;

    for (int i = 0; i < loop->output.count; i++) {
        const int32_t get = *rn__list_at(loop->output, int32_t, i);
        if (!reached[get]) continue;
        const rn__get *output = (const rn__get *)rn__at(graph, get)->attributes;
        const rn__carry *c = rn__reach_enter(loop, output, inner);
        if (c && (output->kind == RN__HISTORY || loop->steps == 0 || loop->limit >= 0))
            reached[c->initial] = true;
    }
}

/* A loop within the body: from its outputs to its inputs. */
static bool pass_loop(const rn_graph *graph, int32_t id, const bool *needed, bool *reached)
{
    const rn_loop *loop = rn__at(graph, id)->loop;
    const size_t count = (size_t)loop->body->count;
    bool *inner = (bool *)rn__new(graph->root->allocator, 2 * count);

    if (!inner) return false;
    rn__need_body(loop, needed, inner + count);
    enter_loop(graph, id, inner, reached);
    const bool steps = loop->steps > 0;
    const bool ok = !steps || rn__reach_body(loop, inner + count, inner);
    if (steps) leave(&loop->each, inner, reached);
    if (steps) leave(&loop->capture, inner, reached);
    for (int i = 0; i < loop->carry.count && steps; i++) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
        if (inner[c->leaf]) reached[c->initial] = true;
    }
    rn__free(graph->root->allocator, inner);
    return ok;
}

/* From every reached node to its inputs, last node first. */
static bool pass(const rn_graph *graph, const bool *needed, bool *reached)
{
    for (int32_t id = graph->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(graph, id);

        if (!needed[id] || !reached[id]) continue;
        if (node->op == &rn__op_loop) {
            if (!pass_loop(graph, id, needed, reached)) return false;
        } else {
            for (int i = 0; i < node->inputs; i++)
                if (needed[node->in[i]]) reached[node->in[i]] = true;
        }
    }
    return true;
}

bool rn__reach_body(const rn_loop *loop, const bool *needed, bool *reached)
{
    bool changed = true;

    while (changed) {
        if (!pass(loop->body, needed, reached)) return false;
        changed = false;
        for (int i = 0; i < loop->carry.count; i++) {
            const rn__carry *c = rn__list_at(loop->carry, rn__carry, i);
            if (!needed[c->leaf] || !reached[c->leaf] || reached[c->next]) continue;
            reached[c->next] = changed = true;
        }
    }
    return true;
}
