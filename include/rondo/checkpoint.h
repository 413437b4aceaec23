/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: everything that a training run needs to go on, in one file.
 *
 * A checkpoint holds every variable of a model: weights, statistics, moments, counts,
 * rates, the counter of random draws and the carried states of stateful layers; and the
 * caller's own items, such as the position in the data, the history and the configuration.
 * A run that is stopped and resumed computes the same bits as one that was not, if the same
 * code builds the same graphs and feeds the same data.
 *
 *   int64_t step = 0;
 *   rn_checkpoint_item items[] = {{.name = "step", .numbers = &step, .count = 1}};
 *
 *   rn_checkpoint_load(model, "run.safetensors", items, 1);     to resume
 *   rn_checkpoint_save(model, "run.safetensors", items, 1);     every so often
 *
 * The file is a safetensors file that other readers open as well; docs/checkpoints.md
 * describes it. A checksum covers every byte, so a damaged file is refused. rn_model_load
 * takes the weights alone from a checkpoint.
 */
#ifndef RONDO_CHECKPOINT_H
#define RONDO_CHECKPOINT_H

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An array or a text of the caller; at most one of the pointers is not NULL. Arrays are
 * stored as tensors of type I64 or F64, texts in the file's metadata, both under the name
 * "checkpoint/<name>". Names have at most 200 bytes, are UTF-8 without control characters,
 * and do not begin with "rondo.". */
typedef struct rn_checkpoint_item {
    const char *name;
    int64_t *numbers;
    double *reals;
    char *text;    /* ends with 0; UTF-8 */
    int64_t count; /* elements of the array, or bytes of the buffer `text` */
    bool optional; /* in reading: if the file has no such item, count becomes -1 */
} rn_checkpoint_item;

/* Replaces the file atomically, see file.h, by the model's variables and these items.
 * RN_INVALID with a message on the model: no path; an item without a name, with a reserved
 * name, with the name of another item, or with more than one pointer; an array of a
 * negative size, or without data; a text that is not UTF-8 or does not end within its
 * buffer; a variable whose name begins with "checkpoint/"; a header of more than 100 MB.
 * RN_IO, RN_NO_MEMORY. */
RN_API rn_status rn_checkpoint_save(rn_model *model, const char *path,
                                    const rn_checkpoint_item *items, int count);

/* Loads a checkpoint. Variables that the model does not have yet are created, so it does
 * not matter whether the graphs are built and compiled before or after. If the model has
 * weights already, they must be those of the file, with the same shapes and types. States,
 * moments and counts that the file does not have become zero. Rates become those of the
 * file. A model without variables takes over the seed of the file; otherwise it must be the
 * same.
 *
 * Items are filled as by rn_checkpoint_read. RN_BAD_FILE with a message on the model: the
 * file is damaged, is no checkpoint, or does not match the model or the items. RN_IO,
 * RN_NO_MEMORY, RN_INVALID. After an error the model and the items are unchanged. */
RN_API rn_status rn_checkpoint_load(rn_model *model, const char *path,
                                    rn_checkpoint_item *items, int count);

/* Reads items without a model, for example a configuration that is needed to build it. Sets
 * the count of each item to the number of elements in the file, or to the bytes of the text
 * with its final 0. An item whose pointers are all NULL gets its count only. An array must
 * have exactly `count` elements, and a text must fit into its buffer. `message` receives
 * the reason for a failure, or "", truncated to `capacity` bytes with the terminating 0; it
 * may be NULL. Errors as for rn_checkpoint_load. */
RN_API rn_status rn_checkpoint_read(const char *path, rn_checkpoint_item *items, int count,
                                    char *message, size_t capacity);

#ifdef __cplusplus
}
#endif
#endif
