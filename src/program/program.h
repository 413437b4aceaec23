/* SPDX-License-Identifier: MIT */
/* A program: a plan, loaded into a back end, and the ports through which its user feeds and
 * reads it. */
#ifndef RN_PROGRAM_PROGRAM_H
#define RN_PROGRAM_PROGRAM_H

#include "backend/backend.h"

/* An input or an output, by the tensor of the user's graph. */
typedef struct rn__port {
    rn_graph *graph; /* may have been freed */
    uint32_t serial;
    int32_t id;
    const char *name;
    bool used, fed; /* of an input: steps read it; it has values */
    rn__operand value;
    size_t bytes; /* of all elements, dense */
} rn__port;

typedef enum rn__outcome { RN__NEVER_RUN, RN__RUN_FAILED, RN__RUN_DONE } rn__outcome;

struct rn_program {
    rn_allocator allocator;
    rn_graph *graph; /* the rewritten graph, which the plan refers to */
    rn__plan plan;
    const rn__backend *backend;
    void *loaded; /* by the back end */
    rn__port *input, *output;
    int inputs, outputs;
    uint32_t serial;  /* of the user's graph */
    bool all_fed;     /* known to be so */
    rn__outcome last; /* what became of the last run */
    char error[512];
    char failure[512]; /* why it failed */
};

/* rn_compile for a back end; rn_compile takes the processor's. */
rn_program *rn__compile_for(const rn__backend *backend, rn_graph *graph,
                            rn_compile_options options);

/* What its runs have measured; NULL: it was not compiled with .profile; profile.c. */
rn__profile *rn__profile_of(const rn_program *program);

/* False with an error when an input that is needed has no values; port.c. */
bool rn__inputs_fed(rn_program *program);

#endif
