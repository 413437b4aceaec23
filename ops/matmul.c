/* SPDX-License-Identifier: MIT */
/*
 * matmul -- the matrix product over the last two axes.
 *
 *   x  [.., M, K]    f32 or f64; [.., K, M] when it is read transposed
 *   y  [.., K, N]    likewise
 *   z  [.., M, N]    leading axes broadcast
 *
 *   z  = X Y         X = x or x', Y = y or y'
 *   dX = dz Y'       so dx = dz Y', or Y dz' when x is read transposed
 *   dY = X' dz       so dy = X' dz, or dz' X when y is read transposed
 *
 * A y without leading axes is multiplied by all rows of x at once: x [T, B, I] times w [I,
 * H] is one product of T B rows, forward and in both gradients. Such a y can be packed.
 */
#include "graph/node.h"
#include "kernel/gemm.h"
#include "kernel/gemm_sizes.h"
#include "ops/op.h"
#include "ops/walk.h"

typedef struct attributes {
    int64_t which; /* rn_transposition */
} attributes;

#if RN_IS_REAL || RN_ONCE
/* One matrix operand: its last two axes, exchanged if it is transposed. */
static rn__matrix matrix(const rn_array *a, bool transposed)
{
    const int64_t row = a->stride[a->rank - 2], column = a->stride[a->rank - 1];

    return transposed ? (rn__matrix){a->data, column, row}
                      : (rn__matrix){a->data, row, column};
}
#endif

#if RN_IS_REAL

/* The strides of an operand along all axes of z but the last, 0 where it is broadcast. */
static void leading(const rn_array *a, const rn_array *z, int64_t *stride)
{
    for (int i = 0; i < z->rank - 1; i++) {
        const int j = i - (z->rank - a->rank);
        stride[i] = j < 0 || a->size[j] == 1 ? 0 : a->stride[j];
    }
}

/* Joins leading axes to the rows, from the last one on, as long as y is the same for all
 * and the rows of x and z are evenly spaced. Returns the number of rows. */
static int64_t join_rows(rn__walk *w, rn__product *g)
{
    rn__matrix *const of[] = {&g->a, NULL, &g->c, &g->add};
    int64_t m = g->m;

    for (; w->rank > 0; w->rank--) {
        const int last = w->rank - 1;
        bool evenly = w->stride[1][last] == 0;

        if (w->size[last] == 1) continue;
        for (int i = 0; i < 4; i++) {
            if (!of[i]) continue;
            if (m == 1 && evenly) of[i]->row = w->stride[i][last];
            evenly = evenly && w->stride[i][last] == m * of[i]->row;
        }
        if (!evenly) break;
        m *= w->size[last];
    }
    return m;
}

/* The products of all leading axes. */
static void products(const rn_call *call, rn__product *g)
{
    const rn_array *in = call->in, *z = call->out;
    rn__walk w = {.rank = z->rank - 2};

    leading(&in[0], z, w.stride[0]);
    leading(&in[1], z, w.stride[1]);
    for (int i = 0; i < w.rank; i++) {
        if (z->size[i] == 0) return;
        w.size[i] = z->size[i];
        w.stride[2][i] = z->stride[i];
    }
    if (call->add) leading(&in[2], z, w.stride[3]);

    g->m = join_rows(&w, g);
    do {
        g->a.data = (real *)in[0].data + w.at[0];
        g->b.data = (real *)in[1].data + w.at[1];
        g->c.data = (real *)z->data + w.at[2];
        if (call->add) g->add.data = (real *)in[2].data + w.at[3];
        R(rn__gemm)(g);
    } while (rn__walk_next(&w));
}

RN_KERNEL(matmul)
{
    const int64_t which = ((const attributes *)call->attributes)->which;
    const rn_array *in = call->in, *z = call->out;
    rn__product g = {
        .m = z->size[z->rank - 2],
        .n = z->size[z->rank - 1],
        .k = in->size[in->rank - (which & RN_TRANSPOSE_X ? 2 : 1)],
        .a = matrix(&in[0], (which & RN_TRANSPOSE_X) != 0),
        .b = matrix(&in[1], (which & RN_TRANSPOSE_Y) != 0),
        .c = {z->data, z->stride[z->rank - 2], 1},
        .scratch = call->scratch,
    };

    if (call->pack) {
        R(rn__gemm_pack)(g.n, g.k, g.b, call->packed);
        return true;
    }
    if (call->add) {
        int64_t stride[RN_RANK_MAX];
        leading(&in[2], z, stride);
        g.add = (rn__matrix){in[2].data, stride[z->rank - 2], 1};
    }
    g.packed = call->packed;
    g.first = call->first;
    if (z->rank == 2 || (z->rank == 3 && z->size[0] == 1))
        R(rn__gemm)(&g);
    else
        products(call, &g);
    return true;
}

#endif

#if RN_ONCE

/* Sizes of X, Y and z. */
static const char *shape(rn_typing *t)
{
    const int64_t which = ((const attributes *)t->attributes)->which;
    const int tx = (which & RN_TRANSPOSE_X) != 0, ty = (which & RN_TRANSPOSE_Y) != 0;
    rn_shape x = t->in_shape[0], y = t->in_shape[1], *z = &t->shape;

    if (t->in_type[0] != t->in_type[1]) return "types differ";
    if (x.rank < 2 || y.rank < 2) return "rank below 2";

    const int64_t m = x.size[x.rank - 2 + tx], n = y.size[y.rank - 1 - ty];
    if (x.size[x.rank - 1 - tx] != y.size[y.rank - 2 + ty]) return "inner sizes differ";
    x.rank -= 2, y.rank -= 2;
    if (!rn_shape_broadcast(x, y, z)) return "leading axes do not broadcast";
    z->size[z->rank++] = m;
    z->size[z->rank++] = n;
    return NULL;
}

/* ---- gradient ---- */

static rn_tensor product(rn_tensor x, bool tx, rn_tensor y, bool ty)
{
    const int which = (tx ? RN_TRANSPOSE_X : 0) | (ty ? RN_TRANSPOSE_Y : 0);

    return rn_matmul_transposed(x, y, (rn_transposition)which);
}

/* All rows as one matrix. */
static rn_tensor rows_of(rn_tensor x)
{
    const rn_shape s = rn_shape_get(x);
    int64_t rows = 1;

    for (int i = 0; i < s.rank - 1; i++) rows *= s.size[i];
    return rn_reshape(x, (rn_shape){2, {rows, s.size[s.rank - 1]}});
}

static void gradient(rn_pullback *p)
{
    const int64_t which = ((const attributes *)p->attributes)->which;
    bool tx = (which & RN_TRANSPOSE_X) != 0;
    const bool ty = (which & RN_TRANSPOSE_Y) != 0;
    rn_tensor x = p->x[0], y = p->x[1], dz = p->dy;

    if (p->wanted[0])
        p->dx[0] = rn_sum_to(tx ? product(y, ty, dz, true) : product(dz, false, y, !ty),
                             rn_shape_get(x));
    if (!p->wanted[1]) return;
    if (rn_rank(y) == 2 && rn_rank(x) > 2) {
        x = rows_of(tx ? rn_transpose(x) : x);
        dz = rows_of(dz);
        tx = false;
    }
    p->dx[1] = rn_sum_to(ty ? product(dz, true, x, tx) : product(x, !tx, dz, false),
                         rn_shape_get(y));
}

/* ---- over the steps of a loop ---- */

/* sum over t of x(t)' y(t), x [T, B, M], y [T, B, N], is one product of T B rows. */
static bool sum_of_steps(const rn_batching *b, rn_tensor *sum)
{
    if (((const attributes *)b->attributes)->which != RN_TRANSPOSE_X) return false;
    if (b->in_shape[0].rank != 2 || b->in_shape[1].rank != 2) return false;
    if (sum)
        *sum = rn_matmul_transposed(rows_of(b->x[0]), rows_of(b->x[1]), RN_TRANSPOSE_X);
    return true;
}

/* ---- division ---- */

/* Rows and columns of z, and its leading axes: an element's sum depends on k alone. */
static bool divide(const rn_call *call, int axis, int *cut)
{
    const int64_t which = ((const attributes *)call->attributes)->which;
    const rn_array *x = &call->in[0], *y = &call->in[1], *z = call->out;

    if (axis < z->rank - 2) {
        cut[0] = rn__axis_under(x, z, axis);
        cut[1] = rn__axis_under(y, z, axis);
        return true;
    }
    cut[0] = axis < z->rank - 1 ? x->rank - (which & RN_TRANSPOSE_X ? 1 : 2) : -1;
    cut[1] = axis < z->rank - 1 ? -1 : y->rank - (which & RN_TRANSPOSE_Y ? 2 : 1);
    return true;
}

/* The columns of X and the rows of Y. */
static bool inner(const rn_call *call, int *axis)
{
    const int64_t which = ((const attributes *)call->attributes)->which;

    axis[0] = call->in[0].rank - (which & RN_TRANSPOSE_X ? 2 : 1);
    axis[1] = call->in[1].rank - (which & RN_TRANSPOSE_Y ? 1 : 2);
    return true;
}

/* ---- scratch and packed memory ---- */

enum { WHOLE = 16 }; /* columns: whole vectors of every variant */

/* With all leading axes joined to the rows. */
static rn__product product_of(const rn_call *call)
{
    const int64_t which = ((const attributes *)call->attributes)->which;
    const rn_array *x = &call->in[0], *z = call->out;
    rn__product g = {.m = 1,
                     .n = z->size[z->rank - 1],
                     .k = x->size[x->rank - (which & RN_TRANSPOSE_X ? 2 : 1)],
                     .a = matrix(x, (which & RN_TRANSPOSE_X) != 0),
                     .b = matrix(&call->in[1], (which & RN_TRANSPOSE_Y) != 0)};

    for (int i = 0; i < z->rank - 1; i++) g.m *= z->size[i];
    g.c.row = g.n, g.c.column = 1;
    return g;
}

static size_t scratch(const rn_call *call)
{
    const rn__product g = product_of(call);

    return rn__gemm_scratch(call->out->type, &g);
}

/* A y without leading axes. For one row of z its rows are read once, best where they are.
 */
static size_t pack(const rn_call *call, int *operand)
{
    const rn__product g = product_of(call);

    *operand = 1;
    if (call->in[1].rank != 2) return 0;
    if (g.m == 1 && g.b.column == 1 && g.n % WHOLE == 0) return 0;
    return rn__gemm_packed(call->out->type, g.n, g.k);
}

/* ---- record and public functions ---- */

const rn_op rn__op_matmul = {RN_NAMED(matmul),
                             .kind = RN_KIND_PRODUCT,
                             .batch = rn_batch_leading,
                             .sum_of_steps = sum_of_steps,
                             .divide = divide,
                             .inner = inner,
                             .inputs = 2,
                             .flags = RN_OP_STRIDED | RN_OP_ADDS,
                             .shape = shape,
                             .gradient = gradient,
                             .scratch = scratch,
                             .pack = pack};

rn_tensor rn_matmul_transposed(rn_tensor x, rn_tensor y, rn_transposition which)
{
    const rn_tensor in[2] = {x, y};
    const attributes a = {(int64_t)which & (RN_TRANSPOSE_X | RN_TRANSPOSE_Y)};

    if (a.which != (int64_t)which)
        return rn__op_refuse(&rn__op_matmul, in, 2, "invalid transposition: %d",
                             (int)which);
    return rn_apply(&rn__op_matmul, in, 2, &a, sizeof a);
}

rn_tensor rn_matmul(rn_tensor x, rn_tensor y)
{
    return rn_matmul_transposed(x, y, RN_TRANSPOSE_NONE);
}

#endif
