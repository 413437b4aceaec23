/* SPDX-License-Identifier: MIT */
/* Names in a file and in a model: lists of patterns, and pairs "from -> to". */
#include <string.h>

#include "base/pattern.h"
#include "io/model_file.h"

/* One pair; the texts are not terminated. */
typedef struct pair {
    const char *from, *to;
    size_t from_bytes, to_bytes;
} pair;

static int stars(const char *text, size_t bytes)
{
    int count = 0;

    for (size_t i = 0; i < bytes; i++) count += text[i] == '*';
    return count;
}

/* Splits "from -> to"; false if it is malformed. */
static bool split(const char *text, size_t bytes, pair *p)
{
    size_t arrow = 0, to;

    while (arrow + 1 < bytes && (text[arrow] != '-' || text[arrow + 1] != '>')) arrow++;
    if (arrow + 1 >= bytes) return false;
    for (to = arrow + 2; to < bytes && text[to] == ' ';) to++;
    while (arrow > 0 && text[arrow - 1] == ' ') arrow--;
    *p = (pair){text, text + to, arrow, bytes - to};
    const int from_stars = stars(text, arrow);
    return arrow > 0 && to < bytes && from_stars <= RN__STARS &&
           stars(p->to, p->to_bytes) <= from_stars;
}

const char *rn__load_renamed(const char *pairs, const char *name, char *room)
{
    const char *text;
    rn__star star[RN__STARS];
    size_t bytes;
    pair p;
    char *to = room;
    int used = 0;

    do {
        if (!rn__pattern_next(&pairs, &text, &bytes)) return name;
    } while (!split(text, bytes, &p) ||
             !rn__pattern_stars(p.from, p.from_bytes, name, star));
    for (size_t i = 0; i < p.to_bytes; i++) {
        if (p.to[i] != '*') {
            *to++ = p.to[i];
            continue;
        }
        const size_t kept = (size_t)(star[used].end - star[used].begin);
        memcpy(to, star[used++].begin, kept);
        to += kept;
    }
    *to = 0;
    return room;
}

static bool matches_a_weight(const rn_model *model, const char *pattern, size_t bytes)
{
    for (int i = 0; i < model->count; i++)
        if (rn__is_saved(model, i) &&
            rn__pattern_matches(pattern, bytes, model->entry[i].variable->name))
            return true;
    return false;
}

rn_status rn__load_options_check(const rn_model *model, const rn_load_options *options,
                                 rn__fault *fault)
{
    const char *lists[3] = {options->only, options->transpose, options->rename};

    for (int i = 0; i < 3; i++) {
        const char *list = lists[i] ? lists[i] : "", *text;
        size_t bytes;
        pair p;
        while (rn__pattern_next(&list, &text, &bytes))
            if (i < 2 ? !matches_a_weight(model, text, bytes) : !split(text, bytes, &p))
                return rn__fault_set(fault, RN_INVALID, "model_load", "%s: %.*s",
                                     i < 2 ? "the model has no such weight"
                                           : "not a pair \"from -> to\"",
                                     (int)(bytes < 200 ? bytes : 200), text);
    }
    return RN_OK;
}
