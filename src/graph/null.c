/* SPDX-License-Identifier: MIT */
/*
 * How a null tensor names its origin: as a number of 63 bits in its members `id` and
 * `serial`,
 *
 *   16 code + cause
 *
 * The code is a name of up to eleven letters in base 39 or, above all of these, the index
 * of one of the library's longer names. So there is nothing to free, and all bit patterns
 * can be decoded.
 */
#include "graph/node.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS = 11, BASE = 39, CAUSES = 16, NAME = 32 };
static const char alphabet[BASE] = "abcdefghijklmnopqrstuvwxyz0123456789_."; /* 1 .. 38 */
static const uint64_t codes = UINT64_C(317475837322472439); /* BASE^LETTERS */

static const uint32_t named = UINT32_C(1) << 31; /* of the serial number */

/* Builders of the library whose names are longer. The order is free. */
static const char *const longer[] = {
    "binary_cross_entropy", "constant_like",      "cross_entropy", "dropout_mask",
    "greater_equal",        "loop_collect",       "loop_history",  "mean_squared_error",
    "normalize_affine",     "random_ticks",       "read_variable", "recurrent_begin",
    "recurrent_step",       "stop_gradient",      "top_k_indices", "clip_gradient",
    "filter_logits",        "repetition_penalty", "teacher_force",
};
enum { LONGER = sizeof longer / sizeof *longer };

static const char *const causes[CAUSES] = {
    [RN__NULL_UNSTATED] = "",
    [RN__NULL_X] = "x is the null tensor",
    [RN__NULL_Y] = "y is the null tensor",
    [RN__NULL_H] = "h is the null tensor",
    [RN__NULL_INDICES] = "indices is the null tensor",
    [RN__NULL_TICKS] = "ticks is the null tensor",
    [RN__NULL_OPERANDS] = "its operands are null tensors",
    [RN__NULL_LIST] = "its list is empty",
    [RN__NULL_GRAPH] = "its graph is NULL",
    [RN__NULL_SCOPE] = "its scope has no graph",
    [RN__NULL_LOOP] = "its loop is NULL",
};

/* ---- names as numbers ---- */

static uint64_t digit_of(char letter)
{
    const char *at = strchr(alphabet, tolower((unsigned char)letter));

    return at && *at && *at != '.' ? (uint64_t)(at - alphabet + 1) : BASE - 2; /* '_' */
}

/* Longer names are cut and end with "..". */
static uint64_t encode(const char *name)
{
    const size_t length = strlen(name);
    uint64_t code = 0, power = 1;

    for (int i = 0; i < LONGER; i++)
        if (!strcmp(longer[i], name)) return codes + (uint64_t)i;
    for (size_t i = 0; i < length && i < LETTERS; i++, power *= BASE)
        code +=
            power * (length > LETTERS && i >= LETTERS - 2 ? BASE - 1 : digit_of(name[i]));
    return code;
}

/* False if no name has this code. */
static bool decode(uint64_t code, char name[NAME])
{
    if (code >= codes + LONGER) return false;
    if (code >= codes) {
        snprintf(name, NAME, "%s", longer[code - codes]);
        return true;
    }
    for (; code; code /= BASE) *name++ = code % BASE ? alphabet[code % BASE - 1] : '_';
    *name = 0;
    return true;
}

/* ---- tensors ---- */

bool rn__null_named(rn_tensor x)
{
    return !x.graph && (x.serial & named);
}

rn_tensor rn__null_from(const char *what, rn__null_cause cause, const rn_tensor *x,
                        int count)
{
    for (int i = 0; x && i < count; i++)
        if (rn__null_named(x[i])) return x[i];
    if (!what || !*what) return rn_null();

    const uint64_t all = encode(what) * CAUSES + cause;
    return (rn_tensor){NULL, (int32_t)(uint32_t)all, (uint32_t)(all >> 32) | named};
}

/* The builder that x names, and the cause in words. False if it names none. */
static bool origin(rn_tensor x, char name[NAME], const char **cause)
{
    const uint64_t all = (uint64_t)(x.serial & ~named) << 32 | (uint32_t)x.id;

    *cause = causes[all % CAUSES] ? causes[all % CAUSES] : "";
    return rn__null_named(x) && decode(all / CAUSES, name);
}

char *rn__null_text(rn_tensor x, char *text, size_t capacity)
{
    char name[NAME];
    const char *cause;

    text[0] = 0;
    if (origin(x, name, &cause))
        snprintf(text, capacity, " that %s returned%s%s", name, *cause ? ": " : "", cause);
    return text;
}

char *rn__null_describe(rn_tensor x, char *text, size_t capacity)
{
    char name[NAME];
    const char *cause;

    if (origin(x, name, &cause))
        snprintf(text, capacity, "nothing (%s%s%s)", name, *cause ? ": " : "", cause);
    else
        snprintf(text, capacity, "nothing");
    return text;
}

rn_tensor rn__null_refuse(rn_graph *graph, const char *what, const char *name,
                          rn__null_cause cause, rn_tensor x)
{
    char text[128];

    if (!graph) return rn__null_from(what, cause, &x, 1);
    return rn_fail(graph, "%s%s%.100s: %s%s", what, name && *name ? " " : "",
                   name ? name : "", causes[cause], rn__null_text(x, text, sizeof text));
}
