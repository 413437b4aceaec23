/* SPDX-License-Identifier: MIT */
/*
 * Random loops with lengths: the same values as with all rows in every step, also if other
 * passes are left out.
 */
#include "ragged_random.h"

enum { SEEDS = 100 };

Test(ragged, random_loops)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        world w = random_world(seed);
        dice d = {.seed = seed, .thrown = 1000};
        const unsigned without = throw_dice(&d, 2) ? (unsigned)throw_dice(&d, 128) : 0;
        rn_program *p = compile(&w, without, seed % 2 ? RN_WATCH_ON : RN_WATCH_OFF);
        rn_program *plain = compile(&w, without | RN_PASS_ROWS, RN_WATCH_OFF);
        cr_assert_gt(count_of(p, " ragged "), 0, "seed %d", (int)seed);
        for (int k = 0; k < PATTERNS; k++) {
            feed(&w, p, patterns[k], NAN);
            feed(&w, plain, patterns[k], 1);
            expect_equal(&w, p, plain, patterns[k], 1e-11);
        }
        rn_program_free(p);
        rn_program_free(plain);
        finish(&w);
    }
}
