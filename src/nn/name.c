/* SPDX-License-Identifier: MIT */
/* Names and paths of variables: joined and checked. */
#include "nn/name.h"

#include <string.h>

#include "base/utf8.h"

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

const char *rn__name_fault(const char *name)
{
    if (!rn__utf8_valid(name, strlen(name))) return "the name is not UTF-8";
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return "the name has a control character";
    if (!strcmp(name, "__metadata__")) return "the name is reserved by the file format";
    return NULL;
}
