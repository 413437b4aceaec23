/* SPDX-License-Identifier: MIT */
/* Convolution and pooling: against PyTorch, in loops and step by step, padding, layers. */
#include "graph/node.h"
#include "nn_support.h"
#include "torch_conv.h"

#include <math.h>
#include <stdlib.h>

/* ---- PyTorch ---- */

Test(conv, as_pytorch)
{
    for (rn_type type = RN_F32; type <= RN_F64; type++) {
        expect_conv1d(torch_conv1d_0, type);
        expect_conv1d(torch_conv1d_1, type);
        expect_conv1d(torch_conv1d_2, type);
        expect_conv1d(torch_conv1d_3, type);
        expect_conv1d(torch_conv1d_4, type);
        expect_conv2d(torch_conv2d_0, type);
        expect_conv2d(torch_conv2d_1, type);
        expect_conv2d(torch_conv2d_2, type);
        expect_conv2d(torch_conv2d_3, type);
        expect_pool2d(torch_pool2d_0, type);
        expect_pool2d(torch_pool2d_1, type);
    }
}

/* ---- step by step ---- */

/* A causal convolution as a cell: its state is the past. */
typedef struct stream {
    rn_tensor w;
    int64_t dilation;
} stream;

static rn_tensor stream_step(rn_scope s, rn_tensor x, rn_tensor *state, const void *options)
{
    const stream *o = (const stream *)options;

    (void)s;
    return rn_causal_conv_step(x, o->w, o->dilation, &state[0]);
}

/* Each step of the loop has the bits of that step of the whole, whichever form the
 * convolution has, and so have gradients nearly. */
static void expect_stream(int64_t C, int64_t k, int64_t dilation)
{
    enum { T = 9, B = 3, O = 4 };
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, C));
    stream o = {rn_input(g, "w", RN_F32, rn_shape(k, C, O)), dilation};
    const rn_cell cell = {.name = "stream",
                          .states = 1,
                          .step_with = stream_step,
                          .options = &o,
                          .output = O,
                          .state = {{.shape = rn_shape((k - 1) * dilation, C)}}};
    rn_tensor all[2] = {
        rn_causal_conv(x, o.w, dilation),
        rn_recurrent(rn_root(g, model), "s", &cell, x, (rn_recurrent_options){.units = O})
            .outputs};
    rn_test_array x_data = rn_test_array_new(RN_F32, rn_shape(T, B, C)),
                  w_data = rn_test_array_new(RN_F32, rn_shape(k, C, O)), got[2];
    rn_test_random random = {3};

    cr_assert_str_eq(rn_graph_error(g), "");
    rn_test_fill_regular(&x_data, &random);
    rn_test_fill_regular(&w_data, &random);
    const rn_test_feed feeds[2] = {{x, &x_data}, {o.w, &w_data}};
    rn_test_run(all, 2, feeds, 2, got);
    rn_test_compare(&got[1], &got[0], 0, 1, "step by step");
    for (int i = 0; i < 2; i++) rn_test_array_free(&got[i]);
    rn_test_array_free(&x_data);
    rn_test_array_free(&w_data);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(conv, step_by_step)
{
    expect_stream(2, 3, 1);
    expect_stream(2, 3, 2);
    expect_stream(30, 4, 1);
    expect_stream(30, 2, 3);
    expect_stream(3, 18, 1);
}

Test(conv, refused_steps)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(2, 3));
    const rn_tensor w = rn_input(g, "w", RN_F32, rn_shape(3, 3, 4));
    rn_tensor past = rn_input(g, "past", RN_F32, rn_shape(2, 1, 3));

    cr_assert(rn_is_null(rn_causal_conv_step(x, w, 1, &past)));
    rn_test_error_is(
        g,
        "causal_conv_step: the past must have 2 steps, and is [2,1,3]: x [2,3], w [3,3,4]");
    rn_graph_free(g);
}

/* ---- in a loop ---- */

/* The convolution of each image of a sequence in a loop's body, which leaves the loop,
 * since it depends on no carry; and of the carry, which cannot. */
static rn_tensor images(rn_tensor xs, rn_tensor w, rn_tensor h0, bool unrolled)
{
    const rn_conv2d_options o = {.same = true};
    rn_graph *g = xs.graph;

    if (unrolled) {
        rn_tensor h = h0;
        for (int64_t t = 0; t < rn_size(xs, 0); t++)
            h = rn_tanh(rn_add(rn_conv2d(rn_index(xs, 0, t), w, o), rn_conv2d(h, w, o)));
        return h;
    }
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, h0);
    const rn_tensor next = rn_tanh(rn_add(rn_conv2d(x, w, o), rn_conv2d(h, w, o)));
    rn_loop_next(loop, h, next);
    rn_loop_end(loop);
    return rn_loop_final(loop, h);
}

static void expect_images(int64_t C)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(3, 2, 3, 4, C)),
                    w = rn_input(g, "w", RN_F64, rn_shape(3, 2, C, C)),
                    h = rn_input(g, "h", RN_F64, rn_shape(2, 3, 4, C));
    const rn_tensor in[3] = {x, w, h};
    rn_tensor all[8];
    rn_test_array data[3], got[8];
    rn_test_feed feeds[3];
    rn_test_random random = {5};

    for (int i = 0; i < 2; i++) {
        all[4 * i] = images(x, w, h, i == 1);
        cr_assert(
            rn_grad(rn_sum_all(rn_square(all[4 * i])), rn_null(), in, 3, all + 4 * i + 1),
            "%s", rn_graph_error(g));
    }
    for (int i = 0; i < 3; i++) {
        data[i] = rn_test_array_new(RN_F64, rn_shape_get(in[i]));
        rn_test_fill_open(&data[i], &random);
        feeds[i] = (rn_test_feed){in[i], &data[i]};
    }
    rn_test_run(all, 8, feeds, 3, got);
    rn_test_compare(&got[0], &got[4], 0, 1, "a loop over images");
    for (int i = 1; i < 4; i++)
        rn_test_compare(&got[i], &got[4 + i], 1e-12, 1, "its gradients");
    for (int i = 0; i < 8; i++) rn_test_array_free(&got[i]);
    for (int i = 0; i < 3; i++) rn_test_array_free(&data[i]);
    rn_graph_free(g);
}

Test(conv, in_a_loop)
{
    expect_images(1);
    expect_images(2);
    expect_images(13);
}

/* The convolution of x leaves the loop: no step of it is planned inside. */
Test(conv, leaves_a_loop)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(5, 2, 6, 30)),
                    w = rn_input(g, "w", RN_F32, rn_shape(3, 30, 4));
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor each = rn_loop_each(loop, x);
    const rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F32, rn_shape(2, 6, 4), 0));
    const rn_conv1d_options o = {.axis = 1, .before = 2};
    char text[8000];

    rn_loop_next(loop, h, rn_tanh(rn_add(h, rn_conv1d(each, w, o))));
    rn_loop_end(loop);
    rn_program *p = rn_test_compile(rn_loop_final(loop, h));
    rn_program_print(p, text, sizeof text);
    const char *of_loop = strstr(text, "loop");
    cr_assert(of_loop && strstr(text, "matmul"), "%s", text);
    cr_assert(!strstr(of_loop, "matmul"), "%s", text);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- pooling over time ---- */

enum { T = 5, B = 4, C = 2 };
static const int32_t lengths[B] = {3, 0, 5, 1};

/* One sequence and channel at a time. */
static double pooled(const double *x, const uint8_t *valid, int b, int c, rn_pooling how)
{
    double sum = 0, largest = -(double)INFINITY, first = 0, last = 0;
    int n = 0;

    for (int t = 0; t < T; t++) {
        const double value = x[(t * B + b) * C + c];
        if (!valid[t * B + b]) continue;
        first = n ? first : value;
        last = value;
        sum += value;
        if (value > largest) largest = value;
        n++;
    }
    if (n == 0) return 0;
    switch (how) {
    case RN_POOL_MEAN:
        return sum / n;
    case RN_POOL_SUM:
        return sum;
    case RN_POOL_MAX:
        return largest;
    case RN_POOL_FIRST:
        return first;
    default:
        return last;
    }
}

typedef enum validity { ALL, LENGTHS, MASK } validity;

/* The value, and with NaN where a step is not valid the same bits of value and gradient. */
static void expect_pooled(rn_pooling how, validity kind)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, C)), dx;
    rn_tensor valid = kind == ALL       ? rn_null()
                      : kind == LENGTHS ? rn_input(g, "lengths", RN_I32, rn_shape(B))
                                        : rn_input(g, "mask", RN_BOOL, rn_shape(T, B));
    const rn_tensor y = rn_pool_time(x, valid, how);
    double data[T * B * C], want[B * C], got[2][B * C], gradient[2][T * B * C];
    uint8_t mask[T * B];

    for (int i = 0; i < T * B; i++)
        mask[i] = (uint8_t)(kind == ALL       ? 1
                            : kind == LENGTHS ? i / B < lengths[i % B]
                                              : i % B != 1 && i * 7 % 5 < 3);
    rn_test_numbers(data, T * B * C, 2);
    for (int i = 0; i < B * C; i++) want[i] = pooled(data, mask, i / C, i % C, how);
    cr_assert(rn_grad(rn_sum_all(rn_square(y)), rn_null(), &x, 1, &dx));
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y, dx)});
    cr_assert(p, "%s", rn_graph_error(g));
    if (kind == LENGTHS) rn_test_feed_i32(p, valid, lengths);
    if (kind == MASK) cr_assert_eq(rn_feed(p, valid, mask, sizeof mask), RN_OK);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < T * B * C; j++)
            if (i && !mask[j / C]) data[j] = j % 3 ? NAN : (double)INFINITY;
        rn_test_feed_f64(p, x, data);
        rn_test_run_once(p);
        rn_test_read_f64(p, y, got[i]);
        rn_test_read_f64(p, dx, gradient[i]);
    }
    rn_test_close(got[0], want, B * C, 1e-15, "pooled");
    cr_assert(!memcmp(got[0], got[1], sizeof *got), "padding changes the result");
    cr_assert(!memcmp(gradient[0], gradient[1], sizeof *gradient),
              "padding changes the gradient");
    rn_program_free(p);
    rn_graph_free(g);
}

Test(conv, pool_time)
{
    for (rn_pooling how = RN_POOL_MEAN; how <= RN_POOL_LAST; how++)
        for (validity kind = ALL; kind <= MASK; kind++) expect_pooled(how, kind);
}

/* Second derivatives too, by rn_gradcheck of the gradient's norm. */
Test(conv, pool_time_gradients)
{
    for (rn_pooling how = RN_POOL_MEAN; how <= RN_POOL_LAST; how++) {
        rn_graph *g = rn_graph_new();
        rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(T, B, C)), dx;
        const rn_tensor of = rn_constant(g, RN_I32, rn_shape(B), lengths);
        rn_test_array data = rn_test_array_new(RN_F64, rn_shape(T, B, C));
        rn_test_random random = {8};

        rn_test_fill_distinct(&data, &random);
        const rn_tensor y = rn_sum_all(rn_sin(rn_pool_time(x, of, how)));
        cr_assert(rn_grad(y, rn_null(), &x, 1, &dx));
        const rn_test_feed feed = {x, &data};
        rn_test_gradcheck(rn_add(y, rn_sum_all(rn_square(dx))), &feed, 1, "pool_time");
        rn_test_array_free(&data);
        rn_graph_free(g);
    }
}

static void expect_refused(rn_type type, rn_shape shape, rn_type of_valid, rn_shape valid,
                           int how, const char *message)
{
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", type, shape);

    cr_assert(rn_is_null(
        rn_pool_time(x, rn_input(g, "valid", of_valid, valid), (rn_pooling)how)));
    rn_test_error_is(g, message);
    rn_graph_free(g);
}

Test(conv, pool_time_refuses)
{
    const rn_shape x = rn_shape(5, 4, 2);

    expect_refused(RN_F32, rn_shape(5), RN_I32, rn_shape(5), 0,
                   "pool_time: x must be [T, B, ..]: x [5], valid [5]");
    expect_refused(RN_F32, x, RN_I32, rn_shape(5), 0,
                   "pool_time: valid must be lengths, i32 [B], or a mask, bool [T, B]: x "
                   "[5,4,2], valid [5]");
    expect_refused(RN_F32, x, RN_BOOL, rn_shape(4, 5), 0,
                   "pool_time: valid must be lengths, i32 [B], or a mask, bool [T, B]: x "
                   "[5,4,2], valid [4,5]");
    expect_refused(RN_F32, x, RN_I32, rn_shape(4), 5,
                   "pool_time: no such way of pooling: x [5,4,2], valid [4]");
    expect_refused(
        RN_BOOL, x, RN_I32, rn_shape(4), RN_POOL_MAX,
        "pool_time: not defined for this type (bool), in max: x [5,4,2], valid [4]");
}

/* Without steps, sequences or channels. */
Test(conv, pool_time_of_nothing)
{
    for (rn_pooling how = RN_POOL_MEAN; how <= RN_POOL_LAST; how++)
        for (int i = 0; i < 3; i++) {
            rn_graph *g = rn_graph_new();
            const rn_shape shape = rn_shape(i != 0 ? 2 : 0, i != 1 ? 2 : 0, i != 2 ? 2 : 0);
            const rn_tensor y = rn_pool_time(rn_fill(g, RN_F32, shape, 3), rn_null(), how);
            cr_assert(
                rn_shape_equal(rn_shape_get(y), rn_shape(shape.size[1], shape.size[2])));
            rn_test_array got = rn_test_eval(y, NULL, 0);
            for (int64_t j = 0; j < rn_test_array_count(&got); j++)
                cr_assert_eq(got.at[j], 0);
            rn_test_array_free(&got);
            rn_graph_free(g);
        }
}

/* ---- layers ---- */

Test(conv, layers)
{
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_fill(w.graph, RN_F64, rn_shape(4, 5, 6), 1);
    const rn_tensor one =
        rn_conv1d_layer(w.root, "one", x, 8, 3, (rn_conv1d_options){.groups = 2});
    const rn_tensor two =
        rn_conv2d_layer(w.root, "two", x, 7, 3, 2, (rn_conv2d_options){.same = true});
    const rn_tensor causal = rn_causal_conv_layer(w.root, "causal", x, 3, 2, 2);

    cr_assert_str_eq(rn_graph_error(w.graph), "");
    cr_assert(rn_shape_equal(rn_shape_get(one), rn_shape(2, 5, 8)));
    cr_assert(rn_shape_equal(rn_shape_get(two), rn_shape(4, 5, 7)));
    cr_assert(rn_shape_equal(rn_shape_get(causal), rn_shape(4, 5, 3)));
    cr_assert(rn_shape_equal(rn_model_find(w.model, "one/w")->shape, rn_shape(3, 3, 8)));
    cr_assert(rn_shape_equal(rn_model_find(w.model, "two/w")->shape, rn_shape(3, 2, 6, 7)));
    /* Glorot's limit, nearly reached by the largest of many. */
    const double *values = rn_test_values(w.model, "two/w"), limit = sqrt(6.0 / (6 * 13));
    double largest = 0;
    for (int i = 0; i < 3 * 2 * 6 * 7; i++) largest = fmax(largest, fabs(values[i]));
    cr_assert(largest <= limit && largest > 0.95 * limit, "%g of %g", largest, limit);
    const double bias[3] = {1, 2, 3};
    double got[4 * 5 * 3];
    rn_test_scramble(w.model, 0);
    cr_assert_eq(rn_model_set(w.model, "causal/b", bias, sizeof bias), RN_OK);
    rn_test_value_f64(causal, got);
    for (int i = 0; i < 4 * 5 * 3; i++) cr_assert_eq(got[i], bias[i % 3]);
    rn_test_end(&w);
}
