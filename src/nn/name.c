/* SPDX-License-Identifier: MIT */
/* Names and paths of variables: joined, hashed, checked. */
#include "name.h"

#include <string.h>

uint64_t rn__mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xBF58476D1CE4E5B9);
    x ^= x >> 27;
    x *= UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* FNV-1a, mixed because its high bits hardly depend on the last characters. */
uint64_t rn__hash(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return rn__mix(hash);
}

const char *rn__path_join(rn_graph *graph, const char *path, const char *name)
{
    if (!path) path = "";
    if (!name || !*name) {
        rn_fail(graph, "scope: a name is missing: in %s", *path ? path : "the root");
        return NULL;
    }
    const size_t before = strlen(path), after = strlen(name);
    char *joined = (char *)rn__arena_new(&graph->root->arena, before + after + 2);

    if (!joined) {
        rn__no_memory(graph);
        return NULL;
    }
    memcpy(joined, path, before);
    if (before) joined[before] = '/';
    memcpy(joined + before + (before > 0), name, after + 1);
    return joined;
}

/* Bytes of the sequence that begins with this byte, 0 if none does. */
static size_t sequence(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return 2;
    if (first >= 0xE0 && first < 0xF0) return 3;
    if (first >= 0xF0 && first < 0xF5) return 4;
    return 0;
}

/* The second byte decides over long forms, surrogates and what lies beyond U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return true;
    }
}

bool rn__utf8_valid(const char *text, size_t bytes)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + bytes;

    while (at < end) {
        const size_t length = sequence(*at);

        if (length == 0 || length > (size_t)(end - at)) return false;
        for (size_t i = 1; i < length; i++)
            if ((at[i] & 0xC0) != 0x80) return false;
        if (length > 1 && !second_fits(at[0], at[1])) return false;
        at += length;
    }
    return true;
}

const char *rn__name_fault(const char *name)
{
    if (!rn__utf8_valid(name, strlen(name))) return "the name is not UTF-8";
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "the name has a control character";
    if (!strcmp(name, "__metadata__")) return "the name is reserved by the file format";
    return NULL;
}
