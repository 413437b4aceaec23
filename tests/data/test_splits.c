/* SPDX-License-Identifier: MIT */
/* Folds, held-out parts, weights of classes, and sources of arrays and subsets. */
#include <math.h>

#include "data_support.h"
#include "golden_data.h"

enum { N = 103 };
static int32_t classes[N], part[N], again[N];

static void draw_classes(void)
{
    for (int i = 0; i < N; i++)
        classes[i] = (int32_t)(5 * fabs(rn_test_number((uint64_t)i))) * 1000000 - 2000000;
}

static int count_in(int32_t fold, const int32_t *of, int32_t class_)
{
    int n = 0;

    for (int i = 0; i < N; i++) n += part[i] == fold && (!of || of[i] == class_);
    return n;
}

Test(splits, folds_have_their_share_of_each_class)
{
    draw_classes();
    for (int folds = 1; folds < 9; folds += 3) {
        cr_assert_eq(rn_folds(N, folds, 5, classes, part), RN_OK);
        for (int f = 0; f < folds; f++) {
            const int n = count_in(f, NULL, 0);
            cr_assert(n == N / folds || n == N / folds + 1);
            for (int c = -2; c < 3; c++) {
                int all = 0;
                for (int i = 0; i < N; i++) all += classes[i] == c * 1000000;
                const int m = count_in(f, classes, c * 1000000);
                cr_assert(m == all / folds || m == all / folds + 1);
            }
        }
    }
}

Test(splits, depend_on_the_seed_alone)
{
    cr_assert_eq(rn_folds(N, 4, 1, NULL, part), RN_OK);
    cr_assert_eq(rn_folds(N, 4, 1, NULL, again), RN_OK);
    cr_assert_eq(memcmp(part, again, sizeof part), 0);
    cr_assert_eq(rn_folds(N, 4, 2, NULL, again), RN_OK);
    cr_assert_neq(memcmp(part, again, sizeof part), 0);
    for (int f = 0; f < 4; f++) cr_assert(count_in(f, NULL, 0) >= N / 4);
}

Test(splits, hold_out_a_share)
{
    draw_classes();
    for (int s = 0; s <= 10; s++) {
        const double share = s / 10.0;
        cr_assert_eq(rn_split(N, share, 5, s % 2 ? classes : NULL, part), RN_OK);
        cr_assert_eq(count_in(1, NULL, 0), (int)(N * share + 0.5));
        cr_assert_eq(count_in(0, NULL, 0), N - (int)(N * share + 0.5));
        for (int c = -2; c < 3 && s % 2; c++) {
            int all = 0;
            for (int i = 0; i < N; i++) all += classes[i] == c * 1000000;
            const int m = count_in(1, classes, c * 1000000);
            cr_assert_leq(fabs(m - share * all), 1.1);
        }
    }
}

Test(splits, select_parts)
{
    const int32_t of[] = {2, 0, 1, 2, 2};
    int64_t index[5];

    cr_assert_eq(rn_select(of, 5, 2, false, index), 3);
    cr_assert(index[0] == 0 && index[1] == 3 && index[2] == 4);
    cr_assert_eq(rn_select(of, 5, 2, true, index), 2);
    cr_assert(index[0] == 1 && index[1] == 2);
    cr_assert_eq(rn_select(of, 5, 2, true, NULL), 2);
    cr_assert_eq(rn_select(NULL, 5, 2, true, index), 0);
    cr_assert_eq(rn_select(of, -1, 2, true, index), 0);
}

Test(splits, hold_out_lists_both_parts)
{
    int64_t index[N], want[N];

    draw_classes();
    cr_assert_eq(rn_split(N, 0.3, 5, classes, part), RN_OK);
    const int64_t kept = rn_select(part, N, 0, false, want);
    cr_assert_eq(kept + rn_select(part, N, 1, false, want + kept), N);
    cr_assert_eq(rn_hold_out(N, 0.3, 5, classes, index), kept);
    cr_assert_eq(memcmp(index, want, sizeof want), 0);
    cr_assert_eq(rn_hold_out(N, 1.1, 5, classes, index), 0);
    cr_assert_eq(rn_hold_out(N, 0.3, 5, classes, NULL), 0);
    cr_assert_eq(rn_hold_out(-1, 0.3, 5, classes, index), 0);
    cr_assert_eq(rn_hold_out(INT64_MAX, 0.3, 5, classes, index), 0);
}

Test(splits, class_weights_are_those_of_scikit_learn)
{
    const int n = sizeof golden_classes / sizeof *golden_classes;
    const double *want = golden_weights;
    double got[6];

    cr_assert_eq(rn_class_weights(golden_classes, n, 6, got), RN_OK);
    for (int c = 0; c < 5; c++) {
        const double expected = c == 2 ? 0 : *want++;
        cr_assert_float_eq(got[c], expected, 1e-15);
    }
    cr_assert_eq(got[5], 0);
    cr_assert_eq(rn_class_weights(golden_classes, n, 4, got), RN_INVALID);
    cr_assert_eq(rn_class_weights(NULL, n, 6, got), RN_INVALID);
    cr_assert_eq(rn_class_weights(golden_classes, n, 6, NULL), RN_INVALID);
}

Test(splits, refuse_wrong_arguments)
{
    cr_assert_eq(rn_folds(N, 0, 1, NULL, part), RN_INVALID);
    cr_assert_eq(rn_folds(N, 2, 1, NULL, NULL), RN_INVALID);
    cr_assert_eq(rn_folds(-1, 2, 1, NULL, part), RN_INVALID);
    cr_assert_eq(rn_folds(INT64_MAX, 2, 1, NULL, part), RN_INVALID);
    cr_assert_eq(rn_split(N, 1.5, 1, NULL, part), RN_INVALID);
    cr_assert_eq(rn_split(N, NAN, 1, NULL, part), RN_INVALID);
    cr_assert_eq(rn_split(0, 0.5, 1, NULL, part), RN_OK);
}

/* ---- sources ---- */

static const float v[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
static const int32_t y[] = {7, 8, 9};
static const void *const data[] = {v, y};
static rn_field fields[2] = {{.name = "v"}, {.name = "y", .type = RN_I32, .once = true}};

static rn_arrays arrays(void)
{
    fields[0].shape = rn_shape(2);
    return (rn_arrays){.fields = fields, .field_count = 2, .data = data, .count = 3};
}

static void holds(const rn_source *s, int64_t i, int64_t length, float first, int32_t once)
{
    float got[12];
    int32_t number;

    cr_assert_eq(s->length(s->self, i), length);
    cr_assert(s->read(s->self, i, 1, 0, 1, &number));
    cr_assert_eq(number, once);
    cr_assert(s->read(s->self, i, 0, 0, length, got));
    for (int k = 0; k < 2 * length; k++) cr_assert_eq(got[k], first + (float)k);
    if (length < 2) return;
    cr_assert(s->read(s->self, i, 0, 1, 1, got));
    cr_assert(got[0] == first + 2 && got[1] == first + 3);
}

Test(splits, sources_of_arrays)
{
    const int64_t offsets[] = {1, 4, 4, 6}, lengths[] = {2, 0, 1};
    rn_arrays a = arrays(), ragged = a;

    ragged.offsets = offsets;
    const rn_source s = rn_source_arrays(&ragged);
    holds(&s, 0, 3, 2, 7), holds(&s, 1, 0, 0, 8), holds(&s, 2, 2, 8, 9);
    a.steps = 2;
    const rn_source even = rn_source_arrays(&a);
    holds(&even, 0, 2, 0, 7), holds(&even, 2, 2, 8, 9);
    a.lengths = lengths;
    const rn_source part_of = rn_source_arrays(&a);
    holds(&part_of, 0, 2, 0, 7), holds(&part_of, 1, 0, 0, 8), holds(&part_of, 2, 1, 8, 9);

    const int64_t index[] = {2, 0, 2};
    rn_subset some = {s, index, 3};
    const rn_source subset = rn_source_subset(&some);
    holds(&subset, 0, 2, 8, 9), holds(&subset, 1, 3, 2, 7), holds(&subset, 2, 2, 8, 9);
    rn_subset one = {subset, index + 1, 1};
    const rn_source inner = rn_source_subset(&one);
    holds(&inner, 0, 2, 8, 9);
}

static void refuses(rn_source s, const char *message)
{
    cr_assert_eq(s.count, -1);
    cr_assert_str_eq(s.error(s.self), message);
}

Test(splits, sources_refuse_wrong_arrays)
{
    const int64_t falling[] = {0, 2, 1, 3}, beyond[] = {0, 3, 0};
    const int64_t outside[] = {0, 3};
    rn_arrays a = arrays();
    const rn_source s = rn_source_arrays(&a);
    rn_subset some = {s, outside, 2}, none = {s, NULL, 2};

    refuses(rn_source_arrays(NULL), "no arrays");
    refuses(rn_source_subset(NULL), "no subset");
    refuses(rn_source_subset(&some), "an index outside the source");
    refuses(rn_source_subset(&none), "a subset without an index");
    a.offsets = falling;
    refuses(rn_source_arrays(&a), "offsets that decrease");
    a.offsets = NULL, a.lengths = beyond, a.steps = 2;
    refuses(rn_source_arrays(&a), "a length that is not in 0..steps");
    a.count = INT64_MAX;
    refuses(rn_source_arrays(&a), "too many steps");
    a.count = -1;
    refuses(rn_source_arrays(&a), "a negative number of sequences or steps");
    a.data = NULL;
    refuses(rn_source_arrays(&a), "no fields or no data");
    none.source = rn_source_arrays(&a);
    refuses(rn_source_subset(&none), "no fields or no data");
}

/* ---- pairs ---- */

/* Two steps of three [2], and one number once; a text of other lengths beside them. */
static rn_pairs pairs_of(const rn_arrays *a, const rn_arrays *b)
{
    return (rn_pairs){.first = rn_source_arrays(a), .second = rn_source_arrays(b)};
}

Test(splits, pairs)
{
    static const int32_t letter[] = {10, 11, 12, 13, 14, 15};
    static const void *const letters[] = {letter};
    static const rn_field token = {.name = "v", .type = RN_I32, .padding = -1};
    const int64_t offsets[] = {0, 2, 2, 6};
    rn_arrays a = arrays(), b = {&token, 1, letters, 3, offsets, 0, NULL};
    a.steps = 2;
    rn_pairs p = pairs_of(&a, &b);
    p.target = "y2", p.lengths = "n";
    const rn_source s = rn_source_pairs(&p);
    rn_batches *batches = rn_batches_new(&s, (rn_batches_options){.batch = 3});
    rn_batch batch;

    cr_assert_eq(rn_batches_next(batches, &batch), RN_OK, "%s", rn_batches_error(batches));
    cr_assert(s.field_count == 4 && batch.steps == 2 && p.steps == 4);
    cr_assert_str_eq(s.fields[2].name, "y2");
    cr_assert_str_eq(s.fields[3].name, "n");
    cr_assert_arr_eq(batch.data[1], y, sizeof y);
    const int32_t target[] = {10, 11, -1, -1, -1, -1, -1, -1, 12, 13, 14, 15};
    cr_assert_arr_eq(batch.data[2], target, sizeof target);
    cr_assert_arr_eq(batch.data[3], ((const int32_t[]){2, 0, 4}), 3 * sizeof(int32_t));
    rn_batches_free(batches);

    /* Longer ones are cut; a field that is once stays as it is. */
    rn_pairs turned = pairs_of(&b, &a);
    turned.steps = 1, turned.lengths = "n";
    turned.target = "w";
    const rn_source t = rn_source_pairs(&turned);
    float two[2];
    int32_t one;
    cr_assert(t.fields[1].once && t.fields[1].shape.rank == 2 &&
              t.fields[2].shape.rank == 0);
    cr_assert(t.read(t.self, 1, 1, 0, 1, two) && two[0] == 4 && two[1] == 5);
    cr_assert(t.read(t.self, 1, 2, 0, 1, &one) && one == 8);
    cr_assert(t.read(t.self, 1, 3, 0, 1, &one) && one == 1);
    cr_assert(t.length(t.self, 0) == 2 && t.length(t.self, 2) == 4);
}

Test(splits, pairs_that_do_not_fit)
{
    rn_arrays a = arrays(), b = a;
    a.steps = b.steps = 2;
    b.count = 2;
    rn_pairs p = pairs_of(&a, &b);
    refuses(rn_source_pairs(NULL), "no pairs");
    refuses(rn_source_pairs(&p), "sources with different counts");
    p.second = p.first;
    p.steps = -1;
    refuses(rn_source_pairs(&p), "steps that are not in 0..2^31 - 1");
    p.second.field_count = RN_PAIRS_FIELDS - 2;
    refuses(rn_source_pairs(&p), "too many fields");
    p.second.field_count = 0;
    refuses(rn_source_pairs(&p), "a source without fields or a function to read");
    b.count = -1;
    p.second = rn_source_arrays(&b);
    refuses(rn_source_pairs(&p), "a negative number of sequences or steps");
    p = pairs_of(&a, &a);
    fields[0].shape = (rn_shape){.rank = RN_RANK_MAX};
    refuses(rn_source_pairs(&p), "a field of too many axes");
}
