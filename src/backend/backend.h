/* SPDX-License-Identifier: MIT */
/*
 * The interface of a back end: it makes a plan ready to run on some machine, and runs it.
 *
 * All knowledge of a machine is on the far side of this record: memory, kernels,
 * instruction sets, threads. A back end never changes a plan.
 */
#ifndef RN_BACKEND_BACKEND_H
#define RN_BACKEND_BACKEND_H

#include "backend/profile.h"

typedef struct rn__backend {
    const char *name;

    /* What the elements of a chain's tile take in one operand; 0: no chains. */
    size_t tile_bytes;

    /* Bytes of the operand of a step's kernel that is to be packed, and which one it is; 0:
     * none. SIZE_MAX: out of memory. NULL: nothing is packed. Of the machine, a plan
     * depends on these two alone. */
    size_t (*packed)(const rn__plan *plan, const rn__step *step, int *operand);

    /* Whether it can compute an operator whose code is of this type. */
    bool (*supports)(const rn_op *op, rn_type variant);

    /* Bytes of scratch memory that a step needs, of its own for each thread. SIZE_MAX: out
     * of memory. */
    size_t (*scratch)(const rn__plan *plan, const rn__step *step);

    /* A plan made ready to run: constants filled in, inputs zero. `scratch` is the most
     * that one of its steps needs; `threads` are how many threads the user allows, 0 for as
     * many as there are processors. NULL without memory. The plan must outlive it. Frees
     * take NULL.
     */
    void *(*load)(const rn__plan *plan, size_t scratch, int threads);
    void (*free)(void *loaded);

    /* All bytes that it holds for values: workspace, tiles, scratch. */
    size_t (*bytes)(const void *loaded);

    /* In how many threads it runs. NULL: in one. */
    int (*threads)(const void *loaded);

    /* Runs all steps. False after an error, of which `error`, of `capacity` bytes, has the
     * message. */
    bool (*run)(void *loaded, char *error, size_t capacity);

    /* Copies a dense array to an operand, and an operand to a dense array. */
    void (*feed)(void *loaded, const rn__operand *to, const void *data);
    void (*read)(const void *loaded, const rn__operand *from, void *data);

    /* Finding number `index` of the last runs; see rn_program_nonfinite. NULL: it does not
     * trace them. */
    bool (*nonfinite)(const void *loaded, int index, rn_nonfinite *out);

    /* What was measured of a plan with .profile; else NULL. NULL: it does not measure. */
    rn__profile *(*profile)(const void *loaded);
} rn__backend;

/* The one that rn_compile uses. */
extern const rn__backend rn__cpu;

/* ---- for back ends: step.c ---- */

/* An operand as a kernel takes it. */
rn_array rn__step_array(const rn__operand *operand, void *data);

/* A call of a step's code without data. Its arrays are to be freed with the plan's
 * allocator; NULL without memory. */
rn_array *rn__step_form(const rn__plan *plan, const rn__step *step, rn_call *form);

/* What the scratch rule of a step's operator answers; 0: it has none. SIZE_MAX: out of
 * memory. */
size_t rn__step_scratch(const rn__plan *plan, const rn__step *step);

/* What the pack rule of a step's operator answers; 0: it has none. SIZE_MAX: out of memory.
 */
size_t rn__step_packed(const rn__plan *plan, const rn__step *step, int *operand);

/* The message for a step whose kernel rejected its values with `message`, at these indices
 * of the loops around it. */
void rn__step_fault(const rn__plan *plan, const rn__step *step, const int64_t *iteration,
                    const char *message, char *error, size_t capacity);

#endif
