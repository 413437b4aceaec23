/* SPDX-License-Identifier: MIT */
/* Plots: well-formed XML for any curves, round ticks, and failures. */
#include "io_support.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "io/plot.h"

/* ---- files ---- */

static void temporary(char *path)
{
    strcpy(path, "/tmp/rondo-plot-XXXXXX");
    const int file = mkstemp(path);
    cr_assert(file >= 0);
    close(file);
}

/* Plots and gives what was written. free() it. */
static char *plotted(const char *title, const rn_curve *curves, int count)
{
    char path[64], *text = (char *)calloc(1, 2000000);

    temporary(path);
    cr_assert_eq(rn_plot_svg(path, title, "step", "loss", curves, count), RN_OK);
    FILE *file = fopen(path, "r");
    cr_assert(file && fread(text, 1, 1999999, file) > 0);
    fclose(file);
    unlink(path);
    rn_test_xml(text);
    cr_assert(!strstr(text, "nan") && !strstr(text, "inf"));
    return text;
}

Test(plot, curves)
{
    double x[100], y[100], z[100];

    for (int i = 0; i < 100; i++) {
        x[i] = i * 50;
        y[i] = 2.5 * exp(-i / 30.0);
        z[i] = 1.2 + sin(i / 9.0) / 3;
    }
    const rn_curve curves[] = {{"training", x, y, 100}, {"validation", x, z, 100}};
    char *text = plotted("Loss & \"more\" <x>\n\xc3\xa9", curves, 2);

    cr_assert(strstr(text, "Loss &amp; &quot;more&quot; &lt;x&gt; \xc3\xa9"));
    cr_assert(strstr(text, ">training<") && strstr(text, ">validation<"));
    cr_assert(strstr(text, ">step<") && strstr(text, ">loss<"));
    cr_assert(strstr(text, ">0.5<") && strstr(text, ">4000<"));
    cr_assert(strstr(text, "width=\"720\" height=\"420\""));
    free(text);
}

Test(plot, odd_curves)
{
    double x[6] = {0, 1, 2, 3, 4, 5}, y[6] = {1, NAN, 2, HUGE_VAL, -HUGE_VAL, 3};
    double same[6] = {7, 7, 7, 7, 7, 7}, huge[6] = {-1e308, 1e308, 0, 1, 2, 3};
    double tiny[6] = {0, 5e-324, 1e-320, 0, 0, 0}, none[6] = {NAN, NAN, NAN, NAN, NAN, NAN};
    double near[6] = {1e15, 1e15 + 1, 1e15, 1e15, 1e15, 1e15};
    const double *const all[] = {y, same, huge, tiny, none, near};

    for (int i = 0; i < 6; i++) {
        const rn_curve curve = {i % 2 ? "curve" : NULL, x, all[i], 6};
        const rn_curve turned = {"turned", all[i], x, 6};
        free(plotted(NULL, &curve, 1));
        free(plotted("", &turned, 1));
    }
    free(plotted("nothing", NULL, 0));
    free(plotted("empty", &(rn_curve){"e", NULL, NULL, 0}, 1));
    free(plotted("a point", &(rn_curve){"p", x, x, 1}, 1));
}

Test(plot, numbers_in_any_locale)
{
    double x[2] = {0, 1}, y[2] = {0, 0.3};
    const rn_curve curve = {"c", x, y, 2};
    char *plain = plotted("t", &curve, 1), *other;

    if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
        cr_log_info("no locale with a decimal comma is installed");
    other = plotted("t", &curve, 1);
    cr_assert_str_eq(plain, other);
    cr_assert(strstr(plain, ">0.05<"), "%s", plain);
    free(plain);
    free(other);
}

Test(plot, failures)
{
    double x[1] = {1};
    const rn_curve curve = {"c", x, x, 1};

    cr_assert_eq(rn_plot_svg("/nowhere/x.svg", "", "", "", &curve, 1), RN_IO);
    cr_assert_eq(rn_plot_svg(NULL, "", "", "", &curve, 1), RN_INVALID);
    cr_assert_eq(rn_plot_svg("/tmp/x", "", "", "", NULL, 1), RN_INVALID);
    cr_assert_eq(rn_plot_svg("/tmp/x", "", "", "", &curve, -1), RN_INVALID);
    cr_assert_eq(rn_plot_svg("/tmp/x", "", "", "", &(rn_curve){"c", NULL, x, 1}, 1),
                 RN_INVALID);
}

/* Bytes that are no UTF-8, and characters that XML forbids, are replaced; others are
 * not. */
Test(plot, labels_are_utf8)
{
    double x[2] = {0, 1};
    const rn_curve curve = {
        "\xff|\xc3|\xe2\x82|\xed\xa0\x80|\xef\xbf\xbf|\xf0\x9f\x98\x80|", x, x, 2};
    char *text = plotted("caf\xe9", &curve, 1);

#define BAD "\xef\xbf\xbd"
    cr_assert(strstr(text, ">caf" BAD "<"));
    cr_assert(strstr(text, ">" BAD "|" BAD "|" BAD BAD "|" BAD BAD BAD "|" BAD BAD BAD
                           "|\xf0\x9f\x98\x80|<"),
              "%s", text);
    cr_assert(rn__utf8_valid(text, strlen(text)));
    free(text);
}

/* Without room for the new picture the old one stays, and nothing else. */
Test(plot, a_failure_leaves_the_old_picture, .timeout = 20)
{
    const struct rlimit little = {100, RLIM_INFINITY};
    char directory[] = "/tmp/rondo-plot-XXXXXX", text[8] = "";
    double x[2] = {0, 1};
    const rn_curve curve = {"c", x, x, 2};

    cr_assert(mkdtemp(directory) && !chdir(directory));
    FILE *file = fopen("x.svg", "w");
    cr_assert(file && fputs("old", file) >= 0 && !fclose(file));
    cr_assert(!setrlimit(RLIMIT_FSIZE, &little));
    cr_assert_eq(rn_plot_svg("x.svg", "", "", "", &curve, 1), RN_IO);
    file = fopen("x.svg", "r");
    cr_assert(file && fgets(text, sizeof text, file));
    cr_assert_str_eq(text, "old");
    fclose(file);
    cr_assert(!unlink("x.svg") && !mkfifo("pipe", 0600));
    cr_assert_eq(rn_plot_svg("pipe", "", "", "", &curve, 1), RN_IO, "a pipe");
    cr_assert(!unlink("pipe") && !chdir("/") && !rmdir(directory), "a file is left");
}

/* ---- axes ---- */

static void check_axis(double low, double high, const char *labels)
{
    const rn__axis axis = rn__axis_over(low, high, 5);
    char all[400] = "", label[80];

    cr_assert(axis.low <= low && axis.high >= high, "%g..%g: %g..%g", low, high, axis.low,
              axis.high);
    for (int64_t i = axis.first; i <= axis.last; i++) {
        rn__axis_label(&axis, i, label, sizeof label);
        strcat(strcat(all, *all ? " " : ""), label);
        cr_assert(fabs(strtod(label, NULL) - rn__axis_value(&axis, i)) <=
                  1e-12 * fabs(rn__axis_value(&axis, i)));
    }
    cr_assert_str_eq(all, labels);
}

Test(plot, axes)
{
    check_axis(0, 10, "0 2 4 6 8 10");
    check_axis(0, 1, "0 0.2 0.4 0.6 0.8 1.0");
    check_axis(-3, 4, "-4 -2 0 2 4");
    check_axis(0.013, 0.021, "0.012 0.014 0.016 0.018 0.020 0.022");
    check_axis(1000, 26000, "0 5000 10000 15000 20000 25000 30000");
    check_axis(0, 4e-9, "0 1e-9 2e-9 3e-9 4e-9");
    check_axis(-1e9, 4e9, "-1e9 0 1e9 2e9 3e9 4e9");
    check_axis(7, 7, "6.0 6.5 7.0 7.5 8.0");
    check_axis(0, 0, "-1.0 -0.5 0 0.5 1.0");
}
