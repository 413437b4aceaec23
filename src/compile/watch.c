/* SPDX-License-Identifier: MIT */
/*
 * Watch: what a run checks for values that are not finite.
 *
 * The leaves are the inputs and variables that the program reads. The results are what the
 * calls before the first change of a variable leave to be read: the outputs, and what later
 * calls take from them, such as the gradient's norm.
 */
#include "compile/plan.h"

#include <string.h>

#include "kernel/strided.h"
#include "ops/op.h"

/* The outermost loop around a call, or the chain that it is in, or itself. */
static int32_t whole_of(const rn_program *p, int32_t c)
{
    while (p->call[c].home >= 0) c = p->call[c].home;
    return p->call[c].chain >= 0 ? p->call[c].chain : c;
}

static bool writes_variable(const rn__plan *plan, const rn__call *call)
{
    return call->kind != RN__LOOP &&
           plan->buffer[call->address[call->inputs].buffer].kind == RN__EXTERNAL;
}

static int32_t settled(const rn__plan *plan)
{
    const rn_program *p = plan->program;

    for (int32_t c = 0; c < p->calls; c++)
        if (writes_variable(plan, &p->call[c])) return whole_of(p, c);
    return p->calls;
}

/* ---- buffers ---- */

/* What the calls do with a buffer. */
typedef struct usage {
    bool read;       /* before it is written as a whole */
    bool made;       /* by a call before the first change of a variable */
    int32_t changed; /* the first later call that writes it; past the last: none */
} usage;

typedef struct finding {
    const rn__plan *plan;
    rn__watching *w;
    rn__list leaf, result; /* rn__values */
    usage *use;            /* by buffer */
    bool *told;            /* by node: need not be looked at */
    int32_t *slot;
    uint32_t slots; /* a power of two: places of what is in a list by now, from 1 */
} finding;

static int64_t count_of(const rn_array *array)
{
    return rn_shape_count(rn_shape_of(array->rank, array->size));
}

/* A call outside loops that writes all of a variable; it may be read before, in this call
 * too. */
static bool overwrites(const rn__plan *plan, const rn__call *call)
{
    const rn_variable *v = plan->buffer[call->address[call->inputs].buffer].variable;

    return v && call->depth == 0 &&
           count_of(&call->array[call->inputs]) == rn_shape_count(v->shape);
}

/* `gone` marks variables whose old value is there no more. */
static void find_use(const finding *f, bool *gone)
{
    const rn_program *p = f->plan->program;

    for (int32_t i = 0; i < f->plan->buffers; i++) f->use[i].changed = p->calls;
    for (int32_t c = 0; c < p->calls; c++) {
        const rn__call *call = &p->call[c];
        for (int i = 0; i < call->inputs; i++)
            if (!gone[call->address[i].buffer]) f->use[call->address[i].buffer].read = true;
        if (call->kind == RN__LOOP) continue;
        const int32_t out = call->address[call->inputs].buffer;
        if (overwrites(f->plan, call)) gone[out] = true;
        if (c < f->w->settled)
            f->use[out].made = true;
        else if (c < f->use[out].changed)
            f->use[out].changed = c;
    }
}

/* Whether a buffer has what was put there before call `settled` when call c reads it. */
static bool passed_on(const finding *f, int32_t buffer, int32_t c)
{
    const usage *use = &f->use[buffer];

    return use->made && use->changed >= c && f->plan->buffer[buffer].kind == RN__TEMPORARY;
}

/* ---- lists ---- */

static rn__values values_of(const rn_array *array, char *data)
{
    rn__values v = {.array = *array, .name = ""};
    int64_t *stride = v.array.stride;

    v.shape = rn_shape_of(array->rank, array->size);
    v.array.data = data;
    v.array.rank = rn__collapse(v.array.rank, v.array.size, 1, &stride);
    return v;
}

static uint32_t hash_of(const rn__values *v)
{
    uint64_t hash = (uint64_t)(uintptr_t)v->array.data;

    for (int i = 0; i < v->shape.rank; i++)
        hash = (hash ^ (uint64_t)v->shape.size[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(hash * 0x9e3779b97f4a7c15u >> 32);
}

/* Adds real values that are not in the list yet. The slots are of one list at a time. */
static void add(const finding *f, rn__list *list, rn__values v)
{
    const uint32_t mask = f->slots - 1;
    uint32_t at = hash_of(&v) & mask;

    if (!rn__is_real(v.array.type)) return;
    for (; f->slot[at]; at = (at + 1) & mask) {
        const rn__values *other = rn__list_at(*list, rn__values, f->slot[at] - 1);
        if (other->array.data == v.array.data && rn_shape_equal(other->shape, v.shape))
            return;
    }
    rn__values *added = (rn__values *)rn__list_add(f->plan->graph, list, sizeof v);
    if (!added) return;
    *added = v;
    f->slot[at] = list->count;
}

static void add_leaves(finding *f)
{
    const rn__plan *plan = f->plan;
    const rn_program *p = plan->program;

    for (int i = 0; i < p->inputs; i++) {
        if (!p->input[i].used) continue;
        rn__values v = values_of(&p->input[i].array, p->input[i].address.base);
        v.name = p->input[i].name;
        v.origin = RN_ORIGIN_INPUT;
        add(f, &f->leaf, v);
    }
    for (int32_t i = 0; i < plan->buffers; i++) {
        const rn_variable *variable = plan->buffer[i].variable;
        if (plan->buffer[i].kind != RN__EXTERNAL || !f->use[i].read) continue;
        rn_array array = {.type = variable->type, .rank = variable->shape.rank};
        memcpy(array.size, variable->shape.size, sizeof array.size);
        rn__layout_dense(variable->shape, array.stride);
        rn__values v = values_of(&array, (char *)variable->data);
        v.name = variable->name;
        v.origin = RN_ORIGIN_VARIABLE;
        add(f, &f->leaf, v);
    }
}

/* The node that a call reads; -1 where it is a copy of the compiler's own. */
static int32_t node_read(const rn__call *call, int i)
{
    return call->node ? call->node->in[i] : -1;
}

/* Whether call c reads a single number of what was there before `settled`, as operand i. */
static bool reads_scalar(const finding *f, int32_t c, int i)
{
    const rn__call *call = &f->plan->program->call[c];

    return rn__is_real(call->array[i].type) && count_of(&call->array[i]) == 1 &&
           passed_on(f, call->address[i].buffer, c);
}

/* Marks the nodes that need not be looked at: a single number that is looked at tells of
 * them, as the sum of all squares does of a gradient, which is read for that anyway. */
static void find_told(const finding *f)
{
    const rn_program *p = f->plan->program;
    const rn_graph *g = f->plan->graph;
    bool *told = f->told;

    for (int32_t c = p->watching.settled; c < p->calls; c++)
        for (int i = 0; i < p->call[c].inputs && p->call[c].depth == 0; i++)
            if (node_read(&p->call[c], i) >= 0 && reads_scalar(f, c, i))
                told[node_read(&p->call[c], i)] = true;
    for (int32_t id = g->count - 1; id >= 0; id--) {
        const rn__node *node = rn__at(g, id);
        for (int i = 0; i < node->inputs && told[id] && (node->op->flags & RN_OP_KEEPS_NAN);
             i++)
            told[node->in[i]] = true;
    }
}

static void add_results(finding *f)
{
    const rn_program *p = f->plan->program;

    for (int i = 0; i < p->outputs; i++)
        if (passed_on(f, p->output[i].address.buffer, p->calls))
            add(f, &f->result, values_of(&p->output[i].array, p->output[i].address.base));
    for (int32_t c = f->w->settled; c < p->calls; c++) {
        const rn__call *call = &p->call[c];
        for (int i = 0; i < call->inputs && call->depth == 0; i++) {
            const int32_t id = node_read(call, i);
            if (id >= 0 && f->told[id] && count_of(&call->array[i]) != 1) continue;
            if (call->limit_rows && call->limit_rows[i])
                continue; /* its tail is undefined */
            if (passed_on(f, call->address[i].buffer, c))
                add(f, &f->result, values_of(&call->array[i], call->address[i].base));
        }
    }
}

/* What finding takes; false after an error. */
static bool begin(finding *f, rn__arena *passing)
{
    const rn_program *p = f->plan->program;
    const size_t buffers = (size_t)f->plan->buffers, leaves = (size_t)p->inputs + buffers;
    size_t results = (size_t)p->outputs;

    for (int32_t c = f->w->settled; c < p->calls; c++) results += (size_t)p->call[c].inputs;
    for (f->slots = 1; f->slots < 2 * (leaves + results); f->slots *= 2) continue;
    f->told = (bool *)rn__arena_new(passing, (size_t)f->plan->graph->count);
    f->use = (usage *)rn__arena_new(passing, buffers * sizeof *f->use);
    f->slot = (int32_t *)rn__arena_new(passing, f->slots * sizeof *f->slot);
    bool *gone = (bool *)rn__arena_new(passing, buffers);
    if (!f->told || !f->use || !f->slot || !gone) {
        rn__no_memory(f->plan->graph);
        return false;
    }
    find_use(f, gone);
    return true;
}

bool rn__plan_watch(rn__plan *plan)
{
    rn__watching *w = &plan->program->watching;
    finding f = {.plan = plan, .w = w};

    w->on =
        plan->watch == RN_WATCH_ON || (plan->watch == RN_WATCH_DEFAULT && plan->minimizes);
    w->settled = settled(plan);
    if (!w->on) return true;
    if (!begin(&f, &plan->live.arena)) return false;
    add_leaves(&f);
    find_told(&f);
    memset(f.slot, 0, f.slots * sizeof *f.slot);
    add_results(&f);
    w->leaf = (rn__values *)f.leaf.at;
    w->leaves = f.leaf.count;
    w->result = (rn__values *)f.result.at;
    w->results = f.result.count;
    return !plan->graph->failed;
}
