/* SPDX-License-Identifier: MIT */
/* No argument, except a dangling pointer, makes a public function crash. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"

/* ---- every function is called ---- */

/* The name before the first parenthesis; false for what is no function. */
static bool name_of(const char *declaration, const char *end, char *text, size_t capacity)
{
    const char *at = memchr(declaration, '(', (size_t)(end - declaration));
    size_t length = 0;

    if (!at) return false;
    while (at > declaration && strchr("abcdefghijklmnopqrstuvwxyz_0123456789", at[-1])) {
        at--;
        length++;
    }
    cr_assert(length > 0 && length < capacity);
    memcpy(text, at, length);
    text[length] = 0;
    return true;
}

static void expect_called(const char *function)
{
    int times = 0;

    for (int i = 0; i < rn_test_call_count; i++)
        times += strcmp(rn_test_calls[i].name, function) == 0;
    cr_expect_eq(times, 1, "%s is in calls.def %d times", function, times);
}

static int check_header(const char *path)
{
    static char text[100000];
    FILE *file = fopen(path, "r");
    char function[100];
    int count = 0;

    cr_assert(file, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    cr_assert(feof(file));
    fclose(file);
    for (char *at = text; (at = strstr(at, "\nRN_API ")); at++) {
        const char *end = strchr(at, ';');
        cr_assert(end);
        if (!name_of(at, end, function, sizeof function)) continue;
        expect_called(function);
        count++;
    }
    return count;
}

Test(arguments, every_public_function_is_called)
{
    DIR *folder = opendir(RN_TEST_HEADERS);
    char path[1000];
    int count = 0;

    cr_assert(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!strstr(entry->d_name, ".h")) continue;
        snprintf(path, sizeof path, "%s/%s", RN_TEST_HEADERS, entry->d_name);
        count += check_header(path);
    }
    closedir(folder);
    cr_expect_eq(count, rn_test_call_count, "declared %d, called %d", count,
                 rn_test_call_count);
}

/* ---- and survives ---- */

enum { TIMES = 200 };

ParameterizedTestParameters(arguments, nonsense)
{
    static int numbers[1000];

    for (int i = 0; i < rn_test_call_count; i++) numbers[i] = i;
    return cr_make_param_array(int, numbers, (size_t)rn_test_call_count);
}

ParameterizedTest(int *number, arguments, nonsense)
{
    const rn_test_call *c = &rn_test_calls[*number];

    for (uint64_t seed = 0; seed < TIMES; seed++) {
        rn_test_world w = rn_test_begin(seed);
        cr_assert_str_empty(rn_graph_error(w.g));
        w.call = c->name, w.seed = seed;
        c->call(&w);
        rn_test_end(&w);
    }
}
