/* SPDX-License-Identifier: MIT */
/* Deciding how threads share the calls of a program. */
#include "backend/cpu/share.h"

#include <math.h>

#include "backend/cpu/depend.h"

/* Tests compile this file with other numbers. RN_COLUMNS: of a step that is no product. */
#ifndef RN_BARRIER_COST
#define RN_BARRIER_COST 20000.0
#endif
#ifndef RN_COLUMNS
#define RN_COLUMNS 64
#endif

/* What things cost, in multiply-adds of a product: an element of an element-wise operator;
 * one that is copied or reduced; one of an operand of a product, which is read or packed.
 */
enum { MAP_COST = 16, MOVE_COST = 8, OPERAND_COST = 4 };

/* Threads that have slept are as late as so many barriers take. They poll no longer than
 * that, and sleep between runs. */
enum { WAKING = 40 };

typedef struct sharing {
    rn__cpu_program *p;
    const rn__plan *plan;
    int threads;
    bool decide; /* else decisions are kept, and only barriers added */
    double barrier;
    double *cost; /* by step: on one thread; of a block, of all that is in it */
    double *time; /* by loop: when it is shared */
    rn__window window[RN_LOOP_DEPTH + 1]; /* by number of loops around */
} sharing;

/* ---- costs ---- */

static double count_of(const rn__operand *operand)
{
    double n = 1;

    for (int i = 0; i < operand->rank; i++) n *= (double)operand->size[i];
    return n;
}

static bool is_product(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_KERNEL &&
           rn__op_kind(rn__step_node(plan, step)->op) == RN_KIND_PRODUCT;
}

/* A product of x [M, K] and y [K, N] has M K N = sqrt(|x| |y| |z|) multiply-adds. */
static double work_of(const rn__plan *plan, const rn__step *step)
{
    const rn__operand *operand = rn__step_operands(plan, step);
    double most = 0, all = 1;

    for (int i = 0; i <= step->inputs; i++) {
        const double n = count_of(&operand[i]);
        if (n > most) most = n;
        all *= n;
    }
    if (is_product(plan, step)) return sqrt(all);
    return most * (step->kind == RN__STEP_MAP ? MAP_COST : MOVE_COST);
}

/* The time of a call of which a thread has a part `of` of the units. */
static double time_of(const rn__plan *plan, const rn__cpu_call *call, double of)
{
    const rn__operand *operand = rn__step_operands(plan, call->step);
    double time = work_of(plan, call->step) * of;

    for (int i = 0; i < call->inputs && is_product(plan, call->step); i++) {
        const bool cut = call->share.cut && call->share.cut[i] >= 0;
        time += OPERAND_COST * count_of(&operand[i]) * (cut ? of : 1);
    }
    return time;
}

static double find_cost(sharing *s, int32_t first, int32_t end)
{
    double sum = 0;

    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        const bool block = call->kind == RN__STEP_LOOP || call->kind == RN__STEP_CHAIN;
        s->cost[i] = block ? find_cost(s, i + 1, call->end) : time_of(s->plan, call, 1);
        if (call->kind == RN__STEP_LOOP) s->cost[i] *= (double)call->step->iterations;
        sum += s->cost[i];
        if (block) i = call->end - 1;
    }
    return sum;
}

/* ---- how a call can be divided ---- */

/* With one row its columns are divided, in pieces that suit the kernels of products. Few
 * rows are divided evenly, many in pieces that suit those too. */
static int64_t granule_of(const rn__plan *plan, const rn__step *step, int axis, int64_t n)
{
    const bool columns = axis > 0 && axis == rn__step_output(plan, step)->rank - 1;

    if (columns) return is_product(plan, step) ? 64 : RN_COLUMNS;
    return n >= 256 ? 16 : n >= 64 ? 4 : 1;
}

/* Whether a step's output can be cut along an axis; sets the axes of its inputs. Of a tail
 * the rows of every slot are cut. */
static bool can_cut(const rn__plan *plan, const rn__step *step, int axis, int *cut)
{
    const rn__operand *operand = rn__step_operands(plan, step);
    const rn__node *node = rn__step_node(plan, step);
    const size_t n = (size_t)step->inputs + 1;

    for (int i = 0; i < step->inputs; i++) cut[i] = step->kind == RN__STEP_COPY ? axis : -1;
    if (step->kind == RN__STEP_COPY) return true;
    if (step->kind == RN__STEP_TAIL) return axis == 1;
    if (step->kind != RN__STEP_MAP && step->kind != RN__STEP_KERNEL) return false;
    rn_array *array = (rn_array *)rn__new(plan->allocator, n * sizeof *array);
    if (!array) return false; /* it is not divided */
    for (size_t i = 0; i < n; i++) array[i] = rn__step_array(&operand[i], NULL);
    const rn_call call = {.in = array,
                          .out = array + step->inputs,
                          .attributes = node->attributes,
                          .inputs = step->inputs};
    const bool divides = rn__op_divides(node->op, &call, axis, cut);
    rn__free(plan->allocator, array);
    return divides;
}

/* The first axis that is longer than 1; the number of axes where there is none. */
static int first_axis(const rn__step *step, const rn__operand *out)
{
    int axis = step->kind == RN__STEP_TAIL;

    while (axis < out->rank && out->size[axis] == 1) axis++;
    return axis;
}

/* False without memory. */
static bool find_division(const sharing *s, rn__cpu_call *call)
{
    const rn__step *step = call->step;
    const rn__operand *operand = rn__step_operands(s->plan, step);
    const rn__operand *out = operand + step->inputs;
    const size_t n = (size_t)step->inputs + 1;
    const bool block = step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN;
    const int axis = block ? 0 : first_axis(step, out);

    if (block || axis >= out->rank || count_of(out) == 0) return true;
    if (step->limit.buffer >= 0 && axis > 0) return true;
    int *cut = (int *)rn__arena_new(&s->p->arena, n * sizeof *cut);
    call->unit = (int64_t *)rn__arena_new(&s->p->arena, n * sizeof *call->unit);
    if (!cut || !call->unit) return false;
    if (!can_cut(s->plan, step, axis, cut)) return true;
    cut[step->inputs] = axis;
    for (int i = 0; i <= step->inputs; i++)
        if (cut[i] >= 0)
            call->unit[i] =
                operand[i].stride[cut[i]] * (int64_t)rn_type_size(operand[i].type);
    call->share.cut = cut;
    call->share.axis = axis;
    call->share.n = out->size[axis];
    call->share.granule = granule_of(s->plan, step, axis, call->share.n);
    call->share.by_limit =
        step->limit.buffer >= 0 && (step->kind == RN__STEP_MAP || out->limit_rows > 0);
    return true;
}

/* The maps of a chain are divided alike, which they can be where all have as many units;
 * the shapes of their outputs may differ by axes of size 1. */
static void divide_chain(const sharing *s, int32_t index)
{
    rn__cpu_call *chain = &s->p->call[index];
    const rn__share first = chain[1].share;
    bool alike = first.cut && chain->rows % first.n == 0;

    for (int32_t i = index + 1; i < chain->end; i++) {
        rn__share *share = &s->p->call[i].share;
        alike &= share->cut && share->n == first.n && share->by_limit == first.by_limit;
        share->granule = first.granule;
    }
    chain->share = first;
    if (!alike) chain->share.cut = NULL;
}

static bool find_divisions(const sharing *s)
{
    for (int32_t i = 0; i < s->plan->steps; i++)
        if (!find_division(s, &s->p->call[i])) return false;
    for (int32_t i = 0; i < s->plan->steps; i++)
        if (s->p->call[i].kind == RN__STEP_CHAIN) divide_chain(s, i);
    return true;
}

/* The largest part that a thread has. */
static double largest_part(const rn__share *share, int threads)
{
    int64_t most = 0;

    for (int i = 0; i < threads; i++) {
        const rn__range r = rn__share_range(share->n, share->granule, i, threads);
        if (r.to - r.from > most) most = r.to - r.from;
    }
    return (double)most / (double)share->n;
}

/* ---- touches ---- */

typedef bool visitor(rn__window *w, const rn__touch *t);

static bool add(rn__window *w, const rn__touch *t)
{
    rn__window_add(w, t);
    return false;
}

static bool conflicts(rn__window *w, const rn__touch *t)
{
    return rn__window_conflicts(w, t);
}

/* Sets the memory of an address, and all its bytes; false if it is a thread's own. */
static bool begin_touch(const sharing *s, const rn__window *w, const rn__address *at,
                        rn__touch *t)
{
    if (at->buffer < 0 || s->p->counter[at->buffer]) return false;
    const rn__buffer *b = &s->plan->buffer[at->buffer];
    if (b->tiled) return false;
    const bool variable = b->kind == RN__BUFFER_VARIABLE;
    *t = (rn__touch){.owner = RN__OWNER_ALL, .limit.buffer = -1};
    if (variable) t->memory = rn__at(s->plan->graph, b->leaf)->variable;
    t->low = t->high = at->offset + (variable ? 0 : (int64_t)b->offset);
    for (int d = 0; d < w->depth; d++) t->advance[d] = at->advance[d];
    return true;
}

static void extend(int64_t *low, int64_t *high, int64_t reach)
{
    *(reach < 0 ? low : high) += reach;
}

/* The touch of operand i of a call. In a loop within the window's list that thread 0 runs
 * alone, it is of all iterations. */
static bool touch_of(const sharing *s, const rn__window *w, const rn__cpu_call *call, int i,
                     bool divided, rn__touch *t)
{
    const rn__operand *operand = rn__step_operands(s->plan, call->step) + i;
    const int64_t bytes = (int64_t)rn_type_size(operand->type);
    const rn__share *share = &call->share;
    const int cut = divided && share->cut ? share->cut[i] : -1;

    if (!begin_touch(s, w, &operand->at, t)) return false;
    for (int32_t b = call->step->block; b >= 0; b = s->plan->step[b].block) {
        const rn__step *loop = &s->plan->step[b];
        if (loop->kind == RN__STEP_LOOP && loop->depth >= w->depth && loop->iterations > 0)
            extend(&t->low, &t->high,
                   operand->at.advance[loop->depth] * (loop->iterations - 1));
    }
    t->write = i == call->inputs;
    t->high += bytes;
    t->unit_low = t->low, t->unit_high = t->high;
    for (int axis = 0; axis < operand->rank; axis++) {
        if (operand->size[axis] == 0) return false;
        const int64_t reach = (operand->size[axis] - 1) * operand->stride[axis] * bytes;
        extend(&t->low, &t->high, reach);
        if (axis != cut) extend(&t->unit_low, &t->unit_high, reach);
    }
    if (!divided) t->owner = RN__OWNER_FIRST;
    if (cut < 0 || call->unit[i] <= 0) return true;
    t->owner = RN__OWNER_PART;
    t->n = share->n, t->granule = share->granule, t->stride = call->unit[i];
    if (share->by_limit) t->limit = call->step->limit;
    return true;
}

/* Visits what a call touches; true as soon as a visit is. */
static bool visit_call(const sharing *s, rn__window *w, const rn__cpu_call *call,
                       bool divided, visitor *visit)
{
    rn__touch t;

    for (int i = 0; i <= call->inputs; i++)
        if (touch_of(s, w, call, i, divided, &t) && visit(w, &t)) return true;
    if (!begin_touch(s, w, &call->step->limit, &t)) return false;
    /* Where a limit is in a loop that thread 0 runs alone, it may be anywhere. */
    for (int d = w->depth; d < call->depth; d++)
        if (call->step->limit.advance[d]) t.low = 0, t.high = INT64_MAX / 4;
    t.high += (int64_t)sizeof(int32_t);
    if (!divided) t.owner = RN__OWNER_FIRST;
    return visit(w, &t);
}

/* The same of a step, or of all steps of a block. */
static bool visit_step(const sharing *s, rn__window *w, int32_t index, bool divided,
                       visitor *visit)
{
    const rn__cpu_call *call = &s->p->call[index];
    const bool block = call->kind == RN__STEP_LOOP || call->kind == RN__STEP_CHAIN;

    if (call->kind != RN__STEP_CHAIN && visit_call(s, w, call, divided, visit)) return true;
    for (int32_t i = index + 1; block && i < call->end; i++)
        if (s->p->call[i].kind != RN__STEP_CHAIN &&
            visit_call(s, w, &s->p->call[i], divided, visit))
            return true;
    return false;
}

/* ---- decisions ---- */

static double barrier_cost(const sharing *s, const rn__window *w)
{
    return w->idle > WAKING * s->barrier ? WAKING * s->barrier : s->barrier;
}

/* Sharing a call may cost a barrier later on; half of one is counted for that. */
static void decide_step(const sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;
    double alone = s->cost[index], shared;

    share->waits = share->divided = false;
    if (!share->cut) return;
    shared = s->time[index] + s->barrier / 2;
    if (visit_step(s, w, index, false, conflicts)) alone += s->barrier;
    if (visit_step(s, w, index, true, conflicts)) shared += barrier_cost(s, w);
    share->divided = shared < alone;
}

/* Waits before a step that needs it; returns the time of that. */
static double wait_before(const sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;
    const double time = barrier_cost(s, w);

    if (!share->waits && !visit_step(s, w, index, share->divided, conflicts)) return 0;
    share->waits = true;
    rn__window_clear(w);
    return time;
}

/* A call, a chain, or a loop that thread 0 runs alone; returns its time. */
static double share_step(const sharing *s, rn__window *w, int32_t index)
{
    const rn__share *share = &s->p->call[index].share;
    const double time = share->divided ? s->time[index] : s->cost[index];
    const double waiting = wait_before(s, w, index);

    if (!share->divided) w->idle += time;
    visit_step(s, w, index, share->divided, add);
    return time + waiting;
}

static double share_steps(sharing *s, rn__window *w, int32_t first, int32_t end);

/* The body once as the first iteration, and once as one after another. Returns the time of
 * an iteration. */
static double share_body(sharing *s, const rn__window *around, int32_t index)
{
    const rn__cpu_call *loop = &s->p->call[index];
    rn__window *w = &s->window[around->depth + 1];

    rn__window_clear(w);
    w->barriers = 0;
    w->depth = around->depth + 1;
    w->iterations = loop->step->iterations;
    w->reverse = loop->step->reverse;
    for (int d = 0; d < around->depth; d++) w->around[d] = around->around[d];
    w->around[around->depth] = w->iterations;
    visit_call(s, w, loop, true, add);
    share_steps(s, w, index + 1, loop->end);
    rn__window_next(w, w->barriers > 0);
    s->decide = false;
    const double time = share_steps(s, w, index + 1, loop->end);
    s->decide = true;
    return time;
}

static void decide_loop(sharing *s, const rn__window *w, int32_t index)
{
    rn__cpu_call *loop = &s->p->call[index];
    const int32_t counter = rn__step_output(s->plan, loop->step)->at.buffer;
    const double iterations = (double)loop->step->iterations;
    double time = s->cost[index];

    if (counter < 0 || s->p->counter[counter])
        time = share_body(s, w, index) * iterations + barrier_cost(s, w) + s->barrier;
    loop->share = (rn__share){.divided = time < s->cost[index]};
    s->time[index] = time;
    loop->share.waits_then = loop->share.divided;
    for (int32_t i = index + 1; i < loop->end && !loop->share.divided; i++) {
        rn__share *share = &s->p->call[i].share;
        share->divided = share->waits = share->waits_then = false;
    }
}

static double share_loop(sharing *s, rn__window *w, int32_t index)
{
    rn__share *share = &s->p->call[index].share;

    if (s->decide) decide_loop(s, w, index);
    if (!share->divided) return share_step(s, w, index);
    share->waits = true;
    rn__window_clear(w);
    return s->time[index];
}

static double share_steps(sharing *s, rn__window *w, int32_t first, int32_t end)
{
    double time = 0;

    for (int32_t i = first; i < end; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        if (call->kind == RN__STEP_LOOP) {
            time += share_loop(s, w, i);
        } else {
            if (s->decide) decide_step(s, w, i);
            time += share_step(s, w, i);
        }
        if (call->end) i = call->end - 1;
    }
    return time;
}

/* ---- the whole ---- */

/* Shares the program among so many threads; returns the time. */
static double share_among(sharing *s, int threads)
{
    const rn__plan *plan = s->plan;

    s->decide = true;
    s->barrier = RN_BARRIER_COST * log2(threads);
    for (int32_t i = 0; i < plan->steps; i++) {
        const rn__cpu_call *call = &s->p->call[i];
        if (!call->share.cut) continue;
        const double part = largest_part(&call->share, threads);
        s->time[i] =
            call->kind == RN__STEP_CHAIN ? s->cost[i] * part : time_of(plan, call, part);
    }
    s->window[0] = (rn__window){.depth = 0};
    /* What changes variables is a run of its own if values are watched. */
    const int runs = plan->watch.on ? 2 : 1;
    return share_steps(s, &s->window[0], 0, plan->steps) + runs * WAKING * s->barrier;
}

/* Half as many threads may be faster: a barrier costs less, or ranges are less uneven. */
static void find_threads(sharing *s, double alone, int threads)
{
    double least = alone;
    int last = threads;

    for (int n = threads; n > 1; n /= 2) {
        const double time = share_among(s, n);
        last = n;
        if (time >= least) {
            if (n < threads) break;
            continue;
        }
        least = time;
        s->p->threads = n;
    }
    if (s->p->threads > 1 && s->p->threads != last) share_among(s, s->p->threads);
}

bool rn__cpu_share(rn__cpu_program *p, int threads)
{
    const rn__plan *plan = p->plan;
    const size_t n = (size_t)plan->steps;
    sharing *s = (sharing *)rn__new(plan->allocator, sizeof *s);
    bool ok = s != NULL;

    p->threads = 1;
    if (ok) {
        *s = (sharing){.p = p, .plan = plan};
        s->cost = (double *)rn__new(plan->allocator, n * sizeof *s->cost);
        s->time = (double *)rn__new(plan->allocator, n * sizeof *s->time);
        ok = s->cost && s->time;
    }
    const double alone = ok ? find_cost(s, 0, plan->steps) : 0;
    if (ok && threads > 1 && alone > WAKING * RN_BARRIER_COST) {
        ok = find_divisions(s);
        if (ok) find_threads(s, alone, threads);
    }
    if (s) {
        rn__free(plan->allocator, s->cost);
        rn__free(plan->allocator, s->time);
        rn__free(plan->allocator, s);
    }
    return ok;
}
