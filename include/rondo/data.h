/* SPDX-License-Identifier: MIT */
/*
 * Data: sources of sequences, and batches made from them.
 *
 *     const rn_field fields[] = {{"x", RN_F32, rn_shape(3)}, {"y", RN_I32, .once = true}};
 *     rn_arrays arrays = {.fields = fields, .field_count = 2, .count = n, ..};
 *     rn_source source = rn_source_arrays(&arrays);
 *     rn_batches *batches = rn_batches_new(&source, (rn_batches_options){.batch = 32, ..});
 *     rn_batch batch;
 *
 *     while (rn_batches_next(batches, &batch) == RN_OK && batch.sequences) {  one epoch
 *         rn_batch_feed(&batch, program);
 *         rn_run(program);
 *     }
 *
 * Letters: B sequences in a batch, T steps.
 */
#ifndef RONDO_DATA_H
#define RONDO_DATA_H

#include "program.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- sources ---- */

/* What a sequence has in each step, or once. */
typedef struct rn_field {
    const char *name; /* also the name of the program's input, see rn_batch_feed */
    rn_type type;
    rn_shape shape; /* of one step, or with `once` of the sequence's one value */
    bool once;      /* the sequence has one value, not one in each step */
    double padding; /* fills the steps that a sequence does not have */
} rn_field;

/* A source of sequences: a record that anybody can fill in. `fields` and `self` must live
 * as long as what reads the source. Sequences are read in any order, and a part of one at a
 * time, so a source may be a file that is larger than memory. */
typedef struct rn_source {
    int64_t count; /* sequences, at most INT32_MAX; negative: the source is not valid, and
                      `error` says why */
    const rn_field *fields;
    int field_count;
    /* The number of steps of sequence i. NULL: every sequence has one. */
    int64_t (*length)(void *self, int64_t i);
    /* Copies steps [first, first + steps) of a field of sequence i to `to`, row-major; of a
     * field with `once` the one value, with first 0 and steps 1. Returns false on failure.
     */
    bool (*read)(void *self, int64_t i, int field, int64_t first, int64_t steps, void *to);
    const char *(*error)(void *self); /* why the last read failed; NULL: no messages */
    void *self;
} rn_source;

/* Sequences in memory, end to end. Nothing is copied: all arrays must live as long as the
 * source. */
typedef struct rn_arrays {
    const rn_field *fields;
    int field_count;
    const void *const *data; /* [field_count]: the steps of all sequences, or with `once`
                                one value a sequence; row-major */
    int64_t count;
    const int64_t *offsets; /* [count + 1]: sequence i is steps offsets[i] to offsets[i + 1]
                               of the data; NULL: see `steps` */
    int64_t steps;          /* without offsets: the steps that each sequence takes up */
    const int64_t *lengths; /* without offsets: of these, how many it has; NULL: all */
} rn_arrays;

/* The source that reads `arrays`, which must live as long. Not valid (count -1): arrays,
 * fields or data are NULL, or a number is negative. */
RN_API rn_source rn_source_arrays(const rn_arrays *arrays);

/* Some sequences of a source, in an order of their own: sequence i is index[i]. */
typedef struct rn_subset {
    rn_source source;
    const int64_t *index; /* [count] */
    int64_t count;
} rn_subset;

/* The source that reads `subset`, which must live as long. Not valid (count -1): NULL, or
 * an index outside the source. */
RN_API rn_source rn_source_subset(const rn_subset *subset);

/* Two sources side by side, for sequence to sequence, such as a sentence and its
 * translation. The fields of `second` become fields with one value, [S, shape], in which
 * its padding follows the sequence's steps; a batch has them as [B, S, shape]. */
enum { RN_PAIRS_FIELDS = 16 };
typedef struct rn_pairs {
    rn_source first, second; /* of the same count */
    int64_t steps;           /* S; longer sequences are cut. 0: set to the longest length */
    const char *target;      /* names the first field of `second`; NULL: its own name */
    const char *lengths;     /* names a field with the lengths of `second`, i32, at most S;
                                NULL: there is none */
    rn_field field[RN_PAIRS_FIELDS]; /* filled in */
} rn_pairs;

/* The source that reads `pairs`, which must live as long. Sequence i has the fields of
 * sequence i of both. Not valid (count -1): NULL, a source that is not valid, different
 * counts, more than RN_PAIRS_FIELDS fields, negative steps, or a field of too many axes. */
RN_API rn_source rn_source_pairs(rn_pairs *pairs);

/* ---- batches ---- */

/* What becomes of the sequences that remain when the number of sequences is no multiple of
 * B. With buckets, each bucket has its own remainder. */
typedef enum rn_last {
    RN_LAST_FILL, /* the batch is filled with sequences of length 0 and weight 0 */
    RN_LAST_KEEP, /* the batch is smaller */
    RN_LAST_DROP  /* they are left out; in the next epoch they are others, if shuffled */
} rn_last;

typedef struct rn_batch {
    int64_t steps, sequences; /* T and B of the arrays */
    int64_t real;             /* the first `real` sequences are of the source; the rest fill
                                 the batch */
    const int32_t *lengths;   /* [B] */
    const float *weights;     /* [B]: 0 for those that fill the batch */
    const bool *resets;   /* [T, B]: a text begins in this step, so the state begins anew;
                             NULL: the batches are no streams */
    const int64_t *which; /* [B]: the sequences' numbers in the source, -1 for those that
                             fill the batch; NULL: streams */
    const void *const *data; /* a field each: [T, B, shape], or [B, shape] with `once` */
    const rn_field *fields;
    int field_count;
    int64_t epoch, index; /* both count from 0; `index` within the epoch */
} rn_batch;

typedef struct rn_batches_options {
    int64_t batch; /* B; 0 means 32 */
    bool shuffle;  /* in every epoch another order, which depends on seed and epoch
                      alone, and is the same on every machine */
    uint64_t seed;
    int buckets; /* number of sizes T that batches may have; 0 means 1. A batch has
                    sequences of one bucket, those too long for a smaller one */
    const int64_t
        *sizes;      /* [buckets]: these sizes, increasing; NULL: the longest length,
                        and others so that there is least padding, see rn_bucket_sizes */
    int64_t longest; /* longer sequences are cut: their first steps count; 0: none is */
    rn_last last;
    bool pad_left;        /* padding comes before the sequence, not after it. The loops and
                             layers of this library have it after */
    const float *weights; /* [count of the source]: weights of sequences; NULL: 1 */
    rn_allocator allocator;
} rn_batches_options;

typedef struct rn_batches rn_batches;

/* Batches of a source, which must live as long. All memory is allocated here: one batch and
 * some bytes a sequence. NULL only if out of memory. Any other error stays on the result:
 * rn_batches_error has the message, and rn_batches_next fails. Errors: a source that is not
 * valid, or has two fields of one name; negative options; sizes that do not increase, or
 * none for the longest sequence. */
RN_API rn_batches *rn_batches_new(const rn_source *source, rn_batches_options options);
RN_API void rn_batches_free(rn_batches *batches);

/* The next batch; what it points to stays valid until the next call. At the end of an epoch
 * returns RN_OK with batch->sequences = 0; the call after it begins the next epoch. After
 * an error the position is unchanged, so the call may be repeated. RN_INVALID: an error of
 * rn_batches_new; RN_IO: the source could not be read; the message names field and
 * sequence. */
RN_API rn_status rn_batches_next(rn_batches *batches, rn_batch *batch);

/* The last error's message, or "" if there was none. For NULL: out of memory. */
RN_API const char *rn_batches_error(const rn_batches *batches);

/* The number of batches in an epoch, the same in every epoch; 0 after an error. */
RN_API int64_t rn_batches_count(const rn_batches *batches);

/* The sizes T that batches may have, increasing: a program each. Returns their number, and
 * with `sizes` not NULL sets it to them. The batches own them. */
RN_API int rn_batches_sizes(const rn_batches *batches, const int64_t **sizes);

/* A position in the data, to go on from: epoch, batch in the epoch, and two numbers that
 * identify the data and the options. */
typedef struct rn_position {
    int64_t number[4];
} rn_position;

/* The position of the next batch; and continuing at a position, with the same batches in
 * the same order. RN_INVALID with a message: a position of other data or options. */
RN_API rn_position rn_batches_position(const rn_batches *batches);
RN_API rn_status rn_batches_seek(rn_batches *batches, rn_position position);

/* Feeds the inputs of the program that have the names of fields, and those with the names
 * "lengths" (i32 [B]), "weights" (real [B]) and "resets" (bool [T, B], or [B] if all resets
 * are in the first step), unless fields have them. Reals are converted to the type that the
 * input has in the program. Other inputs are the caller's. RN_INVALID, with a message on
 * the program: an input of another shape or type; no input of such a name; the batch is
 * filled up, but the program has neither "lengths" nor "weights"; a stream's window is
 * shorter than T, but the program has no "lengths". */
RN_API rn_status rn_batch_feed(const rn_batch *batch, rn_program *program);

/* ---- what is computed from all sequences ---- */

/* Chooses at most `buckets` sizes, such that the lengths, each padded to the next size,
 * have least padding. `sizes` has room for `buckets` numbers and gets them in increasing
 * order. Returns how many there are; 0 for invalid arguments or if out of memory. Of more
 * than 512 different lengths, 512 quantiles are candidates. */
RN_API int rn_bucket_sizes(const int64_t *lengths, int64_t count, int buckets,
                           int64_t *sizes);

#ifdef __cplusplus
}
#endif
#endif
