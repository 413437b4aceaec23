/* SPDX-License-Identifier: MIT */
/* Functions for records: iterating over arrays, and values at single points. */
#include "record.h"

#include <criterion/criterion.h>
#include <math.h>
#include <rondo/grad.h>

/* ---- references ---- */

rn_test_array array_like(const rn_test_array *x, rn_type type)
{
    return rn_test_array_new(type, x->shape);
}

bool next_index(rn_shape shape, int64_t *index)
{
    for (int i = shape.rank - 1; i >= 0; i--) {
        if (++index[i] < shape.size[i]) return true;
        index[i] = 0;
    }
    return false;
}

double at_broadcast(const rn_test_array *x, rn_shape shape, const int64_t *index)
{
    int64_t place = 0;

    for (int i = 0; i < x->shape.rank; i++) {
        const int64_t j = index[i + shape.rank - x->shape.rank];
        place = place * x->shape.size[i] + (x->shape.size[i] == 1 ? 0 : j);
    }
    return x->at[place];
}

double *at(const rn_test_array *x, const int64_t *index)
{
    int64_t place = 0;

    for (int i = 0; i < x->shape.rank; i++) place = place * x->shape.size[i] + index[i];
    return &x->at[place];
}

/* i32 wraps; exact below 2^53. */
static double wrapped(rn_type type, double x)
{
    return type == RN_I32 ? (int32_t)(uint32_t)(int64_t)x : x;
}

void map_one(double (*f)(double), const rn_test_array *x, rn_test_array *y)
{
    *y = array_like(x, x->type);
    for (int64_t i = 0; i < rn_test_array_count(x); i++)
        y->at[i] = wrapped(x->type, f(x->at[i]));
}

static rn_shape broadcast(rn_shape x, rn_shape y)
{
    rn_shape to = x.rank > y.rank ? x : y;

    for (int i = 1; i <= to.rank; i++) {
        const int64_t a = i <= x.rank ? x.size[x.rank - i] : 1;
        const int64_t b = i <= y.rank ? y.size[y.rank - i] : 1;
        to.size[to.rank - i] = a == 1 ? b : a;
    }
    return to;
}

void map_two(double (*f)(double, double), const rn_test_array *x, rn_type type,
             rn_test_array *y)
{
    const rn_shape shape = broadcast(x[0].shape, x[1].shape);
    int64_t index[RN_RANK_MAX] = {0};

    *y = rn_test_array_new(type, shape);
    if (rn_test_array_count(y) > 0) do
            *at(y, index) = wrapped(type, f(at_broadcast(&x[0], shape, index),
                                            at_broadcast(&x[1], shape, index)));
        while (next_index(shape, index));
}

/* ---- points ---- */

static bool same(double got, double want, bool signs)
{
    if (isnan(want)) return isnan(got);
    return got == want && (want != 0 || !signs || !signbit(got) == !signbit(want));
}

static rn_test_array vector(rn_type type, int64_t n, const double *values, int64_t step)
{
    rn_test_array x = rn_test_array_new(type, (rn_shape){1, {n}});

    for (int64_t i = 0; i < n; i++) x.at[i] = values[i * step];
    return x;
}

/* The signs of zeros count in values. */
static void expect(const rn_test_array *got, const double *want, int64_t step,
                   const char *what)
{
    const bool signs = what[0] == 'v';

    for (int64_t i = 0; i < rn_test_array_count(got); i++)
        cr_assert(same(got->at[i], want[i * step], signs),
                  "%s, %s: point %lld is %g, not %g", what, rn_type_name(got->type),
                  (long long)i, got->at[i], want[i * step]);
}

void expect_points(rn_tensor (*op)(rn_tensor), const point *points, int count)
{
    for (int real = RN_F32; real <= RN_F64; real++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x = vector((rn_type)real, count, &points->x, 2);
        const rn_tensor input = rn_input(g, "x", x.type, x.shape);
        rn_test_array y = rn_test_eval(op(input), &(rn_test_feed){input, &x}, 1);

        expect(&y, &points->y, 2, "value");
        rn_test_array_free(&y);
        rn_test_array_free(&x);
        rn_graph_free(g);
    }
}

void expect_binary_points(rn_tensor (*op)(rn_tensor, rn_tensor), const binary_point *points,
                          int count)
{
    static const char *const names[] = {"value", "gradient to x", "gradient to y"};

    for (int real = RN_F32; real <= RN_F64; real++) {
        rn_graph *g = rn_graph_new();
        rn_test_array x = vector((rn_type)real, count, &points->x, 5);
        rn_test_array y = vector((rn_type)real, count, &points->y, 5), got[3];
        const rn_tensor in[2] = {rn_input(g, "x", x.type, x.shape),
                                 rn_input(g, "y", x.type, x.shape)};
        const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
        rn_tensor out[3] = {op(in[0], in[1])};
        const double *const want[3] = {&points->z, &points->dx, &points->dy};

        /* A cotangent of 1 would hide that a rule forgets it; with 2 nothing is rounded. */
        cr_assert(rn_grad(out[0], rn_fill_like(out[0], 2), in, 2, out + 1));
        out[1] = rn_scale(out[1], 0.5);
        out[2] = rn_scale(out[2], 0.5);
        rn_test_run(out, 3, feeds, 2, got);
        for (int i = 0; i < 3; i++) {
            expect(&got[i], want[i], 5, names[i]);
            rn_test_array_free(&got[i]);
        }
        rn_test_array_free(&x);
        rn_test_array_free(&y);
        rn_graph_free(g);
    }
}

void expect_gradient(rn_tensor (*op)(rn_tensor), int64_t n, const double *x,
                     const double *weights, const double *want)
{
    for (int real = RN_F32; real <= RN_F64; real++) {
        rn_graph *g = rn_graph_new();
        rn_test_array value = vector((rn_type)real, n, x, 1);
        const rn_tensor input = rn_input(g, "x", value.type, value.shape), y = op(input);
        rn_test_array w =
            vector((rn_type)real, rn_shape_count(rn_shape_get(y)), weights, 1);
        rn_tensor dx, dy = rn_reshape(rn_test_constant(g, &w), rn_shape_get(y));

        cr_assert(rn_grad(y, dy, &input, 1, &dx), "%s", rn_graph_error(g));
        rn_test_array got = rn_test_eval(dx, &(rn_test_feed){input, &value}, 1);
        expect(&got, want, 1, "gradient");
        rn_test_array_free(&got);
        rn_test_array_free(&w);
        rn_test_array_free(&value);
        rn_graph_free(g);
    }
}

void expect_kinks(rn_tensor (*op)(rn_tensor), const kink *kinks, int count)
{
    double x[16], dy[16], dx[16];

    cr_assert(count <= 16);
    for (int i = 0; i < count; i++)
        x[i] = kinks[i].x, dy[i] = kinks[i].dy, dx[i] = kinks[i].dx;
    expect_gradient(op, count, x, dy, dx);
}

/* False < true. */
void expect_comparisons(rn_tensor (*op)(rn_tensor, rn_tensor), double (*f)(double, double))
{
    const double values[] = {NAN, 1, -INFINITY, 0, -0.0};
    rn_test_array x = rn_test_array_new(RN_F32, (rn_shape){2, {5, 1}});
    rn_test_array y = rn_test_array_new(RN_F32, (rn_shape){1, {5}}), pair[2];

    for (int i = 0; i < 5; i++) x.at[i] = y.at[i] = values[i];
    for (int type = RN_F32; type <= RN_BOOL; type++) {
        rn_graph *g = rn_graph_new();
        x.type = y.type = (rn_type)type;
        rn_test_array_round(&x);
        rn_test_array_round(&y);
        pair[0] = x, pair[1] = y;
        const rn_tensor in[2] = {rn_input(g, "x", x.type, x.shape),
                                 rn_input(g, "y", y.type, y.shape)};
        const rn_test_feed feeds[2] = {{in[0], &x}, {in[1], &y}};
        rn_test_array want, got = rn_test_eval(op(in[0], in[1]), feeds, 2);

        map_two(f, pair, RN_BOOL, &want);
        rn_test_compare(&got, &want, 0, 0, rn_type_name(x.type));
        rn_test_array_free(&got);
        rn_test_array_free(&want);
        rn_graph_free(g);
    }
    rn_test_array_free(&x);
    rn_test_array_free(&y);
}
