/* SPDX-License-Identifier: MIT */
/* Types, shapes, counts that overflow, and broadcasting. */
#include <criterion/criterion.h>
#include <rondo/op.h>
#include <rondo/ops.h>
#include <string.h>

Test(types, names_and_sizes)
{
    static const char *const names[] = {"f32", "f64", "i32", "bool"};
    static const size_t sizes[] = {4, 8, 4, 1};

    for (int i = 0; i < RN_TYPES; i++) {
        cr_assert_str_eq(rn_type_name((rn_type)i), names[i]);
        cr_assert_eq(rn_type_size((rn_type)i), sizes[i]);
    }
    cr_assert_str_eq(rn_type_name((rn_type)7), "no type");
    cr_assert_eq(rn_type_size((rn_type)-1), 0);
}

Test(types, instruction_set_has_a_name)
{
    const char *isa = rn_isa();

    cr_assert(!strcmp(isa, "baseline") || !strcmp(isa, "avx2") || !strcmp(isa, "avx512"));
    cr_assert(strlen(rn_version()) >= 5);
}

Test(types, shape_macro)
{
    const rn_shape scalar = rn_shape(), matrix = rn_shape(32, 128);

    cr_assert_eq(scalar.rank, 0);
    cr_assert_eq(matrix.rank, 2);
    cr_assert_eq(matrix.size[0], 32);
    cr_assert_eq(matrix.size[1], 128);
    cr_assert_eq(rn_shape(1, 2, 3, 4, 5, 6, 7, 8).rank, 8);
    cr_assert_eq(rn_shape(1, 2, 3, 4, 5, 6, 7, 8, 9).rank, -1);
    cr_assert_eq(rn_shape_of(-3, NULL).rank, -1);
}

Test(types, equal)
{
    cr_assert(rn_shape_equal(rn_shape(2, 3), rn_shape(2, 3)));
    cr_assert(rn_shape_equal(rn_shape(), rn_shape()));
    cr_assert(!rn_shape_equal(rn_shape(2, 3), rn_shape(2, 4)));
    cr_assert(!rn_shape_equal(rn_shape(2), rn_shape(2, 1)));
    cr_assert(!rn_shape_equal(rn_shape(), rn_shape(1)));
}

Test(types, count)
{
    cr_assert_eq(rn_shape_count(rn_shape()), 1);
    cr_assert_eq(rn_shape_count(rn_shape(2, 3, 4)), 24);
    cr_assert_eq(rn_shape_count(rn_shape(2, 0, 4)), 0);
    cr_assert_eq(rn_shape_count(rn_shape(-1, 2)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(0, -2)), -1);
    cr_assert_eq(rn_shape_count((rn_shape){.rank = -1}), -1);
    cr_assert_eq(rn_shape_count((rn_shape){.rank = RN_RANK_MAX + 1}), -1);
}

/* What is counted must also fit when it is counted in bytes, and a zero excuses nothing. */
Test(types, count_that_does_not_fit)
{
    const int64_t big = INT64_C(1) << 31;

    cr_assert_eq(rn_shape_count(rn_shape(big, big / 16)), big * (big / 16));
    cr_assert_eq(rn_shape_count(rn_shape(big, big)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(INT64_MAX)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(INT64_MAX / 16)), INT64_MAX / 16);
    cr_assert_eq(rn_shape_count(rn_shape(INT64_MAX / 16 + 1)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(INT64_MAX, 2, 1, 1)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(0, big, big, big)), -1);
    cr_assert_eq(rn_shape_count(rn_shape(big, big, big, 0)), -1);
}

/* Every pair of sizes in {0, 1, 2, 3}: equal, or one of them 1. */
Test(types, broadcast_of_one_axis)
{
    for (int64_t a = 0; a < 4; a++)
        for (int64_t b = 0; b < 4; b++) {
            rn_shape z = rn_shape(99);
            const bool fits = a == b || a == 1 || b == 1;
            cr_assert_eq(rn_shape_broadcast(rn_shape(a), rn_shape(b), &z), fits);
            if (fits) cr_assert(rn_shape_equal(z, rn_shape(a == 1 ? b : a)));
            if (!fits) cr_assert_eq(z.size[0], 99, "a refused broadcast wrote its output");
        }
}

Test(types, broadcast_aligns_last_axes)
{
    rn_shape z;

    cr_assert(rn_shape_broadcast(rn_shape(5, 1, 3), rn_shape(4, 1), &z));
    cr_assert(rn_shape_equal(z, rn_shape(5, 4, 3)));
    cr_assert(rn_shape_broadcast(rn_shape(3), rn_shape(2, 1), &z));
    cr_assert(rn_shape_equal(z, rn_shape(2, 3)));
    cr_assert(rn_shape_broadcast(rn_shape(), rn_shape(2, 0), &z));
    cr_assert(rn_shape_equal(z, rn_shape(2, 0)));
    cr_assert(!rn_shape_broadcast(rn_shape(2, 3), rn_shape(2), &z));
}

/* Two shapes that fit each other may have a product that does not. */
Test(types, broadcast_that_is_too_large)
{
    rn_graph *g = rn_graph_new();
    const int64_t n = INT64_C(1) << 31;
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(n, 1));
    const rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(1, n));

    cr_assert(rn_is_null(rn_add(x, y)));
    cr_assert_str_eq(rn_graph_error(g), "add: invalid shape: [2147483648,2147483648]");
    rn_graph_free(g);
}

/* ---- shapes that are none ---- */

Test(types, made_up_ranks)
{
    const int ranks[] = {-1, RN_RANK_MAX + 1, 100, INT32_MAX, INT32_MIN};
    const rn_shape good = rn_shape(2, 3);

    for (int i = 0; i < 5; i++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F32, good);
        const rn_shape bad = {.rank = ranks[i], .size = {1, 1, 1, 1, 1, 1, 1, -1}};
        rn_shape z = good;

        cr_assert_not(rn_shape_equal(bad, bad));
        cr_assert_not(rn_shape_equal(bad, good));
        cr_assert_not(rn_shape_broadcast(bad, good, &z));
        cr_assert_not(rn_shape_broadcast(good, bad, &z));
        cr_assert(rn_shape_equal(z, good));
        cr_assert(rn_is_null(rn_sum_to(x, bad)));
        cr_assert_eq(strncmp(rn_graph_error(g), "sum_to: cannot be summed to ", 28), 0);
        rn_graph_free(g);
    }
}

Test(types, a_shape_without_sizes)
{
    cr_assert_eq(rn_shape_of(3, NULL).rank, -1);
    cr_assert_eq(rn_shape_of(0, NULL).rank, 0);
}

Test(types, sums_that_undo_no_broadcast)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 3));

    cr_assert(rn_is_null(rn_sum_to(x, rn_shape(2))));
    cr_assert_str_eq(rn_graph_error(g), "sum_to: cannot be summed to [2]: x [2,3]");
    rn_graph_free(g);
}
