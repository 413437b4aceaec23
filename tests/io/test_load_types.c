/* SPDX-License-Identifier: MIT */
/* Loading other element types, and files with changed headers. */
#include "io_support.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const uint16_t halves[] = {0x0000, 0x8000, 0x3c00, 0xc000, 0x0001, 0x03ff,
                                  0x0400, 0x7bff, 0x7c00, 0xfc00, 0x3555, 0x7e00};
static const uint16_t brains[] = {0x0000, 0x8000, 0x3f80, 0xc000, 0x0001, 0x007f,
                                  0x0080, 0x7f7f, 0x7f80, 0xff80, 0x3eab, 0x7fc0};

static void converted(int type, rn_type real, const uint16_t *bits, const double *want)
{
    rn_model *model = rn_model_new_using(1, real, (rn_allocator){NULL, NULL});
    rn_graph *g = rn_graph_new();
    const rn__stored stored = {"w", type, {1, {12}}, 0, 0, bits};
    rn__fault fault = {""};

    rn_weight(rn_root(g, model), "w", rn_shape(12), (rn_init){RN_INIT_ZEROS, 0});
    rn_graph_free(g);
    rn__safetensors_write((rn_allocator){NULL, NULL}, "f", &stored, 1, NULL, &fault);
    cr_assert_eq(rn_model_load(model, "f"), RN_BAD_FILE, "exact types only");
    cr_assert_eq(rn_model_load_using(model, "f", (rn_load_options){0}), RN_OK, "%s",
                 rn_model_error(model));
    for (int i = 0; i < 12; i++) {
        const void *data = rn_variable_data(rn_model_at(model, 0));
        const double got =
            real == RN_F64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
        cr_assert(isnan(want[i]) ? isnan(got)
                                 : got == want[i] && signbit(got) == signbit(want[i]),
                  "%04x is %g, not %g", bits[i], got, want[i]);
    }
    rn_model_free(model);
}

Test(load_types, f16_and_bf16)
{
    static const double half[] = {0,       -0.0,  1,        -2,        0x1p-24,   0x3ffp-24,
                                  0x1p-14, 65504, INFINITY, -INFINITY, 0x5.55p-4, NAN};
    static const double brain[] = {0,        -0.0,      1,        -2,
                                   0x1p-133, 0x7fp-133, 0x1p-126, 0xffp+120,
                                   INFINITY, -INFINITY, 0xabp-9,  NAN};
    rn_test_directory d = rn_test_directory_new();

    converted(RN__F16, RN_F32, halves, half);
    converted(RN__F16, RN_F64, halves, half);
    converted(RN__BF16, RN_F32, brains, brain);
    converted(RN__BF16, RN_F64, brains, brain);
    rn_test_directory_free(&d);
}

static void load_three(rn_model *model, const double *values, rn_status status)
{
    const rn__stored stored = {"w", RN_F64, {1, {3}}, 0, 0, values};
    rn__fault fault = {""};

    rn__safetensors_write((rn_allocator){NULL, NULL}, "f", &stored, 1, NULL, &fault);
    cr_assert_eq(rn_model_load_using(model, "f", (rn_load_options){0}), status, "%s",
                 rn_model_error(model));
}

static rn_model *three(void)
{
    rn_model *model = rn_model_new(1);
    rn_graph *g = rn_graph_new();

    rn_weight(rn_root(g, model), "w", rn_shape(3), (rn_init){RN_INIT_CONSTANT, 9});
    rn_graph_free(g);
    return model;
}

Test(load_types, too_large_for_f32)
{
    static const double huge[] = {1, -1e39, 3}, infinite[] = {1, -INFINITY, NAN};
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = three();
    const float *w = (const float *)rn_variable_data(rn_model_at(model, 0));

    load_three(model, huge, RN_BAD_FILE);
    cr_assert_str_eq(rn_model_error(model),
                     "f: tensor \"w\": a number is too large for f32");
    cr_assert(w[0] == 9 && w[1] == 9 && w[2] == 9);
    load_three(model, infinite, RN_OK);
    cr_assert(w[0] == 1 && w[1] == -INFINITY && isnan(w[2]));
    rn_model_free(model);
    rn_test_directory_free(&d);
}

/* Bytes of a header changed to some others, with everything allowed: loaded, or refused
 * with a message, and then nothing has changed. */
Test(load_types, every_changed_byte)
{
    static const char others[] = "\0\"\\{}[,:39-*/\xff";
    static const double values[3] = {1, 2, 3};
    static const float nines[3] = {9, 9, 9};
    const rn__stored stored[] = {{"enc.w", RN_F64, {1, {3}}, 0, 0, values},
                                 {"w", RN_F32, {1, {2}}, 0, 0, nines}};
    const rn_load_options o = {.rename = "w -> other, enc.* -> *, *e*c*w* -> ****",
                               .transpose = "w",
                               .allow_extra = true,
                               .allow_missing = true,
                               .allow_mismatch = true};
    rn_test_directory d = rn_test_directory_new();
    rn_model *model = three();
    const float *w = (const float *)rn_variable_data(rn_model_at(model, 0));
    rn__fault fault = {""};
    size_t bytes;
    int outcomes[2] = {0};

    rn__safetensors_write((rn_allocator){NULL, NULL}, "f", stored, 2, NULL, &fault);
    char *content = rn_test_read("f", &bytes);
    const int file = open("f", O_WRONLY);
    for (size_t i = 0; i < bytes - 32; i++) {
        rn_model_set(model, "w", nines, sizeof nines);
        cr_assert_eq(pwrite(file, &others[i % (sizeof others - 1)], 1, (off_t)i), 1);
        const rn_status status = rn_model_load_using(model, "f", o);
        cr_assert(status == RN_OK ? w[0] == 1 && w[2] == 3
                                  : status == RN_BAD_FILE && rn_model_error(model)[0] &&
                                        w[0] == 9 && w[2] == 9);
        outcomes[status == RN_OK]++;
        cr_assert_eq(pwrite(file, &content[i], 1, (off_t)i), 1);
    }
    cr_assert(outcomes[0] > 50 && outcomes[1] > 2, "%d loaded", outcomes[1]);
    close(file);
    free(content);
    rn_model_free(model);
    rn_test_directory_free(&d);
}
