/* SPDX-License-Identifier: MIT */
/* A loop over a stack, and how many stacks its program holds. */
#ifndef RN_TESTS_COMPILE_STACK_WORLD_H
#define RN_TESTS_COMPILE_STACK_WORLD_H

#include "run/driver.h"

enum { T = 200, N = 4, SLOT = N * N, COUNT = T * SLOT };

/* The value s [T,N,N] of an input is a step input, beside a carry [N,N]. */
typedef struct world {
    rn_graph *g;
    rn_loop *loop;
    rn_tensor x, s, now, carry;
} world;

static inline size_t run(const world *w, rn_tensor y, unsigned without, double *values)
{
    static double x[COUNT];
    rn_program *p =
        rn_compile(w->g, (rn_compile_options){RN_OUTPUTS(y), .without = without});

    cr_assert(p, "%s", rn_graph_error(w->g));
    cr_assert(rn_test_count(y) <= COUNT + SLOT);
    rn_test_feed(p, w->x, rn_test_numbers(x, COUNT, 3));
    rn_test_run(p);
    rn_test_run(p);
    rn_test_read(p, y, values);
    const size_t bytes = rn_program_workspace(p);
    rn_program_free(p);
    return bytes;
}

/* The values are those without the pass. The workspace holds so many stacks, x included. */
static inline void expect(world *w, rn_tensor y, int stacks)
{
    static double got[COUNT + SLOT], want[COUNT + SLOT];
    const size_t one = COUNT * sizeof(double), bytes = run(w, y, 0, got);

    run(w, y, RN_PASS_ELIDE, want);
    rn_test_near(got, want, rn_test_count(y), 0, "y");
    cr_expect_eq((int)((bytes + one / 2) / one), stacks, "%zu bytes: %.2f stacks", bytes,
                 (double)bytes / (double)one);
    rn_graph_free(w->g);
}

#endif
