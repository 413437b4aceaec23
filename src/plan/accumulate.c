/* SPDX-License-Identifier: MIT */
/*
 * Accumulate: a product and the addition that follows become one step.
 *
 *   p = X Y,  z = a + p    becomes    z = a + X Y
 *
 * A kernel that can add (RN_OP_ADDS) writes the same bits as a result elsewhere and an
 * addition. The step takes the place of the product, so a must be there by then. It is best
 * if z is where a is: it is already, as a carry that is added to; or it can be put over a,
 * which nothing reads again (overlay.c); or a can be computed where z goes (elide.c). Else
 * the kernel reads a where it is, which may be a row for all rows of z.
 *
 * In a loop, the slot of a stack that is only read would have to be written to memory. So z
 * is not put there unless a stack that is computed from z can lie there (stacks.c).
 */
#include "plan/elide.h"

/* Step c adds what step k computes to a value. */
typedef struct addition {
    int32_t k, c;
    int addend;               /* which operand of c that is */
    rn__operand from, to;     /* the addend and the output, their addresses resolved */
    rn__rows at, target;      /* where they are */
    rn__access *read, *write; /* of c */
    bool repeated;            /* the addend has fewer rows */
} addition;

static bool is_addition(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_MAP && step->inputs == 2 &&
           rn__op_adds(rn__step_node(plan, step)->op);
}

static bool can_add(const rn__plan *plan, const rn__step *step)
{
    return step->kind == RN__STEP_KERNEL && step->added < 0 &&
           (rn__step_node(plan, step)->op->flags & RN_OP_ADDS);
}

/* Whether two operands are cut alike. */
static bool same_cut(const rn__operand *a, const rn__operand *b)
{
    return a->type == b->type && a->limit_rows == b->limit_rows &&
           (a->limit_rows == 0 || a->limit_axis == b->limit_axis) &&
           rn_shape_equal(rn__operand_shape(a), rn__operand_shape(b));
}

/* Whether rows without gaps are added to all rows of z, which a limit may cut. */
static bool repeats(const rn__operand *a, const rn__operand *z)
{
    const int shift = z->rank - a->rank, last = a->rank - 1;

    if (a->type != z->type || a->limit_rows || a->rank < 1 || shift < 0) return false;
    if (a->size[last] != z->size[z->rank - 1] || a->stride[last] != 1) return false;
    for (int i = 0; i < last; i++)
        if (a->size[i] != 1 && (a->size[i] != z->size[i + shift] ||
                                (z->limit_rows && z->limit_axis == i + shift)))
            return false;
    return true;
}

static bool same_limit(const rn__step *a, const rn__step *b)
{
    return a->limit_of == b->limit_of && rn__same_address(&a->limit, &b->limit);
}

/* Whether operand i of step c is the result of a kernel that can add, and is not read
 * otherwise. */
static bool find_product(const rn__eliding *e, int32_t c, int i, int32_t *k)
{
    const rn__plan *plan = e->plan;
    const rn__step *step = &plan->step[c];
    const rn__operand *product = rn__step_operands(plan, step) + i;
    const rn__buffer *buffer = &plan->buffer[product->at.buffer];
    const rn__access *write = e->lists[product->at.buffer].first;

    if (buffer->kind != RN__BUFFER_TEMPORARY || buffer->lasting || !write || !write->next ||
        write->next->next)
        return false;
    *k = write->step;
    const rn__step *maker = &plan->step[*k];
    return write->write && write->next->step == c && can_add(plan, maker) &&
           maker->block == step->block && same_limit(maker, step) &&
           rn__writes_whole(plan, maker) && rn__operand_is_dense(product) &&
           same_cut(rn__step_output(plan, maker), product) &&
           same_cut(rn__step_output(plan, step), product);
}

static rn__access *find_access(const rn__eliding *e, int32_t buffer, int32_t step,
                               int operand)
{
    for (rn__access *x = e->lists[buffer].last; x && x->step >= step; x = x->prior)
        if (x->step == step && x->operand == operand) return x;
    return NULL;
}

/* The addition of step c with operand i as the product. */
static bool find(const rn__eliding *e, int32_t c, int i, addition *a)
{
    const rn__plan *plan = e->plan;
    const rn__operand *operand = rn__step_operands(plan, &plan->step[c]);

    *a = (addition){.c = c, .addend = 1 - i, .from = operand[1 - i], .to = operand[2]};
    a->from.at = rn__resolve(plan, a->from.at);
    a->to.at = rn__resolve(plan, a->to.at);
    a->repeated = !same_cut(&a->from, &a->to);
    if (!find_product(e, c, i, &a->k) || (a->repeated && !repeats(&a->from, &a->to)) ||
        !rn__rows_of(&a->from, &a->at) || !rn__rows_of(&a->to, &a->target))
        return false;
    a->read = find_access(e, a->from.at.buffer, c, 1 - i);
    a->write = find_access(e, a->to.at.buffer, c, 2);
    return a->read && a->write;
}

/* Whether nothing touches, or only writes, a place from the product to the addition, which
 * does so by `own`. */
static bool untouched(const rn__eliding *e, const addition *a, const rn__access *own,
                      const rn__rows *at, bool writes)
{
    for (const rn__access *x = own->prior; x && x->step >= a->k; x = x->prior)
        if (x->step < a->c && (x->write || !writes) && !rn__apart(e->plan, x, at))
            return false;
    return true;
}

/* Whether the kernel can read the addend where it is and write the sum where that goes. */
static bool can_read(const rn__eliding *e, const addition *a)
{
    const int last = a->from.rank - 1;

    return a->from.stride[last] == 1 && a->to.stride[a->to.rank - 1] == 1 &&
           untouched(e, a, a->read, &a->at, true) &&
           untouched(e, a, a->write, &a->target, false) &&
           (a->from.at.buffer != a->to.at.buffer || rn__operands_apart(&a->from, &a->to));
}

/* Moves what step c does with the addend and the output to step k. False after an error. */
static bool move(const rn__eliding *e, const addition *a)
{
    const rn__plan *plan = e->plan;
    const rn__operand *operand = rn__step_operands(plan, &plan->step[a->c]);
    const int n = plan->step[a->k].inputs;
    const rn__operand addend = operand[a->addend], out = operand[2];

    if (!rn__plan_add_input(e->planner, a->k, &addend)) return false;
    *rn__step_output(plan, &plan->step[a->k]) = out;
    plan->step[a->k].added = plan->step[a->c].node;
    rn__access_move(&e->lists[a->from.at.buffer], a->read, a->k, n);
    rn__access_move(&e->lists[a->to.at.buffer], a->write, a->k, n + 1);
    e->gone[a->c] = true;
    return true;
}

/* Whether maps compute a stack, of which each iteration fills a slot, from a temporary of
 * the iteration. */
static bool fills_stack(const rn__eliding *e, int32_t buffer, int depth)
{
    const rn__plan *plan = e->plan;

    for (const rn__access *x = e->lists[buffer].first; x; x = x->next) {
        const rn__step *step = &plan->step[x->step];
        if (x->write || step->kind != RN__STEP_MAP) continue;
        const int32_t out = rn__resolve(plan, rn__step_output(plan, step)->at).buffer;
        const bool temporary = plan->buffer[out].home == step->block;
        if (!temporary && e->lists[out].first->step == x->step) return true;
        if (temporary && depth > 1 && fills_stack(e, out, depth - 1)) return true;
    }
    return false;
}

/* Whether the sum can be put over the addend, and is stored there anyway. */
static bool lies_over(const rn__eliding *e, const addition *a)
{
    const rn__plan *plan = e->plan;

    return rn__lies_over(e, &a->to, a->read, &a->at) &&
           (plan->buffer[a->at.at.buffer].home == plan->step[a->c].block ||
            fills_stack(e, a->to.at.buffer, RN__MAPS_TO_STACK));
}

/* How the sum gets to where the addend is. */
typedef enum way { NONE, IN_PLACE, OVER_ADDEND, IN_TARGET, APART } way;

static way find_way(const rn__eliding *e, const addition *a)
{
    const rn__plan *plan = e->plan;
    const int32_t from = a->from.at.buffer, to = a->to.at.buffer;

    if (plan->buffer[to].kind == RN__BUFFER_VARIABLE) return NONE;
    if (a->repeated || !untouched(e, a, a->read, &a->at, false))
        return can_read(e, a) ? APART : NONE;
    if (from == to && rn__operands_same(&a->from, &a->to)) return IN_PLACE;
    if (lies_over(e, a)) return OVER_ADDEND;
    if (!plan->buffer[from].lasting && e->lists[from].last == a->read &&
        rn__fits(e, a->c, &a->from, &a->target))
        return IN_TARGET;
    return can_read(e, a) ? APART : NONE;
}

/* Makes it one step if it can be. False after an error. */
static bool accumulate(const rn__eliding *e, const addition *a, bool *done)
{
    const way how = find_way(e, a);

    *done = how != NONE;
    if (how == NONE) return true;
    if (!move(e, a)) return false;
    if (how == OVER_ADDEND) rn__become_part(e->plan, e->lists, a->to.at.buffer, &a->at);
    if (how == IN_TARGET) rn__become_part(e->plan, e->lists, a->from.at.buffer, &a->target);
    return true;
}

/* Either operand may be the product. */
static bool do_step(const rn__eliding *e, int32_t c)
{
    bool done = false;
    addition a;

    for (int i = 0; i < 2 && !done; i++)
        if (find(e, c, i, &a) && !accumulate(e, &a, &done)) return false;
    return true;
}

bool rn__accumulate(rn__planner *p)
{
    rn__eliding e;

    if (!rn__eliding_begin(&e, p)) return false;
    for (int32_t c = 0; c < p->plan->steps; c++)
        if (is_addition(p->plan, &p->plan->step[c]) && !do_step(&e, c)) return false;
    return rn__eliding_end(&e);
}
