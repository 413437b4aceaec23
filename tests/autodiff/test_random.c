/* SPDX-License-Identifier: MIT */
/*
 * The numerical check of random graphs with views, reductions, products and nested loops,
 * and of their gradients. The seed of a failure is in its message.
 */
#include "compile/random_graph.h"

#include <rondo/gradcheck.h>

static rn_tensor loss_of(const rn_test_pool *pool)
{
    rn_tensor loss = rn_mean_all(rn_tanh(pool->at[0]));

    for (int i = pool->count - 5; i < pool->count; i++)
        loss = rn_add(loss, rn_sum_all(rn_tanh(pool->at[i])));
    return loss;
}

/* Passes the numerical check, but for what is nothing beside the largest element: where
 * much cancels, rounding is more than the check takes it for, and more so in second
 * derivatives. */
static double check(rn_tensor loss, uint64_t seed, int order)
{
    rn_gradcheck_report *r =
        rn_gradcheck(loss, (rn_gradcheck_options){.seed = seed, .worst = 100});
    double largest = 0, size = 0;

    cr_assert_eq(r->status, RN_OK, "seed %d, order %d: %s", (int)seed, order, r->text);
    for (int i = 0; i < r->worst_count; i++) size = fmax(size, fabs(r->worst[i].numeric));
    for (int i = 0; i < r->worst_count; i++) {
        const rn_gradcheck_entry *e = &r->worst[i];
        const double off = fabs(e->analytic - e->numeric);
        cr_assert(e->passed || off <= (order == 1 ? 1e-12 : 1e-9) * size,
                  "seed %d, order %d: %s", (int)seed, order, r->text);
        if (e->passed) largest = fmax(largest, e->error);
    }
    rn_gradcheck_free(r);
    return largest;
}

Test(random, gradients_of_random_graphs)
{
    const char *text = getenv("RONDO_SEEDS");
    const uint64_t first = text ? strtoull(text, NULL, 10) : 1;
    const char *colon = text ? strchr(text, ':') : NULL;
    const uint64_t count = colon ? strtoull(colon + 1, NULL, 10) : text ? 1 : 60;
    double largest = 0, larger = 0;

    for (uint64_t seed = first; seed < first + count; seed++) {
        rn_test_dice d = {.seed = seed, .smooth = true};
        rn_test_pool pool;
        rn_tensor dx[RN_TEST_INPUTS];
        rn_graph *g = rn_test_random_graph(&d, 14, &pool, NULL);
        const rn_tensor loss = loss_of(&pool);
        largest = fmax(largest, check(loss, seed, 1));
        cr_assert(rn_grad(loss, rn_null(), pool.at, RN_TEST_INPUTS, dx), "seed %d: %s",
                  (int)seed, rn_graph_error(g));
        const rn_tensor second =
            rn_add(rn_sum_all(rn_sin(dx[0])), rn_sum_all(rn_sin(dx[2])));
        larger = fmax(larger, check(second, seed, 2));
        rn_graph_free(g);
    }
    cr_log_info("%d graphs: largest error %.3g, of second derivatives %.3g", (int)count,
                largest, larger);
}
