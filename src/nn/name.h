/* SPDX-License-Identifier: MIT */
/* Names and paths of variables: joined and checked. */
#ifndef RN_NN_NAME_H
#define RN_NN_NAME_H

#include "graph/node.h"

/* "path/name", or `name` alone below the root; in the graph's arena. NULL with an error on
 * the graph if `name` is missing or empty, or if out of memory. */
const char *rn__path_join(rn_graph *graph, const char *path, const char *name);

/* NULL, or why no file can hold this full name. */
const char *rn__name_fault(const char *name);

#endif
