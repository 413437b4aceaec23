/* SPDX-License-Identifier: MIT */
/*
 * Metrics: numbers that say how good a model is, computed over as many batches as there
 * are.
 *
 *   rn_metric *accuracy = rn_metric_new((rn_metric_options){.kind = RN_METRIC_ACCURACY});
 *
 *   for each batch: rn_metric_add(accuracy, &(rn_metric_batch){.steps = T, .sequences = B,
 *       .scores = logits, .width = V, .targets = y, .lengths = lengths});
 *   printf("%.4f\n", rn_metric_value(accuracy));
 *   rn_metric_reset(accuracy);
 *
 * Padding, ignored targets, and steps and sequences of weight 0 have no influence, whatever
 * they hold. Sums are f64: how the data is divided into batches, and their order, change a
 * result by no more than rounding. One thread at a time may use a metric.
 *
 * Letters: T steps, B sequences, C scores of a step, S steps of the targets.
 */
#ifndef RONDO_METRICS_H
#define RONDO_METRICS_H

#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum rn_metric_kind {
    /* Of classes. The predicted one is the first with the largest score, a NaN being the
     * largest; of a single score (C = 1) it is 1 if the score is above the threshold, else
     * 0. Or it is given. */
    RN_METRIC_ACCURACY,        /* the share of steps whose class is the target */
    RN_METRIC_BINARY_ACCURACY, /* the share of scores on their target's side of the
                                  threshold; targets are 0 or 1, [T, B, C] */
    RN_METRIC_TOP,       /* the share of steps whose target is among the k best classes */
    RN_METRIC_CONFUSION, /* accuracy, with the confusion matrix */
    RN_METRIC_PRECISION, /* of those predicted as a class, the share that are of it */
    RN_METRIC_RECALL,    /* of those of a class, the share predicted as it */
    RN_METRIC_F1,        /* 2 precision recall / (precision + recall) */
    RN_METRIC_AUC,       /* the area under the ROC curve: the chance that the score of a
                            target 1 is above that of a target 0, with half of the ties;
                            targets are 0 or 1, [T, B, C]. Keeps 16 bytes a score */

    /* Of log-probabilities: logits, or logarithms of probabilities; or summed losses, see
     * rn_metric_add_sum. */
    RN_METRIC_CROSS_ENTROPY, /* the mean of -log p(target), in nats */
    RN_METRIC_PERPLEXITY,    /* its exponential */
    RN_METRIC_BITS,          /* in bits: of characters, bits per character */

    /* Of spans: whole pieces of a sequence that have a type, written as tags. */
    RN_METRIC_SPAN_PRECISION, /* of the predicted spans, the share that are targets: both */
    RN_METRIC_SPAN_RECALL,    /* ends and the type must agree */
    RN_METRIC_SPAN_F1,

    /* Of sequences of tokens. */
    RN_METRIC_EDIT_DISTANCE, /* the mean number of tokens inserted, removed or replaced */
    RN_METRIC_ERROR_RATE,    /* all edits / all tokens of the targets: the word or character
                                error rate */
    RN_METRIC_BLEU,          /* 0..1, of the whole corpus; Papineni et al. 2002. Of several
                                references the best match and the nearest length count, of
                                two as near the shorter one */

    /* Of real numbers. */
    RN_METRIC_ABSOLUTE_ERROR,     /* the mean of |x - y| over all elements */
    RN_METRIC_SQUARED_ERROR,      /* the mean of (x - y)^2 */
    RN_METRIC_ROOT_SQUARED_ERROR, /* its square root */
    RN_METRIC_R2,   /* 1 - sum (x - y)^2 / sum (y - mean y)^2 of a column; their mean. For
                       constant y it is 1 if x equals y and else 0 */
    RN_METRIC_MEAN, /* the mean of the scores; without targets */

    /* Of sequences of tokens. */
    RN_METRIC_EXACT_MATCH /* the share of sequences that need no edit */
} rn_metric_kind;
enum { RN_METRIC_KINDS = RN_METRIC_EXACT_MATCH + 1 };

/* How precision, recall and F1 of classes or types of spans become one number. Those whose
 * divisor is 0 are 0. */
typedef enum rn_metric_average {
    RN_DEFAULT_AVERAGE,  /* macro for classes, micro for spans */
    RN_MACRO_AVERAGE,    /* the mean over classes that occur as target or prediction */
    RN_MICRO_AVERAGE,    /* of the counts of all classes together */
    RN_WEIGHTED_AVERAGE, /* the mean, each class weighted by its targets */
    RN_ONE_CLASS         /* that of one class or type, `of_class` */
} rn_metric_average;

/* What becomes of BLEU's precision of an order without matches; Chen and Cherry 2014. */
typedef enum rn_bleu_smoothing {
    RN_BLEU_NONE, /* 0, and so is BLEU */
    RN_BLEU_EXP,  /* 1 / (2^i n-grams), for the i-th such order; as in mteval-v13a */
    RN_BLEU_ADD   /* 1 is added to matches and n-grams of each order above 1 */
} rn_bleu_smoothing;

/* Zeros are the defaults. Members of other kinds have no effect. */
typedef struct rn_metric_options {
    rn_metric_kind kind;
    const char *name; /* NULL: see rn_metric_name; copied */
    int classes;      /* 0: the width of the scores, 2 for a single score. CONFUSION to F1
                         and spans of given classes need it */
    bool ignores;     /* targets that are equal to `ignored` do not count; of sequences of
                         tokens they are left out */
    int32_t ignored;
    double threshold; /* 0 suits logits, 0.5 probabilities */
    int top;          /* k; 0 means 5 */
    rn_metric_average average;
    int of_class; /* for RN_ONE_CLASS; the value is NaN if there is no such class */

    /* spans: the names of the classes, [classes]: "O", or "B-" or "I-" and a type. They
     * must stay valid. NULL: class 0 is O, 1 + 2i begins a span of type i, 2 + 2i goes on.
     * An I- that does not follow B- or I- of its type begins a span, as in conlleval and
     * seqeval; if `strict` it is no part of any, as in seqeval's strict mode. */
    const char *const *tags;
    bool strict;

    /* sequences of tokens */
    bool ctc; /* predictions are CTC's: repeated tokens become one, then `blank` is removed
               */
    int32_t blank;
    bool separates; /* the tokens are characters, and words are compared: what stands
                       between separators */
    int32_t separator;
    int order; /* BLEU: the longest n-grams, 1..4; 0 means 4 */
    rn_bleu_smoothing smoothing;
    bool effective_order; /* orders for which the predictions are too short do not count */

    rn_allocator allocator;
} rn_metric_options;

typedef struct rn_metric rn_metric;

/* A new metric, to free with rn_metric_free. NULL if out of memory. Options out of range
 * are an error of the metric, see rn_metric_error, and of every call that adds to it. */
RN_API rn_metric *rn_metric_new(rn_metric_options options);
RN_API void rn_metric_free(rn_metric *metric);

/* Forgets all that was added. */
RN_API void rn_metric_reset(rn_metric *metric);

/* Predictions and targets of one batch, row-major. What a kind does not use may be NULL.
 * One step a sequence, [B, ..], has `steps` 1. */
typedef struct rn_metric_batch {
    int64_t steps, sequences;  /* T and B */
    int64_t width;             /* C; 0 means 1 */
    rn_type type;              /* of scores and values, if any: RN_F32 or RN_F64 */
    const void *scores;        /* real [T, B, C] */
    const int32_t *classes;    /* i32 [T, B]: predicted, instead of scores */
    const int32_t *targets;    /* i32 [T, B] */
    const void *values;        /* real [T, B, C]: targets of errors and R2 */
    const int32_t *lengths;    /* [B]: steps that are no padding, 0..T; NULL: all */
    const float *weights;      /* [B]: of sequences, at least 0; NULL: 1 */
    const float *step_weights; /* [T, B]: multiply them; of kinds that count steps */

    /* Edit distance, error rate, BLEU and exact match: targets with lengths of their own.
     */
    int64_t target_steps;          /* S, of targets [S, B]; 0: T, with the same lengths */
    const int32_t *target_lengths; /* [B], 0..S; NULL: all S, or the lengths */
    bool by_sequence;              /* targets are [B, S], as for rn_ctc */
    /* BLEU: R targets of each sequence, [R, S, B] or by_sequence [R, B, S], and R B
     * lengths, [R, B]; -1 if a sequence has no such target. 0 means 1; others need that. */
    int64_t references;
} rn_metric_batch;

/* Adds a batch. Nothing is added if it fails, with a message: RN_INVALID: something is
 * missing, sizes, lengths or weights out of range; RN_BAD_VALUE: a target or class out of
 * range; RN_NO_MEMORY. */
RN_API rn_status rn_metric_add(rn_metric *metric, const rn_metric_batch *batch);

/* The same with an output of the program's last run as the batch's scores, [T, B, C], or
 * classes if it is i32, [T, B]. RN_INVALID as well: it cannot be read, or has another
 * number of elements. */
RN_API rn_status rn_metric_add_output(rn_metric *metric, const rn_program *program,
                                      rn_tensor output, const rn_metric_batch *batch);

/* Adds a sum of terms and the sum of their weights: losses in nats, and the number of
 * targets, for CROSS_ENTROPY, PERPLEXITY and BITS; of squares for the squared errors. A
 * mean over n is the sum n mean. RN_INVALID: a kind that is no mean of terms, or a weight
 * that is negative or not finite. */
RN_API rn_status rn_metric_add_sum(rn_metric *metric, double sum, double weight);

/* The value of all that was added. NaN if nothing was, or nothing that counts. */
RN_API double rn_metric_value(const rn_metric *metric);

/* The sum of the weights of what was counted: steps, scores, sequences (EDIT_DISTANCE,
 * EXACT_MATCH) or tokens of the targets (ERROR_RATE, BLEU). */
RN_API double rn_metric_weight(const rn_metric *metric);

/* Parts of a value: precision, recall or F1 of each class or type of spans, recall for
 * CONFUSION; BLEU's precision of each order; errors and R2 of each column. rn_metric_parts:
 * how many there are; rn_metric_part: NaN if there is none; rn_metric_part_weight: that of
 * its targets or n-grams; rn_metric_part_name: the type of a span, owned by the options,
 * else NULL. */
RN_API int64_t rn_metric_parts(const rn_metric *metric);
RN_API double rn_metric_part(const rn_metric *metric, int64_t part);
RN_API double rn_metric_part_weight(const rn_metric *metric, int64_t part);
RN_API const char *rn_metric_part_name(const rn_metric *metric, int64_t part);

/* The confusion matrix, of CONFUSION to F1: the weight of the steps of class `target` that
 * were predicted as `predicted`. NaN if there is none. */
RN_API double rn_metric_confusion(const rn_metric *metric, int64_t target,
                                  int64_t predicted);

/* The name of the options, or that of the kind, such as "accuracy", "top5" or "f1". */
RN_API const char *rn_metric_name(const rn_metric *metric);

/* Whether smaller values are better: losses, errors and distances. */
RN_API bool rn_metric_lower_is_better(const rn_metric *metric);

/* The last error's message, or "" if there was none. */
RN_API const char *rn_metric_error(const rn_metric *metric);

#ifdef __cplusplus
}
#endif
#endif
