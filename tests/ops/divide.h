/* SPDX-License-Identifier: MIT */
/* Calls of operators as they are, and divided as their records say. */
#ifndef RN_TESTS_OPS_DIVIDE_H
#define RN_TESTS_OPS_DIVIDE_H

#include "eval.h"
#include "graph/node.h"
#include "ops/table.h"

enum { INPUTS = 8 };

/* One call of an operator. */
typedef struct job {
    const rn_op *op;
    rn__code code;
    rn_array in[INPUTS], out;
    rn_call call;
    char message[RN_MESSAGE];
    const char *what; /* for messages of the test */
} job;

/* The call of a node on these values, dense; then where the job stays; and its end. */
job job_new(rn_graph *g, const rn__node *node, const rn_test_array *values);
void job_begin(job *j);
void job_free(job *j);

/* Computes elements from..from + count - 1 along an axis of the output. */
bool run_range(const job *j, int axis, const int *cut, int64_t from, int64_t count);

/* Divides the calls of all nodes that y is made of, dense and with the axes in the other
 * order in memory, in many ways, and compares the bits. Returns how many axes of `op` were
 * cut. */
int check_graph(rn_tensor y, const rn_test_feed *feeds, int count, const rn_op *op,
                const char *what);

#endif
