/* SPDX-License-Identifier: MIT */
/*
 * The internals of metrics.
 *
 *   kinds.c     the list of kinds; their terms
 *   metric.c    the object, and what it answers
 *   batch.c     batches: checked, then visited
 *   counts.c    precision, recall and F1: of classes and of spans
 *   auc.c       the area under the ROC curve
 *   errors.c    of real numbers, by columns
 *   tokens.c    sequences of tokens: edits, BLEU
 */
#ifndef RN_TRAIN_METRICS_METRIC_H
#define RN_TRAIN_METRICS_METRIC_H

#include "base/arena.h"
#include "kernel/ieee.h"
#include "rondo/metrics.h"

/* What a kind needs. */
enum {
    RN__METRIC_LOWER = 1,       /* smaller values are better */
    RN__METRIC_SCORES = 2,      /* scores */
    RN__METRIC_PREDICTS = 4,    /* scores or classes */
    RN__METRIC_TARGETS = 8,     /* i32 targets */
    RN__METRIC_VALUES = 16,     /* real targets */
    RN__METRIC_WIDE = 32,       /* each score is an element, not each step */
    RN__METRIC_BITS = 64,       /* targets are 0 or 1 */
    RN__METRIC_TABLE = 128,     /* the number of classes must be known */
    RN__METRIC_SEQUENCES = 256, /* whole sequences: no weights of steps */
    RN__METRIC_TOKENS = 512     /* targets may have lengths of their own */
};

/* A batch that is being added. */
typedef struct rn__metric_data {
    rn_metric_batch b; /* with width and target_steps set */
    int64_t classes;   /* targets and classes lie below; 0: any */
    int64_t elements;  /* of a step: 1, or the width */
} rn__metric_data;

/* What a table has a row for. */
typedef enum rn__metric_rows {
    RN__METRIC_NO_TABLE,
    RN__METRIC_CLASSES,
    RN__METRIC_TYPES,  /* of spans */
    RN__METRIC_WIDTH,  /* the columns of scores */
    RN__METRIC_ORDERS, /* those of BLEU, and one that is no part of its value */
} rn__metric_rows;

/* How the kinds of a group work. What is NULL, a group does not have. */
typedef struct rn__metric_method {
    /* Memory that an addition needs, so that it cannot fail. */
    bool (*reserve)(rn_metric *m, const rn__metric_data *d);
    /* Adds element `at` of step `step`, or sequence b. */
    void (*element)(rn_metric *m, const rn__metric_data *d, int64_t step, int64_t at,
                    double weight);
    void (*sequence)(rn_metric *m, const rn__metric_data *d, int64_t b, double weight);
    double (*value)(const rn_metric *m); /* NULL: of the sums */
    double (*part)(const rn_metric *m, int64_t i);
    double (*part_weight)(const rn_metric *m, int64_t i);
    unsigned char rows, columns; /* of the table; 0 columns: as many as rows */
} rn__metric_method;

/* What becomes of the mean of the terms. */
typedef enum rn__metric_finish {
    RN__METRIC_MEAN,
    RN__METRIC_EXP,
    RN__METRIC_IN_BITS,
    RN__METRIC_ROOT
} rn__metric_finish;

/* Which of precision, recall and F1. */
typedef enum rn__metric_ratio {
    RN__METRIC_OF_PREDICTED,
    RN__METRIC_OF_TARGETS,
    RN__METRIC_OF_BOTH
} rn__metric_ratio;

typedef struct rn__metric_kind {
    char name[20];
    unsigned short needs;
    unsigned char method, term; /* indices of rn__metric_methods and _terms */
    unsigned char finish, ratio;
} rn__metric_kind;

/* A sum without the error of its additions; Neumaier 1974. */
typedef struct rn__metric_sum {
    double sum, rest;
} rn__metric_sum;

/* A score for AUC: its weight is negative for a target 0. */
typedef struct rn__metric_pair {
    double score, weight;
} rn__metric_pair;

/* A token: a character, or a word of several. */
typedef struct rn__metric_token {
    const int32_t *at;
    int64_t length;
} rn__metric_token;

struct rn_metric {
    rn_allocator allocator;
    const rn__metric_kind *kind;
    const rn__metric_method *method;
    rn_metric_options o; /* with defaults filled in; not its name */
    char *name;
    int32_t *tag; /* of each class: 0 O, 1 + 2i B, 2 + 2i I of type i; NULL: the class */
    int64_t types;
    rn__metric_sum sum, weight;
    double *table; /* [rows, columns]; rows is 0 before the first addition */
    int64_t rows, columns;
    rn__metric_pair *pair; /* AUC */
    size_t pairs, pair_room;
    void *buffer, *output; /* for the time of a call */
    size_t buffer_bytes, output_bytes;
    bool invalid; /* the options are */
    char error[256];
};

extern const rn__metric_kind rn__metric_kinds[]; /* of each rn_metric_kind */

extern const rn__metric_method rn__metric_means, rn__metric_classes, rn__metric_spans,
    rn__metric_auc, rn__metric_errors, rn__metric_r2, rn__metric_edits, rn__metric_bleu;

extern const rn__metric_method *const rn__metric_methods[];

/* The term of one element. */
typedef double rn__metric_term_of(const rn_metric *m, const rn__metric_data *d,
                                  int64_t step, int64_t at);
extern rn__metric_term_of *const rn__metric_terms[];

/* Records a message. Returns status. */
rn_status rn__metric_fail(rn_metric *m, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);
rn_status rn__metric_no_memory(rn_metric *m);

/* Makes a buffer of the metric at least so large; false if out of memory. */
bool rn__metric_room(rn_metric *m, void **buffer, size_t *room, size_t bytes);

void rn__metric_add(rn__metric_sum *sum, double x);
double rn__metric_total(const rn__metric_sum *sum);

/* Adds a term and its weight to the sums. */
void rn__metric_term(rn_metric *m, double term, double weight);

/* The mean of the terms, finished. */
double rn__metric_mean(const rn_metric *m);

/* Number i of an f32 or f64 array. */
static inline double rn__metric_real(const rn__metric_data *d, const void *data, int64_t i)
{
    return d->b.type == RN_F64 ? ((const double *)data)[i] : ((const float *)data)[i];
}

/* The class predicted in a step. */
int64_t rn__metric_class(const rn_metric *m, const rn__metric_data *d, int64_t step);

/* Whether the target at that place is an ignored one. */
bool rn__metric_ignores(const rn_metric *m, int32_t target);

#endif
