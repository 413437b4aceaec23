/* SPDX-License-Identifier: MIT */
/* Products, additions and values around them, with the pass and without. */
#ifndef RN_TESTS_COMPILE_ACCUMULATE_H
#define RN_TESTS_COMPILE_ACCUMULATE_H

#include "program/program.h"
#include "run/driver.h"

#include <rondo/train.h>

enum { N = 5, T = 6, STACK = T * N * N, WIDE = 3 * STACK, MOST = 4 };

/* Matrices [N,N], a wide one [N,3N] and a stack [T,N,N] of inputs. */
typedef struct world {
    rn_graph *g;
    rn_tensor x, v, w, wide, xs;
} world;

static inline world begin(void)
{
    world a = {.g = rn_graph_new()};
    const rn_shape square = rn_shape(N, N);

    a.x = rn_test_f64(a.g, "x", square);
    a.v = rn_test_f64(a.g, "v", square);
    a.w = rn_test_f64(a.g, "w", square);
    a.wide = rn_test_f64(a.g, "wide", rn_shape(N, 3 * N));
    a.xs = rn_test_f64(a.g, "xs", rn_shape(T, N, N));
    return a;
}

/* Steps that add their product to a value in its place, or to one elsewhere. */
static inline int count_added(const rn_program *p, bool in_place)
{
    int count = 0;

    for (int32_t i = 0; i < p->plan.steps; i++) {
        const rn__step *step = &p->plan.step[i];
        const rn__operand *out = rn__step_output(&p->plan, step);
        if (step->added >= 0)
            count += in_place == !memcmp(&out[-1].at, &out->at, sizeof out->at);
    }
    return count;
}

static inline rn_program *run(const world *a, const rn_tensor *y, int n, unsigned without,
                              double values[][WIDE])
{
    static double data[WIDE];
    rn_program *p = rn_test_compile_with(
        a->g, (rn_compile_options){.outputs = y, .output_count = n, .without = without});
    const rn_tensor in[] = {a->x, a->v, a->w, a->wide, a->xs};

    for (int i = 0; i < 5; i++)
        rn_test_feed(p, in[i],
                     rn_test_numbers(data, rn_test_count(in[i]), (uint64_t)i + 1));
    for (int i = 0; i < 2; i++) rn_test_run(p); /* what it overwrites is there again */
    for (int i = 0; i < n; i++) rn_test_read(p, y[i], values[i]);
    return p;
}

/* So many steps add their product to a value in its place. Without the pass none does, with
 * the same bits; all is freed. */
static inline void expect_all(world *a, const rn_tensor *y, int n, int added)
{
    static double got[MOST][WIDE], want[MOST][WIDE];
    static char text[20000];
    rn_program *p = run(a, y, n, 0, got), *apart = run(a, y, n, RN_PASS_ACCUMULATE, want);
    rn_program *rough = run(a, y, n, RN_PASS_ELIDE, want);

    rn_program_print(p, text, sizeof text);
    cr_expect_eq(count_added(p, true), added, "not %d: %s", added, text);
    cr_expect_eq(strstr(text, " += ") != NULL, added > 0, "%s", text);
    cr_expect_eq(count_added(apart, true) + count_added(apart, false), 0);
    for (int i = 0; i < n; i++) {
        rn_test_read(apart, y[i], want[i]);
        cr_expect_eq(memcmp(got[i], want[i], (size_t)rn_test_count(y[i]) * 8), 0, "%d: %s",
                     i, text);
        rn_test_read(rough, y[i], want[i]);
        cr_expect_eq(memcmp(got[i], want[i], (size_t)rn_test_count(y[i]) * 8), 0,
                     "%d, copies made: %s", i, text);
    }
    rn_program_free(p);
    rn_program_free(apart);
    rn_program_free(rough);
    rn_graph_free(a->g);
}

static inline void expect(world *a, rn_tensor y, int added)
{
    expect_all(a, &y, 1, added);
}

#define EXPECT(a, added, ...)                                                              \
    do {                                                                                   \
        const rn_tensor all_[] = {__VA_ARGS__};                                            \
        expect_all(&(a), all_, (int)(sizeof all_ / sizeof *all_), added);                  \
    } while (0)

#endif
