/* SPDX-License-Identifier: MIT */
/*
 * Pack: an operand that a loop does not change is brought into its kernel's own layout
 * once, before the loop, instead of in every step.
 *
 * The operator says which operand and how many bytes, by its pack rule, asked by way of the
 * back end. The step for it stands before the outermost loop that leaves the operand as it
 * is. Products that read the same operand in the same way share one.
 */
#include "plan/access.h"

#include <string.h>

/* A copy and its use take no longer than so many steps without. */
enum { USES = 4 };

/* With the last so many of the same loop an operand is compared. */
enum { RECENT = 16 };

typedef struct packing {
    int32_t loop;    /* before which it is packed */
    int32_t step;    /* of which it is an operand */
    int32_t made;    /* the new step */
    int32_t sharing; /* the packing whose memory it reads; -1: its own */
    int operand;
    size_t bytes;
} packing;

typedef struct packings {
    rn__planner *planner;
    rn__plan *plan;
    const rn__access_list *lists;
    packing *list;
    int32_t count;
} packings;

static bool writes_within(const rn__plan *plan, const rn__access_list *list, int32_t loop)
{
    for (const rn__access *x = list->first; x && x->step < plan->step[loop].end;
         x = x->next)
        if (x->write && x->step > loop) return true;
    return false;
}

/* The outermost loop around step c in which operand i is the same all the time, and how
 * often c runs for each time that it begins; -1: none. */
static int32_t find_loop(const packings *p, int32_t c, int i, int64_t *uses)
{
    const rn__plan *plan = p->plan;
    const rn__address *at = &rn__step_operands(plan, &plan->step[c])[i].at;
    int32_t found = -1;

    *uses = 1;
    for (int32_t loop = plan->step[c].block; loop >= 0; loop = plan->step[loop].block) {
        const rn__step *around = &plan->step[loop];
        if (at->advance[around->depth] || at->advance[RN_LOOP_DEPTH + around->depth] ||
            plan->buffer[at->buffer].home == loop ||
            writes_within(plan, &p->lists[at->buffer], loop))
            break;
        *uses *= *uses < USES ? around->iterations : 1;
        found = loop;
    }
    return found;
}

/* Whether two steps read operand i, of the same memory, in the same way. */
static bool alike(const rn__plan *plan, const rn__step *a, const rn__step *b, int i)
{
    const rn__node *x = rn__step_node(plan, a), *y = rn__step_node(plan, b);
    const rn__operand *p = &rn__step_operands(plan, a)[i],
                      *q = &rn__step_operands(plan, b)[i];

    return x->op == y->op && x->variant == y->variant &&
           x->attribute_size == y->attribute_size &&
           !memcmp(x->attributes, y->attributes, x->attribute_size) &&
           p->at.buffer == q->at.buffer && p->at.offset == q->at.offset &&
           !memcmp(p->at.advance, q->at.advance, sizeof p->at.advance) &&
           rn_shape_equal(rn__operand_shape(p), rn__operand_shape(q)) &&
           !memcmp(p->stride, q->stride, (size_t)p->rank * sizeof *p->stride);
}

static int32_t find_shared(const packings *p, const packing *of)
{
    const rn__step *step = p->plan->step;

    for (int32_t k = p->count - 1; k >= 0 && k >= p->count - RECENT; k--) {
        const packing *other = &p->list[k];
        if (other->loop == of->loop && other->operand == of->operand &&
            other->sharing < 0 && other->bytes == of->bytes &&
            alike(p->plan, &step[other->step], &step[of->step], of->operand))
            return k;
    }
    return -1;
}

/* False without memory. */
static bool find(packings *p, int32_t c)
{
    packing found = {.step = c};
    int64_t uses;

    found.bytes = p->planner->options.packed(p->plan, &p->plan->step[c], &found.operand);
    if (!found.bytes || found.bytes == SIZE_MAX) return found.bytes == 0;
    if (rn__step_operands(p->plan, &p->plan->step[c])[found.operand].limit_rows)
        return true;
    found.loop = find_loop(p, c, found.operand, &uses);
    if (found.loop < 0 || uses < USES) return true;
    found.sharing = find_shared(p, &found);
    p->list[p->count++] = found;
    return true;
}

/* The packed operand, in a buffer of its own before the loop. */
static bool new_buffer(packings *p, const packing *k, rn_type type, rn__operand *out)
{
    const size_t element = rn_type_size(type);

    *out = (rn__operand){.type = type, .rank = 1, .stride = {1}};
    out->size[0] = (int64_t)((k->bytes + element - 1) / element);
    p->planner->home = p->plan->step[k->loop].block;
    p->planner->depth = p->plan->step[k->loop].depth;
    out->at.buffer = rn__plan_buffer(p->planner, k->bytes);
    return out->at.buffer >= 0;
}

/* The step that packs, for the time being at the end of the list. */
static bool add_step(packings *p, packing *k)
{
    rn__plan *plan = p->plan;
    const rn__step step = plan->step[k->step];
    const int inputs = rn__step_kernel_inputs(&step), n = inputs + 2;
    rn__operand *operand =
        (rn__operand *)rn__arena_new(&p->planner->live.arena, (size_t)n * sizeof *operand);

    if (!operand) {
        rn__no_memory(p->planner->graph);
        return false;
    }
    for (int i = 0; i <= inputs; i++) {
        operand[i] =
            i < inputs ? rn__step_operands(plan, &step)[i] : *rn__step_output(plan, &step);
        if (i != k->operand) operand[i].at.buffer = -1;
    }
    if (!new_buffer(p, k, operand[k->operand].type, &operand[n - 1])) return false;
    k->made = rn__plan_step(p->planner, RN__STEP_PACK, plan->graphs[step.graph], step.node,
                            n - 1, operand);
    if (k->made < 0) return false;
    plan->step[k->made].packs = k->operand;
    return true;
}

/* Points the packed steps at their memory. */
static void connect(const packings *p)
{
    rn__plan *plan = p->plan;

    for (int32_t i = 0; i < p->count; i++) {
        const packing *k = &p->list[i], *own = k->sharing < 0 ? k : &p->list[k->sharing];
        rn__step *step = &plan->step[k->step];
        step->packed = rn__step_output(plan, &plan->step[own->made])->at;
        step->packs = k->operand;
    }
}

/* Moves the new steps from the end of the list to before their loops. */
static bool insert(const packings *p, int32_t old)
{
    rn__plan *plan = p->plan;
    rn__arena *arena = &p->planner->live.arena;
    const size_t n = (size_t)(plan->steps - old);
    int32_t *start = (int32_t *)rn__arena_new(arena, ((size_t)old + 1) * sizeof *start);
    int32_t *before = (int32_t *)rn__arena_new(arena, (size_t)old * sizeof *before);
    rn__step *made = (rn__step *)rn__arena_new(arena, n * sizeof *made);

    if (!start || !before || !made) {
        rn__no_memory(p->planner->graph);
        return false;
    }
    memcpy(made, plan->step + old, n * sizeof *made);
    plan->steps = old;
    for (int32_t i = 0; i < p->count; i++)
        if (p->list[i].sharing < 0) before[p->list[i].loop]++;
    for (int32_t i = 0, added = 0; i <= old; i++) {
        start[i] = i + added;
        if (i < old) added += before[i];
    }
    if (!rn__plan_renumber(p->planner, start)) return false;
    for (int32_t i = 0; i < p->count; i++) {
        const packing *k = &p->list[i];
        if (k->sharing >= 0) continue;
        rn__step *to = &plan->step[start[k->loop] + --before[k->loop]];
        *to = made[k->made - old];
        if (to->block >= 0) to->block = start[to->block + 1] - 1;
    }
    return true;
}

bool rn__pack(rn__planner *p)
{
    rn__plan *plan = p->plan;
    const int32_t old = plan->steps;
    packings all = {.planner = p, .plan = plan};
    bool ok = true;

    if (!p->options.packed) return true;
    all.lists = rn__accesses(p);
    all.list = (packing *)rn__arena_new(&p->live.arena, (size_t)old * sizeof *all.list);
    ok = all.lists && all.list;
    for (int32_t c = 0; ok && c < old; c++)
        if (plan->step[c].kind == RN__STEP_KERNEL && plan->step[c].depth > 0)
            ok = find(&all, c);
    if (!ok) {
        rn__no_memory(p->graph);
        return false;
    }
    for (int32_t i = 0; i < all.count; i++)
        if (all.list[i].sharing < 0 && !add_step(&all, &all.list[i])) return false;
    connect(&all);
    p->home = -1;
    p->depth = 0;
    return all.count == 0 || insert(&all, old);
}
