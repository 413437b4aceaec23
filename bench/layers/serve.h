/* SPDX-License-Identifier: MIT */
/*
 * The protocol by which bench/compare runs a system: requests on the standard input, one
 * answer a line. bench/peers/serve.py is the same for the systems in Python.
 *
 *   load CELL MODE T B I H [N]   ok MILLISECONDS BYTES    to build and compile; workspace
 *   run COUNT SECONDS            ok MILLISECONDS ..       one for each run, at least one
 *   values                       ok VALUE ..              y, dx, gradients of the weights
 *   ask WORDS                    ok ..                    what only this system answers
 *
 * Every answer may be "no REASON" instead. N are the passes to leave out, of rn_pass.
 */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct serve_case {
    char cell[32], mode[32];
    int64_t T, B, I, H;
    unsigned without;
} serve_case;

enum { SERVE_WHY = 400 };

typedef struct serve_system {
    /* NULL with a reason in `why`, of SERVE_WHY bytes. */
    void *(*load)(const serve_case *c, char *why);
    void (*free)(void *loaded);
    bool (*run)(void *loaded, char *why);
    size_t (*bytes)(const void *loaded);
    /* Prints all values, each after a blank. */
    void (*values)(void *loaded);
    /* Prints what follows "ok", or returns false. NULL: there are no other requests. */
    bool (*ask)(const char *words);
} serve_system;

/* Answers requests until the input ends; returns the program's exit status. */
int serve(const serve_system *system);

double serve_now(void); /* seconds */

/* Element i of the array number k, the same in all systems: between -1/2 and 1/2. */
float serve_number(uint32_t k, uint32_t i);

/* Numbers of the arrays; weights are numbered from 0 in their order in Rondo's model. */
enum { SERVE_X = 1000, SERVE_DY = 1001, SERVE_LENGTHS = 1002, SERVE_TEXT = 1003 };

void serve_fill(float *data, int64_t count, uint32_t k, float scale);

/* The factor of a weight's numbers: 2 / sqrt(rows) for a matrix, 0.4 for a vector. */
float serve_scale(int rank, int64_t rows);

#endif
