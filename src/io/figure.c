/* SPDX-License-Identifier: MIT */
/*
 * Which box of a picture shows which node.
 *
 * A node lies within the functions that were building when it was appended, from the
 * outermost to the innermost. The first of these that is not drawn as a frame is the node's
 * box; without one it has its own. A loop that is drawn as a frame holds the boxes of its
 * body, of what the body reads and of what the loop returns. All nodes of another loop are
 * one box.
 */
#include "io/figure.h"

#include <string.h>

#include "base/pattern.h"
#include "graph/frame.h"

void *rn__figure_new(rn__figure *f, size_t count, size_t size)
{
    void *memory = f->failed ? NULL : rn__arena_new(&f->arena, count * size + 1);

    if (!memory) f->failed = true;
    return memory;
}

bool rn__figure_valid(const rn_graph *graph, const char *path,
                      const rn_graph_options *options)
{
    const rn_tensor of = options->of;

    if (!graph || !path || graph->root->failed) return false;
    if ((unsigned)options->detail > RN_DETAIL_NODES) return false;
    return rn_is_null(of) || (of.graph == graph->root && rn__exists(of));
}

/* ---- functions ---- */

static const rn__frame_record *record(const rn__figure *f, int32_t frame)
{
    return rn__list_at(f->graph->frames, rn__frame_record, frame - 1);
}

static bool recurrent(const rn__figure *f, int32_t frame)
{
    return !strcmp(record(f, frame)->what, "recurrent");
}

/* Whether the user wants to see how this function works. */
static bool opened(const rn__figure *f, int32_t frame)
{
    const char *patterns = f->options->open, *pattern;
    size_t bytes;

    while (patterns && rn__pattern_next(&patterns, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, record(f, frame)->name)) return true;
    return f->options->detail == RN_DETAIL_STEPS && recurrent(f, frame);
}

/* Whether a loop is a frame: it is not in a function, or in one that is opened. */
static bool loop_open(const rn__figure *f, int32_t frame)
{
    if (rn__figure_all(f) || frame == 0) return true;
    while (record(f, frame)->outer) frame = record(f, frame)->outer;
    return opened(f, frame);
}

/* ---- boxes ---- */

static int32_t add_box(rn__figure *f, rn__box_kind kind, int32_t node, int32_t parent)
{
    rn__box *box = &f->box[f->boxes];
    rn__box *around = parent >= 0 ? &f->box[parent] : NULL;

    *box = (rn__box){
        .kind = kind, .parent = parent, .node = node, .first = -1, .last = -1, .next = -1};
    if (around) {
        if (around->last >= 0)
            f->box[around->last].next = f->boxes;
        else
            around->first = f->boxes;
        around->last = f->boxes;
    }
    return f->boxes++;
}

static rn__box_kind kind_of(const rn__node *node)
{
    if (node->op == &rn__op_input) return RN__BOX_INPUT;
    if (node->op == &rn__op_loop) return RN__BOX_LOOP;
    if (node->op == &rn__op_get) return RN__BOX_OUT;
    if (node->op == &rn__op_each || node->op == &rn__op_carry ||
        node->op == &rn__op_capture || node->op == &rn__op_index)
        return RN__BOX_IN;
    return node->op == &rn__op_variable || node->op == &rn__op_constant ||
                   node->op == &rn__op_scalar
               ? RN__BOX_VALUE
               : RN__BOX_OPERATOR;
}

/* The box of a function in a part: as it was, or a new one. */
static int32_t frame_box(rn__figure *f, int32_t frame, int32_t part, int32_t number,
                         int32_t parent)
{
    if (f->frame_box[frame] == 0 || f->frame_part[frame] != part) {
        const int32_t b = add_box(f, RN__BOX_LAYER, number, parent);
        f->box[b].frame = frame;
        f->frame_box[frame] = b + 1;
        f->frame_part[frame] = part;
    }
    return f->frame_box[frame] - 1;
}

/* The box of the function around a node that is nearest to `outside`, a function that the
 * loop around it lies in; *parent: what surrounds it. -1: its own. */
static int32_t box_within(rn__figure *f, int32_t frame, int32_t outside, int32_t part,
                          int32_t number, int32_t *parent)
{
    if (frame == 0 || frame == outside) return -1;

    const int32_t outer = record(f, frame)->outer;
    const int32_t b = box_within(f, outer, outside, part, number, parent);
    if (b >= 0) return b;

    const int32_t own = frame_box(f, frame, part, number, *parent);
    const bool outermost = outer == 0;
    if (!outermost || (!opened(f, frame) && !recurrent(f, frame))) return own;
    f->box[own].open = true;
    *parent = own;
    return -1;
}

static int32_t box_of(rn__figure *f, int32_t part, int32_t number, const rn__node *node,
                      int32_t around, int32_t outside)
{
    const rn__box_kind kind = kind_of(node);
    int32_t parent = around;
    bool back;

    if (kind == RN__BOX_OUT) {
        const int32_t loop = f->showing[f->base[part] + node->in[0]];
        return loop >= 0 && f->box[loop].open && f->box[loop].kind == RN__BOX_LOOP
                   ? add_box(f, kind, number, loop)
                   : loop;
    }
    const int32_t within = rn__figure_all(f) || kind == RN__BOX_IN || kind == RN__BOX_INPUT
                               ? -1
                               : box_within(f, node->frame, outside, part, number, &parent);
    if (within >= 0) return within;
    const int32_t b = add_box(f, kind, number, parent);
    f->box[b].gradient = node->gradient;
    f->box[b].open = kind == RN__BOX_LOOP && loop_open(f, node->frame);
    if (f->box[b].open && rn__figure_read(f, number, 0, &back) >= 0)
        add_box(f, RN__BOX_IN, number, b);
    return b;
}

/* The boxes of a part. Those of the graph around it are there already. */
static void place(rn__figure *f, int32_t part)
{
    const rn_graph *g = f->part[part];
    int32_t around = -1, outside = 0;

    if (!g) return;
    if (g->loop) {
        around = f->showing[f->base[g->parent->number] + g->loop->node];
        outside = rn__at(g->parent, g->loop->node)->frame;
    }
    const bool closed = around >= 0 && !f->box[around].open;
    for (int32_t i = 0; i < g->count; i++) {
        const int32_t number = f->base[part] + i;
        if (f->live[number] != RN__SHOWN) continue;
        f->showing[number] =
            closed ? around : box_of(f, part, number, rn__at(g, i), around, outside);
        if (closed && f->box[around].kind == RN__BOX_LOOP)
            f->box[around].carries += rn__at(g, i)->op == &rn__op_carry;
    }
}

/* ---- the whole ---- */

/* Numbers the nodes. */
static bool number(rn__figure *f)
{
    f->parts = f->graph->body_count + 1;
    f->part = (rn_graph **)rn__figure_new(f, (size_t)f->parts, sizeof *f->part);
    f->base = (int32_t *)rn__figure_new(f, (size_t)f->parts + 1, sizeof *f->base);
    if (f->failed) return false;
    f->part[0] = f->graph;
    for (rn_graph *g = f->graph->bodies; g; g = g->next_body)
        if (g->loop->ended) f->part[g->number] = g;
    for (int32_t p = 0; p < f->parts; p++) {
        const int32_t count = f->part[p] ? f->part[p]->count : 0;
        if (count > INT32_MAX / 4 - f->base[p]) return !(f->failed = true);
        f->base[p + 1] = f->base[p] + count;
    }
    f->nodes = f->base[f->parts];
    return true;
}

static bool allocate(rn__figure *f)
{
    const size_t nodes = (size_t)f->nodes, frames = (size_t)f->graph->frames.count;

    f->live = (uint8_t *)rn__figure_new(f, nodes, sizeof *f->live);
    f->showing = (int32_t *)rn__figure_new(f, nodes, sizeof *f->showing);
    f->first_line = (int32_t *)rn__figure_new(f, nodes, sizeof *f->first_line);
    f->box = (rn__box *)rn__figure_new(f, 2 * nodes + frames, sizeof *f->box);
    f->frame_box = (int32_t *)rn__figure_new(f, frames + 1, sizeof *f->frame_box);
    f->frame_part = (int32_t *)rn__figure_new(f, frames + 1, sizeof *f->frame_part);
    for (size_t i = 0; !f->failed && i < nodes; i++) f->showing[i] = f->first_line[i] = -1;
    return !f->failed;
}

bool rn__figure_init(rn__figure *f, const rn_graph *graph, const rn_graph_options *options)
{
    *f = (rn__figure){.graph = graph->root, .options = options};
    f->arena.allocator = graph->root->allocator;
    if (!number(f) || !allocate(f) || !rn__figure_mark(f)) return false;
    for (int32_t p = 0; p < f->parts; p++) place(f, p);
    rn__figure_lines(f);
    rn__figure_texts(f);
    return !f->failed;
}

void rn__figure_finish(rn__figure *f)
{
    rn__arena_finish(&f->arena);
}
