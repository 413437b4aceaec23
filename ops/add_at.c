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

/* The kernel of all types: `add` is that of the operator add. */
bool rn__add_at(const rn_call *call, rn_map add);

#if RN_IS_NUMBER
RN_KERNEL(add_at)
{
    return rn__add_at(call, R(rn__map_add));
}
#endif

#if RN_ONCE

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

/* The axes of one row but the innermost, which has n elements with these steps; and how
 * elements of `size` bytes are added. */
typedef struct row_axes {
    rn__walk walk;
    int64_t n, step[3];
    rn_map add;
    int64_t size;
} row_axes;

static row_axes row_of(const rn_array *y, const rn_array *u, rn_map add)
{
    row_axes r = {.walk = {.rank = y->rank - 1},
                  .n = 1,
                  .add = add,
                  .size = (int64_t)rn_type_size(y->type)};
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

static void add_contiguous(const row_axes *r, char *to, const char *from, int64_t step,
                           int64_t n)
{
    const void *in[2] = {to, from};
    const int64_t steps[2] = {1, step};

    r->add(n, in, steps, to, NULL);
}

static void add_elements(const row_axes *r, char *to, int64_t to_step, const char *from,
                         int64_t from_step)
{
    const int64_t some = to_step == 1 ? r->n : 1;

    for (int64_t i = 0; i < r->n; i += some)
        add_contiguous(r, to + i * to_step * r->size, from + i * from_step * r->size,
                       from_step, some);
}

/* Adds one row to another; both have the layout of an operand of the walk. */
static void add_row(row_axes *r, char *y, int of_y, const char *u, int of_u)
{
    if (r->n == 0) return;
    do {
        add_elements(r, y + r->walk.at[of_y] * r->size, r->step[of_y],
                     u + r->walk.at[of_u] * r->size, r->step[of_u]);
    } while (rn__walk_next(&r->walk));
}

/* ---- sums of many rows ---- */

/* Adds a row of n elements to a sum. */
static void sum_row(row_axes *r, sum_state *s, char *sum, const char *u, int64_t n)
{
    const int64_t bytes = n * r->size;
    char *part = sum + s->parts * bytes;

    if (s->rows % PART == 0) memset(part, 0, (size_t)bytes);
    add_row(r, part, DENSE, u, UPDATE);
    if (++s->rows % PART) return;
    for (int64_t pairs = s->rows / PART - 1; pairs & 1;
         pairs >>= 1, part -= bytes, s->parts--)
        add_contiguous(r, part - bytes, part, 1, n);
    s->parts++;
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

static char *sum_of(const rn_call *call, const row_axes *r, const sums *s, int64_t k)
{
    return (char *)call->scratch + s->states + (size_t)(k * s->levels * s->n * r->size);
}

/* Adds the sums, all parts of each to the first, to the rows of the table. */
static void add_sums(row_axes *r, const rn_call *call, const sums *s)
{
    const int32_t *counter = (const int32_t *)call->scratch;
    const int64_t y_row = call->out->stride[0] * r->size, bytes = s->n * r->size;

    for (int64_t i = 0; i < s->rows; i++) {
        const int64_t k = counter[i] - SEQUENTIAL - 1;
        if (k < 0) continue;

        const sum_state *state = &states_of(call, s)[k];
        char *sum = sum_of(call, r, s, k);
        for (int64_t p = state->parts - (state->rows % PART == 0); p > 0; p--)
            add_contiguous(r, sum + (p - 1) * bytes, sum + p * bytes, 1, s->n);
        add_row(r, (char *)call->out->data + i * y_row, TABLE, sum, DENSE);
    }
}

/* Adds a row to the sum of this index, which is created if there is none yet. */
static void add_apart(row_axes *r, const sums *s, int32_t *counter, int32_t *used,
                      const rn_call *call, const char *from)
{
    sum_state *state = states_of(call, s);

    if (*counter == SEQUENTIAL) {
        state[*used] = (sum_state){0};
        *counter += ++*used;
    }
    const int64_t k = *counter - SEQUENTIAL - 1;
    sum_row(r, &state[k], sum_of(call, r, s, k), from, s->n);
}

bool rn__add_at(const rn_call *call, rn_map add)
{
    const rn_array *x = &call->in[0], *indices = &call->in[1], *u = &call->in[2];
    const sums s = sums_of(call);
    const bool counted = s.bytes > 0;
    int32_t *counter = (int32_t *)call->scratch, used = 0;
    rn__walk each = rows_of(indices, u);
    row_axes row = row_of(call->out, u, add);
    const int64_t count = product_of(indices, 0), y_row = call->out->stride[0] * row.size;
    char *y = (char *)call->out->data;

    rn__copy(x->rank, x->size, (size_t)row.size, y, call->out->stride, x->data, x->stride);
    if (counted) memset(counter, 0, s.counters);
    for (int64_t i = 0; i < count; i++, rn__walk_next(&each)) {
        const int32_t index = ((const int32_t *)indices->data)[each.at[0]];
        const char *from = (const char *)u->data + each.at[1] * row.size;

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
