/* SPDX-License-Identifier: MIT */
/* Walking a program. */
#ifndef RN_RUN_RUN_H
#define RN_RUN_RUN_H

#include <string.h>

#include "run/look.h"

/* Runs calls first..end-1; step[d] is the step of the loop at depth d around them. `look`
 * is NULL or sees each call. */
bool rn__run_calls(rn_program *program, rn__look *look, int32_t first, int32_t end,
                   int64_t *step);

/* Walks the collapsed axes of a map at these steps of the loops around it. */
void rn__run_map(const rn__call *call, rn__look *look, const int64_t *step);

/* Runs the chain of maps that begins at call `first`, tile by tile. */
void rn__run_tiles(const rn_program *program, rn__look *look, int32_t first,
                   const int64_t *step);

/* False with an error when an input that is needed has no values; port.c. */
bool rn__inputs_fed(rn_program *program);

/* Runs all calls, and looks for births of what is not finite; watch.c. */
bool rn__run_watched(rn_program *program, int64_t *step);

/* Where an operand's first element is at these steps of the loops around its call. */
static inline char *rn__place_of(const rn__address *address, const int64_t *step, int depth)
{
    char *place = address->base;

    for (int d = 0; d < depth; d++) place += step[d] * address->advance[d];
    return place;
}

/* How many of `steps` the limit at this address allows. */
static inline int64_t rn__limit_of(const rn__call *call, const rn__address *address,
                                   const int64_t *step, int64_t steps)
{
    int32_t limit;

    memcpy(&limit, rn__place_of(address, step, call->depth), sizeof limit);
    return limit < 0 ? 0 : limit < steps ? limit : steps;
}

#endif
