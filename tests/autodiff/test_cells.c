/* SPDX-License-Identifier: MIT */
/*
 * A loop, the unrolled graph and plain C agree: values and gradients, in both directions,
 * with and without lengths.
 */
#include "plain.h"
#include "run/driver.h"

static const double tolerance = 1e-12;

/* Inputs of a graph in the order of rn_test_weights; gates are separate tensors. */
typedef struct graph {
    rn_graph *g;
    rn_test_cell cell;
    bool reverse, ragged, unrolled;
    rn_tensor lengths, x, h0, c0, w[G], u[G], b[G];
    rn_tensor y, h, c; /* what comes out */
    rn_tensor all[3 + 3 * G], dx[3 + 3 * G];
    int count;
} graph;

static rn_tensor gate(const graph *q, int k, rn_tensor x, rn_tensor h)
{
    return rn_add(rn_add(rn_matmul(x, q->w[k]), rn_matmul(h, q->u[k])), q->b[k]);
}

/* One step in the library's operators: h and c become the next ones. */
static void step(const graph *q, rn_tensor x, rn_tensor *h, rn_tensor *c)
{
    if (q->cell == RNN) {
        *h = rn_tanh(gate(q, 0, x, *h));
    } else if (q->cell == LSTM) {
        const rn_tensor f = rn_sigmoid(gate(q, 0, x, *h)),
                        i = rn_sigmoid(gate(q, 1, x, *h));
        const rn_tensor g = rn_tanh(gate(q, 2, x, *h)), o = rn_sigmoid(gate(q, 3, x, *h));
        *c = rn_add(rn_mul(f, *c), rn_mul(i, g));
        *h = rn_mul(o, rn_tanh(*c));
    } else {
        const rn_tensor r = rn_sigmoid(gate(q, 0, x, *h)),
                        z = rn_sigmoid(gate(q, 1, x, *h));
        const rn_tensor g = rn_tanh(gate(q, 2, x, rn_mul(r, *h)));
        *h = rn_add(rn_mul(rn_one_minus(z), *h), rn_mul(z, g));
    }
}

static void build_loop(graph *q)
{
    rn_loop *loop = rn_loop_begin(q->g);

    if (q->reverse) rn_loop_reverse(loop);
    if (q->ragged) rn_loop_lengths(loop, q->lengths);
    const rn_tensor x = rn_loop_each(loop, q->x);
    const rn_tensor h = rn_loop_carry(loop, q->h0), c = rn_loop_carry(loop, q->c0);
    rn_tensor hn = h, cn = c;
    step(q, x, &hn, &cn);
    rn_loop_next(loop, h, hn);
    rn_loop_next(loop, c, cn);
    cr_assert(rn_loop_end(loop), "%s", rn_graph_error(q->g));
    q->y = rn_loop_collect(loop, hn);
    q->h = rn_loop_final(loop, h), q->c = rn_loop_final(loop, c);
}

/* What a mask keeps of the next value, else the old one. */
static rn_tensor kept(const graph *q, int t, rn_tensor next, rn_tensor old)
{
    const rn_tensor mask =
        rn_less(rn_constant_scalar(q->g, RN_I32, t), rn_expand(q->lengths, -1));

    return q->ragged ? rn_where(mask, next, old) : next;
}

static void build_unrolled(graph *q)
{
    rn_tensor h = q->h0, c = q->c0, y[T];

    for (int k = 0; k < T; k++) {
        const int t = q->reverse ? T - 1 - k : k;
        const rn_tensor zero = rn_constant_scalar(q->g, RN_F64, 0);
        const rn_tensor x = kept(q, t, rn_index(q->x, 0, t), zero);
        rn_tensor hn = h, cn = c;
        step(q, x, &hn, &cn);
        y[t] = kept(q, t, hn, zero);
        h = kept(q, t, hn, h), c = kept(q, t, cn, c);
    }
    q->y = rn_stack(y, T, 0);
    q->h = h, q->c = c;
}

static void build(graph *q, const rn_test_outputs *dy)
{
    static const char *const names[G] = {"0", "1", "2", "3"};
    rn_graph *g = q->g = rn_graph_new();
    int n = 0;

    q->lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    q->all[n++] = q->x = rn_test_f64(g, "x", rn_shape(T, B, I));
    q->all[n++] = q->h0 = rn_test_f64(g, "h0", rn_shape(B, H));
    q->all[n++] = q->c0 = rn_test_f64(g, "c0", rn_shape(B, H));
    for (int k = 0; k < G; k++)
        q->all[n++] = q->w[k] = rn_test_f64(g, names[k], rn_shape(I, H));
    for (int k = 0; k < G; k++)
        q->all[n++] = q->u[k] = rn_test_f64(g, names[k], rn_shape(H, H));
    for (int k = 0; k < G; k++)
        q->all[n++] = q->b[k] = rn_test_f64(g, names[k], rn_shape(H));
    q->count = n;
    if (q->unrolled)
        build_unrolled(q);
    else
        build_loop(q);
    const rn_tensor outs[] = {q->y, q->h, q->c};
    const double *const to[] = {&dy->y[0][0][0], &dy->h[0][0], &dy->c[0][0]};
    rn_tensor loss = rn_constant_scalar(g, RN_F64, 0);
    for (int i = 0; i < 3; i++) {
        const rn_tensor d = rn_test_constant_f64(g, rn_shape_get(outs[i]), to[i]);
        loss = rn_add(loss, rn_sum_all(rn_mul(outs[i], d)));
    }
    cr_assert(rn_grad(loss, rn_null(), q->all, n, q->dx), "%s", rn_graph_error(g));
}

/* The graph's values and gradients against those of plain C. */
static double compare(graph *q, const rn_test_weights *in, const int32_t *lengths,
                      const rn_test_outputs *dy, const rn_test_outputs *want,
                      const rn_test_weights *gradient)
{
    rn_tensor outputs[3 + 3 + 3 * G] = {q->y, q->h, q->c};
    rn_test_outputs out;
    rn_test_weights d;
    (void)dy;

    memcpy(outputs + 3, q->dx, (size_t)q->count * sizeof *q->dx);
    rn_program *p = rn_test_compile_with(
        q->g, (rn_compile_options){.outputs = outputs, .output_count = 3 + q->count});
    rn_test_feed_i32(p, q->lengths, lengths);
    const double *from = (const double *)in;
    for (int i = 0; i < q->count; i++) {
        rn_test_feed(p, q->all[i], from);
        from += rn_test_count(q->all[i]);
    }
    rn_test_run(p);
    rn_test_read(p, q->y, &out.y[0][0][0]);
    rn_test_read(p, q->h, &out.h[0][0]), rn_test_read(p, q->c, &out.c[0][0]);
    double *to = (double *)&d;
    for (int i = 0; i < q->count; i++) {
        rn_test_read(p, q->dx[i], to);
        to += rn_test_count(q->dx[i]);
    }
    rn_program_free(p);
    const double e = rn_test_distance((double *)&out, (const double *)want, sizeof out / 8);
    return fmax(e, rn_test_distance((double *)&d, (const double *)gradient, sizeof d / 8));
}

static double worst(rn_test_cell cell, bool reverse, bool ragged, bool unrolled)
{
    const int32_t whole[B] = {T, T, T}, some[B] = {T, 0, 2};
    const int32_t *lengths = ragged ? some : whole;
    graph q = {.cell = cell, .reverse = reverse, .ragged = ragged, .unrolled = unrolled};
    rn_test_weights in, gradient;
    rn_test_outputs dy, want;

    rn_test_numbers((double *)&in, sizeof in / 8, 1);
    rn_test_numbers((double *)&dy, sizeof dy / 8, 2);
    rn_test_plain(cell, &in, lengths, reverse, &dy, &want, &gradient);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++)
            for (int i = 0; t >= lengths[b] && i < I; i++) in.x[t][b][i] = NAN;
    build(&q, &dy);
    const double e = compare(&q, &in, lengths, &dy, &want, &gradient);
    rn_graph_free(q.g);
    return e;
}

static void every_way(rn_test_cell cell, const char *name)
{
    double largest = 0;

    for (int k = 0; k < 8; k++) {
        const double e = worst(cell, k & 1, k & 2, k & 4);
        cr_assert(e <= tolerance, "%s%s%s%s: off by %.3g", name, k & 4 ? " unrolled" : "",
                  k & 1 ? ", reversed" : "", k & 2 ? ", with lengths" : "", e);
        largest = fmax(largest, e);
    }
    cr_log_info("%s: largest difference of values and gradients %.3g", name, largest);
}

Test(cells, rnn)
{
    every_way(RNN, "rnn");
}

Test(cells, lstm)
{
    every_way(LSTM, "lstm");
}

Test(cells, gru)
{
    every_way(GRU, "gru");
}
