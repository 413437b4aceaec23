/* SPDX-License-Identifier: MIT */
/* Running graphs in tests: feeding, reading, comparing. */
#include "eval.h"

#include <criterion/criterion.h>
#include <math.h>
#include <rondo/gradcheck.h>
#include <rondo/program.h>
#include <stdlib.h>

static rn_program *compiled(const rn_tensor *x, int count)
{
    for (int i = 0; i < count; i++)
        if (!rn_is_null(x[i])) {
            rn_program *program = rn_compile(
                x[i].graph, (rn_compile_options){.outputs = x, .output_count = count});
            cr_assert(program, "%s", rn_graph_error(x[i].graph));
            return program;
        }
    cr_assert(false, "all outputs are null");
    return NULL;
}

static void feed(rn_program *program, const rn_test_feed *feeds, int count)
{
    for (int i = 0; i < count; i++) {
        size_t bytes;
        void *data = rn_test_array_pack(feeds[i].value, &bytes);
        const rn_status status = rn_feed(program, feeds[i].input, data, bytes);
        cr_assert(status == RN_OK, "feed: %s", rn_program_error(program));
        free(data);
    }
}

void rn_test_run(const rn_tensor *x, int count, const rn_test_feed *feeds, int feed_count,
                 rn_test_array *y)
{
    rn_program *program = compiled(x, count);

    feed(program, feeds, feed_count);
    cr_assert(rn_run(program) == RN_OK, "run: %s", rn_program_error(program));
    for (int i = 0; i < count; i++) {
        y[i] = rn_test_array_new(rn_type_get(x[i]), rn_shape_get(x[i]));
        size_t bytes;
        void *data = rn_test_array_pack(&y[i], &bytes);
        const rn_status status = rn_read(program, x[i], data, bytes);
        cr_assert(status == RN_OK, "read: %s", rn_program_error(program));
        rn_test_array_unpack(&y[i], data);
        free(data);
    }
    rn_program_free(program);
}

rn_test_array rn_test_eval(rn_tensor x, const rn_test_feed *feeds, int feed_count)
{
    rn_test_array y;

    rn_test_run(&x, 1, feeds, feed_count, &y);
    return y;
}

void rn_test_run_fails(rn_tensor x, const rn_test_feed *feeds, int feed_count,
                       const char *message)
{
    rn_program *program = compiled(&x, 1);

    feed(program, feeds, feed_count);
    cr_assert(rn_run(program) == RN_BAD_VALUE, "the run should fail: %s", message);
    cr_assert_str_eq(rn_program_error(program), message);
    rn_program_free(program);
}

rn_tensor rn_test_constant(rn_graph *graph, const rn_test_array *value)
{
    size_t bytes;
    void *data = rn_test_array_pack(value, &bytes);
    const rn_tensor x = rn_constant(graph, value->type, value->shape, data);

    free(data);
    return x;
}

rn_tensor rn_test_project(rn_tensor x, rn_test_random *random, bool integers)
{
    rn_test_array r = rn_test_array_new(rn_type_get(x), rn_shape_get(x));

    for (int64_t i = 0; i < rn_test_array_count(&r); i++)
        r.at[i] = integers ? (double)rn_test_integer(random, -4, 4)
                           : rn_test_uniform(random, -2, 2);
    const rn_tensor constants = rn_test_constant(x.graph, &r);
    rn_test_array_free(&r);
    return rn_sum_all(rn_mul(x, constants));
}

void rn_test_gradcheck(rn_tensor loss, const rn_test_feed *feeds, int feed_count,
                       const char *what)
{
    rn_value *values = (rn_value *)calloc((size_t)feed_count + 1, sizeof *values);
    void **data = (void **)calloc((size_t)feed_count + 1, sizeof *data);

    cr_assert(values && data);
    for (int i = 0; i < feed_count; i++) {
        size_t bytes;
        data[i] = rn_test_array_pack(feeds[i].value, &bytes);
        values[i] = (rn_value){feeds[i].input, data[i]};
    }
    rn_gradcheck_report *report = rn_gradcheck(
        loss, (rn_gradcheck_options){.values = values, .value_count = feed_count});
    cr_assert(report, "out of memory");
    cr_assert(report->status == RN_OK, "%s: %s", what, report->text);
    cr_assert(report->passed, "%s: %s", what, report->text);
    rn_gradcheck_free(report);
    for (int i = 0; i < feed_count; i++) free(data[i]);
    free(data);
    free(values);
}

static bool close_enough(double got, double want, double tolerance, double floor)
{
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got)) return got == want;
    return fabs(got - want) <= tolerance * fmax(fabs(want), floor);
}

void rn_test_compare(const rn_test_array *got, const rn_test_array *want, double tolerance,
                     double floor, const char *what)
{
    cr_assert(got->type == want->type, "%s: type is %s, not %s", what,
              rn_type_name(got->type), rn_type_name(want->type));
    cr_assert(got->shape.rank == want->shape.rank, "%s: rank is %d, not %d", what,
              got->shape.rank, want->shape.rank);
    for (int i = 0; i < want->shape.rank; i++)
        cr_assert(got->shape.size[i] == want->shape.size[i],
                  "%s: axis %d is %lld, not %lld", what, i, (long long)got->shape.size[i],
                  (long long)want->shape.size[i]);
    for (int64_t i = 0; i < rn_test_array_count(want); i++)
        if (!close_enough(got->at[i], want->at[i], tolerance, floor))
            cr_assert(false, "%s: element %lld is %.17g, not %.17g (off by %.3g)", what,
                      (long long)i, got->at[i], want->at[i], got->at[i] - want->at[i]);
}
