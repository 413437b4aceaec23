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

#if !RN_ONCE

/* Both are read, so that the selection is one vector instruction. */
RN_INLINE element choose(uint8_t condition, element x, element y)
{
    return condition ? x : y;
}

/* One operand alone: there is one condition for all, as for a whole row. */
static void copy(int64_t n, const element *x, int64_t step, element *w)
{
    if (step == 1)
        memmove(w, x, (size_t)n * sizeof *w);
    else
        for (int64_t i = 0; i < n; i++) w[i] = x[i * step];
}

void R(rn__map_where)(RN_MAP_ARGUMENTS)
{
    const uint8_t *c = (const uint8_t *)in[0], *end = c + n;
    const int64_t sc = step[0], sx = step[1], sy = step[2];
    const int64_t whole = sc == 1 && ((sx | sy) & ~(int64_t)1) == 0 ? n : 0;
    _Alignas(VECTOR_BYTES) element x0[VECTOR_BYTES], y0[VECTOR_BYTES];
    element *w = (element *)out;

    (void)attributes;
    if (n > 0 && sc == 0) {
        copy(n, (const element *)(c[0] ? in[1] : in[2]), c[0] ? sx : sy, w);
        return;
    }
    const element *x = R(rn__repeat)(x0, in[1], sx, whole);
    const element *y = R(rn__repeat)(y0, in[2], sy, whole);

    for (; whole > 0 && end - c >= VECTOR_BYTES; c += VECTOR_BYTES, w += VECTOR_BYTES) {
        RN_EACH(j, VECTOR_BYTES) w[j] = choose(c[j], x[j], y[j]);
        x += sx * VECTOR_BYTES, y += sy * VECTOR_BYTES;
    }
    for (; whole > 0 && VECTOR_BYTES > 16 && end - c >= 16; c += 16, w += 16) {
        RN_EACH(j, 16) w[j] = choose(c[j], x[j], y[j]);
        x += sx * 16, y += sy * 16;
    }
    n = whole > 0 ? end - c : n;
    RN_LEFT(i, 0, n, w[i] = choose(c[i * sc], x[i * sx], y[i * sy]))
}

#endif

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
