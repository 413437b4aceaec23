/* SPDX-License-Identifier: MIT */
/* What the tests of networks, training and files share. */
#ifndef RN_TESTS_NN_SUPPORT_H
#define RN_TESTS_NN_SUPPORT_H

#include <criterion/criterion.h>
#include <rondo.h>

/* ---- numbers ---- */

/* Different for every i, within -1..1, and the same everywhere. */
double rn_test_number(uint64_t i);
void rn_test_numbers(double *x, int64_t count, uint64_t seed);

/* Fails unless |got - want| <= tolerance max(1, |want|) for all; NaN only for NaN. */
void rn_test_close(const double *got, const double *want, int64_t count, double tolerance,
                   const char *what);

/* ---- models ---- */

/* An f64 model. */
rn_model *rn_test_model(uint64_t seed);

/* The values of an f64 variable, which must be there. */
double *rn_test_values(const rn_model *model, const char *name);

/* Sets all weights to numbers within -1..1, times scale. */
void rn_test_scramble(rn_model *model, double scale);

/* An f64 model with a graph and the scope of both. */
typedef struct rn_test_world {
    rn_model *model;
    rn_graph *graph;
    rn_scope root;
} rn_test_world;

rn_test_world rn_test_begin(void);
void rn_test_end(rn_test_world *world);

/* ---- programs ---- */

/* Compiles for one output or one loss; an error fails the test. */
rn_program *rn_test_compile(rn_tensor output);
rn_program *rn_test_training(rn_tensor loss, rn_optimizer optimizer);

/* Feeds a whole array, runs, reads; any failure fails the test. */
void rn_test_feed_f64(rn_program *program, rn_tensor input, const double *data);
void rn_test_feed_i32(rn_program *program, rn_tensor input, const int32_t *data);
void rn_test_run_once(rn_program *program);
void rn_test_read_f64(rn_program *program, rn_tensor output, double *data);

/* The value of a tensor of f64 that needs no input. */
void rn_test_value_f64(rn_tensor x, double *data);

/* Runs a graph of two inputs, of x in f64 and t in f64 or i32, and gives the loss; and its
 * gradient for x, if dx is not NULL. */
double rn_test_loss(rn_graph *graph, rn_tensor loss, rn_tensor x, const double *x_data,
                    rn_tensor t, const void *t_data, double *dx);

/* Fails unless got is want to a relative tolerance, or both are infinite. */
void rn_test_near(double got, long double want, double tolerance);

/* Fails unless the graph's error is this. */
void rn_test_error_is(const rn_graph *graph, const char *message);

/* ---- failing memory ---- */

/* An allocator that refuses its request number `fail_at` (from 1; 0: none), and from then
 * on all if `for_ever`. */
typedef struct rn_test_memory {
    long requests, fail_at, blocks;
    bool for_ever;
} rn_test_memory;

rn_allocator rn_test_allocator(rn_test_memory *memory);

/* Calls `work` with an allocator that fails at its first request, its second and so on,
 * until it says that it succeeded; it must then and always have freed everything. */
void rn_test_each_failure(bool (*work)(rn_allocator allocator));

#endif
