/* SPDX-License-Identifier: MIT */
/* Windows over series against plain loops; leakage; scaling. */
#include <math.h>

#include "data_support.h"
#include "golden_data.h"

enum { C = 3, SERIES = 3, MOST = 60 };

/* Value of a column in a step: 10000 i + 10 t + column. */
static double values[SERIES * MOST * C];
static int64_t offsets[SERIES + 1];
static rn_field field[1] = {{.name = "series", .type = RN_F64}};
static const void *const data[] = {values};
static rn_arrays arrays;
static rn_source source;

static void make(int64_t a, int64_t b, int64_t c)
{
    const int64_t length[SERIES] = {a, b, c};
    int64_t at = 0;

    field[0].shape = rn_shape(C);
    for (int i = 0; i < SERIES; i++) {
        offsets[i] = at;
        for (int64_t t = 0; t < length[i]; t++, at++)
            for (int k = 0; k < C; k++)
                values[at * C + k] = (double)(10000 * i + 10 * t + k);
    }
    offsets[SERIES] = at;
    arrays = (rn_arrays){.fields = field,
                         .field_count = 1,
                         .data = data,
                         .count = SERIES,
                         .offsets = offsets};
    source = rn_source_arrays(&arrays);
}

/* Whether a window that begins in step a belongs to a part of a series of n steps: all its
 * targets do. */
static bool belongs(const rn_series_options *o, int part, int64_t n, int64_t a)
{
    const int64_t test = n - (int64_t)((double)n * o->test);
    const int64_t border[] = {0, test - (int64_t)((double)n * o->validation), test, n};
    const int64_t first = a + (o->every_step ? o->horizon : o->history);

    for (int64_t t = first; t < a + o->history + o->horizon; t++)
        if (t < border[part] || t >= border[part + 1]) return false;
    return true;
}

/* Checks the values of a window. */
static void check_window(const rn_source *s, int64_t w, int64_t i, int64_t a,
                         const rn_series_options *o)
{
    double x[MOST * C], y[MOST * C];
    const int inputs = o->inputs ? o->input_count : C;
    const int targets = o->targets ? o->target_count : C;
    const int64_t steps = o->every_step ? o->history : o->horizon;

    cr_assert_eq(s->length(s->self, w), o->history);
    cr_assert(s->read(s->self, w, 0, 0, o->history, x));
    cr_assert(s->read(s->self, w, 1, 0, o->every_step ? steps : 1, y));
    for (int64_t t = 0; t < o->history; t++)
        for (int k = 0; k < inputs; k++)
            cr_assert_eq(x[t * inputs + k], (double)(10000 * i + 10 * (a + t) +
                                                     (o->inputs ? o->inputs[k] : k)));
    for (int64_t t = 0; t < steps; t++)
        for (int k = 0; k < targets; k++)
            cr_assert_eq(
                y[t * targets + k],
                (double)(10000 * i + (o->targets ? o->targets[k] : k) +
                         10 * (a + t + (o->every_step ? o->horizon : o->history))));
    if (o->history < 2) return;
    cr_assert(s->read(s->self, w, 0, 1, 1, x));
    cr_assert_eq(x[0], (double)(10000 * i + 10 * (a + 1) + (o->inputs ? o->inputs[0] : 0)));
}

/* Each window that belongs to a part is there, once, in order; and no others. */
static void check(rn_series_options o)
{
    const int64_t length[SERIES] = {40, 9, 23};

    make(length[0], length[1], length[2]);
    rn_series *s = rn_series_new(&source, o);
    cr_assert_str_eq(rn_series_error(s), "");
    for (int part = 0; part < 3; part++) {
        const rn_source windows = rn_series_source(s, (rn_part)part);
        int64_t w = 0, at[2];
        for (int64_t i = 0; i < SERIES; i++) {
            int64_t last = -1;
            for (int64_t a = 0; a < length[i]; a++) {
                if (!belongs(&o, part, length[i], a)) continue;
                if (last >= 0 && a < last + o.stride) continue;
                last = a;
                cr_assert(rn_series_where(s, (rn_part)part, w, &at[0], &at[1]));
                cr_assert(at[0] == i && at[1] == a);
                check_window(&windows, w++, i, a, &o);
            }
        }
        cr_assert_eq(windows.count, w);
        cr_assert_not(rn_series_where(s, (rn_part)part, w, NULL, NULL));
        cr_assert_not(rn_series_where(s, (rn_part)part, -1, NULL, NULL));
    }
    rn_series_free(s);
}

Test(series, windows_are_those_whose_targets_a_part_has)
{
    static const int one[] = {1}, two[] = {2, 0};

    for (int way = 0; way < 16; way++)
        for (int64_t history = 1; history < 9; history += 3)
            check((rn_series_options){.history = history,
                                      .horizon = 1 + 2 * (way % 2),
                                      .stride = 1 + way / 4,
                                      .every_step = way / 2 % 2,
                                      .inputs = way % 3 ? two : NULL,
                                      .input_count = 2,
                                      .targets = way % 5 ? one : NULL,
                                      .target_count = 1,
                                      .validation = way % 4 * 0.13,
                                      .test = way % 3 * 0.21});
}

/* What is changed in later parts changes nothing in training. */
Test(series, training_reads_nothing_of_later_parts)
{
    const rn_series_options o = {.history = 4,
                                 .horizon = 2,
                                 .validation = 0.2,
                                 .test = 0.1,
                                 .scaling = RN_SCALING_STANDARD};
    uint64_t print[2] = {0, 0};

    for (int changed = 0; changed < 2; changed++) {
        make(40, 9, 23);
        const int64_t training[] = {28, 9 - 1, 23 - 2 - 4}, length[] = {40, 9, 23};
        for (int i = 0; i < SERIES && changed; i++)
            for (int64_t t = training[i]; t < length[i]; t++)
                values[(offsets[i] + t) * C] = 1e6 * (double)t;
        rn_series *s = rn_series_new(&source, o);
        const rn_source windows = rn_series_source(s, RN_PART_TRAINING);
        rn_batches *b = rn_batches_new(&windows, (rn_batches_options){.batch = 64});
        const rn_batch batch = rn_test_next(b);
        cr_assert_gt(batch.real, 20);
        print[changed] = rn_test_print(&batch);
        rn_batches_free(b);
        rn_series_free(s);
    }
    cr_assert_eq(print[0], print[1]);
}

/* ---- scaling ---- */

static rn_series *golden(rn_scaling scaling, rn_allocator a)
{
    static rn_arrays one;
    static const void *const numbers[] = {golden_series};

    field[0].shape = rn_shape(C);
    one = (rn_arrays){
        .fields = field, .field_count = 1, .data = numbers, .count = 1, .steps = 12};
    source = rn_source_arrays(&one);
    return rn_series_new(
        &source, (rn_series_options){
                     .history = 2, .validation = 0.25, .scaling = scaling, .allocator = a});
}

static void is_scaled(rn_scaling scaling, const double *shift, const double *scale)
{
    rn_series *s = golden(scaling, (rn_allocator){NULL, NULL});
    rn_model *model = rn_test_model(1);
    const rn_source training = rn_series_source(s, RN_PART_TRAINING);
    double x[2 * C], back[2 * C];

    cr_assert_str_eq(rn_series_error(s), "");
    cr_assert_eq(training.count, 7);
    cr_assert_eq(rn_series_keep(s, model, "net/series"), RN_OK);
    rn_test_close(rn_test_values(model, "net/series/shift"), shift, C, 1e-12, "shift");
    rn_test_close(rn_test_values(model, "net/series/scale"), scale, C, 1e-12, "scale");
    for (int64_t w = 0; w < 7; w++) {
        cr_assert(training.read(training.self, w, 0, 0, 2, x));
        for (int k = 0; k < 2 * C; k++)
            cr_assert_float_eq(
                x[k], (golden_series[w * C + k] - shift[k % C]) / scale[k % C], 1e-9);
        memcpy(back, x, sizeof x);
        cr_assert_eq(rn_scaling_undo(model, "net/series", NULL, C, RN_F64, back, 2), RN_OK);
        rn_test_close(back, golden_series + w * C, 2 * C, 1e-12, "undone");
        cr_assert_eq(rn_scaling_apply(model, "net/series", NULL, C, RN_F64, back, 2),
                     RN_OK);
        rn_test_close(back, x, 2 * C, 1e-9, "applied");
    }
    rn_model_free(model);
    rn_series_free(s);
}

Test(series, scaling_is_that_of_scikit_learn)
{
    is_scaled(RN_SCALING_STANDARD, golden_mean, golden_deviation);
    is_scaled(RN_SCALING_MINMAX, golden_least, golden_range);
}

/* Saved by one program, loaded by another that has no series; f32, some columns. */
Test(series, scaling_is_kept_with_the_model)
{
    static const int columns[] = {2, 0};
    rn_series *s = golden(RN_SCALING_STANDARD, (rn_allocator){NULL, NULL});
    const char *path = "test_series.safetensors";
    float x[2] = {1, -2};

    for (int loading = 0; loading < 2; loading++) {
        rn_model *model = rn_model_new(1);
        rn_graph *g = rn_graph_new();
        if (loading) cr_assert_eq(rn_scaling_declare(model, "series", C), RN_OK);
        rn_weight(rn_root(g, model), "w", rn_shape(2), (rn_init){RN_INIT_ZEROS, 0});
        if (!loading) {
            cr_assert_eq(rn_series_keep(s, model, "series"), RN_OK);
            cr_assert_eq(rn_model_save(model, path), RN_OK);
        } else {
            cr_assert_eq(rn_model_load(model, path), RN_OK, "%s", rn_model_error(model));
            cr_assert_eq(rn_scaling_undo(model, "series", columns, 2, RN_F32, x, 1), RN_OK);
            cr_assert_float_eq(x[0], golden_mean[2] + golden_deviation[2], 0.5);
            cr_assert_float_eq(x[1], golden_mean[0] - 2 * golden_deviation[0], 1e-6);
        }
        rn_graph_free(g);
        rn_model_free(model);
    }
    remove(path);
    rn_series_free(s);
}

Test(series, constant_columns_are_not_divided_by_zero)
{
    make(20, 5, 5);
    for (int t = 0; t < 30; t++) values[t * C + 1] = 4;
    for (int scaling = 1; scaling < 3; scaling++) {
        rn_series *s = rn_series_new(
            &source, (rn_series_options){.history = 2, .scaling = (rn_scaling)scaling});
        const rn_source w = rn_series_source(s, RN_PART_TRAINING);
        double x[2 * C];
        cr_assert(w.read(w.self, 0, 0, 0, 2, x));
        cr_assert(x[1] == 0 && x[C + 1] == 0);
        rn_series_free(s);
    }
}

Test(series, long_series_are_scaled_in_parts)
{
    enum { N = 20000 };
    static float x[N], got[N - 1], y;
    rn_field f = {.name = "x"};
    const void *const all[] = {x};
    const rn_arrays a = {
        .fields = &f, .field_count = 1, .data = all, .count = 1, .steps = N};
    double sum = 0, squares = 0;

    for (int i = 0; i < N; i++) x[i] = (float)rn_test_number((uint64_t)i) * 3 + 5;
    for (int i = 0; i < N; i++) sum += (double)x[i] / N;
    for (int i = 0; i < N; i++) squares += ((double)x[i] - sum) * ((double)x[i] - sum) / N;
    const rn_source one = rn_source_arrays(&a);
    rn_series *s = rn_series_new(
        &one, (rn_series_options){.history = N - 1, .scaling = RN_SCALING_STANDARD});
    const rn_source w = rn_series_source(s, RN_PART_TRAINING);
    cr_assert_eq(w.count, 1);
    cr_assert(w.read(w.self, 0, 0, 0, N - 1, got) && w.read(w.self, 0, 1, 0, 1, &y));
    for (int i = 0; i < N; i++)
        cr_assert_float_eq(i < N - 1 ? got[i] : y, ((double)x[i] - sum) / sqrt(squares),
                           1e-6);
    rn_series_free(s);
}

/* ---- errors ---- */

static void refused(rn_series_options o, const char *message)
{
    rn_series *s = rn_series_new(&source, o);
    const rn_source windows = rn_series_source(s, RN_PART_TRAINING);

    cr_assert_str_eq(rn_series_error(s), message);
    cr_assert_eq(windows.count, -1);
    cr_assert_str_eq(windows.error(windows.self), message);
    rn_series_free(s);
}

Test(series, refuse_wrong_options)
{
    const int three[] = {3}, none[] = {0};

    make(20, 5, 5);
    refused((rn_series_options){0},
            "series: history 0, horizon 1, stride 1 must be positive "
            "and less than 2^31");
    refused((rn_series_options){.history = 3, .validation = 0.6, .test = 0.6},
            "series: shares are negative or exceed 1: validation 0.6, test 0.6");
    refused((rn_series_options){.history = 3, .inputs = three, .input_count = 1},
            "series: no column 3: the series has 3");
    refused((rn_series_options){.history = 3, .targets = none}, "series: no columns");
    refused((rn_series_options){.history = 3, .target_count = -1}, "series: -1 columns");
    refused((rn_series_options){.history = 3, .field = 1},
            "series: the source has no field 1");
    refused((rn_series_options){.history = 3, .scaling = (rn_scaling)7},
            "series: no such scaling: 7");
    refused(
        (rn_series_options){.history = 3, .validation = 1, .scaling = RN_SCALING_MINMAX},
        "series: the training part is empty: nothing to fit the scaling to");
    values[2 * C + 1] = NAN;
    refused((rn_series_options){.history = 3, .scaling = RN_SCALING_MINMAX},
            "series: column 1 of series 0 is not finite in step 2");
    field[0].type = RN_I32;
    refused((rn_series_options){.history = 3},
            "series: field series is not real with shape [C] or []");
    source.read = NULL;
    refused((rn_series_options){.history = 3},
            "series: the source has no fields or no function to read");
}

Test(series, scaling_refuses_what_is_no_scaling)
{
    rn_test_world w = rn_test_begin();
    double x[C] = {0};
    const int three[] = {3};

    rn_weight(w.root, "a/shift", rn_shape(C), (rn_init){RN_INIT_ZEROS, 0});
    cr_assert_eq(rn_scaling_declare(w.model, "a", C), RN_INVALID);
    cr_assert_str_eq(rn_model_error(w.model), "scaling: the model has another variable of "
                                              "that name: a/shift");
    cr_assert_eq(rn_scaling_declare(w.model, "b", C), RN_OK);
    cr_assert_eq(rn_scaling_declare(w.model, "b", C), RN_OK);
    cr_assert_eq(rn_scaling_declare(w.model, "b", C + 1), RN_INVALID);
    cr_assert_eq(rn_scaling_declare(w.model, "c", 0), RN_INVALID);
    cr_assert_eq(rn_scaling_declare(w.model, NULL, 1), RN_INVALID);
    cr_assert_eq(rn_scaling_declare(w.model, "", 1), RN_INVALID);
    cr_assert_eq(rn_scaling_declare(w.model, "\n", 1), RN_INVALID);
    cr_assert_eq(rn_scaling_apply(w.model, "c", NULL, C, RN_F64, x, 1), RN_INVALID);
    cr_assert_str_eq(rn_model_error(w.model), "scaling: no such statistics: c");
    cr_assert_eq(rn_scaling_undo(w.model, "b", three, 1, RN_F64, x, 1), RN_INVALID);
    cr_assert_str_eq(rn_model_error(w.model), "scaling: no column 3: b has 3");
    cr_assert_eq(rn_scaling_undo(w.model, "b", NULL, C, RN_I32, x, 1), RN_INVALID);
    rn_test_end(&w);
}

static bool work(rn_allocator a)
{
    rn_series *s = golden(RN_SCALING_STANDARD, a);
    const rn_source windows = rn_series_source(s, RN_PART_VALIDATION);
    const bool done = windows.count > 0;

    cr_assert(done || strstr(rn_series_error(s), "out of memory"));
    rn_series_free(s);
    return done;
}

Test(series, every_allocation_may_fail)
{
    rn_test_each_failure(work);
}
