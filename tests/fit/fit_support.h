/* SPDX-License-Identifier: MIT */
/* A small task for tests of the training loop: sequences of two to six steps, three
 * classes, in batches of two lengths of which the last ones are filled up. */
#ifndef RN_TESTS_FIT_SUPPORT_H
#define RN_TESTS_FIT_SUPPORT_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nn_support.h"

enum { ITEMS = 22, WIDTH = 3, UNITS = 4, CLASSES = 3, MOST = 6 };

static const rn_field fit_fields[] = {{"x", RN_F32, {1, {WIDTH}}, false, 0},
                                      {"label", RN_I32, {0, {0}}, true, 0}};

typedef struct task {
    float x[ITEMS * MOST * WIDTH];
    int32_t label[ITEMS];
    int64_t lengths[ITEMS];
    int bad; /* the sequence whose read fails; -1: none */
    rn_source source;
    rn_allocator allocator;
} task;

static inline int64_t task_length(void *self, int64_t i)
{
    return ((const task *)self)->lengths[i];
}

static inline bool task_read(void *self, int64_t i, int field, int64_t first, int64_t steps,
                             void *to)
{
    const task *t = (const task *)self;

    if (i == t->bad) return false;
    if (field == 1)
        memcpy(to, &t->label[i], sizeof t->label[i]);
    else
        memcpy(to, t->x + (i * MOST + first) * WIDTH,
               (size_t)(steps * WIDTH) * sizeof *t->x);
    return true;
}

static inline const char *task_error(void *self)
{
    (void)self;
    return "the disk is gone";
}

static inline void task_init(task *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    for (int i = 0; i < ITEMS; i++) {
        t->lengths[i] = 2 + (int64_t)((uint64_t)i * 7 + seed) % (MOST - 1);
        t->label[i] = (int32_t)(((uint64_t)i * 5 + seed) % CLASSES);
        for (int k = 0; k < MOST * WIDTH; k++)
            t->x[i * MOST * WIDTH + k] =
                (float)rn_test_number((uint64_t)(i * 100 + k) + 7777 * seed) +
                (k % WIDTH == t->label[i] ? 0.5f : 0);
    }
    t->bad = -1;
    t->source = (rn_source){.count = ITEMS,
                            .fields = fit_fields,
                            .field_count = 2,
                            .length = task_length,
                            .read = task_read,
                            .error = task_error,
                            .self = t};
}

/* Shuffled, in two lengths; seven batches of four an epoch. */
static inline rn_batches *task_batches(const task *t, int64_t batch)
{
    rn_batches *b =
        rn_batches_new(&t->source, (rn_batches_options){.batch = batch,
                                                        .shuffle = true,
                                                        .seed = 3,
                                                        .buckets = 2,
                                                        .allocator = t->allocator});

    cr_assert(!b || !*rn_batches_error(b) || strstr(rn_batches_error(b), "out of memory"),
              "%s", rn_batches_error(b));
    return b;
}

/* What is trained: scores [B, 3] of x [T, B, 3]. */
static inline rn_tensor task_scores(rn_scope s, rn_tensor x, rn_tensor lengths)
{
    rn_sequence h =
        rn_rnn(s, "rnn", x, (rn_recurrent_options){.units = UNITS, .lengths = lengths});

    return rn_linear(s, "out", rn_dropout(s, "drop", h.last, 0.25), CLASSES);
}

static inline rn_tensor task_build(rn_fit_graph *g)
{
    rn_tensor y = rn_fit_input(g, "label");
    rn_tensor scores = task_scores(g->scope, rn_fit_input(g, "x"), g->lengths);

    if (g->user) rn_fit_metric(g, (rn_metric *)g->user, scores, y);
    return rn_cross_entropy_with(scores, y, (rn_loss_options){.weights = g->weights});
}

static inline rn_optimizer task_optimizer(void)
{
    return rn_adam(0.05);
}

/* Fails unless the two models have the same variables, bit for bit. */
static inline void task_same(const rn_model *a, const rn_model *b, const char *what)
{
    cr_assert_eq(rn_model_count(a), rn_model_count(b), "%s: %d variables, not %d", what,
                 rn_model_count(a), rn_model_count(b));
    for (int i = 0; i < rn_model_count(a); i++) {
        rn_variable *v = rn_model_at(a, i);
        rn_variable *w = rn_model_find(b, rn_variable_name(v));
        cr_assert(w, "%s: %s", what, rn_variable_name(v));
        cr_assert(!memcmp(rn_variable_data(v), rn_variable_data(w),
                          (size_t)rn_shape_count(rn_variable_shape(v)) *
                              rn_type_size(rn_variable_type(v))),
                  "%s: %s differs", what, rn_variable_name(v));
    }
}

#endif
