/* SPDX-License-Identifier: MIT */
/*
 * Which nodes of a graph a picture shows.
 *
 * What needs no value of a run is a constant and is folded into the boxes that read it,
 * like variables. A loop with lengths selects, at every step, the rows that have it: these
 * selections are passed over, and the loop itself reads the lengths.
 */
#include "io/figure.h"

#include <string.h>

#include "graph/frame.h"

/* ---- nodes by number ---- */

int32_t rn__figure_part(const rn__figure *f, int32_t number)
{
    int32_t low = 0, high = f->parts;

    while (high - low > 1) {
        const int32_t middle = low + (high - low) / 2;
        if (f->base[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

rn__node *rn__figure_node(const rn__figure *f, int32_t number)
{
    const int32_t part = rn__figure_part(f, number);

    return rn__at(f->part[part], number - f->base[part]);
}

/* Whether a node is the selection of the rows that have this step. */
static bool selects_rows(const rn_graph *g, const rn__node *node)
{
    if (!g->loop || rn_is_null(g->loop->mask) || strcmp(node->op->name, "where") != 0)
        return false;
    const int32_t mask = g->loop->mask.id, c = node->in[0];
    const rn__node *condition = rn__at(g, c);
    return c == mask || (condition->inputs == 1 && condition->in[0] == mask);
}

/* The number of node `id` of a graph; of a selection that of its operand. */
static int32_t number_of(const rn__figure *f, const rn_graph *g, int32_t id)
{
    if (id < 0) return -1;
    while (!rn__figure_all(f) && selects_rows(g, rn__at(g, id))) id = rn__at(g, id)->in[1];
    return f->base[g->number] + id;
}

/* ---- what a node reads ---- */

static int32_t read_output(const rn__figure *f, const rn__node *node, int k)
{
    const rn__get *get = (const rn__get *)node->attributes;
    const rn_loop *loop = node->loop;
    int32_t id = (int32_t)get->id;

    if (k > 0) return k == 1 ? f->base[loop->outer->number] + loop->node : -1;
    const int carry = get->kind == RN__FINAL ? rn__carry_of(loop, id) : -1;
    if (carry >= 0) id = rn__list_at(loop->carry, rn__carry, carry)->next;
    return number_of(f, loop->body, id);
}

/* Of the loop itself: its lengths, in the outer graph. With all nodes, the selections read
 * them. */
static int32_t read_loop(const rn__figure *f, const rn_loop *loop, int k)
{
    const bool has = !rn__figure_all(f) && !rn_is_null(loop->lengths) &&
                     loop->lengths.graph == loop->outer;

    return k == 0 && has ? number_of(f, loop->outer, loop->lengths.id) : -1;
}

static int32_t read_leaf(const rn__figure *f, const rn__node *node, int32_t id, int k,
                         bool *back)
{
    const rn_loop *loop = node->loop;
    const int carry = node->op == &rn__op_carry ? rn__carry_of(loop, id) : -1;
    const rn__list *pairs = node->op == &rn__op_each ? &loop->each : &loop->capture;

    if (k == 0) return f->base[loop->outer->number] + loop->node;
    if (carry >= 0) {
        const rn__carry *c = rn__list_at(loop->carry, rn__carry, carry);
        *back = k == 2;
        return k == 1   ? number_of(f, loop->outer, c->initial)
               : k == 2 ? number_of(f, loop->body, c->next)
                        : -1;
    }
    const rn__pair *pair = k == 1 ? rn__pair_of(pairs, id) : NULL;
    return pair ? number_of(f, loop->outer, pair->outer) : -1;
}

int32_t rn__figure_read(const rn__figure *f, int32_t number, int k, bool *back)
{
    const int32_t part = rn__figure_part(f, number);
    const rn_graph *g = f->part[part];
    const int32_t id = number - f->base[part];
    const rn__node *node = rn__at(g, id);

    *back = false;
    if (node->op == &rn__op_get) return read_output(f, node, k);
    if (node->op == &rn__op_loop) return read_loop(f, node->loop, k);
    if (g->loop && node->inputs == 0 && node->loop == g->loop)
        return read_leaf(f, node, id, k, back);
    return k < node->inputs ? number_of(f, g, node->in[k]) : -1;
}

/* ---- folded nodes ---- */

static bool is_constant(const rn__node *node)
{
    return node->op == &rn__op_constant || node->op == &rn__op_scalar;
}

int32_t rn__figure_source(const rn__figure *f, int32_t number)
{
    for (;;) {
        const rn__node *node = rn__figure_node(f, number);
        bool back;
        int32_t read = -1;
        if (node->op == &rn__op_capture || node->op == &rn__op_each)
            read = rn__figure_read(f, number, 1, &back);
        else if (node->op != &rn__op_loop && node->op != &rn__op_get && node->inputs == 1)
            read = rn__figure_read(f, number, 0, &back);
        if (read < 0 || f->live[number] < RN__CONSTANT) return number;
        number = read;
    }
}

/* What a node of no loop's output is: shown, unless all that it reads is constant. */
static rn__live fold(const rn__figure *f, int32_t number, const rn__node *node)
{
    bool back, constant = node->inputs > 0;

    if (is_constant(node)) return RN__CONSTANT;
    if (node->op == &rn__op_variable) return RN__VARIABLE;
    if (node->op == &rn__op_capture || node->op == &rn__op_each) {
        const int32_t outer = rn__figure_read(f, number, 1, &back);
        const rn__live live = (rn__live)(outer < 0 ? RN__SHOWN : f->live[outer]);
        return live == RN__VARIABLE && node->op == &rn__op_each ? RN__SHOWN : live;
    }
    if (node->op == &rn__op_loop || node->op == &rn__op_get) return RN__SHOWN;
    for (int i = 0; i < node->inputs; i++) {
        const int32_t x = rn__figure_read(f, number, i, &back);
        constant = constant && x >= 0 && f->live[x] == RN__CONSTANT;
    }
    return constant ? RN__CONSTANT : RN__SHOWN;
}

static void fold_all(rn__figure *f)
{
    for (int32_t p = 0; p < f->parts; p++)
        for (int32_t n = f->base[p]; n < f->base[p + 1]; n++)
            f->live[n] = (uint8_t)(rn__figure_all(f)
                                       ? RN__SHOWN
                                       : fold(f, n, rn__at(f->part[p], n - f->base[p])));
}

/* ---- what depends on what ---- */

static int32_t outermost(const rn__figure *f, int32_t frame)
{
    for (;;) {
        const int32_t outer =
            frame ? rn__list_at(f->graph->frames, rn__frame_record, frame - 1)->outer : 0;
        if (outer == 0) return frame;
        frame = outer;
    }
}

/* The functions of a layer's loop are around those of its cell, which is the user's. */
static int32_t function_of(const rn__figure *f, int32_t number)
{
    const rn_graph *g = f->part[rn__figure_part(f, number)];
    int32_t frame = outermost(f, rn__figure_node(f, number)->frame);

    for (; g->loop; g = g->parent) {
        const int32_t around = outermost(f, rn__at(g->parent, g->loop->node)->frame);
        if (around) frame = around;
    }
    return frame;
}

typedef struct marks {
    bool *read;   /* by node */
    bool *outlet; /* by frame: something outside reads a value of it */
    bool *needed; /* by node */
    int32_t *stack, count;
} marks;

static void need(marks *m, int32_t number)
{
    if (number < 0 || m->needed[number]) return;
    m->needed[number] = true;
    m->stack[m->count++] = number;
}

static void find_readers(const rn__figure *f, marks *m)
{
    bool back;

    for (int32_t n = 0; n < f->nodes; n++) {
        const int32_t frame = function_of(f, n);
        int32_t x;
        for (int k = 0; (x = rn__figure_read(f, n, k, &back)) >= 0; k++) {
            const int32_t other = function_of(f, x);
            m->read[x] = true;
            if (other != frame) m->outlet[other] = true;
        }
    }
}

/* Whether a node is shown although nothing reads it: it is not constant, not a value that a
 * loop does not use, and nothing else is read of the function that it belongs to. */
static bool is_end(const rn__figure *f, const marks *m, int32_t number)
{
    const rn__node *node = rn__figure_node(f, number);
    const int32_t function = function_of(f, number);

    if (rn__figure_all(f)) return true;
    if (m->read[number] || f->live[number] != RN__SHOWN) return false;
    if (number >= f->base[1] && (node->inputs == 0 || node->gradient)) return false;
    return function == 0 || !m->outlet[function];
}

/* What the picture is of: what `of` depends on, or all that ends somewhere. */
static void need_ends(const rn__figure *f, marks *m)
{
    const rn_tensor of = f->options->of;

    if (!rn_is_null(of)) {
        need(m, of.id);
        return;
    }
    for (int32_t n = 0; n < f->nodes; n++)
        if (is_end(f, m, n)) need(m, n);
    for (int i = 0; i < f->graph->assignments; i++) {
        const int32_t value = f->graph->assignment[i].value;
        if (function_of(f, value) == 0) need(m, value);
    }
}

bool rn__figure_mark(rn__figure *f)
{
    const size_t nodes = (size_t)f->nodes;
    marks m = {.read = (bool *)rn__figure_new(f, nodes, sizeof(bool)),
               .outlet = (bool *)rn__figure_new(f, (size_t)f->graph->frames.count + 1,
                                                sizeof(bool)),
               .needed = (bool *)rn__figure_new(f, nodes, sizeof(bool)),
               .stack = (int32_t *)rn__figure_new(f, nodes, sizeof(int32_t))};
    bool back;

    if (f->failed) return false;
    fold_all(f);
    find_readers(f, &m);
    need_ends(f, &m);
    while (m.count > 0) {
        const int32_t n = m.stack[--m.count];
        int32_t x;
        for (int k = 0; (x = rn__figure_read(f, n, k, &back)) >= 0; k++) need(&m, x);
    }
    for (int32_t n = 0; n < f->nodes; n++)
        if (!m.needed[n]) f->live[n] = RN__HIDDEN;
    return true;
}
