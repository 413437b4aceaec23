/* SPDX-License-Identifier: MIT */
/* Heat maps: colours, names, numbers in cells, and matrices of any size. */
#include "io_support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *drawn(const double *values, int64_t rows, int64_t columns,
                   rn_heat_map_options o)
{
    cr_assert_eq(rn_heat_map_svg("h.svg", values, rows, columns, o), RN_OK);
    return rn_test_picture("h.svg");
}

/* The colours of the cells, in order; returns how many. Every rectangle is one cell. */
static int colours(const char *text, unsigned *colour, int most)
{
    const char *at = strstr(text, "<g "), *end = strstr(text, "</g>");
    int count = 0;

    cr_assert(at && end);
    while ((at = strstr(at, "fill=\"#")) != NULL && at < end && count < most)
        colour[count++] = (unsigned)strtoul(at += 7, NULL, 16);
    return count;
}

/* OKLab of an sRGB colour, by the formulas of Ottosson 2020. */
static void oklab(unsigned colour, double *lab)
{
    double c[3], l[3];
    static const double first[3][3] = {{0.4122214708, 0.5363325363, 0.0514459929},
                                       {0.2119034982, 0.6806995451, 0.1073969566},
                                       {0.0883024619, 0.2817188376, 0.6299787005}};
    static const double second[3][3] = {{0.2104542553, 0.7936177850, -0.0040720468},
                                        {1.9779984951, -2.4285922050, 0.4505937099},
                                        {0.0259040371, 0.7827717662, -0.8086757660}};

    for (int i = 0; i < 3; i++) {
        const double v = (colour >> (16 - 8 * i) & 255) / 255.0;
        c[i] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    for (int i = 0; i < 3; i++)
        l[i] = cbrt(first[i][0] * c[0] + first[i][1] * c[1] + first[i][2] * c[2]);
    for (int i = 0; i < 3; i++)
        lab[i] = second[i][0] * l[0] + second[i][1] * l[1] + second[i][2] * l[2];
}

/* Steps of a tenth are equally far apart, and each is darker than the one before. */
Test(heat_map, colours_are_uniform)
{
    rn_test_directory d = rn_test_directory_new();
    double value[11], lab[11][3], distance[10], mean = 0;
    unsigned colour[11];

    for (int i = 0; i < 11; i++) value[i] = 5 + i;
    char *text = drawn(value, 1, 11, (rn_heat_map_options){.low = 5, .high = 15});
    cr_assert_eq(colours(text, colour, 11), 11);
    for (int i = 0; i < 11; i++) oklab(colour[i], lab[i]);
    for (int i = 0; i < 10; i++) {
        double sum = 0;
        for (int k = 0; k < 3; k++) sum += pow(lab[i + 1][k] - lab[i][k], 2);
        distance[i] = sqrt(sum);
        mean += distance[i] / 10;
        cr_assert(lab[i + 1][0] < lab[i][0] - 0.02, "not darker");
    }
    for (int i = 0; i < 10; i++)
        cr_assert(fabs(distance[i] / mean - 1) < 0.08, "%d: %g of %g", i, distance[i],
                  mean);
    free(text);
    rn_test_directory_free(&d);
}

Test(heat_map, values_and_names)
{
    rn_test_directory d = rn_test_directory_new();
    const double value[6] = {0, 1, NAN, -3, HUGE_VAL, 0.5};
    const double written[6] = {12, -0.345, NAN, 1e300, 0, 7};
    const char *const rows[] = {"<r&1>", "r\xff\"2\""}, *const columns[] = {"a", NULL, "c"};
    unsigned colour[6];
    char *text = drawn(value, 2, 3,
                       (rn_heat_map_options){.title = "T",
                                             .x_label = "across",
                                             .y_label = "down",
                                             .row_names = rows,
                                             .column_names = columns,
                                             .written = written,
                                             .decimals = 2,
                                             .high = 1});

    cr_assert_eq(colours(text, colour, 6), 6);
    cr_assert_eq(colour[0], 0xfafbf5);
    cr_assert_eq(colour[1], 0x23293d);
    cr_assert_eq(colour[2], 0xcccccc, "NaN");
    cr_assert_eq(colour[3], colour[0], "below the range");
    cr_assert_eq(colour[4], colour[1], "above the range");
    cr_assert_eq(colour[5], 0x1a9dab, "the middle");
    cr_assert(strstr(text, ">&lt;r&amp;1&gt;<") &&
              strstr(text, ">r\xef\xbf\xbd&quot;2&quot;<"));
    cr_assert(strstr(text, ">12.00<") && strstr(text, ">-0.35<") && strstr(text, ">NaN<") &&
              strstr(text, ">...<") && strstr(text, ">0<") && strstr(text, ">7.00<"));
    for (int i = 0; i < 5; i++) {
        static const char *const once[] = {">T<", ">across<", ">down<", ">a<", ">c<"};
        cr_assert_eq(rn_test_times(text, once[i]), 1);
    }
    free(text);
    rn_test_directory_free(&d);
}

/* The range is that of the finite values. */
Test(heat_map, own_range)
{
    rn_test_directory d = rn_test_directory_new();
    const double value[5] = {-2, 6, NAN, -HUGE_VAL, 2}, same[2] = {3, 3};
    const double huge[3] = {-1.7e308, 1.7e308, 0}, none[2] = {NAN, NAN};
    const double tiny[2] = {0, 5e-324}, big[2] = {1.7e308, 1.7e308};
    unsigned colour[5];
    char *text = drawn(value, 1, 5, (rn_heat_map_options){.title = NULL});

    cr_assert_eq(colours(text, colour, 5), 5);
    cr_assert(colour[0] == 0xfafbf5 && colour[1] == 0x23293d && colour[4] == 0x1a9dab);
    free(text);
    text = drawn(huge, 3, 1, (rn_heat_map_options){.title = NULL});
    cr_assert_eq(colours(text, colour, 5), 3);
    cr_assert(colour[0] == 0xfafbf5 && colour[1] == 0x23293d && colour[2] == 0x1a9dab);
    free(text);
    free(drawn(same, 2, 1, (rn_heat_map_options){.written = same}));
    free(drawn(none, 1, 2, (rn_heat_map_options){.written = none}));
    free(drawn(tiny, 1, 2, (rn_heat_map_options){.written = tiny, .decimals = 9}));
    free(drawn(big, 1, 2, (rn_heat_map_options){.written = big}));
    rn_test_directory_free(&d);
}

Test(heat_map, sizes)
{
    rn_test_directory d = rn_test_directory_new();
    const char *const names[] = {"a rather long name", "b"};
    double *value = (double *)calloc(300 * 200, sizeof *value);
    unsigned colour[4];

    free(drawn(NULL, 0, 0, (rn_heat_map_options){.title = "empty"}));
    free(drawn(NULL, 0, 2, (rn_heat_map_options){.column_names = names}));
    free(drawn(NULL, 2, 0, (rn_heat_map_options){.row_names = names}));
    /* Neighbours of one colour are one rectangle. */
    for (int i = 0; i < 300 * 200; i++) value[i] = i % 300 >= 150;
    char *text = drawn(value, 200, 300, (rn_heat_map_options){.title = "large"});
    cr_assert_eq(rn_test_times(text, "v1H"), 400);
    cr_assert_eq(colours(text, colour, 4), 4);
    cr_assert(colour[0] == colour[2] && colour[0] != colour[1]);
    free(text);
    free(value);
    rn_test_directory_free(&d);
}

Test(heat_map, invalid)
{
    const double v[4] = {0};
    const rn_heat_map_options o = {.title = "t"};

    cr_assert_eq(rn_heat_map_svg(NULL, v, 2, 2, o), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/tmp/x", NULL, 2, 2, o), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/tmp/x", v, -1, 2, o), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/tmp/x", v, 2, INT64_MIN, o), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/tmp/x", v, INT64_MAX, 0, o), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/tmp/x", v, 1025, 1024, o), RN_INVALID);
    const rn_heat_map_options bad[] = {{.low = 1},
                                       {.low = NAN, .high = 1},
                                       {.high = HUGE_VAL},
                                       {.decimals = 10},
                                       {.decimals = -1}};
    for (int i = 0; i < 5; i++)
        cr_assert_eq(rn_heat_map_svg("/tmp/x", v, 2, 2, bad[i]), RN_INVALID);
    cr_assert_eq(rn_heat_map_svg("/nowhere/x.svg", v, 2, 2, o), RN_IO);
}

static bool work(rn_allocator a)
{
    const double v[4] = {1, 2, 3, 4};
    remove("h.svg");
    const rn_status status = rn_heat_map_svg(
        "h.svg", v, 2, 2, (rn_heat_map_options){.written = v, .allocator = a});

    cr_assert(status == RN_OK || status == RN_NO_MEMORY);
    cr_assert_eq(rn_test_directory_count(), status == RN_OK);
    return status == RN_OK;
}

Test(heat_map, every_allocation_may_fail)
{
    rn_test_directory d = rn_test_directory_new();

    rn_test_each_failure(work);
    rn_test_directory_free(&d);
}
