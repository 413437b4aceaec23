/* SPDX-License-Identifier: MIT */
/* The state of a compilation, from graph to program. */
#ifndef RN_PROGRAM_COMPILE_H
#define RN_PROGRAM_COMPILE_H

#include "program/program.h"

typedef struct rn__compilation {
    rn_graph *user, *graph; /* the user's; the latest rewritten copy */
    rn_compile_options options;
    int32_t *wanted; /* ids of the outputs in `graph`, the minimised loss last */
    int count;
    bool built; /* the optimiser's build was called */
    rn_program *program;
    const rn__backend *backend;
} rn__compilation;

/* Whether the options minimise something. */
static inline bool rn__minimizes(const rn_compile_options *o)
{
    return o->with.build || !rn_is_null(o->minimize) || rn__null_named(o->minimize);
}

/* Whether the options can be compiled; `listed`: the outputs are in a list of the user's.
 * False with an error on the graph; options.c. */
bool rn__compile_options_fit(rn_graph *graph, const rn_compile_options *options,
                             bool listed);

/* The program of c->graph, which it then owns, in c->program: planned, with ports, and
 * loaded. False with an error on the user's graph; load.c. */
bool rn__program_make(rn__compilation *c);

#endif
