/* SPDX-License-Identifier: MIT */
/* Philox4x32-10 against the known answers that are published with Random123. */
#include "kernel/philox.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct known {
    uint32_t counter[4], key[2], answer[4];
} known;

static const known answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

Test(philox, known_answers)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        uint32_t out[4];

        rn__philox(answers[i].counter, answers[i].key, out);
        cr_assert(!memcmp(out, answers[i].answer, sizeof out), "vector %zu", i);
    }
}

Test(philox, output_may_replace_the_counter)
{
    uint32_t x[4];

    memcpy(x, answers[2].counter, sizeof x);
    rn__philox(x, answers[2].key, x);
    cr_assert(!memcmp(x, answers[2].answer, sizeof x));
}

/* One bit of counter or key turns about half of the 128 bits of the answer. */
Test(philox, every_input_bit_counts)
{
    uint32_t input[6] = {1, 2, 3, 4, 5, 6}, base[4];

    rn__philox(input, input + 4, base);
    for (int bit = 0; bit < 192; bit++) {
        uint32_t out[4];
        int turned = 0;

        input[bit / 32] ^= (uint32_t)1 << bit % 32;
        rn__philox(input, input + 4, out);
        input[bit / 32] ^= (uint32_t)1 << bit % 32;
        for (int i = 0; i < 4; i++) turned += __builtin_popcount(out[i] ^ base[i]);
        cr_assert(turned > 32 && turned < 96, "bit %d turns %d", bit, turned);
    }
}
