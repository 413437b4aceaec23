/* SPDX-License-Identifier: MIT */
/* The ConvLSTM of the examples: values against plain loops, gradients, single steps. */
#include "eval.h"
#include "examples/cells/convlstm.h"
#include "nn/nn_support.h"

#include <math.h>
#include <string.h>

enum { T = 3, B = 2, H = 3, W = 4, C = 2, F = 2, IN = H * W * C, STATE = H * W * F };

typedef struct world {
    rn_test_world w;
    cell_convlstm_options options;
    rn_cell cell;
    rn_tensor x;
    rn_sequence y;
    double data[T * B * IN];
} world;

static const int32_t lengths[B] = {3, 1};

static void begin(world *o, int64_t size, bool peepholes, bool ragged)
{
    o->w = rn_test_begin();
    o->options = (cell_convlstm_options){H, W, F, size, peepholes};
    o->cell = cell_convlstm(&o->options);
    o->x = rn_input(o->w.graph, "x", RN_F64, rn_shape(T, B, IN));
    o->y = rn_recurrent(
        o->w.root, "net", &o->cell, o->x,
        (rn_recurrent_options){
            .units = STATE,
            .lengths = ragged ? rn_constant(o->w.graph, RN_I32, rn_shape(B), lengths)
                              : rn_null()});
    cr_assert_str_eq(rn_graph_error(o->w.graph), "");
    rn_test_scramble(o->w.model, 0.5);
    rn_test_numbers(o->data, T * B * IN, 1);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Channel q of 4 F at (r, s) of one image: the kernel lies with its middle there, between
 * two elements a step before. */
static double around(const double *image, int channels, const double *w, int k, int r,
                     int s, int q)
{
    double sum = 0;

    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            const int y = r + i - (k - 1) / 2, x = s + j - (k - 1) / 2;
            if (y < 0 || y >= H || x < 0 || x >= W) continue;
            for (int c = 0; c < channels; c++)
                sum += image[(y * W + x) * channels + c] *
                       w[((i * k + j) * channels + c) * 4 * F + q];
        }
    return sum;
}

/* One step of one image; h and c are replaced. */
static void step(const world *o, const double *x, double *h, double *c)
{
    const rn_model *m = o->w.model;
    const int k = o->options.size ? (int)o->options.size : 3;
    const double *wx = rn_test_values(m, "net/layer0/x/w"),
                 *wh = rn_test_values(m, "net/layer0/h/w"),
                 *b = rn_test_values(m, "net/layer0/b");
    const bool has = o->options.peepholes;
    const double *pi = has ? rn_test_values(m, "net/layer0/i/p") : NULL,
                 *pf = has ? rn_test_values(m, "net/layer0/f/p") : NULL,
                 *po = has ? rn_test_values(m, "net/layer0/o/p") : NULL;
    double new_h[STATE];

    for (int r = 0; r < H; r++)
        for (int s = 0; s < W; s++)
            for (int f = 0; f < F; f++) {
                const int at = (r * W + s) * F + f;
                double a[4];
                for (int g = 0; g < 4; g++)
                    a[g] = around(x, C, wx, k, r, s, g * F + f) +
                           around(h, F, wh, k, r, s, g * F + f) + b[g * F + f];
                if (has) a[0] += pi[at] * c[at], a[1] += pf[at] * c[at];
                c[at] = sigmoid(a[1]) * c[at] + sigmoid(a[0]) * tanh(a[2]);
                if (has) a[3] += po[at] * c[at];
                new_h[at] = sigmoid(a[3]) * tanh(c[at]);
            }
    memcpy(h, new_h, sizeof new_h);
}

static void expect_values(int64_t size, bool peepholes, bool ragged)
{
    world o;
    double want[T * B * STATE], got[T * B * STATE], h[B * STATE] = {0}, c[B * STATE] = {0};

    begin(&o, size, peepholes, ragged);
    for (int t = 0; t < T; t++)
        for (int b = 0; b < B; b++) {
            memset(want + (t * B + b) * STATE, 0, STATE * sizeof *h);
            if (ragged && t >= lengths[b]) continue;
            step(&o, o.data + (t * B + b) * IN, h + b * STATE, c + b * STATE);
            memcpy(want + (t * B + b) * STATE, h + b * STATE, STATE * sizeof *h);
        }
    rn_program *p = rn_test_compile(o.y.outputs);
    rn_test_feed_f64(p, o.x, o.data);
    rn_test_run_once(p);
    rn_test_read_f64(p, o.y.outputs, got);
    rn_test_close(got, want, T * B * STATE, 1e-13, "convlstm");
    rn_program_free(p);
    rn_test_end(&o.w);
}

Test(convlstm, values)
{
    expect_values(0, false, false);
    expect_values(3, true, true);
    expect_values(2, true, false);
    expect_values(1, false, true);
}

/* Of all weights and of x. */
Test(convlstm, gradients)
{
    world o;
    rn_test_array data = rn_test_array_new(RN_F64, rn_shape(T, B, IN));

    begin(&o, 3, true, false);
    memcpy(data.at, o.data, sizeof o.data);
    const rn_test_feed feed = {o.x, &data};
    rn_test_gradcheck(rn_sum_all(rn_sin(o.y.outputs)), &feed, 1, "convlstm");
    rn_test_array_free(&data);
    rn_test_end(&o.w);
}

/* One step after the other gives the same bits. */
Test(convlstm, single_steps)
{
    world o;
    double whole[T * B * STATE], one[B * STATE], state[2][B * STATE] = {{0}};

    begin(&o, 3, true, false);
    rn_program *p = rn_test_compile(o.y.outputs);
    rn_test_feed_f64(p, o.x, o.data);
    rn_test_run_once(p);
    rn_test_read_f64(p, o.y.outputs, whole);
    rn_program_free(p);

    rn_graph *g = rn_graph_new();
    const rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(1, B, IN));
    const rn_tensor initial[2] = {rn_input(g, "h", RN_F64, rn_shape(B, H, W, F)),
                                  rn_input(g, "c", RN_F64, rn_shape(B, H, W, F))};
    const rn_sequence y = rn_recurrent(
        rn_root_inference(g, o.w.model), "net", &o.cell, x,
        (rn_recurrent_options){.units = STATE, .initial = initial, .initial_count = 2});
    cr_assert_str_eq(rn_graph_error(g), "");
    p = rn_compile(g, (rn_compile_options){RN_OUTPUTS(y.outputs, y.final[0], y.final[1])});
    cr_assert(p, "%s", rn_graph_error(g));
    for (int t = 0; t < T; t++) {
        rn_test_feed_f64(p, x, o.data + t * B * IN);
        for (int i = 0; i < 2; i++) rn_test_feed_f64(p, initial[i], state[i]);
        rn_test_run_once(p);
        rn_test_read_f64(p, y.outputs, one);
        for (int i = 0; i < 2; i++) rn_test_read_f64(p, y.final[i], state[i]);
        cr_assert(!memcmp(one, whole + t * B * STATE, sizeof one), "step %d", t);
    }
    rn_program_free(p);
    rn_graph_free(g);
    rn_test_end(&o.w);
}

/* The convolutions of x leave the loop; those of h stay, as one for each row of the kernel.
 */
/* One product of the input's windows and one of the state's, of B height width rows. */
Test(convlstm, gates_share_two_products)
{
    world o;
    static char text[60000];

    begin(&o, 3, false, false);
    rn_program *p = rn_test_compile(o.y.outputs);
    rn_program_print(p, text, sizeof text);
    const char *of_loop = strstr(text, "loop");
    cr_assert(of_loop, "%s", text);
    int before = 0, inside = 0;
    for (const char *at = text; (at = strstr(at, " matmul ")); at++)
        *(at < of_loop ? &before : &inside) += 1;
    cr_assert(before == 0 && inside == 2, "%d %d: %s", before, inside, text);
    rn_program_free(p);
    rn_test_end(&o.w);
}
