/* SPDX-License-Identifier: MIT */
/* Records of argsort, and of sort and top_k, which gather what it finds. */
#include "record_move.h"

#include <criterion/criterion.h>
#include <math.h>

typedef struct order {
    int axis;
    bool descending;
    int64_t count; /* -1: all */
} order;

/* ---- the reference: each element's rank is counted ---- */

/* Whether a comes before b in this order, a NaN being larger than all numbers. */
static bool comes_before(double a, double b, bool descending)
{
    if (isnan(a) || isnan(b)) return descending ? !isnan(b) : !isnan(a);
    return descending ? a > b : a < b;
}

static int64_t rank_of(const rn_test_array *x, int axis, bool descending,
                       const int64_t *index)
{
    int64_t other[RN_RANK_MAX], rank = 0;

    for (int i = 0; i < x->shape.rank; i++) other[i] = index[i];
    for (int64_t j = 0; j < x->shape.size[axis]; j++) {
        other[axis] = j;
        const double a = *at(x, other), b = *at(x, index);
        const bool first = comes_before(a, b, descending),
                   last = comes_before(b, a, descending), both_nan = isnan(a) && isnan(b);
        rank += both_nan || first == last ? j < index[axis] : first;
    }
    return rank;
}

static void sorted(const rn_test_array *x, const void *with, bool indices, rn_test_array *y)
{
    const order *o = (const order *)with;
    const int axis = o->axis < 0 ? o->axis + x->shape.rank : o->axis;
    rn_shape shape = x->shape;
    int64_t from[RN_RANK_MAX] = {0}, to[RN_RANK_MAX];

    if (o->count >= 0) shape.size[axis] = o->count;
    *y = rn_test_array_new(indices ? RN_I32 : x->type, shape);
    if (rn_test_array_count(y) > 0) do {
            for (int i = 0; i < shape.rank; i++) to[i] = from[i];
            to[axis] = rank_of(x, axis, o->descending, from);
            if (to[axis] < shape.size[axis])
                *at(y, to) = indices ? (double)from[axis] : *at(x, from);
        } while (next_index(x->shape, from));
}

#define SORTED(name_, call, indices)                                                       \
    BUILD(name_)                                                                           \
    {                                                                                      \
        const order *o = (const order *)with;                                              \
        return call;                                                                       \
    }                                                                                      \
    REFERENCE(name_)                                                                       \
    {                                                                                      \
        sorted(x, with, indices, y);                                                       \
    }

SORTED(argsort, rn_argsort(x[0], o->axis, o->descending), true)
SORTED(sort, rn_sort(x[0], o->axis, o->descending), false)
SORTED(top_k_indices, rn_top_k_indices(x[0], o->axis, o->count, !o->descending), true)
SORTED(top_k, rn_top_k(x[0], o->axis, o->count, !o->descending), false)

#define ORDER(...)                                                                         \
    .with = &(const order)                                                                 \
    {                                                                                      \
        __VA_ARGS__                                                                        \
    }
#define MANY_IN(...) ORDER(__VA_ARGS__), .values_only = true

/* Distinct ones have gradients; odd ones repeat, and are more than a run. */
static const sample sorts[] = {
    {.x = {REAL(distinct, 7)}, ORDER(0, false, -1)},
    {.x = {REAL(distinct, 7)}, ORDER(-1, true, -1)},
    {.x = {REAL(distinct, 2, 3, 5)}, ORDER(0, true, -1)},
    {.x = {REAL(distinct, 2, 3, 5)}, ORDER(1, false, -1)},
    {.x = {REAL(distinct, 2, 3, 5)}, ORDER(2, true, -1)},
    {.x = {REAL(distinct, 1)}, ORDER(0, false, -1)},
    {.x = {REAL(distinct, 3, 1, 2)}, ORDER(1, true, -1)},
    {.x = {REAL(odd, 0)}, ORDER(0, false, -1)},
    {.x = {REAL(odd, 3, 0, 2)}, ORDER(0, false, -1)},
    {.x = {REAL(odd, 3, 0, 2)}, ORDER(1, true, -1)},
    {.x = {REAL(odd, 16)}, MANY_IN(0, false, -1)},
    {.x = {REAL(odd, 17)}, MANY_IN(0, true, -1)},
    {.x = {REAL(odd, 3, 67)}, MANY_IN(1, false, -1)},
    {.x = {REAL(odd, 67, 3)}, MANY_IN(0, true, -1)},
    {.x = {REAL(odd, 1031)}, MANY_IN(0, false, -1)},
    {.x = {REAL(large, 1031)}, MANY_IN(0, true, -1)},
    {.x = {REAL(tiny, 131)}, MANY_IN(0, false, -1)},
};

static const sample top_ks[] = {
    {.x = {REAL(distinct, 7)}, ORDER(0, true, 3)},
    {.x = {REAL(distinct, 7)}, ORDER(-1, false, 3)},
    {.x = {REAL(distinct, 7)}, ORDER(0, true, 7)},
    {.x = {REAL(distinct, 17)}, ORDER(0, false, 2)},
    {.x = {REAL(distinct, 2, 17, 3)}, ORDER(1, true, 1)},
    {.x = {REAL(distinct, 16, 2)}, ORDER(0, true, 2)},
    {.x = {REAL(distinct, 1)}, ORDER(0, true, 1)},
    {.x = {REAL(distinct, 7)}, ORDER(0, true, 0)},
    {.x = {REAL(odd, 0)}, ORDER(0, true, 0)},
    {.x = {REAL(odd, 0, 9)}, ORDER(1, true, 1)},
    {.x = {REAL(odd, 3, 67)}, MANY_IN(1, true, 5)},
    {.x = {REAL(odd, 67, 3)}, MANY_IN(0, false, 8)},
    {.x = {REAL(odd, 1031)}, MANY_IN(0, true, 100)},
    {.x = {REAL(large, 1031)}, MANY_IN(0, false, 128)},
    {.x = {REAL(large, 1031)}, MANY_IN(0, true, 129)},
};

/* ---- single points ---- */

static rn_tensor ascending(rn_tensor x)
{
    return rn_sort(x, 0, false);
}

static rn_tensor descending(rn_tensor x)
{
    return rn_sort(x, 0, true);
}

static rn_tensor places(rn_tensor x)
{
    return rn_cast(rn_argsort(x, 0, false), rn_type_get(x));
}

static rn_tensor places_back(rn_tensor x)
{
    return rn_cast(rn_argsort(x, 0, true), rn_type_get(x));
}

/* The six largest, in a vector so long that a heap finds them. */
static rn_tensor few(rn_tensor x)
{
    const rn_tensor low = rn_fill(x.graph, rn_type_get(x), rn_shape(60), -INFINITY);
    const rn_tensor all[2] = {low, x};
    const rn_tensor y =
        rn_cast(rn_top_k_indices(rn_concat(all, 2, 0), 0, 6, false), rn_type_get(x));

    return rn_offset(y, -60);
}

static void more_argsort(void)
{
    /* Zeros are equal, NaN are, and larger than infinity. */
    static const point points[] = {{NAN, 5},  {0, 6},         {INFINITY, 1}, {-0.0, 3},
                                   {-NAN, 2}, {-INFINITY, 0}, {-1, 4}};
    static const point back[] = {{NAN, 0},  {0, 4},         {INFINITY, 2}, {-0.0, 1},
                                 {-NAN, 3}, {-INFINITY, 6}, {-1, 5}};
    static const point largest[] = {{NAN, 0},  {0, 4},    {INFINITY, 2},
                                    {-0.0, 1}, {-NAN, 3}, {-1, 5}};
    const int32_t ends[4] = {INT32_MAX, INT32_MIN, 0, -1};
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_constant(g, RN_I32, rn_shape(4), ends);
    rn_test_array y = rn_test_eval(rn_argsort(x, 0, false), NULL, 0);

    cr_assert(y.at[0] == 1 && y.at[1] == 3 && y.at[2] == 2 && y.at[3] == 0);
    rn_test_array_free(&y);
    rn_graph_free(g);
    expect_points(places, points, COUNT(points));
    expect_points(places_back, back, COUNT(back));
    expect_points(few, largest, COUNT(largest));
}

/* The signs of equal zeros stay where they were. */
static void more_sort(void)
{
    static const point up[] = {{0, -2}, {-0.0, 0}, {-2, -0.0}, {0, 0}, {NAN, 1}, {1, NAN}};
    static const point down[] = {{0, NAN},  {-0.0, 1}, {-2, 0},
                                 {0, -0.0}, {NAN, 0},  {1, -2}};

    expect_points(ascending, up, COUNT(up));
    expect_points(descending, down, COUNT(down));
    /* Of two equal ones the first is the smaller. */
    expect_gradient(ascending, 4, (const double[]){3, 1, 3, 1},
                    (const double[]){5, 6, 7, 8}, (const double[]){7, 5, 8, 6});
    expect_gradient(descending, 4, (const double[]){3, 1, 3, 1},
                    (const double[]){5, 6, 7, 8}, (const double[]){5, 7, 6, 8});
}

REFUSES(argsort_axis, rn_argsort(x_of(g, RN_F32), 2, false))
REFUSES(argsort_scalar, rn_argsort(rn_input(g, "s", RN_F32, (rn_shape)SCALAR), 0, true))
REFUSES(argsort_long,
        rn_argsort(rn_input(g, "l", RN_BOOL, (rn_shape)SHAPE(INT64_C(1) << 31)), 0, false))
static const refusal refusals_argsort[] = {
    {argsort_axis, "argsort: no axis 2: x [2,3]"},
    {argsort_scalar, "argsort: no axis 0: s []"},
    {argsort_long, "argsort: the axis is too long for an i32 index: l [2147483648]"},
};

REFUSES(sort_axis, rn_sort(x_of(g, RN_F32), 2, false))
static const refusal refusals_sort[] = {
    {sort_axis, "sort: no axis 2, in argsort: x [2,3]"}};

REFUSES(top_k_axis, rn_top_k(x_of(g, RN_F32), -3, 1, false))
REFUSES(top_k_many, rn_top_k(x_of(g, RN_F32), 1, 4, false))
REFUSES(top_k_negative, rn_top_k(x_of(g, RN_F32), -1, -2, false))
static const refusal refusals_top_k[] = {
    {top_k_axis, "top_k: no axis -3, in argsort: x [2,3]"},
    {top_k_many, "top_k: k is 4, and axis 1 has 3 elements, in argsort: x [2,3]"},
    {top_k_negative, "top_k: k is -2, and axis -1 has 3 elements, in argsort: x [2,3]"},
};

REFUSES(top_k_indices_many, rn_top_k_indices(x_of(g, RN_F32), 0, 3, false))
static const refusal refusals_top_k_indices[] = {
    {top_k_indices_many,
     "top_k_indices: k is 3, and axis 0 has 2 elements, in argsort: x [2,3]"}};

#define RECORD(name_, samples_, flags_, ...)                                               \
    const record record_##name_ = {.name = #name_,                                         \
                                   .inputs = 1,                                            \
                                   .build = build_##name_,                                 \
                                   .reference = reference_##name_,                         \
                                   SAMPLES(samples_),                                      \
                                   .flags = flags_,                                        \
                                   REFUSALS(refusals_##name_),                             \
                                   __VA_ARGS__}

RECORD(argsort, sorts, NO_GRADIENT | INTEGERS_TOO | PIECEWISE, .more = more_argsort);
RECORD(sort, sorts, EXACT | INTEGERS_TOO | PIECEWISE, .more = more_sort);
RECORD(top_k_indices, top_ks, NO_GRADIENT | INTEGERS_TOO | PIECEWISE, .more = NULL);
RECORD(top_k, top_ks, EXACT | INTEGERS_TOO | PIECEWISE, .more = NULL);
