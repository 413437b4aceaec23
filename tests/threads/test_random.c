/* SPDX-License-Identifier: MIT */
/*
 * Random programs in several threads: the same bits as in one, and no two threads that
 * touch one byte between barriers. In this program everything that can be divided is.
 * RONDO_SEEDS=first:count runs other seeds.
 */
#include "compile/random_graph.h"
#include "ownership.h"

enum { MOST = 100000 };

static uint64_t first_seed(int *count)
{
    const char *text = getenv("RONDO_SEEDS");
    char *end;

    if (!text) return 1;
    const uint64_t first = strtoull(text, &end, 10);
    *count = *end == ':' ? (int)strtol(end + 1, NULL, 10) : 1;
    return first;
}

static rn_program *compiled(rn_graph *g, const rn_test_pool *pool, int threads,
                            uint64_t seed)
{
    static double data[MOST];
    const rn_compile_options options = {
        .outputs = pool->at, .output_count = pool->count, .threads = threads};
    rn_program *p = rn_compile(g, options);

    cr_assert(p, "seed %d: %s", (int)seed, rn_graph_error(g));
    for (int k = 0; k < RN_TEST_INPUTS; k++)
        rn_test_feed(p, pool->at[k],
                     rn_test_numbers(data, rn_test_count(pool->at[k]), seed + (uint64_t)k));
    return p;
}

/* All outputs of a run, one after the other. */
static size_t run(rn_program *p, const rn_test_pool *pool, char *to)
{
    size_t used = 0;

    rn_test_run(p);
    for (int i = 0; i < pool->count; i++) {
        const size_t bytes = (size_t)rn_test_count(pool->at[i]) *
                             rn_type_size(rn_program_type(p, pool->at[i]));
        cr_assert_eq(rn_read(p, pool->at[i], to + used, bytes), RN_OK);
        used += bytes;
    }
    return used;
}

Test(random, same_bits_for_any_number_of_threads)
{
    static const int threads[] = {2, 3, 8, 16};
    static char want[MOST * 8], got[MOST * 8];
    int count = 100, shared = 0;
    const uint64_t first = first_seed(&count);

    for (uint64_t seed = first; seed < first + (uint64_t)count; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 30, &pool, NULL);
        rn_program *p = compiled(g, &pool, 1, seed);
        const size_t bytes = run(p, &pool, want);
        cr_assert_eq(rn_program_threads(p), 1);
        rn_program_free(p);
        for (int i = 0; i < 4; i++) {
            p = compiled(g, &pool, threads[i], seed);
            shared += rn_program_threads(p) > 1;
            for (int k = 0; k < 2; k++) {
                memset(got, 0, bytes);
                cr_assert_eq(run(p, &pool, got), bytes);
                cr_assert(memcmp(got, want, bytes) == 0, "seed %d, %d threads, run %d",
                          (int)seed, threads[i], k);
            }
            rn_program_free(p);
        }
        rn_graph_free(g);
    }
    cr_assert_gt(shared, count, "%d programs of %d were shared", shared, 4 * count);
}

Test(random, threads_touch_no_byte_that_another_one_writes)
{
    int64_t calls = 0, barriers = 0;
    int count = 300;
    const uint64_t first = first_seed(&count);

    for (uint64_t seed = first; seed < first + (uint64_t)count; seed++) {
        rn_test_dice d = {.seed = seed};
        rn_test_pool pool;
        rn_graph *g = rn_test_random_graph(&d, 30, &pool, NULL);
        for (int threads = 2; threads <= 16; threads *= 2) {
            rn_program *p = compiled(g, &pool, threads, seed);
            const ownership o = rn_test_ownership(p);
            cr_assert_str_eq(o.error, "", "seed %d, %s", (int)seed, o.error);
            calls += o.calls, barriers += o.barriers;
            rn_program_free(p);
        }
        rn_graph_free(g);
    }
    cr_log_info("%lld divided calls, %lld barriers", (long long)calls, (long long)barriers);
    cr_assert_gt(calls, 20 * count);
}
