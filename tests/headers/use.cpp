/* SPDX-License-Identifier: MIT */
/* A graph that is built, run and trained from C++. */
#include <rondo.h>
#include <stdio.h>

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    return 1;
}

int main()
{
    enum { B = 4, I = 3 };
    const size_t rows = B;
    const float x_data[B * I] = {1, 2, 3, 4}, y_data[B] = {1, 0, 1, 0};
    float out_data[B] = {0};
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(rows, I));
    rn_tensor y = rn_input(g, "y", RN_F32, rn_shape(rows, 1));
    rn_tensor one = rn_fill(g, RN_F32, rn_shape(), 1);
    rn_tensor out = rn_mul(rn_linear(rn_root(g, model), "out", x, 1), one);
    rn_tensor loss = rn_mean_squared_error(out, y);
    rn_compile_options options = rn_compile_options();

    options.minimize = loss;
    options.with = rn_adam(1e-2);
    options.output[0] = out;
    options.output_count = 1;
    rn_program *p = rn_compile(g, options);
    if (!p) return fail("compile", rn_graph_error(g));
    if (rn_feed_f32(p, x, x_data, B * I) != RN_OK || rn_feed_f32(p, y, y_data, B) != RN_OK)
        return fail("feed", rn_program_error(p));

    double first = 0;
    for (int i = 0; i < 20; i++) {
        if (rn_run(p) != RN_OK) return fail("run", rn_program_error(p));
        if (i == 0) first = rn_scalar(p, loss);
    }
    if (!(rn_scalar(p, loss) < first)) return fail("training", "the loss does not fall");
    if (rn_read_f32(p, out, out_data, B) != RN_OK || out_data[0] == 0)
        return fail("read", rn_program_error(p));
    rn_program_free(p);
    rn_graph_free(g);
    rn_model_free(model);
    return 0;
}
