/* SPDX-License-Identifier: MIT */
/* The form of messages: "op: what is wrong: x [32,128], w [64,512]". */
#include "graph/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "graph/message.h"

char *rn__shape_text(rn_shape shape, char *text, size_t capacity)
{
    size_t used = (size_t)snprintf(text, capacity, "[");

    if (shape.rank < -1 || shape.rank > RN_RANK_MAX) {
        snprintf(text, capacity, "[rank %d]", shape.rank);
        return text;
    }
    for (int i = 0; i < shape.rank && used < capacity; i++)
        used += (size_t)snprintf(text + used, capacity - used, "%s%lld", i ? "," : "",
                                 (long long)shape.size[i]);
    if (used < capacity) snprintf(text + used, capacity - used, "]");
    return text;
}

/* The name of a node. A leaf of a body without a name has that of its outer tensor. */
static const char *name_of(rn_tensor x)
{
    const rn__node *node = rn__node_of(x);
    const rn_loop *loop = x.graph->loop;

    if (node->name || !loop) return node->name;
    const rn__pair *pair = rn__pair_of(&loop->capture, x.id);
    if (!pair) pair = rn__pair_of(&loop->each, x.id);
    return pair ? name_of(rn__tensor(loop->outer, pair->outer)) : NULL;
}

static char *describe(rn_tensor x, bool numbered, char *text, size_t capacity)
{
    rn__text t = {text, capacity, 0};
    char shape[128];

    if (!rn__exists(x)) {
        if (rn_is_null(x)) return rn__null_describe(x, text, capacity);
        snprintf(text, capacity, "tensor %d", (int)x.id);
        return text;
    }
    const char *name = name_of(x);
    rn__shape_text(rn_shape_get(x), shape, sizeof shape);
    if (name || !numbered)
        rn__text_add(&t, "%.100s %s", name ? name : rn__node_of(x)->op->name, shape);
    else
        rn__text_add(&t, "%s#%d %s", rn__node_of(x)->op->name, (int)x.id, shape);
    return text;
}

char *rn__describe(rn_tensor x, char *text, size_t capacity)
{
    return describe(x, true, text, capacity);
}

char *rn__describe_copied(rn_tensor x, char *text, size_t capacity)
{
    return describe(x, false, text, capacity);
}

rn_tensor rn__refuse(const rn_op *op, const rn_tensor *in, int inputs, const char *what)
{
    rn_graph *graph = rn__innermost(in, inputs);
    char all[400] = "", one[160];
    size_t used = 0;

    if (!graph)
        return rn__null_from(op->name, inputs == 1 ? RN__NULL_X : RN__NULL_OPERANDS, in,
                             inputs);
    for (int i = 0; i < inputs; i++)
        if (!rn_is_null(in[i]) && !rn__exists(in[i]))
            return rn__adopt(graph, in[i], op->name);
    if (rn__frame_refuse(graph, op, what)) return rn_null();
    for (int i = 0; i < inputs && i < 4 && used < sizeof all; i++) {
        rn__describe(in[i], one, sizeof one);
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", one);
    }
    if (inputs > 4 && used < sizeof all)
        snprintf(all + used, sizeof all - used, ", and %d more", inputs - 4);
    return rn_fail(graph, "%s: %s%s%s", op->name, what, inputs ? ": " : "", all);
}

rn_tensor rn__op_refuse(const rn_op *op, const rn_tensor *in, int inputs,
                        const char *format, ...)
{
    char what[RN_MESSAGE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return rn__refuse(op, in, inputs, what);
}

int rn__op_axis(const rn_op *op, rn_tensor x, int axis)
{
    const int rank = rn_rank(x);
    const int64_t from_front = axis < 0 ? (int64_t)axis + rank : axis;

    if (rn_is_null(x)) return -1;
    if (from_front >= 0 && from_front < rank) return (int)from_front;
    rn__op_refuse(op, &x, 1, "no axis %d", axis);
    return -1;
}
