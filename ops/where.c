/* SPDX-License-Identifier: MIT */
/*
 * where -- one of two elements, selected by a condition.
 *
 *   c     [..]    bool
 *   x, y  [..]    any one type; all three broadcast
 *   w     [..]    of that type
 *
 *   w  = c ? x : y
 *   dx = c ? dw : 0
 *   dy = c ? 0 : dw
 */
#include "ops/op.h"

/* Both are read, so that the selection is one vector instruction. */
static inline element choose(uint8_t condition, element x, element y)
{
    return condition ? x : y;
}

void R(rn__map_where)(RN_MAP_ARGUMENTS)
{
    const uint8_t *c = (const uint8_t *)in[0];
    const element *x = (const element *)in[1], *y = (const element *)in[2];
    element *w = (element *)out;
    const int64_t sc = step[0], sx = step[1], sy = step[2];

    (void)attributes;
    if (n > 0 && sc == 0) { /* one condition for all, as for a whole row */
        const element *from = c[0] ? x : y;
        const int64_t s = c[0] ? sx : sy;
        if (s == 1)
            RN_EACH(i, n) w[i] = from[i];
        else
            RN_EACH(i, n) w[i] = from[i * s];
    } else if (n > 0 && sc == 1 && sx == 1 && sy == 0) {
        const element y0 = y[0];
        RN_EACH(i, n) w[i] = choose(c[i], x[i], y0);
    } else if (n > 0 && sc == 1 && sx == 0 && sy == 1) {
        const element x0 = x[0];
        RN_EACH(i, n) w[i] = choose(c[i], x0, y[i]);
    } else if (sc == 1 && sx == 1 && sy == 1) {
        RN_EACH(i, n) w[i] = choose(c[i], x[i], y[i]);
    } else {
        RN_EACH(i, n) w[i] = choose(c[i * sc], x[i * sx], y[i * sy]);
    }
}

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    if (t->in_type[0] != RN_BOOL) return "the condition's type is not bool";
    if (t->in_type[1] != t->in_type[2]) return "types differ";
    for (int i = 1; i < 3; i++)
        if (!rn_shape_broadcast(t->shape, t->in_shape[i], &t->shape))
            return "shapes do not broadcast";
    t->type = t->in_type[1];
    t->variant = (int)t->type;
    return NULL;
}

static void gradient(rn_pullback *p)
{
    const rn_tensor c = p->x[0], dw = p->dy, zero = rn_constant_like(dw, 0);

    if (p->wanted[1]) p->dx[1] = rn_where(c, dw, zero);
    if (p->wanted[2]) p->dx[2] = rn_where(c, zero, dw);
}

static rn_tensor branches(const rn_tensor *x, rn_tensor y, const void *attributes)
{
    (void)y, (void)attributes;
    return x[0];
}

const rn_op rn__op_where = {RN_NAMED(where),
                            .kind = RN_KIND_ELEMENTWISE,
                            .expression = "x ? y : z",
                            .inputs = 3,
                            .flags = RN_OP_CHOOSES | RN_OP_EXACT,
                            .shape = shape,
                            .gradient = gradient,
                            .branches = branches};

rn_tensor rn_where(rn_tensor condition, rn_tensor x, rn_tensor y)
{
    const rn_tensor in[3] = {condition, x, y};

    return rn_apply(&rn__op_where, in, 3, NULL, 0);
}

#endif
