/* SPDX-License-Identifier: MIT */
/* Initial values of weights: functions of seed and name, computed in f64. */
#ifndef RN_NN_INITIALIZER_H
#define RN_NN_INITIALIZER_H

#include "graph/node.h"
#include "rondo/model.h"

/* An unlimited series of random numbers with random access. */
typedef struct rn__stream {
    uint64_t seed, name;
} rn__stream;

/* Numbers 2 pair and 2 pair + 1 of the stream: uniform in [0, 1), or standard normal. */
void rn__uniform_pair(rn__stream stream, uint64_t pair, double out[2]);
void rn__normal_pair(rn__stream stream, uint64_t pair, double out[2]);

/* `count` orthonormal vectors of `size` elements, one after the other, uniformly
 * distributed; count <= size. False if out of memory. */
bool rn__orthonormal(rn_allocator allocator, rn__stream stream, int64_t count, int64_t size,
                     double *vectors);

/* Sets the values of a real variable. False if out of memory. */
bool rn__initialize(rn_variable *variable, rn_init init, uint64_t seed);

#endif
