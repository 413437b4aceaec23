/* SPDX-License-Identifier: MIT */
/* Operators in quad that are not element-wise: movement, reductions, products. */
#include "ops/ragged.h"
#include "ops/table.h"
#include "quad_operators.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const int64_t *attributes(const rn_test_quad_value *v)
{
    return (const int64_t *)v->node->attributes;
}

/* i32 wraps; the sums of the loops here are exact before. */
static void wrap(const rn_test_quad_value *v)
{
    if (v->node->type != RN_I32) return;
    for (int64_t i = 0; i < v->count; i++)
        v->y[i] = (quad)(int32_t)(uint32_t)(int64_t)v->y[i];
}

/* The elements of an axis' slice behind it. */
static int64_t inner_of(rn_shape x, int axis)
{
    int64_t n = 1;

    for (int i = axis + 1; i < x.rank; i++) n *= x.size[i];
    return n;
}

/* ---- movement ---- */

static void gather(const rn_test_quad_value *v)
{
    const quad *x = v->x[0].at;

    for (int64_t i = 0; i < v->count; i++) v->y[i] = x[v->x[0].offset[i]];
}

static void scatter(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = 0;
    for (int k = 0; k < v->node->inputs; k++)
        for (int64_t i = 0; i < v->x[k].count; i++) v->y[v->x[k].offset[i]] = v->x[k].at[i];
}

#define SAME_AS(name, code)                                                                \
    void rn_test_quad_##name(const rn_test_quad_value *v)                                  \
    {                                                                                      \
        code(v);                                                                           \
    }
SAME_AS(broadcast, gather)
SAME_AS(permute, gather)
SAME_AS(reshape, gather)
SAME_AS(reverse, gather)
SAME_AS(slice, gather)
SAME_AS(stop_gradient, gather)
SAME_AS(concat, scatter)
SAME_AS(pad, scatter)

/* ---- tables ---- */

/* Row i of the indices, which must be one of the table's. */
static int64_t row(const rn_test_quad_value *v, int64_t i)
{
    const quad index = v->x[1].at[i];

    cr_assert(index >= 0 && index < (quad)v->x[0].node->shape.size[0],
              "%s: index %g is outside the table", v->node->op->name, (double)index);
    return (int64_t)index;
}

void rn_test_quad_take(const rn_test_quad_value *v)
{
    const int64_t rows = v->x[1].count, n = rows ? v->count / rows : 0;

    for (int64_t i = 0; i < rows; i++) {
        const int64_t from = row(v, i) * n;
        for (int64_t j = 0; j < n; j++) v->y[i * n + j] = v->x[0].at[from + j];
    }
}

void rn_test_quad_check_range(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = v->x[0].at[i];
}

void rn_test_quad_unpack(const rn_test_quad_value *v)
{
    const int64_t rows = v->x[1].count, n = rows ? v->count / rows : 0;

    for (int64_t i = 0; i < v->count; i++)
        v->y[i] = v->x[1].at[i / n] < 0 ? 0 : v->x[0].at[row(v, i / n) * n + i % n];
}

/* Where a sequence is in order of descending lengths. */
static int64_t place(const rn_test_quad_value *v, int64_t b)
{
    const quad *n = v->x[0].at;
    int64_t before = 0;

    for (int64_t k = 0; k < v->x[0].count; k++)
        before += n[k] > n[b] || (n[k] == n[b] && k < b);
    return before;
}

/* Calls for each row (t, b) that is not padding, in packed order: y of packed row i, or of
 * row t B + b. */
static int64_t pack(const rn_test_quad_value *v, rn__ragged kind)
{
    const int64_t B = v->x[0].count, T = attributes(v)[0];
    int64_t n = 0;

    for (int64_t t = 0; t < T; t++) {
        if (kind == RN__RAGGED_OFFSETS) v->y[t] = n;
        if (kind == RN__RAGGED_COUNTS) v->y[t] = 0;
        for (int64_t j = 0; j < B; j++) {
            int64_t b = 0;
            while (place(v, b) != j) b++;
            if (!(v->x[0].at[b] > t)) continue;
            if (kind == RN__RAGGED_COUNTS) v->y[t] += 1;
            if (kind == RN__RAGGED_PLAIN) v->y[n] = t * B + b;
            if (kind == RN__RAGGED_SORTED) v->y[n] = t * B + j;
            if (kind == RN__RAGGED_SEQUENCE) v->y[n] = b;
            if (kind == RN__RAGGED_PACKED) v->y[t * B + b] = n;
            n++;
        }
    }
    return n;
}

void rn_test_quad_ragged(const rn_test_quad_value *v)
{
    const rn__ragged kind = (rn__ragged)attributes(v)[1];
    const int64_t B = v->x[0].count;

    for (int64_t i = 0; i < v->count; i++) v->y[i] = kind == RN__RAGGED_PACKED ? -1 : 0;
    const int64_t n = pack(v, kind);
    if (kind == RN__RAGGED_TOTAL) v->y[0] = n;
    if (kind == RN__RAGGED_SLOTS) v->y[0] = B ? (n + B - 1) / B : 0;
    for (int64_t b = 0; b < B; b++) {
        if (kind == RN__RAGGED_PLACE) v->y[b] = place(v, b);
        if (kind == RN__RAGGED_ORDER) v->y[place(v, b)] = b;
        if (kind == RN__RAGGED_ENDS) v->y[place(v, b)] = v->x[0].at[b];
    }
    const bool rows = kind == RN__RAGGED_PLAIN || kind == RN__RAGGED_SORTED ||
                      kind == RN__RAGGED_SEQUENCE;
    for (int64_t i = n; rows && i > 0 && i < v->count; i++) v->y[i] = v->y[i - 1];
}

void rn_test_quad_add_at(const rn_test_quad_value *v)
{
    const int64_t rows = v->x[1].count, n = rows ? v->x[2].count / rows : 0;

    for (int64_t i = 0; i < v->count; i++) v->y[i] = v->x[0].at[i];
    for (int64_t i = 0; i < rows; i++) {
        const int64_t to = row(v, i) * n;
        for (int64_t j = 0; j < n; j++) v->y[to + j] += v->x[2].at[i * n + j];
    }
    wrap(v);
}

/* The table's element of element i of `values`, which broadcast. */
static int64_t in_table(const rn_test_quad_value *v, rn_shape values, int64_t i)
{
    const rn_shape table = v->x[0].node->shape, of_index = v->x[1].node->shape;
    const int axis = (int)attributes(v)[0];
    int64_t place[RN_RANK_MAX], at = 0, to = 0;

    for (int k = values.rank - 1; k >= 0; k--) {
        place[k] = i % values.size[k];
        i /= values.size[k];
    }
    for (int k = 0; k < values.rank; k++)
        at = at * of_index.size[k] + (of_index.size[k] == 1 ? 0 : place[k]);
    place[axis] = (int64_t)v->x[1].at[at];
    cr_assert(place[axis] >= 0 && place[axis] < table.size[axis]);
    for (int k = 0; k < values.rank; k++)
        to = to * table.size[k] + (table.size[k] == 1 ? 0 : place[k]);
    return to;
}

void rn_test_quad_gather(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++)
        v->y[i] = v->x[0].at[in_table(v, v->node->shape, i)];
}

static void scatter_to(const rn_test_quad_value *v, bool add)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = v->x[0].at[i];
    for (int64_t i = 0; i < v->x[2].count; i++) {
        quad *to = &v->y[in_table(v, v->x[2].node->shape, i)];
        *to = v->x[2].at[i] + (add ? *to : 0);
    }
    wrap(v);
}

void rn_test_quad_scatter(const rn_test_quad_value *v)
{
    scatter_to(v, false);
}

void rn_test_quad_scatter_add(const rn_test_quad_value *v)
{
    scatter_to(v, true);
}

/* ---- reductions ---- */

void rn_test_quad_sum(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = 0;
    for (int64_t i = 0; i < v->x[0].count; i++) v->y[v->x[0].offset[i]] += v->x[0].at[i];
    wrap(v);
}

void rn_test_quad_sum_square(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = 0;
    for (int64_t i = 0; i < v->x[0].count; i++)
        v->y[v->x[0].offset[i]] += v->x[0].at[i] * v->x[0].at[i];
}

static void mean(const rn_test_quad_value *v, bool squares)
{
    const quad terms = (quad)v->x[0].count / (quad)(v->count ? v->count : 1);

    for (int64_t i = 0; i < v->count; i++) v->y[i] = 0;
    for (int64_t i = 0; i < v->x[0].count; i++) {
        const quad x = v->x[0].at[i];
        v->y[v->x[0].offset[i]] += (squares ? x * x : x) / terms;
    }
}

void rn_test_quad_mean(const rn_test_quad_value *v)
{
    mean(v, false);
}

void rn_test_quad_mean_square(const rn_test_quad_value *v)
{
    mean(v, true);
}

void rn_test_quad_rescale(const rn_test_quad_value *v)
{
    const bool f64 = v->node->type == RN_F64;

    for (int64_t i = 0; i < v->count; i++) v->y[i] = 0;
    for (int64_t i = 0; i < v->x[0].count; i++) {
        const quad x = fabsq(v->x[0].at[i]);
        quad *y = &v->y[v->x[0].offset[i]];
        if (!isnanq(*y) && !(x <= *y)) *y = x;
    }
    for (int64_t i = 0; i < v->count; i++) {
        quad *y = &v->y[i];
        const bool small = *y > 0 && *y < (f64 ? 0x1p-400Q : 0x1p-60Q);
        if (*y >= (f64 ? 0x1p500Q : 0x1p60Q))
            *y = f64 ? 0x1p-530Q : 0x1p-70Q;
        else
            *y = small && attributes(v)[2] ? (f64 ? 0x1p700Q : 0x1p100Q) : 1;
    }
}

void rn_test_quad_max(const rn_test_quad_value *v)
{
    for (int64_t i = 0; i < v->count; i++) v->y[i] = -HUGE_VALQ;
    for (int64_t i = 0; i < v->x[0].count; i++) {
        const quad x = v->x[0].at[i];
        quad *y = &v->y[v->x[0].offset[i]];
        if (!isnanq(*y) && !(x <= *y)) *y = x;
    }
}

/* The first largest of n, a NaN being larger than all. */
static int64_t first_largest(const quad *x, int64_t n, int64_t step)
{
    int64_t best = 0;

    for (int64_t i = 1; i < n && !isnanq(x[best * step]); i++)
        if (!(x[i * step] <= x[best * step])) best = i;
    return best;
}

void rn_test_quad_argmax(const rn_test_quad_value *v)
{
    const rn_shape x = v->x[0].node->shape;
    int64_t inner = 1;
    int axis = 0;

    while (attributes(v)[0] >> (axis + 1)) axis++;
    for (int i = axis + 1; i < x.rank; i++) inner *= x.size[i];
    for (int64_t i = 0; i < v->count; i++) {
        const int64_t first = i / inner * inner * x.size[axis] + i % inner;
        v->y[i] = (quad)first_largest(v->x[0].at + first, x.size[axis], inner);
    }
}

void rn_test_quad_cumsum(const rn_test_quad_value *v)
{
    const int axis = (int)attributes(v)[0];
    const bool exclusive = attributes(v)[1] != 0, reverse = attributes(v)[2] != 0;
    const int64_t step = inner_of(v->node->shape, axis), n = v->node->shape.size[axis];

    for (int64_t i = 0; i < v->count; i++) {
        const int64_t k = i / step % n, first = i - k * step;
        v->y[i] = 0;
        for (int64_t j = 0; j < n; j++)
            if ((reverse ? j > k : j < k) || (j == k && !exclusive))
                v->y[i] += v->x[0].at[first + j * step];
    }
    wrap(v);
}

/* Where element k of n comes among them: behind those that are smaller, or equal and
 * before it; a NaN is larger than all. */
static int64_t rank_of(const quad *x, int64_t n, int64_t step, int64_t k, bool descending)
{
    const quad b = x[k * step];
    int64_t rank = 0;

    for (int64_t j = 0; j < n; j++) {
        const quad a = x[j * step];
        const bool less = isnanq(b) ? !isnanq(a) : a < b;
        const bool more = isnanq(a) ? !isnanq(b) : a > b;
        rank += (descending ? more : less) || (!less && !more && j < k);
    }
    return rank;
}

void rn_test_quad_argsort(const rn_test_quad_value *v)
{
    const rn_shape x = v->x[0].node->shape;
    const int axis = (int)attributes(v)[0];
    const int64_t step = inner_of(x, axis), n = x.size[axis], count = attributes(v)[1];

    for (int64_t i = 0; i < v->x[0].count; i++) {
        const int64_t k = i / step % n, column = i / step / n;
        const quad *first = v->x[0].at + (i - k * step);
        const int64_t rank = rank_of(first, n, step, k, attributes(v)[2] != 0);
        if (rank < count) v->y[(column * count + rank) * step + i % step] = (quad)k;
    }
}

/* ---- products ---- */

/* From one term of the inner sum to the next in operand k. */
static int64_t inner_step(const rn_test_quad_value *v, int k)
{
    const rn_shape x = v->x[k].node->shape;
    const bool transposed = (attributes(v)[0] >> k & 1) != 0;

    return (k == 0) != transposed ? 1 : x.size[x.rank - 1];
}

void rn_test_quad_matmul(const rn_test_quad_value *v)
{
    const rn_shape x = v->x[0].node->shape;
    const bool transposed = (attributes(v)[0] & RN_TRANSPOSE_X) != 0;
    const int64_t terms = x.size[x.rank - (transposed ? 2 : 1)];
    const int64_t x_step = inner_step(v, 0), y_step = inner_step(v, 1);

    for (int64_t i = 0; i < v->count; i++) {
        const quad *from_x = v->x[0].at + v->x[0].offset[i];
        const quad *from_y = v->x[1].at + v->x[1].offset[i];
        v->y[i] = 0;
        for (int64_t k = 0; k < terms; k++)
            v->y[i] += from_x[k * x_step] * from_y[k * y_step];
    }
}

/* ---- random numbers ---- */

/* From the library: their values are tested elsewhere. */
void rn_test_quad_uniform(const rn_test_quad_value *v)
{
    const int64_t ticks = v->x[0].count;
    int32_t tick[2] = {0};
    rn_array in = {.data = tick, .type = RN_I32, .rank = 1, .size = {ticks}, .stride = {1}};
    rn_array out = {.data = calloc((size_t)v->count + 1, 8),
                    .type = v->node->type,
                    .rank = 1,
                    .size = {v->count},
                    .stride = {1}};
    char message[RN_MESSAGE] = "";
    const rn_call call = {.in = &in,
                          .out = &out,
                          .attributes = v->node->attributes,
                          .message = message,
                          .inputs = 1};

    cr_assert(out.data);
    for (int64_t i = 0; i < ticks; i++) tick[i] = (int32_t)v->x[0].at[i];
    cr_assert(rn__op_code(v->node->op, v->node->variant).kernel(&call), "%s", message);
    rn_test_quad_read(v->node, out.data, v->y, v->count);
    free(out.data);
}
