/* SPDX-License-Identifier: MIT */
/* The shape rule and the loop of all comparisons. */
#include "ops/compare.h"

#if !RN_ONCE

enum { PIECE = 256 };

/* An operand that is repeated (step 0), as often as a piece needs it. */
static const element *repeat(element *room, const element *x, int64_t n)
{
    const int64_t whole = (n < PIECE ? n + 15 : PIECE) & -16;
    const element first = x[0];

    RN_EACH(i, whole) room[i] = first;
    return room;
}

void R(rn__compare)(rn__comparison *pairs, int64_t n, const void *const *in,
                    const int64_t *step, void *out)
{
    const element *x = (const element *)in[0], *y = (const element *)in[1];
    const bool vectors = n >= 16 && ((step[0] | step[1]) & ~(int64_t)1) == 0;
    const int64_t sx = vectors ? 1 : step[0], sy = vectors ? 1 : step[1];
    element of_x[PIECE], of_y[PIECE];
    rn__truth truths[PIECE];
    uint8_t *z = (uint8_t *)out;

    if (vectors && step[0] == 0) x = repeat(of_x, x, n);
    if (vectors && step[1] == 0) y = repeat(of_y, y, n);
    for (int64_t count; n > 0; n -= count, z += count) {
        count = n < PIECE ? n : PIECE;
        pairs(count, x, sx, y, sy, truths);
        RN_EACH(i, count & -16) z[i] = (uint8_t)truths[i];
        RN_LEFT(i, count & -16, count, z[i] = (uint8_t)truths[i])
        x += count * step[0], y += count * step[1];
    }
}

#endif

#if RN_ONCE

const char *rn__compare_shape(rn_typing *t)
{
    if (t->in_type[0] != t->in_type[1]) return "types differ";
    if (!rn_shape_broadcast(t->in_shape[0], t->in_shape[1], &t->shape))
        return "shapes do not broadcast";
    t->variant = (int)t->in_type[0];
    t->type = RN_BOOL;
    return NULL;
}

#endif
