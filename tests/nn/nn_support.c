/* SPDX-License-Identifier: MIT */
/* What the tests of networks, training and files share. */
#include "nn_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */

double rn_test_number(uint64_t i)
{
    i = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    i ^= i >> 29;
    i *= UINT64_C(0xBF58476D1CE4E5B9);
    i ^= i >> 32;
    return (double)(i >> 11) * 0x1p-52 - 1;
}

void rn_test_numbers(double *x, int64_t count, uint64_t seed)
{
    for (int64_t i = 0; i < count; i++) x[i] = rn_test_number(seed * 1000003 + (uint64_t)i);
}

void rn_test_close(const double *got, const double *want, int64_t count, double tolerance,
                   const char *what)
{
    for (int64_t i = 0; i < count; i++) {
        const double error = fabs(got[i] - want[i]), size = fmax(1, fabs(want[i]));
        const bool same = isnan(want[i]) ? isnan(got[i]) != 0 : got[i] == want[i];
        cr_assert(same || error <= tolerance * size, "%s: element %lld is %.17g, not %.17g",
                  what, (long long)i, got[i], want[i]);
    }
}

/* ---- models ---- */

rn_model *rn_test_model(uint64_t seed)
{
    rn_model *model = rn_model_new_using(seed, RN_F64, (rn_allocator){NULL, NULL});

    cr_assert(model);
    return model;
}

double *rn_test_values(const rn_model *model, const char *name)
{
    rn_variable *v = rn_model_find(model, name);

    cr_assert(v, "no variable %s", name);
    cr_assert(rn_variable_type(v) == RN_F64);
    return (double *)rn_variable_data(v);
}

void rn_test_scramble(rn_model *model, double scale)
{
    for (int i = 0; i < rn_model_count(model); i++) {
        rn_variable *v = rn_model_at(model, i);
        const int64_t count = rn_shape_count(rn_variable_shape(v));
        double *x = (double *)rn_variable_data(v);

        if (!rn_model_is_weight(model, i)) continue;
        for (int64_t k = 0; k < count; k++)
            x[k] = scale * rn_test_number((uint64_t)i * 7919 + (uint64_t)k);
    }
}

rn_test_world rn_test_begin(void)
{
    rn_test_world w = {.model = rn_test_model(7), .graph = rn_graph_new()};

    w.root = rn_root(w.graph, w.model);
    return w;
}

void rn_test_end(rn_test_world *world)
{
    rn_graph_free(world->graph);
    rn_model_free(world->model);
}

/* ---- programs ---- */

rn_program *rn_test_compile(rn_tensor output)
{
    rn_program *program = NULL;

    cr_assert(!rn_is_null(output), "nothing to compile");
    program = rn_compile(output.graph, (rn_compile_options){RN_OUTPUTS(output)});
    cr_assert(program, "%s", rn_graph_error(output.graph));
    return program;
}

rn_program *rn_test_training(rn_tensor loss, rn_optimizer optimizer)
{
    rn_program *program = NULL;

    cr_assert(!rn_is_null(loss), "no loss");
    program =
        rn_compile(loss.graph, (rn_compile_options){.minimize = loss, .with = optimizer});
    cr_assert(program, "%s", rn_graph_error(loss.graph));
    return program;
}

static size_t bytes_of(rn_tensor x)
{
    return (size_t)rn_shape_count(rn_shape_get(x)) * rn_type_size(rn_type_get(x));
}

void rn_test_feed_f64(rn_program *program, rn_tensor input, const double *data)
{
    cr_assert(rn_type_get(input) == RN_F64);
    cr_assert(!rn_feed(program, input, data, bytes_of(input)), "%s",
              rn_program_error(program));
}

void rn_test_feed_i32(rn_program *program, rn_tensor input, const int32_t *data)
{
    cr_assert(rn_type_get(input) == RN_I32);
    cr_assert(!rn_feed(program, input, data, bytes_of(input)), "%s",
              rn_program_error(program));
}

void rn_test_run_once(rn_program *program)
{
    cr_assert(!rn_run(program), "%s", rn_program_error(program));
}

void rn_test_read_f64(rn_program *program, rn_tensor output, double *data)
{
    cr_assert(rn_type_get(output) == RN_F64);
    cr_assert(!rn_read(program, output, data, bytes_of(output)), "%s",
              rn_program_error(program));
}

void rn_test_value_f64(rn_tensor x, double *data)
{
    rn_program *program = rn_test_compile(x);

    rn_test_run_once(program);
    rn_test_read_f64(program, x, data);
    rn_program_free(program);
}

double rn_test_loss(rn_graph *graph, rn_tensor loss, rn_tensor x, const double *x_data,
                    rn_tensor t, const void *t_data, double *dx)
{
    rn_tensor d = rn_null();
    double result;

    cr_assert(!rn_is_null(loss), "%s", rn_graph_error(graph));
    cr_assert(rn_grad(loss, rn_null(), &x, 1, &d), "%s", rn_graph_error(graph));
    rn_program *p = rn_compile(graph, (rn_compile_options){RN_OUTPUTS(loss, d)});
    cr_assert(p, "%s", rn_graph_error(graph));
    rn_test_feed_f64(p, x, x_data);
    if (rn_type_get(t) == RN_I32)
        rn_test_feed_i32(p, t, (const int32_t *)t_data);
    else
        rn_test_feed_f64(p, t, (const double *)t_data);
    rn_test_run_once(p);
    result = rn_scalar(p, loss);
    if (dx) rn_test_read_f64(p, d, dx);
    rn_program_free(p);
    return result;
}

void rn_test_error_is(const rn_graph *graph, const char *message)
{
    cr_assert(!strcmp(rn_graph_error(graph), message), "the error is \"%s\", not \"%s\"",
              rn_graph_error(graph), message);
}

void rn_test_near(double got, long double want, double tolerance)
{
    cr_assert(fabsl(got - want) <= tolerance * fabsl(want) || got == (double)want,
              "%.17g, not %.17Lg", got, want);
}

/* ---- failing memory ---- */

static void *reallocate(void *user, void *memory, size_t bytes)
{
    rn_test_memory *m = (rn_test_memory *)user;

    if (bytes == 0) {
        m->blocks -= memory != NULL;
        free(memory);
        return NULL;
    }
    m->requests++;
    if (m->fail_at && (m->for_ever ? m->requests >= m->fail_at : m->requests == m->fail_at))
        return NULL;

    void *result = realloc(memory, bytes);
    m->blocks += result && !memory;
    return result;
}

rn_allocator rn_test_allocator(rn_test_memory *memory)
{
    return (rn_allocator){reallocate, memory};
}

void rn_test_each_failure(bool (*work)(rn_allocator allocator))
{
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        bool done = false;
        for (long n = 1; !done; n++) {
            rn_test_memory memory = {.fail_at = n, .for_ever = for_ever != 0};
            done = work(rn_test_allocator(&memory));
            cr_assert(memory.blocks == 0, "request %ld failed: %ld blocks are left", n,
                      memory.blocks);
            cr_assert(done || memory.requests >= n, "failed without cause at %ld", n);
            cr_assert(!done || memory.requests < n, "request %ld failed unnoticed", n);
        }
    }
}
