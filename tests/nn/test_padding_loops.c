/* SPDX-License-Identifier: MIT */
/* Padding in loops built with rn_loop: indices, histories, nested loops, bodies that mix
 * rows. */
#include <math.h>
#include <rondo/grad.h>
#include <string.h>

#include "padding_support.h"

/* A loop that takes rows of a table itself: tokens past the end of a sequence, -1 say, are
 * not looked at. */
Test(padding_loops, indices_may_be_out_of_range)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor tokens = rn_input(g, "tokens", RN_I32, rn_shape(T, B));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
        const rn_tensor table = rn_input(g, "table", RN_F64, rn_shape(4, H));
        rn_loop *loop = rn_loop_begin(g);
        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, lengths);
        const rn_tensor token = rn_loop_each(loop, tokens);
        const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, H), 0));
        const rn_tensor next = rn_add(rn_scale(h, 0.5), rn_take(table, token));
        rn_loop_next(loop, h, next);
        rn_loop_end(loop);
        rn_tensor out[3] = {rn_loop_final(loop, h), rn_loop_collect(loop, token)};
        cr_assert(rn_grad(rn_sum_all(out[0]), rn_null(), &table, 1, &out[2]));
        rn_program *p =
            rn_compile(g, (rn_compile_options){.outputs = out, .output_count = 3});
        cr_assert(p, "%s", rn_graph_error(g));

        int32_t fed[T * B], read[T * B];
        double rows[4 * H], got[4 * H];
        rn_test_numbers(rows, 4 * H, 9);
        rn_test_feed_f64(p, table, rows);
        for (int n = 0; n < PATTERNS; n++) {
            double want[B * H] = {0}, dtable[4 * H] = {0};
            for (int i = 0; i < T * B; i++) {
                const bool lasts = i / B < patterns[n][i % B];
                fed[i] = lasts ? (i * 7) % 4 : i % 2 ? -1 : INT32_MAX;
            }
            rn_test_feed_i32(p, tokens, fed);
            rn_test_feed_i32(p, lengths, patterns[n]);
            rn_test_run_once(p);
            for (int b = 0; b < B; b++)
                for (int k = 0; k < patterns[n][b]; k++) {
                    const int t = back ? patterns[n][b] - 1 - k : k;
                    const int left = patterns[n][b] - 1 - k;
                    for (int i = 0; i < H; i++) {
                        want[b * H + i] =
                            0.5 * want[b * H + i] + rows[fed[t * B + b] * H + i];
                        dtable[fed[t * B + b] * H + i] += ldexp(1, -left);
                    }
                }
            rn_test_read_f64(p, out[0], got);
            rn_test_close(got, want, B * H, 1e-14, "final");
            rn_test_read_f64(p, out[2], got);
            rn_test_close(got, dtable, 4 * H, 1e-14, "d table");
            cr_assert_eq(rn_read(p, out[1], read, sizeof read), RN_OK);
            for (int i = 0; i < T * B; i++)
                cr_assert_eq(read[i], i / B < patterns[n][i % B] ? fed[i] : 0);
        }
        rn_program_free(p);
        rn_graph_free(g);
    }
}

/* The gradient of a history, whose last slots hold the final value, by differences; and a
 * loop in a loop, with lengths of its own at each step. */
Test(padding_loops, histories_and_loops_in_loops)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, T, B, I));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(3, B));
        const rn_tensor weight = rn_input(g, "weight", RN_F64, rn_shape(T + 1, B, I));
        rn_loop *outer = rn_loop_begin(g);
        const rn_tensor xs = rn_loop_each(outer, x), n = rn_loop_each(outer, lengths);
        const rn_tensor s = rn_loop_carry(outer, rn_fill(g, RN_F64, rn_shape(B, I), 1));
        rn_loop *inner = rn_loop_begin(rn_loop_body(outer));
        if (back) rn_loop_reverse(inner);
        rn_loop_lengths(inner, n);
        const rn_tensor step = rn_loop_each(inner, xs), h = rn_loop_carry(inner, s);
        rn_loop_next(inner, h, rn_tanh(rn_div(h, step)));
        rn_loop_end(inner);
        const rn_tensor all = rn_mul(rn_loop_history(inner, h), weight);
        rn_loop_next(outer, s, rn_add(rn_sum_axis(all, 0), rn_loop_final(inner, h)));
        rn_loop_end(outer);
        const rn_tensor loss = rn_sum_all(rn_square(rn_loop_final(outer, s)));

        double data[3 * T * B * I], weights[(T + 1) * B * I];
        int32_t fed[3 * B];
        memcpy(fed, patterns[0], sizeof patterns[0]);
        memcpy(fed + B, patterns[1], sizeof patterns[1]);
        memcpy(fed + 2 * B, patterns[4], sizeof patterns[4]);
        rn_test_numbers(weights, (T + 1) * B * I, 5);
        for (int i = 0; i < 3 * T * B * I; i++) {
            const int k = i / (T * B * I), t = i / (B * I) % T, b = i / I % B;
            data[i] = t < fed[k * B + b] ? 1.2 + 0.3 * rn_test_number((uint64_t)i) : 0;
        }
        const rn_value values[] = {{x, data}, {lengths, fed}, {weight, weights}};
        rn_gradcheck_report *r =
            rn_gradcheck(loss, (rn_gradcheck_options){.values = values, .value_count = 3});
        cr_assert(r && r->passed, "%s", r ? r->text : "no report");
        rn_gradcheck_free(r);
        rn_graph_free(g);
    }
}

/* No product of a training step with lengths runs behind the longest: those that left the
 * loops stop at the same limit. */
Test(padding_loops, all_products_stop)
{
    rn_model *m = rn_test_model(1);
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    const rn_sequence q =
        rn_lstm(rn_root(g, m), "net", x,
                (rn_recurrent_options){.units = H, .layers = 2, .lengths = lengths});
    rn_program *p = rn_test_training(rn_sum_all(rn_square(q.last)), rn_sgd(0.1, 0));
    char text[60000];
    int limited = 0, inside = 0;

    cr_assert_lt(rn_program_print(p, text, sizeof text), sizeof text);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strstr(line, " matmul ")) continue;
        const bool in_loop = line[0] == ' ';
        cr_assert(in_loop || strstr(line, "(limited)"), "%s", line);
        limited += !in_loop, inside += in_loop;
    }
    cr_assert(limited > 0 && inside > 0);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(m);
}

/* A body that mixes the rows of the batch: what stands in for a sequence that is over has
 * an influence, and the gradient is that of it too. */
Test(padding_loops, rows_that_are_mixed)
{
    for (int back = 0; back < 2; back++) {
        rn_graph *g = rn_graph_new();
        const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
        const rn_tensor h0 = rn_input(g, "h0", RN_F64, rn_shape(B, I));
        const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
        rn_loop *loop = rn_loop_begin(g);
        if (back) rn_loop_reverse(loop);
        rn_loop_lengths(loop, lengths);
        const rn_tensor step = rn_loop_each(loop, x), h = rn_loop_carry(loop, h0);
        const rn_tensor mean = rn_mean(rn_mul(h, step), (int[]){0}, 1, true);
        rn_loop_next(loop, h, rn_tanh(rn_add(rn_sub(step, mean), rn_scale(h, 0.5))));
        rn_loop_end(loop);
        const rn_tensor loss = rn_sum_all(rn_square(rn_loop_final(loop, h)));

        for (int p = 0; p < PATTERNS; p++) {
            double data[T * B * I], initial[B * H], begin[B * I];
            fill(data, initial, patterns[p], 1e300);
            rn_test_numbers(begin, B * I, 8);
            const rn_value values[] = {{x, data}, {h0, begin}, {lengths, patterns[p]}};
            rn_gradcheck_report *r = rn_gradcheck(
                loss, (rn_gradcheck_options){.values = values, .value_count = 3});
            cr_assert(r && r->passed, "pattern %d: %s", p, r ? r->text : "no report");
            rn_gradcheck_free(r);
        }
        rn_graph_free(g);
    }
}

/* Which step stands in for row c at step t: its own first one or, of an empty sequence,
 * that of the first of the longest ones. */
static const double *seen(const double *x, const int32_t *lengths, int t, int c)
{
    int longest = 0;

    for (int b = 1; b < B; b++)
        if (lengths[b] > lengths[longest]) longest = b;
    const int row = lengths[c] > 0 ? c : longest;
    return x + ((t < lengths[c] ? t : 0) * B + row) * I;
}

Test(padding_loops, each_row_repeats_its_own_first_step)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_lengths(loop, lengths);
    const rn_tensor step = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, I), 0));
    /* Rows weighted apart, so that one cannot stand for another. */
    const rn_tensor w =
        rn_constant(g, RN_F64, rn_shape(B, 1), (double[B]){1, 10, 100, 1000});
    rn_loop_next(loop, h, rn_add(h, rn_sum(rn_mul(step, w), (int[]){0}, 1, true)));
    rn_loop_end(loop);
    const rn_tensor end = rn_loop_final(loop, h);
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(end)});
    cr_assert(p, "%s", rn_graph_error(g));

    for (int k = 0; k < PATTERNS; k++) {
        double data[T * B * I], initial[B * H], got[B * I], want[B * I] = {0};
        fill(data, initial, patterns[k], 1e300);
        rn_test_feed_f64(p, x, data);
        rn_test_feed_i32(p, lengths, patterns[k]);
        rn_test_run_once(p);
        rn_test_read_f64(p, end, got);
        for (int t = 0; t < T; t++)
            for (int b = 0; b < B; b++)
                for (int c = 0; c < B && t < patterns[k][b]; c++)
                    for (int i = 0; i < I; i++)
                        want[b * I + i] += seen(data, patterns[k], t, c)[i] * pow(10, c);
        for (int i = 0; i < B * I; i++)
            cr_assert(fabs(got[i] - want[i]) <= 1e-9, "pattern %d: %g, not %g", k, got[i],
                      want[i]);
    }
    rn_program_free(p);
    rn_graph_free(g);
}

/* The step that stands in is one that the sequence takes: of a reversed loop its last. The
 * first step's input is the initial state here, and their difference is divided by. */
Test(padding_loops, input_and_carry_that_stand_in_belong_together)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, I));
    const rn_tensor lengths = rn_input(g, "lengths", RN_I32, rn_shape(B));
    rn_loop *loop = rn_loop_begin(g);
    rn_loop_reverse(loop);
    rn_loop_lengths(loop, lengths);
    const rn_tensor step = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F64, rn_shape(B, I), 2));
    const rn_tensor w = rn_input(g, "w", RN_F64, rn_shape(I, I));
    const rn_tensor product = rn_matmul(rn_reciprocal(rn_sub(step, h)), w);
    rn_loop_next(loop, h, rn_offset(product, 5));
    rn_loop_end(loop);
    const rn_tensor loss = rn_sum_all(rn_sin(rn_loop_final(loop, h)));
    rn_tensor dw;
    cr_assert(rn_grad(loss, rn_null(), &w, 1, &dw));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(dw)});
    cr_assert(p, "%s", rn_graph_error(g));

    double data[T * B * I], initial[B * H], got[I * I];
    fill(data, initial, patterns[0], NAN);
    for (int i = 0; i < B * I; i++) data[i] = patterns[0][i / I] > 1 ? 2 : 1;
    rn_test_feed_f64(p, x, data);
    rn_test_feed_f64(p, w, (double[I * I]){1, 0, 0, 1});
    rn_test_feed_i32(p, lengths, patterns[0]);
    rn_test_run_once(p);
    rn_test_read_f64(p, dw, got);
    for (int i = 0; i < I * I; i++) cr_assert(isfinite(got[i]), "%d is %g", i, got[i]);
    rn_program_free(p);
    rn_graph_free(g);
}
