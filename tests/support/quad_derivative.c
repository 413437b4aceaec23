/* SPDX-License-Identifier: MIT */
/* Derivatives from central differences in quad. */
#include "quad_node.h"

#include <criterion/criterion.h>

/* Half a unit in the last place of 1. */
static const quad UNIT = 0x1p-113Q;

typedef struct estimate {
    quad value, error, step;
} estimate;

/* The scalar at t along the paths. */
static quad at(rn_test_quad *q, rn_tensor scalar, const rn_test_quad_path *paths, int count,
               quad t)
{
    for (int i = 0; i < count; i++)
        rn_test_quad_move(q, paths[i].leaf, paths[i].direction, t);
    return rn_test_quad_run(q, scalar)[0];
}

/* Formulas of order 4 and 6 from the same points: their difference is the error of the
 * first, and so more than that of the second. Neither detects a kink at the middle, but the
 * sums do: without one 15 s1 - 6 s2 + s3 is of order 6, with one of order 1. With a kink
 * elsewhere the error may be 6.5 times both estimates. */
static estimate stencil(rn_test_quad *q, rn_tensor scalar, const rn_test_quad_path *paths,
                        int count, quad middle, quad h)
{
    quad d[4] = {0}, s[4] = {0}, size = fabsq(middle);

    for (int k = 1; k <= 3; k++) {
        const quad up = at(q, scalar, paths, count, (quad)k * h);
        const quad down = at(q, scalar, paths, count, (quad)-k * h);
        d[k] = up - down;
        s[k] = (up - middle) + (down - middle);
        size = fmaxq(size, fmaxq(fabsq(up), fabsq(down)));
    }
    const quad fourth = (8 * d[1] - d[2]) / (12 * h);
    const quad sixth = (45 * d[1] - 9 * d[2] + d[3]) / (60 * h);
    const quad kink = (15 * s[1] - 6 * s[2] + s[3]) / (6 * h);
    const quad error = 8 * (fabsq(sixth - fourth) + fabsq(kink)) + 2 * UNIT * size / h;
    return (estimate){sixth, error, h};
}

/* The largest component of the directions, and the smallest and largest |x / direction|; 0
 * where there is none. */
typedef struct scales {
    quad direction, smallest, largest;
} scales;

static scales scales_of(const rn_test_quad *q, const rn_test_quad_path *paths, int count)
{
    scales s = {0};

    for (int i = 0; i < count; i++) {
        const rn_test_quad_value *v = &q->value[paths[i].leaf.id];
        for (int64_t j = 0; j < v->count; j++) {
            const quad d = fabsq((quad)paths[i].direction[j]), x = fabsq(v->base[j]);
            s.direction = fmaxq(s.direction, d);
            if (d == 0 || x == 0 || !finiteq(x)) continue;
            s.largest = fmaxq(s.largest, x / d);
            s.smallest = s.smallest > 0 ? fminq(s.smallest, x / d) : x / d;
        }
    }
    return s;
}

/* The better of two. If they contradict each other, the one with the shorter step is right:
 * the other step exceeds the scale of the function. */
static estimate better(estimate a, estimate b)
{
    if (isnanq(a.error) || isnanq(b.error)) return isnanq(a.error) ? b : a;
    if (fabsq(a.value - b.value) > a.error + b.error) return a.step < b.step ? a : b;
    return b.error < a.error ? b : a;
}

/* Includes the part of h that x + h loses: all of it if h is below the last place of x. */
static estimate with_step(rn_test_quad *q, rn_tensor scalar, const rn_test_quad_path *paths,
                          int count, quad middle, quad h, const scales *s)
{
    const quad lost = UNIT * s->largest / h;
    estimate e = stencil(q, scalar, paths, count, middle, h);

    e.error += lost < 0x1p-10Q ? lost * fabsq(e.value) : HUGE_VALQ;
    return e;
}

quad rn_test_quad_derivative(rn_test_quad *q, rn_tensor scalar,
                             const rn_test_quad_path *paths, int path_count, quad *error)
{
    const quad enough = 0x1p-70Q;
    const scales s = scales_of(q, paths, path_count);
    const quad steps[3] = {1 / s.direction, s.smallest, s.largest};
    estimate best = {0};

    cr_assert(rn_shape_count(rn_shape_get(scalar)) == 1, "not a scalar");
    const quad middle = at(q, scalar, paths, path_count, 0);
    for (int i = 0; s.direction > 0 && i < 3; i++) {
        const quad h = 0x1p-20Q * steps[i];
        if (h == 0 || (i && best.error <= enough * fabsq(best.value))) continue;
        const estimate e = with_step(q, scalar, paths, path_count, middle, h, &s);
        best = i ? better(best, e) : e;
    }
    for (int i = 0; i < path_count; i++) rn_test_quad_move(q, paths[i].leaf, NULL, 0);
    if (error) *error = best.error;
    return best.value;
}

/* ---- second derivatives ---- */

/* Both paths may be of one leaf. */
static quad at_both(rn_test_quad *q, rn_tensor scalar, rn_test_quad_path one, quad s,
                    rn_test_quad_path other, quad t)
{
    rn_test_quad_move(q, one.leaf, one.direction, s);
    if (other.leaf.id == one.leaf.id) {
        rn_test_quad_value *v = &q->value[one.leaf.id];
        for (int64_t i = 0; i < v->count; i++) v->y[i] += t * (quad)other.direction[i];
        rn_test_quad_touch(q, v);
    } else {
        rn_test_quad_move(q, other.leaf, other.direction, t);
    }
    return rn_test_quad_run(q, scalar)[0];
}

quad rn_test_quad_second(rn_test_quad *q, rn_tensor scalar, rn_test_quad_path one, quad h,
                         rn_test_quad_path other, quad k)
{
    const quad up =
        at_both(q, scalar, one, h, other, k) - at_both(q, scalar, one, h, other, -k);
    const quad down =
        at_both(q, scalar, one, -h, other, k) - at_both(q, scalar, one, -h, other, -k);

    rn_test_quad_move(q, one.leaf, NULL, 0);
    rn_test_quad_move(q, other.leaf, NULL, 0);
    return (up - down) / (4 * h * k);
}
