/* SPDX-License-Identifier: MIT */
/*
 * memory -- classic tasks that need a long memory. The parts of the program, a file each:
 *
 *   memory.c           the command line and the report
 *   memory_task.c      adding, temporal order, copy memory, parity
 *   memory_reber.c     the embedded Reber grammar
 *   memory_digits.c    handwritten digits, pixel by pixel
 *   memory_network.c   the network as a function, and its initial gates
 *   memory_train.c     training on longer and longer sequences; the held-out result
 *
 * Letters: B batch, T steps, I input units, C classes.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <rondo.h>
#include <stdio.h>

/* ---- random numbers: Marsaglia 2003, "Xorshift RNGs" ---- */

typedef struct dice {
    uint64_t bits;
} dice;

dice dice_new(int64_t seed);
int64_t draw(dice *d, int64_t below); /* 0 <= result < below */
double draw_real(dice *d);            /* 0 <= result < 1 */

/* ---- tasks ---- */

/* A step that asks nothing. */
enum { IGNORED = -1 };

/* Sequences with their answers. A step that asks has one class as its target. All classes
 * that are right there are bits of `right`; more than one only if the next symbol of a
 * grammar is free. */
typedef struct batch {
    int64_t steps, size, inputs; /* T, B, I */
    bool held_out;
    float *x;        /* [T, B, I] */
    int32_t *length; /* [B] */
    float *number;   /* [B]: the answer of a task that asks for a number */
    int32_t *target; /* [T, B] */
    uint32_t *right; /* [T, B] */
} batch;

/* Sets an input of a step, and what a step asks for. */
void batch_put(batch *b, int64_t t, int64_t row, int64_t input, double value);
void batch_ask(batch *b, int64_t t, int64_t row, int64_t target, uint32_t right);

typedef struct settings settings;

typedef struct task {
    const char *name, *about;
    int64_t inputs, classes;        /* classes 1: a number */
    int64_t least;                  /* shortest sequence that it can make */
    double (*guess)(int64_t steps); /* the loss without any memory */
    void (*defaults)(settings *s);  /* besides the general ones */
    bool (*load)(void);             /* NULL, or reads the data; false after a message */
    /* Makes a sequence of this length in row `row`, which is empty. A task may make it
     * shorter. */
    void (*make)(batch *b, int64_t row, int64_t length, dice *d);
} task;

extern const task task_adding, task_order, task_copy, task_parity, task_reber, task_digits;

/* ---- settings ---- */

struct settings {
    const task *task;
    const char *cell;        /* rnn, lstm, gru or mgu */
    int64_t units, weights;  /* weights: as many units as fit; 0: `units` */
    int64_t shortest, steps; /* lengths in training, at the end of a curriculum;
                                shortest 0: `steps` */
    int64_t first;           /* the longest length at its start; 0: no curriculum */
    int64_t test_shortest, test_steps; /* lengths of held-out sequences */
    int64_t batch, updates, tests, seed;
    double rate, clip;
    double forget, chrono; /* chrono: the longest memory of the gates at first; 0: biases as
                              usual, -1: `steps` */
};

/* Prints "memory: " and a message to the standard error. Returns false. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

/* ---- network ---- */

/* A compiled graph that runs the network over sequences. */
typedef struct runner {
    rn_graph *graph;
    rn_program *program;
    rn_tensor x, length, answer; /* answer: number or target */
    rn_tensor out, loss;         /* out: [B, 1] or logits [T, B, C] */
    batch data;
} runner;

/* For training, or for inference over `tests` sequences. False after a message. */
bool runner_new(runner *r, rn_model *model, const settings *s, bool training);
void runner_free(runner *r);

/* Fills the batch with new sequences of these lengths and runs. False after a message. */
bool runner_run(runner *r, const settings *s, dice *d, int64_t shortest, int64_t longest);

/* Chooses the units for `weights`, if that is set. */
void network_size(settings *s);

/* Sets the biases of the gates so that memories of 1 to `chrono` steps are likely; Tallec
 * and Ollivier 2018, arXiv:1804.11188. False after a message. */
bool network_chrono(rn_model *model, const settings *s);

/* ---- training ---- */

typedef struct outcome {
    double loss;               /* held-out */
    double right;              /* share of held-out sequences without a wrong answer */
    double seconds, processor; /* of training: time, and processor time of all threads */
    int64_t longest;           /* length that the curriculum reached */
    int64_t full;              /* update at which it reached all steps; -1: never */
} outcome;

/* Trains a new model and measures it on held-out sequences. False after a message. */
bool train(const settings *s, outcome *result);

#endif
