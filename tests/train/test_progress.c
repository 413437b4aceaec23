/* SPDX-License-Identifier: MIT */
/* Progress: lines in a file, and one line that is updated on a terminal. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nn_support.h"

/* All that is in the file. free() it. */
static char *content(FILE *file)
{
    char *text = (char *)calloc(1, 100000);

    rewind(file);
    cr_assert(fread(text, 1, 99999, file) < 99999);
    return text;
}

static int count(const char *text, char c)
{
    int n = 0;

    for (; *text; text++) n += *text == c;
    return n;
}

Test(progress, some_lines_in_a_file)
{
    FILE *file = tmpfile();
    rn_progress *p = rn_progress_new(file, "adding", 1000);

    for (int i = 1; i <= 1000; i++) rn_progress_show(p, i, "loss %.3f", 1.0 / i);
    rn_progress_end(p);
    cr_assert(rn_progress_seconds(p) >= 0);
    rn_progress_free(p);

    char *text = content(file);
    cr_assert_eq(count(text, '\n'), 20, "%s", text);
    cr_assert_eq(count(text, '\r'), 0);
    cr_assert(!strncmp(text, "adding    5%  loss 0.020  0:00 left\n", 36), "%s", text);
    cr_assert(strstr(text, "adding  100%  loss 0.001  0:00"), "%s", text);
    free(text);
    fclose(file);
}

Test(progress, few_steps)
{
    FILE *file = tmpfile();
    rn_progress *p = rn_progress_new(file, NULL, 3);

    for (int i = 1; i <= 3; i++) rn_progress_show(p, i, NULL);
    rn_progress_show(p, 99, NULL);
    rn_progress_free(p);
    char *text = content(file);
    cr_assert_eq(count(text, '\n'), 3, "%s", text);
    cr_assert(strstr(text, " 33%") && strstr(text, " 66%") && strstr(text, "100%"));
    free(text);
    fclose(file);
}

Test(progress, without_a_total)
{
    FILE *file = tmpfile();
    rn_progress *p = rn_progress_new(file, "reading", 0);

    for (int i = 1; i <= 1000; i++) rn_progress_show(p, i, "ok");
    rn_progress_free(p);
    char *text = content(file);
    cr_assert(!strncmp(text, "reading  1  ok  0:00", 20), "%s", text);
    cr_assert_eq(count(text, '\n'), 1);
    free(text);
    fclose(file);
}

/* Shows one step of `total` after some time. */
static void limited(int64_t total, double seconds, const char *want, const char *left)
{
    FILE *file = tmpfile();
    rn_progress *p = rn_progress_new(file, "reading", total);

    rn_progress_limit(p, seconds);
    nanosleep(&(struct timespec){0, 2000000}, NULL);
    rn_progress_show(p, 1, "ok");
    rn_progress_free(p);
    char *text = content(file);
    cr_assert(!strncmp(text, want, strlen(want)) && strstr(text, left), "%s", text);
    cr_assert_eq(count(text, '\n'), *want != 0, "%s", text);
    free(text);
    fclose(file);
}

Test(progress, the_end_is_what_comes_first)
{
    limited(2, 1e6, "reading   50%  ok", "  0:00 left");
    limited(1000000, 0.001, "reading  100%  ok", "  0:00");
    limited(0, 0.001, "reading  100%  ok", "  0:00");
    limited(1000000, 1e6, "", "");
    limited(0, NAN, "reading  1  ok", "  0:00");
    limited(0, HUGE_VAL, "reading  1  ok", "  0:00");
    limited(2, -1, "reading   50%  ok", "  0:00 left");
}

/* By the steps alone it would take hours. */
Test(progress, the_time_left_is_that_of_the_limit)
{
    FILE *file = tmpfile();
    rn_progress *p = rn_progress_new(file, "reading", 1000000000);
    int minutes = -1, seconds = -1;

    rn_progress_limit(p, 0.01);
    while (rn_progress_seconds(p) < 0.004) rn_progress_show(p, 1, NULL);
    rn_progress_free(p);
    char *text = content(file);
    const char *line = strchr(text, '%');
    cr_assert(line && sscanf(line, "%%  %d:%d", &minutes, &seconds) == 2, "%s", text);
    cr_assert(minutes == 0 && seconds <= 1, "%s", text);
    free(text);
    fclose(file);
}

Test(progress, long_texts_are_cut)
{
    FILE *file = tmpfile();
    char title[2000];
    rn_progress *p;

    memset(title, 'x', sizeof title);
    title[sizeof title - 1] = 0;
    p = rn_progress_new(file, title, 1);
    rn_progress_show(p, 1, "%s", title);
    rn_progress_free(p);
    char *text = content(file);
    cr_assert_eq(strlen(text), 512, "%zu", strlen(text));
    free(text);
    fclose(file);
}

Test(progress, nobody_to_show_it_to)
{
    rn_progress *p = rn_progress_new(NULL, "quiet", 10);

    rn_progress_show(p, 5, "x");
    rn_progress_end(p);
    rn_progress_free(p);
    rn_progress_show(NULL, 5, "x");
    rn_progress_end(NULL);
    rn_progress_free(NULL);
    cr_assert(rn_progress_seconds(NULL) == 0);
}

/* What the terminal shows up to the end of the line; it may come in pieces. */
static void read_line(int master, char *text, size_t capacity)
{
    size_t used = 0;

    for (text[0] = 0; used < capacity - 1 && !strchr(text, '\n'); text[used] = 0) {
        const ssize_t got = read(master, text + used, capacity - 1 - used);
        cr_assert(got > 0);
        used += (size_t)got;
    }
}

Test(progress, one_line_on_a_terminal)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    char text[4096];

    if (master < 0 || grantpt(master) || unlockpt(master)) cr_skip_test("no terminal");
    FILE *file = fopen(ptsname(master), "w");
    if (!file) cr_skip_test("no terminal");
    rn_progress *p = rn_progress_new(file, "adding", 4);
    rn_progress_show(p, 2, "a long text");
    for (int i = 0; i < 1000; i++) rn_progress_show(p, 3, "more");
    rn_progress_show(p, 4, "end");
    rn_progress_free(p);

    read_line(master, text, sizeof text);
    cr_assert(strstr(text, "\radding  [============>           ]   50%  a long text  0:0"),
              "%s", text);
    cr_assert(strstr(text, "\radding  [========================]  100%  end  0:0"), "%s",
              text);
    cr_assert(count(text, '\r') < 20, "not every step is shown: %s", text);
    fclose(file);
    close(master);
}
