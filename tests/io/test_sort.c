/* SPDX-License-Identifier: MIT */
/* The sort: correct and fast for any order. */
#include "base/sort.h"

#include <criterion/criterion.h>
#include <stdint.h>

static long compared;

static int compare(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;

    compared++;
    return x < y ? -1 : x > y;
}

Test(sort, all_orders)
{
    enum { MANY = 5000 };
    static int number[MANY];
    static const void *item[MANY], *room[MANY];

    for (int way = 0; way < 5; way++)
        for (size_t count = 0; count <= MANY; count = count * 2 + 1) {
            uint64_t sum = 0, after = 0, random = 1;
            for (size_t i = 0; i < count; i++) {
                random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
                const int values[5] = {(int)i, -(int)i, 5, (int)(i % 7),
                                       (int)(random >> 40)};
                number[i] = values[way];
                item[i] = &number[i];
                sum += (uint64_t)number[i];
            }
            compared = 0;
            rn__sort(item, room, count, compare);
            for (size_t i = 0; i < count; i++) {
                after += (uint64_t) * (const int *)item[i];
                cr_assert(!i || *(const int *)item[i - 1] <= *(const int *)item[i]);
            }
            cr_assert_eq(sum, after);
            cr_assert(compared <= (long)(count + 1) * 15, "%ld for %zu", compared, count);
            cr_assert((way && way != 2) || compared <= (long)count, "sorted already");
        }
}
