/* SPDX-License-Identifier: MIT */
/*
 * add_at -- rows added to the indexed rows of a table.
 *
 *   x  [N, ..]       f32, f64 or i32
 *   i  [I..]         i32, each in 0..N-1, any of them more than once
 *   u  [I.., ..]     the type of x
 *   y  [N, ..]
 *
 *   y  = x; y[i[j..]] += u[j..] for all j.. in order
 *   dx = dy
 *   du = dy[i]
 *
 * Of real rows only the first SEQUENTIAL for one index are added in this way. Later ones
 * are summed separately, in parts of PART rows, which are summed pairwise, and the sum is
 * added at the end. So the rounding error of an index that occurs millions of times does
 * not grow with that number.
 *
 * A call is not divided: each range of rows would read all indices.
 */
#include "kernel/strided.h"
#include "ops/branches.h"
#include "ops/walk.h"

#include <stdio.h>
#include <string.h>

#if RN_IS_NUMBER

/* A sum of rows: their number, and the partial sums that wait for a partner. */
typedef struct sum_state {
    int64_t rows, parts;
} sum_state;

enum { SEQUENTIAL = 512, PART = 64 };

/* The scratch of a call: for each row of the table a number, which counts its updates up to
 * SEQUENTIAL and then is the index of its sum; and memory for the sums. */
typedef struct sums {
    int64_t rows, most, levels, n; /* n: elements of a row */
    size_t counters, states;       /* bytes of the counters, of counters and states, */
    size_t bytes;                  /* and of all */
} sums;

static int64_t product_of(const rn_array *a, int from)
{
    int64_t n = 1;

    for (int i = from; i < a->rank; i++) n *= a->size[i];
    return n;
}

static size_t whole_lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static sums sums_of(const rn_call *call)
{
    const rn_array *x = &call->in[0];
    const int64_t count = product_of(&call->in[1], 0);
    sums s = {.rows = x->size[0], .levels = 2, .n = product_of(x, 1)};

    if (x->type == RN_I32 || count <= SEQUENTIAL) return (sums){0};
    s.most = count / SEQUENTIAL < s.rows ? count / SEQUENTIAL : s.rows;
    for (int64_t parts = count / PART; parts > 0; parts /= 2) s.levels++;
    s.counters = whole_lines((size_t)s.rows * sizeof(int32_t));
    s.states = s.counters + whole_lines((size_t)s.most * sizeof(sum_state));
    s.bytes = s.states + (size_t)(s.most * s.levels * s.n) * (x->type == RN_F64 ? 8 : 4);
    return s;
}

/* The operands of a row's walk. */
enum { TABLE, UPDATE, DENSE };

/* The axes of one row but the innermost, which has n elements with these steps. */
typedef struct row_axes {
    rn__walk walk;
    int64_t n, step[3];
} row_axes;

static row_axes row_of(const rn_array *y, const rn_array *u)
{
    row_axes r = {.walk = {.rank = y->rank - 1}, .n = 1};
    rn__walk *w = &r.walk;
    int64_t *const strides[3] = {w->stride[TABLE], w->stride[UPDATE], w->stride[DENSE]};
    int64_t dense = 1;

    for (int i = w->rank - 1; i >= 0; i--, dense *= y->size[i + 2]) {
        w->size[i] = y->size[i + 1];
        w->stride[TABLE][i] = y->stride[i + 1];
        w->stride[UPDATE][i] = u->stride[u->rank - w->rank + i];
        w->stride[DENSE][i] = dense;
    }
    w->rank = rn__collapse(w->rank, w->size, 3, strides);
    if (w->rank > 0) {
        w->rank--;
        r.n = w->size[w->rank];
        for (int i = 0; i < 3; i++) r.step[i] = w->stride[i][w->rank];
    }
    if (dense == 0) r.n = 0;
    return r;
}

/* The axes of the indices: at[0] is the offset in the indices, at[1] in the updates. */
static rn__walk rows_of(const rn_array *indices, const rn_array *u)
{
    rn__walk w = {.rank = indices->rank};

    for (int i = 0; i < w.rank; i++) {
        w.size[i] = indices->size[i];
        w.stride[0][i] = indices->stride[i];
        w.stride[1][i] = u->stride[i];
    }
    return w;
}

static inline void add_elements(element *to, int64_t to_step, const element *from,
                                int64_t from_step, int64_t n)
{
    if (to_step == 1 && from_step == 1)
        RN_EACH(i, n) to[i] += from[i];
    else
        for (int64_t i = 0; i < n; i++) to[i * to_step] += from[i * from_step];
}

/* Adds one row to another; both have the layout of an operand of the walk. */
static inline void add_row(row_axes *r, element *y, int of_y, const element *u, int of_u)
{
    const int64_t y_step = r->step[of_y], u_step = r->step[of_u], n = r->n;

    if (r->walk.rank == 0) {
        add_elements(y, y_step, u, u_step, n);
        return;
    }
    do {
        add_elements(y + r->walk.at[of_y], y_step, u + r->walk.at[of_u], u_step, n);
    } while (rn__walk_next(&r->walk));
}

/* ---- sums of many rows ---- */

static void add_dense(element *y, const element *x, int64_t n)
{
    RN_EACH(i, n) y[i] += x[i];
}

/* Adds a row to a sum. */
static void sum_row(row_axes *r, sum_state *s, element *sum, const element *u, int64_t n)
{
    element *part = sum + s->parts * n;

    if (s->rows % PART == 0) memset(part, 0, (size_t)n * sizeof *part);
    add_row(r, part, DENSE, u, UPDATE);
    if (++s->rows % PART) return;
    for (int64_t pairs = s->rows / PART - 1; pairs & 1; pairs >>= 1, part -= n, s->parts--)
        add_dense(part - n, part, n);
    s->parts++;
}

/* Adds all parts of a sum to the first. */
static void finish_sum(const sum_state *s, element *sum, int64_t n)
{
    for (int64_t last = s->parts - (s->rows % PART == 0); last > 0; last--)
        add_dense(sum + (last - 1) * n, sum + last * n, n);
}

/* ---- the kernel ---- */

static bool refuse(const rn_call *call, int32_t index, int64_t at)
{
    snprintf(call->message, RN_MESSAGE, "index %d is outside 0..%lld at element %lld",
             (int)index, (long long)call->in[0].size[0] - 1, (long long)at);
    return false;
}

static sum_state *states_of(const rn_call *call, const sums *s)
{
    return (sum_state *)(void *)((char *)call->scratch + s->counters);
}

static element *sum_of(const rn_call *call, const sums *s, int64_t k)
{
    return (element *)(void *)((char *)call->scratch + s->states) + k * s->levels * s->n;
}

/* Adds the sums to the rows of the table. */
static void add_sums(row_axes *r, const rn_call *call, const sums *s)
{
    const int32_t *counter = (const int32_t *)call->scratch;
    sum_state *state = states_of(call, s);

    for (int64_t i = 0; i < s->rows; i++) {
        const int64_t k = counter[i] - SEQUENTIAL - 1;

        if (k < 0) continue;
        finish_sum(&state[k], sum_of(call, s, k), s->n);
        add_row(r, (element *)call->out->data + i * call->out->stride[0], TABLE,
                sum_of(call, s, k), DENSE);
    }
}

/* Adds a row to the sum of this index, which is created if there is none yet. */
static void add_apart(row_axes *r, const sums *s, int32_t *counter, int32_t *used,
                      const rn_call *call, const element *from)
{
    sum_state *state = states_of(call, s);

    if (*counter == SEQUENTIAL) {
        state[*used] = (sum_state){0};
        *counter += ++*used;
    }
    const int64_t k = *counter - SEQUENTIAL - 1;
    sum_row(r, &state[k], sum_of(call, s, k), from, s->n);
}

RN_KERNEL(add_at)
{
    const rn_array *x = &call->in[0], *indices = &call->in[1], *u = &call->in[2];
    const int64_t count = product_of(indices, 0), y_row = call->out->stride[0];
    const sums s = sums_of(call);
    const bool counted = s.bytes > 0;
    int32_t *counter = (int32_t *)call->scratch, used = 0;
    element *y = (element *)call->out->data;
    rn__walk each = rows_of(indices, u);
    row_axes row = row_of(call->out, u);

    rn__copy(x->rank, x->size, sizeof(element), y, call->out->stride, x->data, x->stride);
    if (counted) memset(counter, 0, s.counters);
    for (int64_t i = 0; i < count; i++, rn__walk_next(&each)) {
        const int32_t index = ((const int32_t *)indices->data)[each.at[0]];
        const element *from = (const element *)u->data + each.at[1];

        if (index < 0 || index >= x->size[0]) return refuse(call, index, i);
        if (counted && counter[index] >= SEQUENTIAL) {
            add_apart(&row, &s, &counter[index], &used, call, from);
            continue;
        }
        add_row(&row, y + index * y_row, TABLE, from, UPDATE);
        if (counted) counter[index]++;
    }
    if (used) add_sums(&row, call, &s);
    return true;
}

#endif

#if RN_ONCE

static const char *shape(rn_typing *t)
{
    const rn_shape x = t->in_shape[0], indices = t->in_shape[1], u = t->in_shape[2];

    if (t->in_type[1] != RN_I32) return "the indices' type is not i32";
    if (t->in_type[0] != t->in_type[2]) return "types of table and updates differ";
    if (x.rank < 1) return "rank below 1";
    if (u.rank != indices.rank + x.rank - 1) return "ranks do not match";
    for (int i = 0; i < u.rank; i++) {
        const int j = i - indices.rank;
        if (u.size[i] != (j < 0 ? indices.size[i] : x.size[j + 1]))
            return "sizes of the updates do not match";
    }
    return NULL;
}

static void gradient(rn_pullback *p)
{
    p->dx[0] = p->dy;
    if (p->wanted[2]) p->dx[2] = rn_take(p->dy, p->x[1]);
}

static size_t scratch(const rn_call *call)
{
    return sums_of(call).bytes;
}

const rn_op rn__op_add_at = {RN_NAMED(add_at),       .inputs = 3,
                             .flags = RN_OP_STRIDED, .shape = shape,
                             .gradient = gradient,   .branches = rn__branch_indices,
                             .scratch = scratch};

rn_tensor rn_add_at(rn_tensor x, rn_tensor indices, rn_tensor updates)
{
    const rn_tensor in[3] = {x, indices, updates};

    return rn_apply(&rn__op_add_at, in, 3, NULL, 0);
}

#endif
