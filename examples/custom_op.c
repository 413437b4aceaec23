/* SPDX-License-Identifier: MIT */
/*
 * User-defined operators: an element-wise one, and one with a kernel over whole arrays.
 *
 * isru -- the inverse square root unit, arXiv:1710.09967.
 *   x  [..]    f32 or f64
 *   y  [..]
 *
 *   y  = x / sqrt(1 + x x)
 *   dx = dy (1 + x x)^(-3/2)
 *
 * leak -- a trace of the past that decays from step to step.
 *   x  [T, ..]    f32 or f64
 *   y  [T, ..]
 *
 *   y[t]  = decay y[t-1] + x[t],     y[-1] = 0
 *   dx[t] = decay dx[t+1] + dy[t]    so dx is the leak of dy read backward
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>

/* ---- isru ---- */

/* The map that the library calls for n elements; the library iterates over axes and
 * broadcasts. */
#define ISRU(name, real, sqrt_of)                                                          \
    static void name(int64_t n, const void *const *in, const int64_t *step, void *out,     \
                     const void *attributes)                                               \
    {                                                                                      \
        const real *x = (const real *)in[0];                                               \
        real *y = (real *)out;                                                             \
                                                                                           \
        (void)attributes;                                                                  \
        for (int64_t i = 0; i < n; i++, x += step[0]) y[i] = *x / sqrt_of(1 + *x * *x);    \
    }

ISRU(isru_f32, float, sqrtf)
ISRU(isru_f64, double, sqrt)

static void isru_gradient(rn_pullback *p)
{
    rn_tensor power = rn_constant_like(p->x[0], -1.5);

    p->dx[0] = rn_mul(p->dy, rn_pow(rn_offset(rn_square(p->x[0]), 1), power));
}

static const rn_op isru_op = {.name = "isru",
                              .inputs = 1,
                              .map = {[RN_F32] = isru_f32, [RN_F64] = isru_f64},
                              .gradient = isru_gradient};

static rn_tensor isru(rn_tensor x)
{
    return rn_apply(&isru_op, &x, 1, NULL, 0);
}

/* ---- leak ---- */

typedef struct leak_attributes {
    double decay;
} leak_attributes;

/* NULL, or what is wrong with the operand. The output's type and shape are initialised to
 * the operand's. */
static const char *leak_shape(rn_typing *t)
{
    if (t->in_shape[0].rank < 1) return "no axis of time";
    return NULL;
}

/* Operands are dense: row t of x begins at t times the size of a row. */
#define LEAK(name, real)                                                                   \
    static bool name(const rn_call *call)                                                  \
    {                                                                                      \
        const leak_attributes *a = (const leak_attributes *)call->attributes;              \
        const real *x = (const real *)call->in[0].data, decay = (real)a->decay;            \
        real *y = (real *)call->out->data;                                                 \
        int64_t row = 1;                                                                   \
                                                                                           \
        for (int i = 1; i < call->out->rank; i++) row *= call->out->size[i];               \
        for (int64_t i = 0; i < call->out->size[0] * row; i++)                             \
            y[i] = i < row ? x[i] : decay * y[i - row] + x[i];                             \
        return true;                                                                       \
    }

LEAK(leak_f32, float)
LEAK(leak_f64, double)

static rn_tensor leak(rn_tensor x, double decay);

/* Composed of operators, including this one, so it can be differentiated again. */
static void leak_gradient(rn_pullback *p)
{
    const leak_attributes *a = (const leak_attributes *)p->attributes;

    p->dx[0] = rn_reverse(leak(rn_reverse(p->dy, 0), a->decay), 0);
}

static const rn_op leak_op = {.name = "leak",
                              .inputs = 1,
                              .shape = leak_shape,
                              .kernel = {[RN_F32] = leak_f32, [RN_F64] = leak_f64},
                              .gradient = leak_gradient};

static rn_tensor leak(rn_tensor x, double decay)
{
    const leak_attributes a = {decay};

    return rn_apply(&leak_op, &x, 1, &a, sizeof a);
}

/* ---- the checks ---- */

/* The same as a loop, to compare with. */
static rn_tensor leak_as_loop(rn_graph *g, rn_tensor xs, double decay)
{
    rn_loop *t = rn_loop_begin(g);
    rn_tensor x = rn_loop_each(t, xs);
    rn_tensor y = rn_loop_carry(t, rn_fill(g, RN_F32, rn_shape(3, 4), 0));
    rn_tensor next = rn_add(rn_scale(y, decay), x);

    rn_loop_next(t, y, next);
    rn_loop_end(t);
    return rn_loop_collect(t, next);
}

/* The gradient of both operators, and the gradient of its norm: second derivatives. */
static bool check_gradients(void)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(7, 3, 4)), dx;
    rn_tensor loss = rn_sum_all(rn_square(leak(isru(x), 0.8)));
    bool passed = rn_grad(loss, rn_null(), &x, 1, &dx);
    const rn_tensor losses[2] = {loss, rn_sum_all(rn_square(dx))};

    for (int i = 0; i < 2; i++) {
        rn_gradcheck_report *report =
            rn_gradcheck(losses[i], (rn_gradcheck_options){.worst = 2});
        passed = passed && report && report->passed;
        puts(report ? report->text : "out of memory");
        rn_gradcheck_free(report);
    }
    rn_graph_free(g);
    return passed;
}

static bool check_values(void)
{
    enum { COUNT = 7 * 3 * 4 };
    float x_data[COUNT];
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(7, 3, 4));
    rn_tensor difference = rn_sub(leak(x, 0.8), leak_as_loop(g, x, 0.8));
    rn_tensor most = rn_max_all(rn_abs(difference));
    rn_program *program = rn_compile(g, (rn_compile_options){RN_OUTPUTS(most)});

    for (int i = 0; i < COUNT; i++) x_data[i] = (float)((i * 37) % 101) / 50 - 1;
    const bool ran = program && rn_feed_f32(program, x, x_data, COUNT) == RN_OK &&
                     rn_run(program) == RN_OK;
    const double value = ran ? rn_scalar(program, most) : NAN;
    if (!ran)
        fprintf(stderr, "custom_op: %s%s\n", rn_graph_error(g), rn_program_error(program));
    printf("leak: at most %g from the same as a loop\n", value);
    rn_program_free(program);
    rn_graph_free(g);
    return value <= 1e-6;
}

/* The message of a refusal has the operator, the reason and the shape. */
static bool check_refusal(void)
{
    rn_graph *g = rn_graph_new();
    const bool refused = rn_is_null(leak(rn_input(g, "x", RN_F32, rn_shape()), 0.8));

    printf("refused: %s\n", rn_graph_error(g));
    rn_graph_free(g);
    return refused;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) return fputs("usage: custom_op\n", stderr), 2;
    const bool gradients = check_gradients(), values = check_values();

    return gradients && values && check_refusal() ? 0 : 1;
}
