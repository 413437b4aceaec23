/* SPDX-License-Identifier: MIT */
/* Loading files that were not made for the model, or parts of them. */
#include "io_support.h"

#include <stdlib.h>
#include <string.h>

/* A model with enc/w [2,3], enc/b [3] and out/w [3,1], and a statistic out/mean [1]. */
static rn_model *make(rn_type real)
{
    rn_model *model = rn_model_new_using(1, real, (rn_allocator){NULL, NULL});
    rn_graph *g = rn_graph_new();
    const rn_scope s = rn_root(g, model);
    const rn_init init = {RN_INIT_CONSTANT, 9};

    rn_weight(s, "enc/w", rn_shape(2, 3), init);
    rn_weight(s, "enc/b", rn_shape(3), init);
    rn_weight(s, "out/w", rn_shape(3, 1), init);
    rn_statistic(s, "out/mean", rn_shape(1), init);
    rn_state(s, "n", RN_I32, rn_shape());
    cr_assert_str_eq(rn_graph_error(g), "");
    rn_graph_free(g);
    return model;
}

static const double w[6] = {1, 2, 3, 4, 5, 6}, b[3] = {7, 8, 9.5}, v[3] = {-1, -2, -3},
                    mean[1] = {0.5};
static const int64_t tracked = 3;

/* A file of such a model with the names that PyTorch might give, and one array more. */
static void write_file(void)
{
    const rn__stored stored[] = {
        {"encoder.weight", RN_F64, {2, {3, 2}}, 0, 0, w},
        {"encoder.bias", RN_F64, {1, {3}}, 0, 0, b},
        {"fc.weight", RN_F64, {2, {1, 3}}, 0, 0, v},
        {"fc.mean", RN_F64, {1, {1}}, 0, 0, mean},
        {"fc.num_batches_tracked", RN__I64, {0, {0}}, 0, 0, &tracked}};
    rn__fault fault = {""};

    cr_assert_eq(
        rn__safetensors_write((rn_allocator){NULL, NULL}, "f", stored, 5, NULL, &fault),
        RN_OK);
}

static const char names[] =
    "encoder.weight -> enc/w,encoder.bias->enc/b , *.weight -> out/w, fc.m* -> out/m*";

static void expect(const rn_model *model, const char *name, const double *want, int count)
{
    rn_variable *variable = rn_model_find(model, name);
    const bool wide = rn_variable_type(variable) == RN_F64;

    for (int i = 0; i < count; i++) {
        const double got = wide ? ((double *)rn_variable_data(variable))[i]
                                : (double)((float *)rn_variable_data(variable))[i];
        cr_assert(got == want[i], "%s[%d] is %g, not %g", name, i, got, want[i]);
    }
}

static const double nines[6] = {9, 9, 9, 9, 9, 9};

Test(load, renamed_transposed_and_converted)
{
    static const double turned[6] = {1, 3, 5, 2, 4, 6};
    rn_test_directory d = rn_test_directory_new();

    write_file();
    for (int i = 0; i < 2; i++) {
        rn_model *model = make(i ? RN_F64 : RN_F32);
        char text[1000];
        rn_load_report r = {.text = text, .capacity = sizeof text};
        const rn_load_options o = {
            .rename = names, .transpose = "*/w", .allow_extra = true, .report = &r};
        cr_assert_eq(rn_model_load_using(model, "f", o), RN_OK, "%s",
                     rn_model_error(model));
        expect(model, "enc/w", turned, 6);
        expect(model, "enc/b", b, 3);
        expect(model, "out/w", v, 3);
        expect(model, "out/mean", mean, 1);
        cr_assert(r.loaded == 4 && r.converted == (i ? 0 : 4) && r.left == 1 &&
                  r.missing == 0 && r.mismatched == 0);
        cr_assert_str_eq(text,
                         i ? "loaded: enc/b f64 [3]\nloaded: enc/w f64 [3,2]\n"
                             "loaded: out/mean f64 [1]\n"
                             "left: fc.num_batches_tracked I64 []\nloaded: out/w f64 [1,3]"
                           : "converted: enc/b f64 [3]\nconverted: enc/w f64 [3,2]\n"
                             "converted: out/mean f64 [1]\n"
                             "left: fc.num_batches_tracked I64 []\n"
                             "converted: out/w f64 [1,3]",
                         "%s", text);
        cr_assert_eq(r.bytes, strlen(text) + 1);
        rn_model_free(model);
    }
    rn_test_directory_free(&d);
}

/* Fails with this message and report, and changes nothing. */
static void refused(rn_load_options o, rn_status status, const char *message,
                    const char *want)
{
    rn_model *model = make(RN_F32);
    char text[1000] = "?";
    rn_load_report r = {.text = text, .capacity = sizeof text};

    o.report = &r;
    cr_assert_eq(rn_model_load_using(model, "f", o), status, "%s", message);
    cr_assert_str_eq(rn_model_error(model), message, "%s", rn_model_error(model));
    if (want) cr_assert_str_eq(text, want, "%s", text);
    expect(model, "enc/w", nines, 6);
    expect(model, "enc/b", nines, 3);
    rn_model_free(model);
}

Test(load, refused)
{
    rn_test_directory d = rn_test_directory_new();

    write_file();
    refused((rn_load_options){0}, RN_BAD_FILE,
            "f: tensor \"encoder.bias\": unknown parameter",
            "left: encoder.bias f64 [3]\nleft: encoder.weight f64 [3,2]\n"
            "left: fc.mean f64 [1]\nleft: fc.num_batches_tracked I64 []\n"
            "left: fc.weight f64 [1,3]\nmissing: enc/w f32 [2,3]\nmissing: enc/b f32 [3]\n"
            "missing: out/w f32 [3,1]\nmissing: out/mean f32 [1]");
    refused((rn_load_options){.allow_extra = true}, RN_BAD_FILE,
            "f: tensor \"enc/w\": missing", NULL);
    refused((rn_load_options){.allow_extra = true, .allow_missing = true}, RN_BAD_FILE,
            "f: has no tensor that fits a weight of the model", NULL);
    refused((rn_load_options){.rename = names, .allow_extra = true}, RN_BAD_FILE,
            "f: tensor \"encoder.weight\": is [3,2], the model's is [2,3]",
            "converted: enc/b f64 [3]\n"
            "mismatched: enc/w f64 [3,2]: is [3,2], the model's is [2,3]\n"
            "converted: out/mean f64 [1]\nleft: fc.num_batches_tracked I64 []\n"
            "mismatched: out/w f64 [1,3]: is [1,3], the model's is [3,1]");
    refused((rn_load_options){.rename = "*.bias -> enc/b, fc.mean -> enc/b",
                              .allow_extra = true,
                              .allow_missing = true},
            RN_BAD_FILE, "f: tensor \"fc.mean\": another tensor is \"enc/b\" too", NULL);
    refused((rn_load_options){.rename = "fc.num* -> enc/b",
                              .allow_extra = true,
                              .allow_missing = true},
            RN_BAD_FILE, "f: tensor \"fc.num_batches_tracked\": is I64, the model's is f32",
            NULL);
    refused((rn_load_options){.rename = "fc.mean -> n"}, RN_BAD_FILE,
            "f: tensor \"encoder.bias\": unknown parameter", NULL);
    refused((rn_load_options){.only = "enc/*, nothing*"}, RN_INVALID,
            "model_load: the model has no such weight: nothing*", "");
    refused((rn_load_options){.transpose = "n"}, RN_INVALID,
            "model_load: the model has no such weight: n", "");
    static const char *const pairs[] = {"a",     "a ->",           "-> b", "a -> b*",
                                        "*->**", "********* -> b", "->"};
    for (int i = 0; i < 7; i++) {
        char message[100] = "model_load: not a pair \"from -> to\": ";
        refused((rn_load_options){.rename = pairs[i]}, RN_INVALID,
                strcat(message, pairs[i]), "");
    }
    rn_test_directory_free(&d);
}

Test(load, parts)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(RN_F64);
    rn_load_report r = {0};
    const rn_load_options o = {.rename = names, .only = "out/mean, *b", .report = &r};

    write_file();
    cr_assert_eq(rn_model_load_using(model, "f", o), RN_OK, "%s", rn_model_error(model));
    expect(model, "enc/w", nines, 6);
    expect(model, "enc/b", b, 3);
    expect(model, "out/w", nines, 3);
    expect(model, "out/mean", mean, 1);
    cr_assert(r.loaded == 2 && r.converted == 0 && r.left == 3 && r.missing == 0);
    rn_model_free(model);
    rn_test_directory_free(&d);
}

Test(load, mismatches_can_be_left_out)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(RN_F64);
    rn_load_report r = {0};
    const rn_load_options o = {
        .rename = names, .allow_extra = true, .allow_mismatch = true, .report = &r};

    write_file();
    cr_assert_eq(rn_model_load_using(model, "f", o), RN_OK, "%s", rn_model_error(model));
    expect(model, "enc/w", nines, 6);
    expect(model, "enc/b", b, 3);
    cr_assert(r.loaded == 2 && r.mismatched == 2 && r.missing == 0 && r.left == 1);
    cr_assert(r.bytes > 100, "measured without a text");
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* ---- a report that is too long; memory ---- */

Test(load, a_short_text)
{
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = make(RN_F64);
    size_t whole = 0;
    char text[200];

    write_file();
    for (size_t capacity = 0; capacity < 150; capacity++) {
        rn_load_report r = {.text = text, .capacity = capacity};
        const rn_load_options o = {
            .rename = names, .transpose = "*w", .allow_extra = true, .report = &r};
        memset(text, '?', sizeof text);
        cr_assert_eq(rn_model_load_using(model, "f", o), RN_OK);
        if (whole == 0) whole = r.bytes;
        cr_assert(r.bytes == whole && whole > 100 && text[capacity] == '?');
        cr_assert(capacity == 0 ||
                  strlen(text) == (capacity < whole ? capacity : whole) - 1);
    }
    rn_model_free(model);
    rn_test_directory_free(&d);
}

static bool work(rn_allocator a)
{
    rn_model *model = rn_model_new_using(1, RN_F32, a);
    rn_graph *g = rn_graph_new_using(a);
    const rn_init init = {RN_INIT_CONSTANT, 9};
    rn_status status = RN_NO_MEMORY;

    if (!rn_is_null(rn_weight(rn_root(g, model), "enc/b", rn_shape(3), init)))
        status = rn_model_load_using(
            model, "f", (rn_load_options){.rename = names, .allow_extra = true});
    cr_assert(status == RN_OK || status == RN_NO_MEMORY, "%s", rn_model_error(model));
    if (rn_model_count(model)) expect(model, "enc/b", status == RN_OK ? b : nines, 3);
    rn_graph_free(g);
    rn_model_free(model);
    return status == RN_OK;
}

Test(load, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    write_file();
    rn_test_each_failure(work);
    rn_test_directory_free(&d);
}
