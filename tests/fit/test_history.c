/* SPDX-License-Identifier: MIT */
/* Histories: numbers set and read, CSV that is read back, pictures. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn_support.h"

static char *content(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = (char *)calloc(1, 100000);

    cr_assert(file && text, "%s", path);
    cr_assert(fread(text, 1, 99999, file) < 99999);
    fclose(file);
    return text;
}

static rn_history *table(void)
{
    rn_history *h = rn_history_new();

    for (int i = 0; i < 40; i++) {
        cr_assert_eq(rn_history_row(h), RN_OK);
        cr_assert_eq(rn_history_set(h, "epoch", i), RN_OK);
        cr_assert_eq(rn_history_set(h, "loss", 1.0 / (i + 3)), RN_OK);
        if (i >= 20) cr_assert_eq(rn_history_set(h, "late", -1e-300 * i), RN_OK);
    }
    return h;
}

Test(history, rows_and_columns)
{
    rn_history *h = table();

    cr_assert_eq(rn_history_rows(h), 40);
    cr_assert_eq(rn_history_columns(h), 3);
    cr_assert_str_eq(rn_history_name(h, 2), "late");
    cr_assert(!rn_history_name(h, 3) && !rn_history_name(h, -1));
    for (int i = 0; i < 40; i++) {
        cr_assert_eq(rn_history_at(h, i, "loss"), 1.0 / (i + 3));
        cr_assert_eq(rn_history_at(h, i - 40, "epoch"), i);
        const double late = rn_history_at(h, i, "late");
        cr_assert(i < 20 ? isnan(late) : late == -1e-300 * i);
    }
    cr_assert(isnan(rn_history_at(h, 40, "loss")) && isnan(rn_history_at(h, -41, "loss")));
    cr_assert(isnan(rn_history_at(h, 0, "no")) && isnan(rn_history_at(h, 0, NULL)));
    rn_history_free(h);
}

Test(history, refused)
{
    static const char *const names[] = {"", "a,b", "a\"b", "a\nb", "\xff", NULL};
    rn_history *h = rn_history_new();
    char name[202];

    memset(name, 'a', 201), name[201] = 0;
    cr_assert_eq(rn_history_set(h, "loss", 1), RN_INVALID);
    cr_assert_str_eq(rn_history_error(h), "history_set: there is no row yet");
    rn_history_row(h);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(rn_history_set(h, names[i], 1), RN_INVALID, "name %d", i);
        cr_assert(*rn_history_error(h));
    }
    cr_assert_eq(rn_history_set(h, name, 1), RN_INVALID);
    cr_assert_eq(rn_history_set(h, name + 1, 1), RN_OK);
    cr_assert_eq(rn_history_save(h, "/nowhere/x.csv"), RN_IO);
    cr_assert(strstr(rn_history_error(h), "/nowhere"), "%s", rn_history_error(h));
    cr_assert_eq(rn_history_save(h, NULL), RN_INVALID);
    cr_assert_eq(rn_history_plot(h, "/tmp/x.svg", "", "epoch", "loss"), RN_INVALID);
    cr_assert_str_eq(rn_history_error(h), "history_plot: no column: epoch");
    rn_history_free(h);
    rn_history_free(NULL);
    cr_assert_eq(rn_history_row(NULL), RN_INVALID);
    cr_assert(*rn_history_error(NULL));
}

/* Numbers of all sizes are read back as they were, in a locale with a comma as well. */
Test(history, csv)
{
    static const double hard[] = {0.1,  1.0 / 3, 5e-324,    DBL_MAX,   -DBL_MIN,
                                  1e22, 1e23,    123456789, 0.3 - 0.1, 2.5e-8};
    enum { HARD = sizeof hard / sizeof *hard };
    char path[] = "/tmp/rondo_history_XXXXXX";
    rn_history *h = rn_history_new();

    cr_assert(mkstemp(path) >= 0);
    for (int i = 0; i < HARD; i++) {
        rn_history_row(h);
        rn_history_set(h, "x", hard[i]);
        rn_history_set(h, "y", i == 0 ? HUGE_VAL : i == 1 ? -HUGE_VAL : NAN);
    }
    for (int comma = 0; comma < 2; comma++) {
        if (comma && !setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
            break;
        cr_assert_eq(rn_history_save(h, path), RN_OK, "%s", rn_history_error(h));
        setlocale(LC_ALL, "C");
        char *text = content(path), *at = text;
        cr_assert(!strncmp(text, "x,y\n0.1,inf\n0.333333333333333", 29), "%s", text);
        for (int i = 0; i < HARD; i++) {
            at = strchr(at, '\n') + 1;
            cr_assert_eq(strtod(at, NULL), hard[i], "row %d: %s", i, at);
            at = strchr(at, ',') + 1;
            cr_assert(!strncmp(at, i == 0 ? "inf\n" : i == 1 ? "-inf\n" : "nan\n", 4));
        }
        free(text);
    }
    rn_history_free(h);
    remove(path);
}

Test(history, picture)
{
    char path[] = "/tmp/rondo_history_XXXXXX";
    rn_history *h = table();

    cr_assert(mkstemp(path) >= 0);
    cr_assert_eq(rn_history_plot(h, path, "a fit", "epoch", "*, loss"), RN_OK, "%s",
                 rn_history_error(h));
    char *text = content(path);
    cr_assert(strstr(text, ">a fit<") && strstr(text, ">loss<") && strstr(text, ">late<"));
    const char *second =
        strstr(strstr(text, "<path fill=\"none\"") + 1, "<path fill=\"none\"");
    cr_assert(second && !strstr(second + 1, "<path fill=\"none\""), "two curves, not x");
    free(text);
    rn_history_free(h);
    remove(path);
}
