/* SPDX-License-Identifier: MIT */
/*
 * The reports of rn_gradcheck on a user-defined operator and cell: with the right gradient
 * rule, with wrong ones, and where there is no gradient. docs/gradcheck.md explains them.
 *
 * gated_tanh -- a gate and a tanh of gentle slope (LeCun et al. 1998, Efficient BackProp).
 *   x g [..]    f32 or f64
 *   y   [..]
 *
 *   y  = g t,     t = tanh(2/3 x)
 *   dx = dy g 2/3 (1 - t t)
 *   dg = dy t
 *
 * The cell:
 *   g  = s(Wg x + Ug h + bg)
 *   h' = (1 - g) .* h + gated_tanh(Wc x + Uc h + bc, g)
 */
#include <math.h>
#include <rondo.h>
#include <stdio.h>
#include <string.h>

/* ---- the operator ---- */

/* The check runs in f64 for any types of the graph, so the f64 map is required. */
#define GATED(name, real, tanh_of)                                                         \
    static void name(int64_t n, const void *const *in, const int64_t *step, void *y,       \
                     const void *attributes)                                               \
    {                                                                                      \
        const real *x = (const real *)in[0], *g = (const real *)in[1];                     \
                                                                                           \
        (void)attributes;                                                                  \
        for (int64_t i = 0; i < n; i++)                                                    \
            ((real *)y)[i] = g[i * step[1]] * tanh_of((real)(2.0 / 3) * x[i * step[0]]);   \
    }

GATED(gated_f32, float, tanhf)
GATED(gated_f64, double, tanh)

/* The mistakes in the computation of dx. */
static enum { NOTHING, SIGN, FACTOR, DIGITS, UNSET, COTANGENT, X_FOR_T } wrong;

/* dx, given u = 1 - t t. */
static rn_tensor gradient_of_x(const rn_pullback *p, rn_tensor u)
{
    const rn_tensor dy = p->dy, x = p->x[0], g = p->x[1];
    const rn_tensor right = rn_scale(rn_mul(rn_mul(dy, g), u), 2.0 / 3);

    switch (wrong) {
    case NOTHING:
        break;
    case SIGN:
        return rn_neg(right);
    case FACTOR:
        return rn_mul(rn_mul(dy, g), u);
    case DIGITS:
        return rn_scale(rn_mul(rn_mul(dy, g), u), 0.666667);
    case UNSET:
        return rn_null();
    case COTANGENT:
        return rn_scale(rn_mul(g, u), 2.0 / 3);
    case X_FOR_T:
        return rn_scale(rn_mul(rn_mul(dy, g), rn_one_minus(rn_square(x))), 2.0 / 3);
    }
    return right;
}

static void gradient(rn_pullback *p)
{
    const rn_tensor t = rn_tanh(rn_scale(p->x[0], 2.0 / 3));

    p->dx[0] = gradient_of_x(p, rn_one_minus(rn_square(t)));
    p->dx[1] = rn_mul(p->dy, t);
}

static const rn_op gated_op = {.name = "gated_tanh",
                               .inputs = 2,
                               .map = {[RN_F32] = gated_f32, [RN_F64] = gated_f64},
                               .gradient = gradient};

/* ---- the cell ---- */

/* Named by its path in the model, as the weights are: "rnn/layer1/c". */
static rn_tensor named(rn_scope s, const char *name, rn_tensor x)
{
    return rn_name(x, rn_scope_in(s, name).path);
}

static rn_tensor step(rn_scope s, rn_tensor x, rn_tensor *state)
{
    rn_tensor h = state[0], c = named(s, "c", rn_gate(s, "c", x, h));
    rn_tensor g = named(s, "g", rn_sigmoid(rn_gate(s, "g", x, h)));
    rn_tensor y = rn_apply(&gated_op, (rn_tensor[]){c, g}, 2, NULL, 0);

    return state[0] = rn_add(rn_mul(rn_one_minus(g), h), named(s, "y", y));
}

static const rn_cell cell = {.name = "gated", .states = 1, .step = step};

/* ---- the checks ---- */

enum { T = 5, B = 2, I = 3, H = 4 };

/* Two layers of it over two sequences, of T steps and of 3. */
static rn_gradcheck_report *check(void)
{
    rn_graph *g = rn_graph_new();
    rn_model *model = rn_model_new(1);
    rn_tensor x = rn_input(g, "x", RN_F32, rn_shape(T, B, I));
    rn_tensor lengths = rn_constant(g, RN_I32, rn_shape(B), (int32_t[]){T, 3});
    rn_recurrent_options options = {.units = H, .layers = 2, .lengths = lengths};
    rn_sequence y = rn_recurrent(rn_root(g, model), "rnn", &cell, x, options);
    rn_tensor loss = rn_sum_all(rn_square(y.outputs));
    rn_gradcheck_report *r = rn_gradcheck(loss, (rn_gradcheck_options){.worst = 3});

    rn_graph_free(g);
    rn_model_free(model);
    return r;
}

/* Whether the check found this mistake, in dx, in the use of the operator nearest to the
 * loss. */
static bool blames(const rn_gradcheck_report *r, rn_mistake mistake)
{
    return r && !r->passed && r->culprit.kind == RN_CULPRIT_RULE &&
           r->culprit.mistake == mistake && strcmp(r->culprit.op, "gated_tanh") == 0 &&
           strcmp(r->culprit.name, "rnn/layer1/y") == 0 && r->culprit.step[0] == T - 1 &&
           r->culprit.operand == 0;
}

static bool check_wrong_rule(void)
{
    wrong = SIGN;
    rn_gradcheck_report *r = check();
    const bool found = blames(r, RN_MISTAKE_SIGN);

    printf("A wrong rule\n\n%s\n", r ? r->text : "out of memory");
    if (found)
        printf("The culprit as a struct: op %s, name %s, step %d, operand %d, element %d, "
               "ratio %g, mistake %s\n\n",
               r->culprit.op, r->culprit.name, (int)r->culprit.step[0], r->culprit.operand,
               (int)r->culprit.element, r->culprit.ratio,
               rn_mistake_name(r->culprit.mistake));
    rn_gradcheck_free(r);
    return found;
}

/* One line for each rule: the rule, and the verdict of the check. */
static bool check_other_mistakes(void)
{
    static const struct {
        const char *rule;
        rn_mistake mistake;
    } expected[] = {[FACTOR] = {"dx = dy g (1 - t t)", RN_MISTAKE_RATIO},
                    [DIGITS] = {"dx = dy g 0.666667 (1 - t t)", RN_MISTAKE_RATIO},
                    [UNSET] = {"dx not set", RN_MISTAKE_ZERO},
                    [COTANGENT] = {"dx = g 2/3 (1 - t t)", RN_MISTAKE_NO_COTANGENT},
                    [X_FOR_T] = {"dx = dy g 2/3 (1 - x x)", RN_MISTAKE_UNKNOWN}};
    bool all = true;

    puts("Other mistakes\n");
    for (wrong = FACTOR; wrong <= X_FOR_T; wrong++) {
        rn_gradcheck_report *r = check();
        all = blames(r, expected[wrong].mistake) && all;
        if (r)
            printf("  %-30s %s: %.8g, should be %.8g\n", expected[wrong].rule,
                   rn_mistake_name(r->culprit.mistake), r->culprit.analytic,
                   r->culprit.numeric);
        rn_gradcheck_free(r);
    }
    return all;
}

/* relu has no gradient at 0, so points near 0 are skipped. A user's operator needs the rule
 * `branches` for that. */
static bool check_kink(void)
{
    rn_graph *g = rn_graph_new();
    rn_tensor x = rn_input(g, "x", RN_F64, rn_shape(4));
    rn_tensor loss = rn_sum_all(rn_exp(rn_name(rn_relu(x), "rectified")));
    const rn_value value = {x, (double[]){0.5, 0, -1, 2}};
    rn_gradcheck_report *r = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = &value, .value_count = 1, .directions = -1});
    const bool left_out = r && r->passed && r->kinks == 1 && r->kink[0].element == 1 &&
                          strcmp(r->kink[0].op, "relu") == 0;

    printf("\nA kink\n\n%s", r ? r->text : "out of memory");
    rn_gradcheck_free(r);
    rn_graph_free(g);
    return left_out;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) return fputs("usage: gradcheck\n", stderr), 2;
    rn_gradcheck_report *r = check();
    const bool passed = r && r->passed;

    printf("The right rule\n\n%s\n", r ? r->text : "out of memory");
    rn_gradcheck_free(r);
    return passed && check_wrong_rule() && check_other_mistakes() && check_kink() ? 0 : 1;
}
