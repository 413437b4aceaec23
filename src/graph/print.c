/* SPDX-License-Identifier: MIT */
/* The graph as text. */
#include "graph/node.h"

#include "base/text.h"

static void print_inputs(rn__text *t, const rn__node *node)
{
    for (int i = 0; i < node->inputs; i++)
        rn__text_add(t, "%s%d", i ? ", " : " (", (int)node->in[i]);
    if (node->inputs) rn__text_add(t, ")");
}

/* The outer tensor of a leaf of a body, or the source of a loop's output. */
static void print_link(rn__text *t, const rn__node *node, int32_t id)
{
    const rn_loop *loop = node->loop;

    if (node->op == &rn__op_get) {
        static const char *const kinds[] = {"collect", "final", "history"};
        const rn__get *get = (const rn__get *)node->attributes;
        rn__text_add(t, " %s of %d", kinds[get->kind], (int)get->id);
        return;
    }
    if (node->op == &rn__op_capture || node->op == &rn__op_each) {
        const bool capture = node->op == &rn__op_capture;
        const rn__pair *p = rn__pair_of(capture ? &loop->capture : &loop->each, id);
        if (p) rn__text_add(t, " of %d", (int)p->outer);
    }
    const int carry = node->op == &rn__op_carry ? rn__carry_of(loop, id) : -1;
    if (carry >= 0) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, carry);
        rn__text_add(t, " from %d, next %d", (int)c->initial, (int)c->next);
    }
}

static void print(rn__text *t, const rn_graph *graph, int indent);

static void print_node(rn__text *t, const rn_graph *graph, int32_t id, int indent)
{
    const rn__node *node = rn__at(graph, id);
    char shape[128];

    rn__text_add(t, "%*s%d %s", indent, "", (int)id, node->op->name);
    if (node->name) rn__text_add(t, " \"%s\"", node->name);
    if (node->op == &rn__op_loop)
        rn__text_add(t, " %lld steps%s", (long long)node->loop->steps,
                     node->loop->reverse ? " reversed" : "");
    else
        rn__text_add(t, " %s %s", rn_type_name(node->type),
                     rn__shape_text(node->shape, shape, sizeof shape));
    if (node->op == &rn__op_scalar)
        rn__text_add(t, " = %.9g", *(const double *)node->attributes);
    print_inputs(t, node);
    print_link(t, node, id);
    rn__text_add(t, "\n");
    if (node->op == &rn__op_loop) print(t, node->loop->body, indent + 4);
}

static void print(rn__text *t, const rn_graph *graph, int indent)
{
    for (int32_t i = 0; i < graph->count; i++) print_node(t, graph, i, indent);
}

size_t rn_graph_print(const rn_graph *graph, char *text, size_t capacity)
{
    rn__text t = {text, text ? capacity : 0, 0};

    if (t.capacity) text[0] = 0;
    if (!graph) return 0;
    graph = graph->root;
    print(&t, graph, 0);
    for (int i = 0; i < graph->assignments; i++)
        rn__text_add(&t, "assign %d = %d\n", (int)graph->assignment[i].variable,
                     (int)graph->assignment[i].value);
    return t.used;
}
