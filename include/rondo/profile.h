/* SPDX-License-Identifier: MIT */
/*
 * Where the time of a program goes.
 *
 * A program that was compiled with .profile measures each step of its plan in every run:
 * how often it ran and how long it took. Operations and bytes follow from the shapes.
 * Results are the same, bit for bit. Without .profile nothing is measured. A measured step
 * takes some 50 nanoseconds longer, so that of many small steps the shares count, not the
 * sum. With several threads the times are those of the first one, which waits for the
 * others.
 */
#ifndef RONDO_PROFILE_H
#define RONDO_PROFILE_H

#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A step of the plan. All numbers are sums over the runs since the program was compiled or
 * since rn_profile_clear. Those of a loop or a chain include the steps in it. */
typedef struct rn_profile {
    const char *op;   /* operator, "copy", "pack", "tail", "loop" or "chain" */
    const char *name; /* "" if it has none; owned by the program */
    int blocks;       /* how many loops and chains are around it */
    rn_type type; /* of the result, with its shape; of a loop or chain without meaning */
    rn_shape shape;
    int64_t times;  /* how often it ran */
    double seconds; /* NaN for an operator in a chain, which is not measured alone */
    /* A product's multiply-adds, as two each; for a reduction the elements that it
     * combines; for other operators the elements that they compute; 0 for what only
     * copies. */
    double operations;
    /* Bytes of operands and of results. An element that is broadcast counts once; what
     * the operators of a chain hand on to each other does not count. */
    double read, written;
    /* The time at the peak of one core divided by the measured time: the peak is that of
     * multiply-adds in registers, in the type of the result. NaN without a time. */
    double share_of_peak;
} rn_profile;

/* Gets step number `index`, counted from 0, as rn_program_print numbers it. Returns false
 * if there is no such step, or if the program was not compiled with .profile. */
RN_API bool rn_profile_at(const rn_program *program, int index, rn_profile *out);

/* How many runs were measured; 0 without .profile. */
RN_API int64_t rn_profile_runs(const rn_program *program);

/* Forgets what was measured, for example of first runs with cold caches. */
RN_API void rn_profile_clear(rn_program *program);

/* Writes a table of all steps, indented as by rn_program_print, with means of a run: time,
 * share of the run's time, executions, millions of operations, their rate, share of peak,
 * and kilobytes (1000 bytes) read and written. Without .profile, or before the first run,
 * it is one line that says so. `text`, `capacity` and the result are as for
 * rn_graph_print. */
RN_API size_t rn_profile_text(const rn_program *program, char *text, size_t capacity);

/* Writes the last run as a trace in JSON, for chrome://tracing or ui.perfetto.dev: a slice
 * for each step that ran, those of a loop's body inside the loop's. At most 65536 slices in
 * loops are kept; the slice of the whole run says how many were left out. The file is
 * replaced atomically, see file.h. RN_INVALID, with a message on the program: no path, no
 * run yet, or not compiled with .profile. RN_IO, RN_NO_MEMORY. */
RN_API rn_status rn_profile_trace(rn_program *program, const char *path);

#ifdef __cplusplus
}
#endif
#endif
