/* SPDX-License-Identifier: MIT */
/* The trace of a run: JSON, with slices that nest. */
#include "driver.h"

#include <ctype.h>
#include <locale.h>
#include <rondo/profile.h>
#include <unistd.h>

#include "backend/profile.h"

/* ---- a check that a text is JSON ---- */

static const char *skip(const char *at)
{
    return at + strspn(at, " \n");
}

/* Past a string or a number; NULL if it is neither. */
static const char *atom(const char *at)
{
    if (*at == '"') {
        for (at++; *at && *at != '"'; at++) {
            if ((unsigned char)*at < ' ') return NULL;
            if (*at == '\\' && !*++at) return NULL;
        }
        return *at ? at + 1 : NULL;
    }
    if (!isdigit((unsigned char)*at)) return NULL;
    at += strspn(at, "0123456789");
    if (*at != '.') return at;
    const size_t digits = strspn(at + 1, "0123456789");
    return digits ? at + 1 + digits : NULL;
}

/* Past a value; NULL if it is not one. */
static const char *value(const char *at)
{
    at = skip(at);
    if (*at != '{' && *at != '[') return atom(at);

    const bool object = *at == '{';
    const char end = object ? '}' : ']';
    at = skip(at + 1);
    if (*at == end) return at + 1;
    for (;;) {
        if (object) {
            at = *at == '"' ? atom(at) : NULL;
            if (!at || *(at = skip(at)) != ':') return NULL;
            at++;
        }
        at = value(at);
        if (!at) return NULL;
        at = skip(at);
        if (*at == end) return at + 1;
        if (*at++ != ',') return NULL;
        at = skip(at);
    }
}

static void expect_json(const char *text)
{
    const char *end = value(text);

    cr_assert(end && *skip(end) == 0, "not JSON from here: %.200s", end ? end : text);
}

Test(profile_trace, the_check_finds_mistakes)
{
    expect_json("{\"a\":[1,2.5,\"b\\\"\"],\"c\":{}}\n");
    for (const char *const *bad =
             (const char *const[]){"[1,]", "{\"a\"}", "{1:2}", "[1.]", "[\"a]", "[1 2]",
                                   "[,5]", "{\"a\":1,}", "", NULL};
         *bad; bad++)
        cr_assert_null(value(*bad), "taken for JSON: %s", *bad);
}

/* ---- slices ---- */

/* Slice number `index`: its name and its times in nanoseconds. False: there is none. */
typedef struct slice {
    char name[80];
    long long start, end;
} slice;

static bool slice_at(const char *text, int index, slice *s)
{
    const char *at = text;
    long long micro, length;
    int fine, rest;

    for (int i = 0; i <= index; i++) {
        at = strstr(at, "{\"name\":\"");
        if (!at) return false;
        at += strlen("{\"name\":\"");
    }
    memset(s, 0, sizeof *s);
    for (size_t i = 0; at[i] && at[i] != '"' && i < sizeof s->name - 1; i++)
        s->name[i] = at[i];
    cr_assert_eq(sscanf(strstr(at, "\"ts\":"), "\"ts\":%lld.%3d,\"dur\":%lld.%3d", &micro,
                        &fine, &length, &rest),
                 4);
    s->start = 1000 * micro + fine;
    s->end = s->start + 1000 * length + rest;
    return true;
}

/* A loop of `steps` steps with a carry h = tanh(h u). */
static rn_program *recurrence(rn_graph *g, int64_t steps, const char *name)
{
    rn_tensor u = rn_input(g, "u", RN_F32, rn_shape(3, 3));
    rn_tensor xs = rn_input(g, "xs", RN_F32, rn_shape(steps, 2, 3));
    rn_loop *loop = rn_loop_begin(g);
    rn_tensor x = rn_loop_each(loop, xs);
    rn_tensor h = rn_loop_carry(loop, rn_fill(g, RN_F32, rn_shape(2, 3), 0));
    rn_tensor product = rn_name(rn_matmul(h, u), name);
    rn_loop_next(loop, h, rn_tanh(rn_add(x, product)));
    rn_loop_end(loop);
    rn_program *p = rn_test_compile_with(
        g, (rn_compile_options){RN_OUTPUTS(rn_loop_final(loop, h)), .profile = true});
    double *data = (double *)calloc((size_t)steps * 6, sizeof *data);

    rn_test_feed(p, u, data);
    rn_test_feed(p, xs, data);
    free(data);
    return p;
}

/* The trace of the last run; free() it. */
static char *trace(rn_program *p)
{
    char path[] = "/tmp/rondo-test-XXXXXX";
    const int descriptor = mkstemp(path);

    cr_assert(descriptor >= 0);
    cr_assert(rn_profile_trace(p, path) == RN_OK, "%s", rn_program_error(p));
    close(descriptor);

    FILE *file = fopen(path, "rb");
    cr_assert(file && fseek(file, 0, SEEK_END) == 0);
    const size_t bytes = (size_t)ftell(file);
    char *text = (char *)calloc(bytes + 1, 1);
    rewind(file);
    cr_assert_eq(fread(text, 1, bytes, file), bytes);
    fclose(file);
    unlink(path);
    return text;
}

Test(profile_trace, slices_nest)
{
    rn_graph *g = rn_graph_new();
    rn_program *p = recurrence(g, 5, "h u");
    slice run, loop = {.name = ""}, s;
    int products = 0;

    rn_test_run(p);
    rn_test_run(p);
    char *text = trace(p);
    expect_json(text);
    cr_assert(slice_at(text, 0, &run) && !strcmp(run.name, "run"));
    for (int i = 1; slice_at(text, i, &s); i++) {
        cr_assert(s.start >= run.start && s.end <= run.end, "%s ends after the run",
                  s.name);
        if (!strcmp(s.name, "loop")) loop = s;
        if (strcmp(s.name, "matmul h u") != 0) continue;
        cr_assert(*loop.name && s.start >= loop.start && s.end <= loop.end);
        products++;
    }
    cr_assert_eq(products, 5, "the last run alone");
    cr_assert(strstr(text, "\"iteration\":4") && !strstr(text, "\"iteration\":5"));
    cr_assert(strstr(text, "\"slices left out\":0}"));
    free(text);
    rn_program_free(p);
    rn_graph_free(g);
}

/* A long loop does not take the room of the steps after it. */
Test(profile_trace, a_long_run_is_cut)
{
    enum { STEPS = 40000 };
    rn_graph *g = rn_graph_new();
    rn_program *p = recurrence(g, STEPS, "h u");
    rn_profile step;
    int inside = 0, outside = 0, all = 0;
    int64_t ran = 0;
    long long left_out = -1;

    for (int i = 0; rn_profile_at(p, i, &step); i++) {
        outside += step.blocks == 0;
        inside += step.blocks == 1;
    }
    cr_assert(inside * STEPS > RN__PROFILE_EVENTS, "%d steps in the loop", inside);
    rn_test_run(p);
    for (int i = 0; rn_profile_at(p, i, &step); i++)
        if (step.blocks == 1) ran += step.times;
    char *text = trace(p);
    expect_json(text);
    sscanf(strstr(text, "left out\":"), "left out\":%lld", &left_out);
    cr_assert_eq(left_out, ran - RN__PROFILE_EVENTS);
    for (const char *at = text; *at; at++) all += at[0] == '\n' && at[1] == '{';
    cr_assert_eq(all, 1 + outside + RN__PROFILE_EVENTS);
    free(text);
    rn_program_free(p);
    rn_graph_free(g);
}

/* ---- text and faults ---- */

Test(profile_trace, names_are_escaped)
{
    static const struct {
        const char *name, *want;
    } cases[] = {{"a\"b\\c", "matmul a\\\"b\\\\c\""},
                 {"caf\xc3\xa9 \xf0\x9f\x98\x80", "matmul caf\xc3\xa9 \xf0\x9f\x98\x80\""}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rn_graph *g = rn_graph_new();
        rn_program *p = recurrence(g, 2, cases[i].name);
        rn_test_run(p);
        char *text = trace(p);
        expect_json(text);
        cr_assert(strstr(text, cases[i].want), "no %s in %s", cases[i].want, text);
        free(text);
        rn_program_free(p);
        rn_graph_free(g);
    }
}

Test(profile_trace, numbers_have_a_point_in_every_locale)
{
    static char table[20000];
    rn_graph *g = rn_graph_new();
    rn_program *p = recurrence(g, 3, "h u");

    rn_test_run(p);
    if (setlocale(LC_ALL, "de_DE.UTF-8")) {
        char *text = trace(p);
        expect_json(text);
        free(text);
        rn_profile_text(p, table, sizeof table);
        cr_assert(!strstr(table, "0,"));
    }
    rn_program_free(p);
    rn_graph_free(g);
}

Test(profile_trace, faults_have_messages)
{
    rn_graph *g = rn_graph_new();
    rn_program *p = recurrence(g, 2, "h u");

    rn_test_refused(p, rn_profile_trace(p, "trace.json"), "profile_trace: no run yet");
    rn_test_run(p);
    rn_test_refused(p, rn_profile_trace(p, NULL), "profile_trace: no path");
    cr_assert_eq(rn_profile_trace(p, "/no/such/place"), RN_IO);
    cr_assert(strstr(rn_program_error(p), "no/such/place"), "%s", rn_program_error(p));
    cr_assert_eq(rn_profile_trace(NULL, "trace.json"), RN_INVALID);
    rn_program_free(p);
    rn_graph_free(g);
}
