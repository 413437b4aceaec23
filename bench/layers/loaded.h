/* SPDX-License-Identifier: MIT */
/* A case of the benchmark, compiled. */
#ifndef BENCH_LOADED_H
#define BENCH_LOADED_H

#include "serve.h"

#include <rondo.h>

/* What is read: y, and in training dx and the gradient of each weight. */
enum { LOADED_OUTPUTS = 80 };

typedef struct loaded {
    rn_model *model;
    rn_graph *graph;
    rn_program *program;
    rn_tensor output[LOADED_OUTPUTS];
    int outputs;
} loaded;

/* A recurrent layer: layer.c; the language model: language.c. NULL with a reason. */
void *loaded_layer(const serve_case *c, char *why);
void *loaded_language(const serve_case *c, char *why);

/* A new, empty one, or NULL; loaded_free takes NULL. */
loaded *loaded_new(char *why);
void loaded_free(void *memory);

/* Compiles l->output and what is in the options; false with a reason. */
bool loaded_compile(loaded *l, rn_compile_options options, char *why);

/* Feeds an input with array number k, scaled. */
bool loaded_feed(loaded *l, rn_tensor x, uint32_t k, float scale, char *why);

#endif
