/* SPDX-License-Identifier: MIT */
/* The findings of a run; any other failure fails the test. */
#ifndef RN_TESTS_RUN_NONFINITE_H
#define RN_TESTS_RUN_NONFINITE_H

#include "driver.h"

static inline rn_nonfinite found_at(const rn_program *p, int index)
{
    rn_nonfinite f = {0};

    cr_assert(rn_program_nonfinite(p, index, &f), "nothing found, number %d", index);
    return f;
}

static inline void expect(const rn_program *p, int index, const char *op, const char *name,
                          int64_t element)
{
    const rn_nonfinite f = found_at(p, index);

    cr_assert_str_eq(f.op, op, "%s, not %s", f.text, op);
    cr_assert_str_eq(f.name, name, "%s, not %s", f.text, name);
    cr_assert_eq(f.element, element, "%s, not element %d", f.text, (int)element);
}

static inline void expect_text(const rn_program *p, int index, const char *text)
{
    const rn_nonfinite f = found_at(p, index);
    cr_assert_str_eq(f.text, text);
}

static inline void expect_nothing(const rn_program *p)
{
    rn_nonfinite f;

    cr_assert_not(rn_program_nonfinite(p, 0, &f), "found %s", f.text);
}

#define WATCHED(g, ...)                                                                    \
    rn_test_compile_with(                                                                  \
        (g), (rn_compile_options){RN_OUTPUTS(__VA_ARGS__), .watch = RN_WATCH_ON})

#endif
