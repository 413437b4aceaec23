/* SPDX-License-Identifier: MIT */
/* The structure of loops: leaves of their bodies, their pairs and carries, their node. */
#include "graph/loop.h"

rn_loop *rn_loop_begin(rn_graph *graph)
{
    int depth = 1;

    if (!graph || graph->root->failed) return NULL;
    for (const rn_graph *g = graph; g->parent; g = g->parent) depth++;
    if (depth > RN_LOOP_DEPTH) {
        rn_fail(graph, "loop: nested deeper than %d", RN_LOOP_DEPTH);
        return NULL;
    }
    if (graph->loop && graph->loop->ended) {
        rn_fail(graph, "loop: begun in the body of a loop that has ended");
        return NULL;
    }
    rn_loop *loop = (rn_loop *)rn__arena_new(&graph->root->arena, sizeof *loop);
    if (!loop) {
        rn__no_memory(graph);
        return NULL;
    }
    *loop = (rn_loop){.outer = graph,
                      .node = -1,
                      .index = -1,
                      .limit = -1,
                      .row_steps = -1,
                      .row_mask = -1,
                      .ragged = {-1, -1, -1, -1, -1, -1, -1},
                      .lengths = rn_null(),
                      .mask = rn_null(),
                      .row = rn_null()};
    loop->body = rn__body_new(graph, loop);
    return loop->body ? loop : NULL;
}

bool rn__loop_open(rn_loop *loop, const char *what, bool form)
{
    if (!loop || loop->outer->root->failed) return false;
    if (loop->ended)
        rn_fail(loop->outer, "%s: the loop has ended", what);
    else if (form && (loop->each.count || loop->carry.count))
        rn_fail(loop->outer, "%s: must come before the loop's inputs and carries", what);
    return !loop->outer->root->failed;
}

void rn_loop_reverse(rn_loop *loop)
{
    if (rn__loop_open(loop, "loop: reverse", true)) loop->reverse = true;
}

static bool fix_steps(rn_loop *loop, int64_t steps, const char *whose)
{
    if (steps < 0)
        rn_fail(loop->outer, "loop: %s: steps must not be negative: %lld", whose,
                (long long)steps);
    else if (loop->steps_known && loop->steps != steps)
        rn_fail(loop->outer, "loop: number of steps differs: %s has %lld, others %lld",
                whose, (long long)steps, (long long)loop->steps);
    loop->steps = steps;
    loop->steps_known = true;
    return !loop->outer->root->failed;
}

void rn_loop_steps(rn_loop *loop, int64_t steps)
{
    if (rn__loop_open(loop, "loop: steps", false)) fix_steps(loop, steps, "rn_loop_steps");
}

void rn_loop_checkpoint(rn_loop *loop, int64_t bytes)
{
    if (!rn__loop_open(loop, "loop: checkpoint", false)) return;
    if (bytes < RN_CHECKPOINT_SQRT)
        rn_fail(loop->outer, "loop: checkpoint: bytes must not be negative: %lld",
                (long long)bytes);
    loop->checkpoint = bytes;
}

rn_graph *rn_loop_body(rn_loop *loop)
{
    return loop ? loop->body : NULL;
}

rn_tensor rn__loop_leaf(rn_loop *loop, const rn_op *op, rn_type type, rn_shape shape)
{
    rn_tensor leaf = rn__append(loop->body, op, type, shape, NULL, 0, NULL, 0);

    if (!rn_is_null(leaf)) rn__node_of(leaf)->loop = loop;
    return leaf;
}

rn_tensor rn__loop_each(rn_loop *loop, rn_tensor xs, const char *what)
{
    char text[160];
    rn_shape shape = rn_shape_get(xs);

    xs = rn__adopt(loop->outer, xs, what);
    if (rn_is_null(xs)) return xs;
    const rn__key key = {loop, RN__INDEX_EACH, xs.id};
    const int32_t known = rn__index_find(&loop->outer->root->index, key);
    if (known >= 0) return rn__tensor(loop->body, known);
    if (shape.rank < 1)
        return rn_fail(loop->outer, "%s: a scalar has no steps: %s", what,
                       rn__describe(xs, text, sizeof text));
    if (!fix_steps(loop, shape.size[0], rn__describe(xs, text, sizeof text)))
        return rn_null();

    shape = rn_shape_of(shape.rank - 1, shape.size + 1);
    rn_tensor leaf = rn__loop_leaf(loop, &rn__op_each, rn_type_get(xs), shape);
    rn__pair *pair = (rn__pair *)rn__list_add(loop->outer, &loop->each, sizeof *pair);
    if (rn_is_null(leaf) || !pair) return rn_null();
    *pair = (rn__pair){.outer = xs.id, .leaf = leaf.id};
    if (!rn__remember(loop->outer, key, leaf.id)) return rn_null();
    return leaf;
}

rn_tensor rn__loop_carry(rn_loop *loop, rn_tensor initial)
{
    rn_tensor leaf =
        rn__loop_leaf(loop, &rn__op_carry, rn_type_get(initial), rn_shape_get(initial));
    rn__carry *carry = (rn__carry *)rn__list_add(loop->outer, &loop->carry, sizeof *carry);

    if (rn_is_null(leaf) || !carry) return rn_null();
    *carry = (rn__carry){initial.id, leaf.id, -1, leaf.id, false};
    return leaf;
}

rn_tensor rn_loop_index(rn_loop *loop)
{
    if (!loop) return rn__null_from("loop_index", RN__NULL_LOOP, NULL, 0);
    if (!rn__loop_open(loop, "loop: index", false)) return rn_null();
    if (loop->index < 0) {
        const rn_tensor leaf = rn__loop_leaf(loop, &rn__op_index, RN_I32, (rn_shape){0});
        if (rn_is_null(leaf)) return leaf;
        loop->index = leaf.id;
    }
    return rn__tensor(loop->body, loop->index);
}

rn__carry *rn__loop_find_carry(const rn_loop *loop, rn_tensor leaf)
{
    int i = -1;

    if (leaf.graph == loop->body && rn__exists(leaf)) {
        const rn__node *node = rn__node_of(leaf);
        i = rn__carry_of(loop, leaf.id);
        /* With lengths the body reads a selection between the carry and another value. */
        if (i < 0 && node->inputs == 3) i = rn__carry_of(loop, node->in[1]);
    }
    rn__carry *carry = i < 0 ? NULL : rn__list_at(loop->carry, rn__carry, i);
    return carry && (carry->leaf == leaf.id || carry->seen == leaf.id) ? carry : NULL;
}

/* The carry's name in messages: that of the body's leaf, or else of the initial value. */
static const char *carry_name(const rn_loop *loop, const rn__carry *carry)
{
    const char *name = rn__at(loop->body, carry->leaf)->name;

    if (!name) name = rn__at(loop->outer, carry->initial)->name;
    return name ? name : "a carry";
}

bool rn__loop_fits(rn_loop *loop, const rn__carry *carry, rn_tensor next)
{
    const rn__node *leaf = rn__at(loop->body, carry->leaf);
    const char *name = carry_name(loop, carry);
    char from[128], to[128];

    if (carry->next >= 0)
        rn_fail(loop->outer, "loop: carry \"%s\" has a next value already", name);
    else if (leaf->type != rn_type_get(next))
        rn_fail(loop->outer, "loop: carry \"%s\" changes type: %s becomes %s", name,
                rn_type_name(leaf->type), rn_type_name(rn_type_get(next)));
    else if (!rn_shape_equal(leaf->shape, rn_shape_get(next)))
        rn_fail(loop->outer, "loop: carry \"%s\" changes shape: %s becomes %s", name,
                rn__shape_text(leaf->shape, from, sizeof from),
                rn__shape_text(rn_shape_get(next), to, sizeof to));
    return !loop->outer->root->failed;
}

void rn__loop_limit(rn_loop *loop, rn_tensor limit)
{
    limit = rn__adopt(loop->outer, limit, "loop: limit");
    if (!rn_is_null(limit)) loop->limit = limit.id;
}

void rn__loop_rows(rn_loop *loop, rn_tensor steps)
{
    steps = rn__adopt(loop->outer, steps, "loop: lengths");
    if (!rn_is_null(steps)) loop->row_steps = steps.id;
}

/* The loop's node: its inputs are the initial carries, the step inputs, the captures and
 * the limit. */
static rn_tensor append_node(rn_loop *loop)
{
    const int inputs = loop->carry.count + loop->each.count + loop->capture.count +
                       (loop->limit >= 0 ? 1 : 0);
    rn__arena *arena = &loop->outer->root->arena;
    int32_t *in = (int32_t *)rn__arena_new(arena, (size_t)inputs * sizeof *in);
    int n = 0;

    if (!in) return rn__no_memory(loop->outer);
    for (int i = 0; i < loop->carry.count; i++)
        in[n++] = rn__list_at(loop->carry, rn__carry, i)->initial;
    for (int i = 0; i < loop->each.count; i++)
        in[n++] = rn__list_at(loop->each, rn__pair, i)->outer;
    for (int i = 0; i < loop->capture.count; i++)
        in[n++] = rn__list_at(loop->capture, rn__pair, i)->outer;
    if (loop->limit >= 0) in[n++] = loop->limit;
    return rn__append(loop->outer, &rn__op_loop, RN_BOOL, (rn_shape){.rank = 1}, in, inputs,
                      NULL, 0);
}

bool rn__loop_complete(rn_loop *loop)
{
    if (!loop->steps_known) {
        rn_fail(loop->outer,
                "loop: number of steps unknown: no step inputs, no rn_loop_steps");
        return false;
    }
    if (loop->index >= 0 && loop->steps > (int64_t)INT32_MAX + 1) {
        rn_fail(loop->outer, "loop: too many steps for an i32 index: %lld",
                (long long)loop->steps);
        return false;
    }
    for (int i = 0; i < loop->carry.count; i++) {
        const rn__carry *carry = rn__list_at(loop->carry, rn__carry, i);
        if (carry->next < 0) {
            rn_fail(loop->outer, "loop: carry \"%s\" has no next value",
                    carry_name(loop, carry));
            return false;
        }
    }
    return true;
}

bool rn__loop_end(rn_loop *loop)
{
    const rn_tensor node = append_node(loop);

    if (rn_is_null(node)) return false;
    rn__node_of(node)->loop = loop;
    loop->node = node.id;
    loop->ended = true;
    return true;
}
