/* SPDX-License-Identifier: MIT */
/*
 * Fuse: chains of element-wise steps run tile by tile, while the tile is in the cache. The
 * back end says how large a tile is.
 *
 * Neighbouring maps with outputs of one shape form a chain when each reads of what another
 * one of the chain writes only the elements with its own index: then the order of tiles
 * and steps may be exchanged. Operands may be strided, such as columns of a matrix, and
 * several maps may write parts of one buffer. A value that is not read outside the chain
 * needs memory for one tile only, and only from its first to its last use in a tile; it
 * never leaves the cache. Every element is computed as before, bit for bit.
 */
#include "plan/chains.h"

#include <string.h>

#include "kernel/strided.h"

/* Whether a step may touch an operand while another one writes its output tile by tile. */
static bool compatible(const rn__operand *touched, const rn__operand *written)
{
    return touched->at.buffer != written->at.buffer ||
           rn__operands_same(touched, written) || rn__operands_apart(touched, written);
}

/* Whether each of two steps may touch all its operands while the other one writes. */
static bool independent(const rn__plan *plan, const rn__step *a, const rn__step *b)
{
    const rn__operand *x = rn__step_operands(plan, a), *y = rn__step_operands(plan, b);

    for (int i = 0; i <= a->inputs; i++)
        if (!compatible(&x[i], &y[b->inputs])) return false;
    for (int i = 0; i < b->inputs; i++)
        if (!compatible(&y[i], &x[a->inputs])) return false;
    return true;
}

/* Whether step c can follow those from `first` on in a chain. */
static bool joins(const rn__plan *plan, int32_t first, int32_t c)
{
    const rn__step *head = &plan->step[first], *step = &plan->step[c];

    if (step->kind != RN__STEP_MAP || step->block != head->block ||
        !rn__same_limit(step, head) ||
        !rn__operands_alike(rn__step_output(plan, step), rn__step_output(plan, head)))
        return false;
    for (int32_t i = first; i < c; i++)
        if (!independent(plan, &plan->step[i], step)) return false;
    return true;
}

/* ---- the size of a tile ---- */

int rn__map_axes(const rn__plan *plan, const rn__step *step, int64_t *size, int64_t *stride)
{
    const rn__operand *operand = rn__step_operands(plan, step);
    const rn__operand *out = &operand[step->inputs];
    int64_t *rows[RN__MAP_OPERANDS + 1];

    memcpy(size, out->size, sizeof out->size);
    memset(stride, 0, ((size_t)step->inputs + 1) * sizeof out->size);
    for (int i = 0; i <= step->inputs; i++) {
        rows[i] = stride + i * RN_RANK_MAX;
        for (int axis = 0; axis < operand[i].rank; axis++)
            rows[i][axis + out->rank - operand[i].rank] =
                operand[i].size[axis] == 1 ? 0 : operand[i].stride[axis];
    }
    return rn__collapse(out->rank, size, step->inputs + 1, rows);
}

/* Elements of a tile: whole rows of the first axis of every step's collapsed axes. */
static int64_t tile_of(const rn__planner *p, int32_t first, int32_t end)
{
    const rn__plan *plan = p->plan;
    int64_t size[RN_RANK_MAX], stride[(RN__MAP_OPERANDS + 1) * RN_RANK_MAX];
    int64_t rows = 1, bytes = 1;

    for (int32_t c = first; c < end; c++) {
        const rn__step *step = &plan->step[c];
        const int rank = rn__map_axes(plan, step, size, stride);
        int64_t row = 1;
        for (int i = 1; i < rank; i++) row *= size[i];
        if (row > rows) rows = row;
        for (int i = 0; i <= step->inputs; i++) {
            const size_t element = rn_type_size(rn__step_operands(plan, step)[i].type);
            if ((int64_t)element > bytes) bytes = (int64_t)element;
        }
    }
    const int64_t count = rn__operand_count(rn__step_output(plan, &plan->step[first]));
    const int64_t wanted = (int64_t)p->options.tile_bytes / bytes;
    const int64_t tile = wanted <= rows ? rows : wanted / rows * rows;
    return tile < count ? tile : count;
}

/* ---- memory of one tile ---- */

/* Whether a buffer is one dense value that only the chain touches. */
static bool only_inside(const rn__plan *plan, const rn__access *list, int32_t first,
                        int32_t end, const rn__operand *value)
{
    for (const rn__access *x = list; x; x = x->next) {
        if (x->step < first || x->step >= end || x->operand < 0) return false;
        const rn__step *step = &plan->step[x->step];
        if (!rn__operands_same(rn__step_operands(plan, step) + x->operand, value))
            return false;
    }
    return list != NULL && list->write && rn__operand_is_dense(value);
}

/* Cuts the buffers that only the chain touches to one tile. */
static void shrink(rn__plan *plan, const rn__access_list *lists, int32_t first, int32_t end,
                   int64_t tile)
{
    for (int32_t c = first; c < end; c++) {
        const rn__operand *out = rn__step_output(plan, &plan->step[c]);
        rn__buffer *buffer = &plan->buffer[out->at.buffer];
        const size_t bytes = (size_t)tile * rn_type_size(out->type);
        if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting || buffer->tiled ||
            !only_inside(plan, lists[out->at.buffer].first, first, end, out))
            continue;
        buffer->bytes = bytes;
        buffer->tiled = true;
    }
}

/* ---- chains ---- */

/* Whether a step is in a chain already. */
static bool chained(const rn__plan *plan, const rn__step *step)
{
    return step->block >= 0 && plan->step[step->block].kind == RN__STEP_CHAIN;
}

/* The chain that begins at step `first`, if there is one; the step after it. */
static int32_t find_chain(const rn__planner *p, int32_t first, rn__chain *found)
{
    const rn__plan *plan = p->plan;
    const rn__step *head = &plan->step[first];
    int32_t end = first + 1;

    if (head->kind != RN__STEP_MAP || chained(plan, head) ||
        rn__operand_count(rn__step_output(plan, head)) < 2)
        return end;
    while (end < plan->steps && end - first < RN__CHAIN_LONGEST && joins(plan, first, end))
        end++;
    if (end - first >= 2) *found = (rn__chain){end, tile_of(p, first, end), 0};
    return end;
}

static bool fuse(rn__planner *p)
{
    rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->steps + 1;
    const rn__access_list *lists = rn__accesses(p);
    rn__chain *chains = (rn__chain *)rn__arena_new(&p->live.arena, n * sizeof *chains);

    if (!lists || !chains) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t first = 0; first < plan->steps;) {
        const int32_t end = find_chain(p, first, &chains[first]);
        if (chains[first].end) shrink(plan, lists, first, end, chains[first].tile);
        first = end;
    }
    return rn__insert_chains(p, chains);
}

bool rn__fuse(rn__planner *p)
{
    return p->options.tile_bytes == 0 || fuse(p);
}
