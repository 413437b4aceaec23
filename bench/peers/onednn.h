/* SPDX-License-Identifier: MIT */
/*
 * A case for oneDNN: its memories, and the calls that a run makes.
 *
 * The user's weights are plain, [D, I, G, H]. Each primitive has them in the layout that it
 * prefers. A forward run finds them there. A training run counts both reorders, because an
 * update changes the weights, and the reorders of the gradients to the plain layout. It
 * also sets the gradients to zero, for oneDNN adds to them.
 */
#ifndef BENCH_ONEDNN_H
#define BENCH_ONEDNN_H

#include "onednn_weights.h"

enum { CALLS = 16, ARGUMENTS = 24, MEMORIES = 48 };

/* A primitive with its arguments, or, without a primitive, a memory to set to zero. */
typedef struct call {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t argument[ARGUMENTS];
    int arguments;
} call;

/* The tensors of a direction of the pass: values, or gradients. */
typedef struct tensors {
    dnnl_memory_t x, y, w, u, b, p, h0, c0, h1, c1;
} tensors;

typedef struct loaded {
    serve_case c;
    const onednn_cell *cell;
    bool train, stream;
    dnnl_engine_t engine;
    dnnl_stream_t queue;
    call call[CALLS];
    dnnl_memory_t memory[MEMORIES];
    int calls, memories;
    size_t bytes;
    tensors value, gradient;
} loaded;

/* ---- onednn_call.c ---- */

/* New memory of zeros; NULL after an error. */
dnnl_memory_t onednn_memory(loaded *l, const dnnl_memory_desc_t *d);
float *onednn_data(dnnl_memory_t m);
const dnnl_memory_desc_t *onednn_desc(dnnl_memory_t m);
dnnl_memory_desc_t onednn_describe(dnnl_format_tag_t tag, int rank, const int64_t *size);

/* Adds an argument; a null memory is none. */
void onednn_argue(call *to, int which, dnnl_memory_t memory);
bool onednn_reorder(loaded *l, dnnl_memory_t from, dnnl_memory_t to);

/* `plain` in the layout that the primitive prefers for this argument, and a call that
 * brings it there. */
dnnl_memory_t onednn_preferred(loaded *l, dnnl_primitive_desc_t pd, int which,
                               dnnl_memory_t plain);

/* A gradient in the preferred layout, which each run sets to zero first. */
dnnl_memory_t onednn_zeroed(loaded *l, dnnl_primitive_desc_t pd, int which,
                            dnnl_memory_t plain);

bool onednn_execute(loaded *l);

/* ---- onednn_layer.c ---- */

/* Makes all calls; false after an error. */
bool onednn_build(loaded *l);

#endif
