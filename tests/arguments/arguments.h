/* SPDX-License-Identifier: MIT */
/*
 * Valid and invalid arguments of every kind, for calls of every public function.
 *
 * Half of the draws are valid, so that calls get past their first check. Only dangling
 * pointers are never drawn.
 */
#ifndef RN_TEST_ARGUMENTS_H
#define RN_TEST_ARGUMENTS_H

#include <rondo.h>

enum { RN_TEST_TENSORS = 20, RN_TEST_LIST = 4 };

/* What calls are made on: made anew for each. */
typedef struct rn_test_world {
    uint64_t state;                    /* of the draws */
    rn_graph *g, *far;                 /* two graphs, ... */
    rn_loop *open, *ended;             /* ... of the first these loops, ... */
    rn_tensor tensor[RN_TEST_TENSORS]; /* ... of all of them tensors, some made up */
    rn_tensor list[RN_TEST_LIST];
    rn_model *model;
    rn_variable *variable;
    rn_program *program; /* of far; NULL until it is asked for */
    bool given;          /* a graph was among the arguments of the call, somehow */
    const char *call;    /* for messages, with the seed */
    uint64_t seed;
} rn_test_world;

/* A call of one function. */
typedef struct rn_test_call {
    const char *name;
    void (*call)(rn_test_world *w);
} rn_test_call;

extern const rn_test_call rn_test_calls[];
extern const int rn_test_call_count;

rn_test_world rn_test_begin(uint64_t seed);
void rn_test_end(rn_test_world *w);

/* ---- draws ---- */

#define DRAW(w, type, ...)                                                                 \
    (((type const[]){__VA_ARGS__})[rn_test_draw(w, sizeof((type const[]){__VA_ARGS__}) /   \
                                                       sizeof(type))])

size_t rn_test_draw(rn_test_world *w, size_t n); /* 0 .. n - 1 */
rn_graph *a_graph(rn_test_world *w);
rn_loop *a_loop(rn_test_world *w);
rn_tensor a_tensor(rn_test_world *w);
const rn_tensor *tensors(rn_test_world *w); /* RN_TEST_LIST of them, or NULL */
int count_of(rn_test_world *w, const void *list);
rn_shape a_shape(rn_test_world *w);
rn_type a_type(rn_test_world *w);
int axis(rn_test_world *w);
int64_t number(rn_test_world *w); /* small, or of any size */
int64_t units(rn_test_world *w);  /* small, or so large that there is no memory */
double real(rn_test_world *w);
const char *name(rn_test_world *w);
const char *path(rn_test_world *w); /* of no file */
rn_scope scope(rn_test_world *w);
rn_model *a_model(rn_test_world *w);
rn_variable *a_variable(rn_test_world *w);
rn_program *a_program(rn_test_world *w);
rn_optimizer an_optimizer(rn_test_world *w);
rn_optimizer a_wild_optimizer(rn_test_world *w);
const rn_optimizer_rule *a_rule(rn_test_world *w);
const rn_cell *a_cell(rn_test_world *w);
const rn_cell *a_cell_with_options(rn_test_world *w);
const rn_op *an_op(rn_test_world *w);
rn_recurrent_options recurrent_options(rn_test_world *w);

/* ---- what must be so ---- */

/* A result that says that something went wrong, of a call that was given a graph, has left
 * a message. What was accepted can be printed, compiled and run. */
void result(rn_test_world *w, bool ok);
void built(rn_test_world *w, rn_tensor y);

/* Whether all that a graph computes fits a moment and a few bytes. */
bool small_enough(const rn_graph *g);

#endif
