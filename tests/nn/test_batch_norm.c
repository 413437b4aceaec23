/* SPDX-License-Identifier: MIT */
/* Batch, group and RMS normalisation: PyTorch, padding, running statistics, files. */
#include "nn_support.h"
#include "torch_conv.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* ---- PyTorch ---- */

static void set(rn_model *model, const char *name, const rn_test_array *value)
{
    size_t bytes;
    void *data = rn_test_array_pack(value, &bytes);

    cr_assert_eq(rn_model_set(model, name, data, bytes), RN_OK, "%s",
                 rn_model_error(model));
    free(data);
}

static rn_test_array get(rn_model *model, const char *name, rn_type type, int64_t C)
{
    rn_test_array x = rn_test_array_new(type, rn_shape(C));
    size_t bytes;
    void *data = rn_test_array_pack(&x, &bytes);

    cr_assert_eq(rn_model_get(model, name, data, bytes), RN_OK, "%s",
                 rn_model_error(model));
    rn_test_array_unpack(&x, data);
    free(data);
    return x;
}

static rn_test_array read_array(rn_program *p, rn_tensor x)
{
    rn_test_array y = rn_test_array_new(rn_type_get(x), rn_shape_get(x));
    size_t bytes;
    void *data = rn_test_array_pack(&y, &bytes);

    cr_assert_eq(rn_read(p, x, data, bytes), RN_OK, "%s", rn_program_error(p));
    rn_test_array_unpack(&y, data);
    free(data);
    return y;
}

static void feed(rn_program *p, rn_tensor x, numbers *n)
{
    rn_test_array value = next_array(n, rn_shape_get(x));
    size_t bytes;
    void *data = rn_test_array_pack(&value, &bytes);

    cr_assert_eq(rn_feed(p, x, data, bytes), RN_OK, "%s", rn_program_error(p));
    free(data);
    rn_test_array_free(&value);
}

/* The gradients are those of the weights that training reads. */
static void expect_norm(const double *at, rn_type type)
{
    numbers n = {at + 6, type};
    const int64_t T = (int64_t)at[0], B = (int64_t)at[1], C = (int64_t)at[2];
    const rn_batch_norm_options o = {.momentum = 1 - at[3], .epsilon = at[4]};
    rn_model *model = rn_model_new_using(1, type, (rn_allocator){NULL, NULL});
    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", type, rn_shape(T, B, C)),
                    dy = rn_input(g, "dy", type, rn_shape(T, B, C));
    const rn_tensor y = rn_batch_norm(rn_root(g, model), "bn", x, o);
    const rn_tensor later =
        rn_batch_norm(rn_share(rn_root_inference(g, model)), "bn", x, o);
    cr_assert_str_eq(rn_graph_error(g), "");
    const rn_tensor in[3] = {x, rn_read_variable(g, rn_model_find(model, "bn/gain")),
                             rn_read_variable(g, rn_model_find(model, "bn/bias"))};
    rn_tensor d[3];

    cr_assert(rn_grad(y, dy, in, 3, d), "%s", rn_graph_error(g));
    for (int i = 0; i < 2; i++) {
        rn_test_array value = next_array(&n, rn_shape(C));
        set(model, i ? "bn/bias" : "bn/gain", &value);
        rn_test_array_free(&value);
    }
    rn_program *p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y, d[0], d[1], d[2])});
    cr_assert(p, "%s", rn_graph_error(g));
    for (int run = 0; run < (int)at[5]; run++) {
        feed(p, x, &n);
        numbers after = {n.at + T * B * C, type};
        feed(p, dy, &after);
        rn_test_run_once(p);
        expect_next(&n, (rn_test_array[]){read_array(p, y)}, "y");
        n.at = after.at;
        for (int i = 0; i < 3; i++)
            expect_next(&n, (rn_test_array[]){read_array(p, d[i])}, "d");
        expect_next(&n, (rn_test_array[]){get(model, "bn/mean", type, C)}, "mean");
        expect_next(&n, (rn_test_array[]){get(model, "bn/variance", type, C)}, "variance");
    }
    rn_program_free(p);
    p = rn_test_compile(later);
    rn_program_free(p);
    rn_graph_free(g);

    /* A graph for inference alone does not move them. */
    g = rn_graph_new();
    const rn_tensor z = rn_input(g, "x", type, rn_shape(T, B, C));
    const rn_tensor out = rn_batch_norm(rn_root_inference(g, model), "bn", z, o);
    p = rn_test_compile(out);
    rn_test_array before = get(model, "bn/mean", type, C), mean;
    feed(p, z, &n);
    rn_test_run_once(p);
    expect_next(&n, (rn_test_array[]){read_array(p, out)}, "inference");
    mean = get(model, "bn/mean", type, C);
    rn_test_compare(&mean, &before, 0, 1, "running mean in inference");
    rn_test_array_free(&mean);
    rn_test_array_free(&before);
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
}

Test(batch_norm, as_pytorch)
{
    for (rn_type type = RN_F32; type <= RN_F64; type++) {
        expect_norm(torch_batch_norm_0, type);
        expect_norm(torch_batch_norm_1, type);
    }
}

/* ---- padding ---- */

enum { T = 4, B = 3, S = 2, C = 2, ALL = T * B * S * C };

/* Mean and variance of a channel's valid elements, and how many there are. */
static int moments(const double *x, const uint8_t *valid, int c, double *mean,
                   double *variance)
{
    double sum = 0, squares = 0;
    int n = 0;

    for (int i = c; i < ALL; i += C)
        if (valid[i / (S * C)]) sum += x[i], n++;
    *mean = sum / n;
    for (int i = c; i < ALL; i += C)
        if (valid[i / (S * C)]) squares += (x[i] - *mean) * (x[i] - *mean);
    *variance = squares / n;
    return n;
}

/* Only valid steps count, whatever the others hold; Keras' conventions. */
static void expect_valid(bool lengths, bool biased)
{
    static const int32_t length[B] = {2, 0, 4};
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(T, B, S, C));
    const rn_tensor valid = lengths ? rn_input(w.graph, "lengths", RN_I32, rn_shape(B))
                                    : rn_input(w.graph, "mask", RN_BOOL, rn_shape(T, B));
    const rn_batch_norm_options o = {
        .momentum = 0.75, .epsilon = 1e-3, .biased = biased, .valid = valid};
    const rn_tensor y = rn_batch_norm(w.root, "bn", x, o);
    rn_tensor dx;
    uint8_t mask[T * B];
    double data[ALL], want[ALL], got[2][ALL], gradient[2][ALL], running[2][2][C];

    cr_assert(rn_grad(rn_sum_all(rn_sin(y)), rn_null(), &x, 1, &dx));
    rn_program *p = rn_compile(w.graph, (rn_compile_options){RN_OUTPUTS(y, dx)});
    cr_assert(p, "%s", rn_graph_error(w.graph));
    for (int i = 0; i < T * B; i++)
        mask[i] = (uint8_t)(lengths ? i / B < length[i % B] : i * 5 % 7 < 4);
    rn_test_numbers(data, ALL, 4);
    for (int c = 0; c < C; c++) {
        double mean, variance;
        const int n = moments(data, mask, c, &mean, &variance);
        for (int i = c; i < ALL; i += C)
            want[i] = mask[i / (S * C)] ? (data[i] - mean) / sqrt(variance + 1e-3) : 0;
        running[0][0][c] = 0.25 * mean;
        running[0][1][c] = 0.75 + 0.25 * variance * (biased ? 1 : (double)n / (n - 1));
    }
    if (lengths)
        rn_test_feed_i32(p, valid, length);
    else
        cr_assert_eq(rn_feed(p, valid, mask, sizeof mask), RN_OK);
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < ALL && i; j++)
            if (!mask[j / (S * C)]) data[j] = j % 3 ? NAN : -(double)INFINITY;
        rn_test_feed_f64(p, x, data);
        rn_test_run_once(p);
        rn_test_read_f64(p, y, got[i]);
        rn_test_read_f64(p, dx, gradient[i]);
        if (i) continue;
        rn_model_get(w.model, "bn/mean", running[1][0], sizeof *running[1]);
        rn_model_get(w.model, "bn/variance", running[1][1], sizeof *running[1]);
    }
    rn_test_close(got[0], want, ALL, 1e-13, "y");
    rn_test_close(*running[1], *running[0], 2 * C, 1e-14, "running statistics");
    cr_assert(!memcmp(got[0], got[1], sizeof *got), "padding changes the result");
    cr_assert(!memcmp(gradient[0], gradient[1], sizeof *gradient), "padding: gradients");
    rn_program_free(p);
    rn_test_end(&w);
}

Test(batch_norm, valid_steps)
{
    for (int i = 0; i < 4; i++) expect_valid(i & 1, i & 2);
}

/* Nothing valid, or a batch that is not finite: running statistics stay, others move. */
Test(batch_norm, statistics_stay_finite)
{
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 2));
    const rn_tensor y = rn_batch_norm(w.root, "bn", x, (rn_batch_norm_options){0});
    rn_program *p = rn_test_compile(y);
    const double bad[4] = {NAN, 1, 2, 3};

    rn_test_feed_f64(p, x, bad);
    rn_test_run_once(p);
    const double *mean = rn_test_values(w.model, "bn/mean"),
                 *variance = rn_test_values(w.model, "bn/variance");
    cr_assert(mean[0] == 0 && variance[0] == 1);
    cr_assert_float_eq(mean[1], 0.1 * 2, 1e-15);
    cr_assert_float_eq(variance[1], 0.9 + 0.1 * 2, 1e-15);
    rn_program_free(p);
    rn_test_end(&w);
}

Test(batch_norm, without_valid_steps)
{
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 1, 1));
    const rn_tensor of = rn_constant(w.graph, RN_I32, rn_shape(1), (const int32_t[]){0});
    const rn_tensor y =
        rn_batch_norm(w.root, "bn", x, (rn_batch_norm_options){.valid = of});
    double got[2];

    rn_program *p = rn_test_compile(y);
    rn_test_feed_f64(p, x, (const double[]){3, 4});
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    cr_assert(got[0] == 0 && got[1] == 0);
    cr_assert_eq(*rn_test_values(w.model, "bn/mean"), 0);
    cr_assert_eq(*rn_test_values(w.model, "bn/variance"), 1);
    rn_program_free(p);
    rn_test_end(&w);
}

/* ---- the model ---- */

/* Statistics are saved and loaded, but no parameters; optimisers leave them alone, whose
 * program moves them all the same. */
Test(batch_norm, belongs_to_the_model)
{
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 2));
    const rn_tensor y = rn_batch_norm(w.root, "bn", x, (rn_batch_norm_options){0});
    rn_program *p = rn_test_training(rn_sum_all(rn_sin(y)), rn_sgd(0.5, 0));
    rn_test_world other = rn_test_begin();
    char path[] = "/tmp/rondo_batch_norm_XXXXXX";

    cr_assert_eq(rn_model_parameters(w.model), 4);
    rn_test_feed_f64(p, x, (const double[]){1, 2, 3, 8});
    rn_test_run_once(p);
    cr_assert_float_eq(rn_test_values(w.model, "bn/mean")[1], 0.5, 1e-15);
    cr_assert_float_eq(rn_test_values(w.model, "bn/variance")[1], 0.9 + 0.1 * 18, 1e-15);
    cr_assert(close(mkstemp(path)) == 0);
    cr_assert_eq(rn_model_save(w.model, path), RN_OK, "%s", rn_model_error(w.model));
    rn_batch_norm(rn_root_inference(other.graph, other.model), "bn",
                  rn_input(other.graph, "x", RN_F64, rn_shape(1, 2)),
                  (rn_batch_norm_options){0});
    cr_assert_eq(rn_model_load(other.model, path), RN_OK, "%s",
                 rn_model_error(other.model));
    remove(path);
    cr_assert_float_eq(rn_test_values(other.model, "bn/mean")[1], 0.5, 1e-15);
    cr_assert_float_eq(rn_test_values(other.model, "bn/variance")[1], 2.7, 1e-15);
    rn_program_free(p);
    rn_test_end(&other);
    rn_test_end(&w);
}

Test(batch_norm, refused)
{
    rn_test_world w = rn_test_begin();
    const rn_batch_norm_options o = {0};
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 3));
    rn_loop *loop = rn_loop_begin(w.graph);

    rn_batch_norm(w.root, "bn", x, o);
    rn_batch_norm(rn_share(rn_root_inference(w.graph, w.model)), "bn",
                  rn_loop_each(loop, rn_expand(x, 0)), o);
    cr_assert_str_eq(rn_graph_error(w.graph), "");
    cr_assert(rn_is_null(rn_batch_norm(rn_share(w.root), "bn", x, o)));
    rn_test_error_is(w.graph,
                     "batch_norm: a graph may train a layer once, and use it again "
                     "in a scope for inference: bn");
    rn_test_end(&w);
}

Test(batch_norm, refused_arguments)
{
    static const struct {
        double momentum, epsilon;
        int axis, valid;
        const char *message;
    } cases[] = {
        {1, 0, 0, 0,
         "batch_norm: the momentum must be in 0 <= momentum < 1, and epsilon not negative: "
         "bn got x [4,3,2]"},
        {0, -1, 0, 0,
         "batch_norm: the momentum must be in 0 <= momentum < 1, and epsilon not negative: "
         "bn got x [4,3,2]"},
        {0, 0, 0, 4,
         "batch_norm: valid must be lengths, i32 [B], or a mask, bool [T, B], of x [T, B, "
         ".., C]: bn got x [4,3,2]"},
        {0, 0, 1, 0,
         "batch_norm: in a loop a layer may be used in a scope for inference only: bn got "
         "x [3,2]"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rn_test_world w = rn_test_begin();
        rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(4, 3, 2));
        rn_batch_norm_options o = {.momentum = cases[i].momentum,
                                   .epsilon = cases[i].epsilon};
        if (cases[i].axis) x = rn_loop_each(rn_loop_begin(w.graph), x);
        if (cases[i].valid)
            o.valid = rn_input(w.graph, "n", RN_I32, rn_shape(cases[i].valid));
        cr_assert(rn_is_null(rn_batch_norm(w.root, "bn", x, o)));
        rn_test_error_is(w.graph, cases[i].message);
        rn_test_end(&w);
    }
}

/* ---- the others ---- */

/* Elements of one group: `spatial` axes of S each before C channels in G ranges. */
static void expect_group_norm(int64_t groups, int spatial)
{
    enum { N = 2, H = 3, W = 2, D = 4, COUNT = N * H * W * D };
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(N, H, W, D));
    const rn_tensor y = rn_group_norm(w.root, "gn", x, groups, spatial);
    double data[COUNT], got[COUNT], want[COUNT];
    int64_t each = 1;

    for (int i = 0; i < spatial; i++) each *= i ? H : W;
    rn_test_scramble(w.model, 1);
    const double *gain = rn_test_values(w.model, "gn/gain"),
                 *bias = rn_test_values(w.model, "gn/bias");
    rn_test_numbers(data, COUNT, 9);
    for (int i = 0; i < COUNT; i++) {
        double sum = 0, squares = 0, n = 0;
        for (int pass = 0; pass < 2; pass++)
            for (int j = 0; j < COUNT; j++) {
                const bool same = i / (D * each) == j / (D * each) &&
                                  i % D / (D / groups) == j % D / (D / groups);
                if (!same) continue;
                if (pass == 0) sum += data[j], n++;
                if (pass == 1) squares += (data[j] - sum / n) * (data[j] - sum / n);
            }
        want[i] =
            (data[i] - sum / n) / sqrt(squares / n + 1e-5) * gain[i % D] + bias[i % D];
    }
    rn_program *p = rn_test_compile(y);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    rn_test_close(got, want, COUNT, 1e-13, "group_norm");
    rn_program_free(p);
    rn_test_end(&w);
}

Test(batch_norm, group_norm)
{
    expect_group_norm(2, 0);
    expect_group_norm(1, 1);
    expect_group_norm(2, 2);
    expect_group_norm(4, 2);
}

Test(batch_norm, rms_norm)
{
    rn_test_world w = rn_test_begin();
    const rn_tensor x = rn_input(w.graph, "x", RN_F64, rn_shape(2, 2));
    const rn_tensor y = rn_rms_norm(w.root, "rms", x, 0.5);
    rn_program *p = rn_test_compile(y);
    const double gain[2] = {2, 3}, data[4] = {3, 4, -1, 1};
    const double a = sqrt(12.5 + 0.5), b = sqrt(1 + 0.5);
    const double want[4] = {6 / a, 12 / a, -2 / b, 3 / b};
    double got[4];

    cr_assert_eq(rn_model_set(w.model, "rms/gain", gain, sizeof gain), RN_OK);
    rn_test_feed_f64(p, x, data);
    rn_test_run_once(p);
    rn_test_read_f64(p, y, got);
    rn_test_close(got, want, 4, 1e-15, "rms_norm");
    rn_program_free(p);
    rn_test_end(&w);
}
