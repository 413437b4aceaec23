/* SPDX-License-Identifier: MIT */
/* Sizes of buckets against all choices there are. */
#include "data_support.h"

#include <math.h>
#include <stdlib.h>

/* Padded steps of all lengths; -1 if one fits no size. */
static int64_t padded(const int64_t *length, int count, const int64_t *size, int sizes)
{
    int64_t sum = 0;

    for (int i = 0; i < count; i++) {
        int k = 0;
        while (k < sizes && size[k] < length[i]) k++;
        if (k == sizes) return -1;
        sum += size[k];
    }
    return sum;
}

/* The least of all sets of at most `buckets` sizes up to 12. */
static int64_t least(const int64_t *length, int count, int buckets)
{
    int64_t best = -1;

    for (unsigned set = 1; set < 1u << 13; set++) {
        int64_t size[13];
        int n = 0;
        for (int s = 0; s < 13; s++)
            if (set >> s & 1) size[n++] = s;
        const int64_t cost = n <= buckets ? padded(length, count, size, n) : -1;
        if (cost >= 0 && (best < 0 || cost < best)) best = cost;
    }
    return best;
}

Test(buckets, have_least_padding)
{
    for (uint64_t c = 0; c < 24; c++) {
        const int count = 1 + (int)(c % 12), buckets = 1 + (int)(c % 5);
        int64_t length[12], size[8] = {0};
        for (int i = 0; i < count; i++) {
            const double u = fabs(rn_test_number(100 * c + (uint64_t)i));
            length[i] = (int64_t)(12.999 * u * (c % 3 ? u : 1));
        }
        const int n = rn_bucket_sizes(length, count, buckets, size);
        cr_assert(n >= 1 && n <= buckets);
        for (int k = 1; k < n; k++) cr_assert_gt(size[k], size[k - 1]);
        cr_assert_eq(padded(length, count, size, n), least(length, count, buckets));
    }
}

/* More lengths than candidates. */
Test(buckets, of_many_lengths_fit_all_of_them)
{
    enum { N = 5000 };
    static int64_t length[N];
    int64_t size[4];

    for (int i = 0; i < N; i++) length[i] = 7 + (int64_t)i * 37 % N;
    cr_assert_eq(rn_bucket_sizes(length, N, 4, size), 4);
    cr_assert_eq(size[3], 7 + N - 1);
    /* Uniform lengths: quarters are best, a fifth more than that is far off. */
    for (int k = 0; k < 3; k++) cr_assert_lt(llabs(size[k] - 7 - (k + 1) * N / 4), N / 100);
    cr_assert_eq(rn_bucket_sizes(length, N, 1, size), 1);
    cr_assert_eq(size[0], 7 + N - 1);
}

/* More sequences than candidates, of three lengths: the rare one counts too. */
Test(buckets, of_few_lengths_are_exact)
{
    enum { N = 5000 };
    static int64_t length[N];
    int64_t size[3] = {0};

    for (int i = 0; i < N; i++) length[i] = i < 4 ? 6 : i < 2504 ? 1 : 12;
    cr_assert_eq(rn_bucket_sizes(length, N, 3, size), 3);
    cr_assert(size[0] == 1 && size[1] == 6 && size[2] == 12);
}

Test(buckets, refuse_wrong_arguments)
{
    const int64_t length[] = {3, -1};
    int64_t size[2];

    cr_assert_eq(rn_bucket_sizes(NULL, 1, 2, size), 0);
    cr_assert_eq(rn_bucket_sizes(length, 1, 2, NULL), 0);
    cr_assert_eq(rn_bucket_sizes(length, 0, 2, size), 0);
    cr_assert_eq(rn_bucket_sizes(length, 1, 0, size), 0);
    cr_assert_eq(rn_bucket_sizes(length, 2, 2, size), 0);
    cr_assert_eq(rn_bucket_sizes(length, 1, 2, size), 1);
    cr_assert_eq(size[0], 3);
}
