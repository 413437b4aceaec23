/* SPDX-License-Identifier: MIT */
/*
 * Which gradients are zero for all values: rn__grad returns null for exactly those.
 *
 * Each loop has carries a, b and c with initial values a0, b0 and c0, and uses w. The
 * expected result is a string of the letters that a gradient reaches.
 */
#include "run/driver.h"

#include <string.h>

#include "autodiff/sweep.h"

typedef struct world {
    rn_graph *g;
    rn_tensor leaf[4]; /* a0 b0 c0 w, all [2] */
    rn_tensor a, b, c, w;
    rn_loop *loop;
} world;

static world begin(int64_t steps)
{
    static const char *const names[] = {"a", "b", "c", "w"};
    world l = {.g = rn_graph_new()};

    for (int i = 0; i < 4; i++) l.leaf[i] = rn_test_f64(l.g, names[i], rn_shape(2));
    l.w = l.leaf[3];
    l.loop = rn_loop_begin(l.g);
    rn_loop_steps(l.loop, steps);
    l.a = rn_loop_carry(l.loop, l.leaf[0]);
    l.b = rn_loop_carry(l.loop, l.leaf[1]);
    l.c = rn_loop_carry(l.loop, l.leaf[2]);
    return l;
}

static void next(world *l, rn_tensor a, rn_tensor b, rn_tensor c)
{
    rn_loop_next(l->loop, l->a, a);
    rn_loop_next(l->loop, l->b, b);
    rn_loop_next(l->loop, l->c, c);
    cr_assert(rn_loop_end(l->loop), "%s", rn_graph_error(l->g));
}

static void reaches(world *l, rn_tensor y, const char *letters)
{
    rn_tensor d[4], zero[4];

    y = rn_sum_all(y);
    cr_assert(rn__grad(y, rn_null(), l->leaf, 4, d), "%s", rn_graph_error(l->g));
    cr_assert(rn_grad(y, rn_null(), l->leaf, 4, zero));
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(!rn_is_null(d[i]), strchr(letters, "abcw"[i]) != NULL, "%c of \"%s\"",
                     "abcw"[i], letters);
        cr_assert(!rn_is_null(zero[i]));
    }
}

static void end(world *l)
{
    rn_graph_free(l->g);
}

/* a reads b, b reads c, c reads w. */
Test(reach, from_carry_to_carry)
{
    world l = begin(3);
    next(&l, rn_mul(l.a, l.b), rn_sin(l.c), rn_mul(l.c, l.w));
    reaches(&l, rn_loop_final(l.loop, l.a), "abcw");
    reaches(&l, rn_loop_final(l.loop, l.b), "cw");
    reaches(&l, rn_loop_final(l.loop, l.c), "cw");
    reaches(&l, rn_loop_collect(l.loop, l.b), "bcw");
    reaches(&l, rn_loop_history(l.loop, l.b), "bcw");
    end(&l);
}

Test(reach, not_through_what_stops_it)
{
    world l = begin(3);
    next(&l, rn_mul(l.a, rn_stop_gradient(l.b)), rn_mul(l.b, l.w),
         rn_add(rn_sign(l.c), l.w));
    reaches(&l, rn_loop_final(l.loop, l.a), "a");
    reaches(&l, rn_loop_final(l.loop, l.b), "bw");
    reaches(&l, rn_loop_final(l.loop, l.c), "w");
    reaches(&l, rn_loop_history(l.loop, l.c), "cw");
    reaches(&l, rn_add(rn_loop_final(l.loop, l.a), rn_loop_final(l.loop, l.c)), "aw");
    end(&l);
}

/* Without steps an end is the beginning. */
Test(reach, no_steps)
{
    world l = begin(0);
    next(&l, rn_mul(l.b, l.w), rn_sin(l.a), l.w);
    reaches(&l, rn_loop_final(l.loop, l.a), "a");
    reaches(&l, rn_loop_history(l.loop, l.b), "b");
    end(&l);
}

/* A loop in the loop, whose carries have nothing to do with one another either. */
Test(reach, nested)
{
    world l = begin(3);
    rn_loop *inner = rn_loop_begin(rn_loop_body(l.loop));

    rn_loop_steps(inner, 2);
    rn_tensor p = rn_loop_carry(inner, l.a), q = rn_loop_carry(inner, l.b);
    rn_loop_next(inner, p, rn_sin(p));
    rn_loop_next(inner, q, rn_mul(rn_mul(q, l.w), rn_stop_gradient(p)));
    cr_assert(rn_loop_end(inner));
    next(&l, rn_loop_final(inner, p), rn_loop_final(inner, q), rn_add(l.c, l.a));
    reaches(&l, rn_loop_final(l.loop, l.a), "a");
    reaches(&l, rn_loop_final(l.loop, l.b), "bw");
    reaches(&l, rn_loop_final(l.loop, l.c), "ac");
    end(&l);
}
