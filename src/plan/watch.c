/* SPDX-License-Identifier: MIT */
/*
 * Watch: what a run checks for values that are not finite.
 *
 * The leaves are the inputs and variables that the program reads. The results are what the
 * steps before the first change of a variable leave to be read: the outputs, and what later
 * steps take from them, such as the gradient's norm.
 */
#include "plan/planner.h"

#include <string.h>

/* The outermost block around a step, or the step itself. */
static int32_t outermost(const rn__plan *plan, int32_t c)
{
    while (plan->step[c].block >= 0) c = plan->step[c].block;
    return c;
}

static bool is_block(const rn__step *step)
{
    return step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN;
}

static const rn__buffer *written(const rn__plan *plan, const rn__step *step)
{
    return &plan->buffer[rn__step_output(plan, step)->at.buffer];
}

/* The first step that is not repeatable. */
static int32_t find_change(const rn__plan *plan)
{
    for (int32_t c = 0; c < plan->steps; c++) {
        const rn__step *step = &plan->step[c];
        if (!is_block(step) && written(plan, step)->kind == RN__BUFFER_VARIABLE)
            return outermost(plan, c);
    }
    return plan->steps;
}

/* ---- buffers ---- */

/* What the steps do with a buffer. */
typedef struct usage {
    bool read;       /* before it is written as a whole */
    bool made;       /* by a repeatable step */
    int32_t changed; /* the first later step that writes it; past the last: none */
} usage;

typedef struct finding {
    rn__planner *planner;
    const rn__plan *plan;
    rn__plan_watch *w;
    rn__list leaf, result; /* rn__watched */
    usage *use;            /* by buffer */
    bool *covered;         /* by node: need not be checked */
    int32_t *slot;
    uint32_t slots; /* a power of two: positions of what is in a list, from 1 */
} finding;

/* Whether a step outside loops writes all of a variable; it may be read before, in this
 * step too. */
static bool overwrites(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *out = rn__step_output(plan, step);
    const rn__buffer *buffer = &plan->buffer[out->at.buffer];

    return buffer->kind == RN__BUFFER_VARIABLE && step->depth == 0 &&
           rn__operand_count(out) ==
               rn_shape_count(rn__at(plan->graph, buffer->leaf)->shape);
}

/* `gone` marks variables whose old value has been overwritten. */
static void find_use(const finding *f, bool *gone)
{
    const rn__plan *plan = f->plan;

    for (int32_t i = 0; i < plan->buffers; i++) f->use[i].changed = plan->steps;
    for (int32_t c = 0; c < plan->steps; c++) {
        const rn__step *step = &plan->step[c];
        const rn__operand *operand = rn__step_operands(plan, step);
        for (int i = 0; i < step->inputs; i++)
            if (operand[i].at.buffer >= 0 && !gone[operand[i].at.buffer])
                f->use[operand[i].at.buffer].read = true;
        if (is_block(step)) continue;
        const int32_t out = operand[step->inputs].at.buffer;
        if (overwrites(plan, step)) gone[out] = true;
        if (c < f->w->repeatable)
            f->use[out].made = true;
        else if (c < f->use[out].changed)
            f->use[out].changed = c;
    }
}

/* Whether a buffer has what the repeatable steps put there when step c reads it. */
static bool passed_on(const finding *f, int32_t buffer, int32_t c)
{
    const usage *use = &f->use[buffer];

    return use->made && use->changed >= c &&
           f->plan->buffer[buffer].kind == RN__BUFFER_TEMPORARY;
}

/* ---- lists ---- */

static uint32_t hash_of(const rn__operand *v)
{
    uint64_t hash = (uint64_t)v->at.buffer * 0x9e3779b97f4a7c15u ^ (uint64_t)v->at.offset;

    for (int i = 0; i < v->rank; i++)
        hash = (hash ^ (uint64_t)v->size[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash * 0x9e3779b97f4a7c15u >> 32);
}

static bool same_values(const rn__operand *a, const rn__operand *b)
{
    return a->at.buffer == b->at.buffer && a->at.offset == b->at.offset &&
           rn_shape_equal(rn__operand_shape(a), rn__operand_shape(b));
}

/* Adds real values that are not in the list yet. The slots are of one list at a time. */
static void add(const finding *f, rn__list *list, rn__watched v)
{
    const uint32_t mask = f->slots - 1;
    uint32_t at = hash_of(&v.value) & mask;

    if (!rn__is_real(v.value.type)) return;
    for (; f->slot[at]; at = (at + 1) & mask) {
        const rn__watched *other = rn__list_at(*list, rn__watched, f->slot[at] - 1);
        if (same_values(&other->value, &v.value)) return;
    }
    rn__watched *added = (rn__watched *)rn__list_add(f->planner->graph, list, sizeof v);
    if (!added) return;
    *added = v;
    f->slot[at] = list->count;
}

static void add_result(finding *f, const rn__operand *value)
{
    add(f, &f->result, (rn__watched){.leaf = -1, .value = *value});
}

static void add_leaves(finding *f)
{
    const rn__plan *plan = f->plan;

    for (int i = 0; i < plan->inputs; i++)
        add(f, &f->leaf,
            (rn__watched){RN_ORIGIN_INPUT, plan->input[i].node, plan->input[i].value});
    for (int32_t i = 0; i < plan->buffers; i++) {
        if (plan->buffer[i].kind != RN__BUFFER_VARIABLE || !f->use[i].read) continue;
        const rn__node *node = rn__at(plan->graph, plan->buffer[i].leaf);
        rn__layout layout = {.address.buffer = i};
        rn__layout_dense(node->shape, layout.stride);
        const rn__operand value = rn__layout_operand(node->type, node->shape, &layout);
        add(f, &f->leaf, (rn__watched){RN_ORIGIN_VARIABLE, plan->buffer[i].leaf, value});
    }
}

/* The node that a step outside loops reads; -1 where the step is the planner's own. */
static int32_t node_read(const rn__plan *plan, const rn__step *step, int i)
{
    const rn__node *node = rn__step_node(plan, step);

    return node && step->kind != RN__STEP_PACK && i < rn__step_kernel_inputs(step)
               ? node->in[i]
               : -1;
}

/* Whether step c reads a single number of what the repeatable steps left, as operand i. */
static bool reads_scalar(const finding *f, int32_t c, int i)
{
    const rn__operand *operand = rn__step_operands(f->plan, &f->plan->step[c]) + i;

    return operand->at.buffer >= 0 && rn__is_real(operand->type) &&
           rn__operand_count(operand) == 1 && passed_on(f, operand->at.buffer, c);
}

/* Marks the nodes that need not be checked because a single number that is checked shows
 * whether they are finite, as the sum of all squares does for a gradient. */
static void find_covered(const finding *f)
{
    const rn__plan *plan = f->plan;
    const rn_graph *g = plan->graph;
    bool *covered = f->covered;

    for (int32_t c = f->w->repeatable; c < plan->steps; c++) {
        const rn__step *step = &plan->step[c];
        for (int i = 0; i < step->inputs && step->depth == 0; i++)
            if (node_read(plan, step, i) >= 0 && reads_scalar(f, c, i))
                covered[node_read(plan, step, i)] = true;
    }
    for (int32_t id = g->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(g, id);
        if (!covered[id] || !(node->op->flags & RN_OP_KEEPS_NAN)) continue;
        for (int i = 0; i < node->inputs; i++) covered[node->in[i]] = true;
    }
}

static void add_results(finding *f)
{
    const rn__plan *plan = f->plan;

    for (int i = 0; i < plan->outputs; i++)
        if (passed_on(f, plan->output[i].value.at.buffer, plan->steps))
            add_result(f, &plan->output[i].value);
    for (int32_t c = f->w->repeatable; c < plan->steps; c++) {
        const rn__step *step = &plan->step[c];
        const rn__operand *operand = rn__step_operands(plan, step);
        for (int i = 0; i < step->inputs && step->depth == 0; i++) {
            const int32_t id = node_read(plan, step, i);
            if (id >= 0 && f->covered[id] && rn__operand_count(&operand[i]) != 1) continue;
            if (operand[i].limit_rows) continue; /* its tail is undefined */
            if (operand[i].at.buffer < 0) continue;
            if (passed_on(f, operand[i].at.buffer, c)) add_result(f, &operand[i]);
        }
    }
}

/* What finding takes; false after an error. */
static bool begin(finding *f, rn__arena *passing)
{
    const rn__plan *plan = f->plan;
    const size_t buffers = (size_t)plan->buffers, leaves = (size_t)plan->inputs + buffers;
    size_t results = (size_t)plan->outputs;

    for (int32_t c = f->w->repeatable; c < plan->steps; c++)
        results += (size_t)plan->step[c].inputs;
    for (f->slots = 1; f->slots < 2 * (leaves + results); f->slots *= 2) continue;
    f->covered = (bool *)rn__arena_new(passing, (size_t)plan->graph->count);
    f->use = (usage *)rn__arena_new(passing, buffers * sizeof *f->use);
    f->slot = (int32_t *)rn__arena_new(passing, f->slots * sizeof *f->slot);
    bool *gone = (bool *)rn__arena_new(passing, buffers);
    if (!f->covered || !f->use || !f->slot || !gone) {
        rn__no_memory(f->planner->graph);
        return false;
    }
    find_use(f, gone);
    return true;
}

bool rn__plan_watch_values(rn__planner *p)
{
    rn__plan_watch *w = &p->plan->watch;
    finding f = {.planner = p, .plan = p->plan, .w = w};

    w->on = p->options.watch;
    w->repeatable = find_change(p->plan);
    if (!w->on) return true;
    if (!begin(&f, &p->live.arena)) return false;
    add_leaves(&f);
    find_covered(&f);
    memset(f.slot, 0, f.slots * sizeof *f.slot);
    add_results(&f);
    w->leaf = (rn__watched *)f.leaf.at;
    w->leaves = f.leaf.count;
    w->result = (rn__watched *)f.result.at;
    w->results = f.result.count;
    return !p->graph->failed;
}
