/* SPDX-License-Identifier: MIT */
/*
 * The flow of a gradient as a table with commas.
 *
 * Numbers are written by hand, because printf's decimal point depends on the locale.
 */
#include <math.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"
#include "kernel/ieee.h"
#include "rondo/file.h"
#include "rondo/flow.h"

/* With nine digits, as 1.23456789e-5. */
static void add_number(rn__text *text, double x)
{
    rn__text_add(text, ",");
    if (x != x) return;
    if (isinf(x)) {
        rn__text_add(text, x < 0 ? "-inf" : "inf");
        return;
    }

    int exponent = x == 0 ? 0 : (int)floor(log10(fabs(x)));
    /* In two factors, neither of which overflows. */
    const double scaled =
        fabs(x) * pow(10, -exponent / 2) * pow(10, 8 - exponent + exponent / 2);
    long long digits = llround(scaled);

    if (digits >= 1000000000) digits /= 10, exponent++;
    rn__text_add(text, "%s%lld.%08llde%d", x < 0 ? "-" : "", digits / 100000000,
                 digits % 100000000, exponent);
}

/* A name may have characters that end a field. */
static void add_name(rn__text *text, const char *name, const char *what)
{
    rn__text_add(text, ",");
    for (; *name; name++)
        rn__text_add(text, "%c", *name == ',' || *name == '"' ? '_' : *name);
    rn__text_add(text, "_%s", what);
}

static void add_table(rn__text *text, const rn_flow *f)
{
    rn__text_add(text, "step");
    for (int i = 0; i < f->states; i++) rn__text_add(text, ",state%d,growth%d", i, i);
    for (int i = 0; i < f->gates; i++) {
        add_name(text, f->names[i], "below");
        add_name(text, f->names[i], "above");
    }
    for (int64_t t = 0; t < f->steps; t++) {
        rn__text_add(text, "\n%lld", (long long)t);
        for (int i = 0; i < f->states; i++) {
            add_number(text, f->norm[i * f->steps + t]);
            add_number(text, f->growth[i * f->steps + t]);
        }
        for (int i = 0; i < f->gates; i++) {
            add_number(text, f->below[i * f->steps + t]);
            add_number(text, f->above[i * f->steps + t]);
        }
    }
    rn__text_add(text, "\n");
}

rn_status rn_flow_write(const rn_flow *flow, const char *path, char *message,
                        size_t capacity)
{
    const rn_allocator a = {NULL, NULL};
    rn__text text = {NULL, 0, 0};

    if (!flow) return rn_file_write(path, NULL, 1, message, capacity);
    add_table(&text, flow);
    text = (rn__text){(char *)rn__allocate(a, text.used + 1), text.used + 1, 0};
    if (text.at) add_table(&text, flow);
    if (!text.at) {
        if (message && capacity > 0)
            snprintf(message, capacity, "flow_write: out of memory");
        return RN_NO_MEMORY;
    }
    const rn_status status = rn_file_write(path, text.at, text.used, message, capacity);
    rn__free(a, text.at);
    return status;
}
