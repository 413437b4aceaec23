/* SPDX-License-Identifier: MIT */
/*
 * Which stacks are read past the limit.
 *
 * A loop with a limit, and what was hoisted out of it, leave the last slots of a stack as
 * they are. These need filling only if something reads them, so not where all readers stop
 * at the same limit.
 */
#include "plan/planner.h"

#include "ops/ragged.h"

enum { NO_READER = -1, TO_THE_END = -2 }; /* or the limit at which all readers stop */

static void read_to(int32_t *reader, int32_t limit)
{
    if (*reader == NO_READER)
        *reader = limit;
    else if (limit != NO_READER && limit != *reader)
        *reader = TO_THE_END;
}

/* The distance from the first to the last element of the axes from `first` on. */
static int64_t extent(const rn_array *a, int first)
{
    int64_t sum = 0;

    for (int i = first; i < a->rank; i++) sum += (a->size[i] - 1) * a->stride[i];
    return sum;
}

/* Of a view that goes through a stack slot by slot, each in one or more rows: the slot that
 * it begins in. -1: it goes another way, or is not known to. */
static int64_t first_slot(const rn__node *view, const rn__node *stack)
{
    rn_array in, out;
    int64_t offset;

    if (stack->shape.rank == 0 || view->shape.rank == 0) return -1;
    if (rn_shape_count(view->shape) == 0) return -1;
    if (!rn__view_of_dense(view, stack->type, stack->shape, &in, &out, &offset)) return -1;
    const int64_t slot = in.stride[0], row = out.stride[0];
    for (int i = 1; i < out.rank; i++)
        if (out.stride[i] < 0) return -1;
    if (offset < 0 || row <= 0 || slot % row) return -1;
    const bool inside = offset % slot + (slot - row) + extent(&out, 1) < slot;
    return inside ? offset / slot : -1;
}

/* Where a view's readers stop in what it is a view of. Step t of a history may lie in slot
 * t + 1. */
static int32_t stop_of_view(const rn__node *view, const rn__node *in, int32_t stop)
{
    const bool history =
        in->op == &rn__op_get && ((const rn__get *)in->attributes)->kind == RN__HISTORY;
    const int64_t first = first_slot(view, in);

    if (stop < 0) return stop;
    return first == 0 || (first == 1 && history) ? stop : TO_THE_END;
}

static void read_loop(const rn__node *node, int32_t *reader)
{
    const rn_loop *loop = node->loop;

    for (int i = 0; i < loop->each.count; i++) {
        const rn__pair *p = rn__list_at(loop->each, rn__pair, i);
        const int32_t stop =
            p->slots == RN__SLOTS_PACKED ? loop->ragged[RN__RAGGED_SLOTS] : loop->limit;
        read_to(&reader[p->outer], stop >= 0 ? stop : TO_THE_END);
    }
    for (int i = 0; i < loop->carry.count; i++)
        read_to(&reader[rn__list_at(loop->carry, rn__carry, i)->initial], TO_THE_END);
    for (int i = 0; i < loop->capture.count; i++)
        read_to(&reader[rn__list_at(loop->capture, rn__pair, i)->outer], TO_THE_END);
}

static void read_inputs(const rn_graph *graph, int32_t id, int32_t *reader)
{
    const rn__node *node = rn__at(graph, id);

    for (int i = 0; i < node->inputs; i++) {
        const int32_t in = node->in[i];
        int32_t stop = TO_THE_END;
        if (node->op->view)
            stop = stop_of_view(node, rn__at(graph, in), reader[id]);
        else if (node->limit.id >= 0 && (node->limit.operands >> i & 1))
            stop = node->limit.id;
        read_to(&reader[in], stop);
    }
}

/* What is read from outside the graph: outputs, assignments, a body's carries and stacks.
 */
static void read_roots(const rn__planner *p, const rn_graph *graph, int32_t *reader)
{
    const rn_loop *loop = graph->loop;

    for (int i = 0; !loop && i < p->options.count; i++)
        read_to(&reader[p->options.wanted[i]], TO_THE_END);
    for (int i = 0; !loop && i < graph->assignments; i++)
        read_to(&reader[graph->assignment[i].value], TO_THE_END);
    for (int i = 0; loop && i < loop->carry.count; i++)
        read_to(&reader[rn__list_at(loop->carry, rn__carry, i)->next], TO_THE_END);
    for (int i = 0; loop && i < loop->output.count; i++) {
        const rn__node *get = rn__at(loop->outer, *rn__list_at(loop->output, int32_t, i));
        read_to(&reader[((const rn__get *)get->attributes)->id], TO_THE_END);
    }
}

/* By node of a graph, where its readers stop; NULL after an error. */
static int32_t *find_readers(rn__planner *p, const rn_graph *graph)
{
    const rn__region *region = rn__copy_region(&p->live, graph);
    int32_t *reader =
        (int32_t *)rn__arena_new(&p->live.arena, (size_t)graph->count * sizeof *reader);

    if (!reader) {
        rn__no_memory(p->graph);
        return NULL;
    }
    for (int32_t id = 0; id < graph->count; id++) reader[id] = NO_READER;
    read_roots(p, graph, reader);
    for (int32_t id = graph->count - 1; id >= 0; id--) {
        if (!region->live[id]) continue;
        if (rn__at(graph, id)->op == &rn__op_loop)
            read_loop(rn__at(graph, id), reader);
        else
            read_inputs(graph, id, reader);
    }
    return reader;
}

bool rn__plan_reads_tail(rn__planner *p, const rn_graph *graph, int32_t id, int32_t limit)
{
    const size_t graphs = (size_t)graph->root->body_count + 1;

    if (!p->reader)
        p->reader = (int32_t **)rn__arena_new(&p->live.arena, graphs * sizeof(void *));
    if (!p->reader) {
        rn__no_memory(p->graph);
        return true;
    }
    int32_t **reader = &p->reader[graph->number];
    if (!*reader) *reader = find_readers(p, graph);
    return !*reader || ((*reader)[id] != NO_READER && (*reader)[id] != limit);
}
