/* SPDX-License-Identifier: MIT */
/*
 * Random loops with lengths in several threads: the same bits as in one, and no two threads
 * that touch one byte between barriers. In this program everything that can be divided is.
 */
#include "compile/ragged_random.h"
#include "ownership.h"

#ifdef __SANITIZE_THREAD__ /* fifty times slower */
enum { SEEDS = 20 };
#else
enum { SEEDS = 40 };
#endif

static rn_program *in_threads(const world *w, int threads)
{
    return rn_test_compile_with(w->g, (rn_compile_options){.outputs = w->out,
                                                           .output_count = w->outs,
                                                           .threads = threads});
}

static void compare(const world *w, rn_program *p, rn_program *alone, uint64_t seed)
{
    double got[T * B * H], want[T * B * H];

    for (int i = 0; i < w->outs; i++) {
        const size_t bytes = (size_t)rn_test_count(w->out[i]) * sizeof *got;
        rn_test_read(p, w->out[i], got);
        rn_test_read(alone, w->out[i], want);
        cr_assert(memcmp(got, want, bytes) == 0, "seed %d, output %d", (int)seed, i);
    }
}

Test(ragged, same_bits_for_any_number_of_threads)
{
    int64_t calls = 0, barriers = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        world w = random_world(seed);
        rn_program *alone = in_threads(&w, 1);
        for (int threads = 2; threads <= 5; threads++) {
            rn_program *p = in_threads(&w, threads);
            for (int k = 0; k < PATTERNS; k++) {
                feed(&w, p, patterns[k], NAN);
                feed(&w, alone, patterns[k], NAN);
                compare(&w, p, alone, seed);
                const ownership o = rn_test_ownership(p);
                cr_assert_str_eq(o.error, "", "seed %d, %s", (int)seed, o.error);
                calls += o.calls, barriers += o.barriers;
            }
            rn_program_free(p);
        }
        rn_program_free(alone);
        finish(&w);
    }
    cr_log_info("%lld divided calls, %lld barriers", (long long)calls, (long long)barriers);
    cr_assert_gt(calls, 100 * SEEDS);
}
