/* SPDX-License-Identifier: MIT */
/* The caller's items in a checkpoint. */
#ifndef RN_IO_CHECKPOINT_H
#define RN_IO_CHECKPOINT_H

#include "io/safetensors.h"
#include "rondo/checkpoint.h"

#define RN__ITEM_PREFIX "checkpoint/"
#define RN__SEED        RN__ITEM_PREFIX "rondo.seed"
enum {
    RN__ITEM_NAME = 200, /* most bytes of an item's name */
    RN__ITEM_FULL = sizeof RN__ITEM_PREFIX + RN__ITEM_NAME
};

/* Whether the name of an array or a text of the metadata is that of an item. */
bool rn__is_item(const char *name);

/* The name of an item in the file. */
void rn__item_full(const rn_checkpoint_item *item, char full[RN__ITEM_FULL]);

/* Checks what can be checked without a file. RN_INVALID. */
rn_status rn__items_check(const rn_checkpoint_item *item, int count, bool saving,
                          const char *path, rn__fault *fault);

/* Finds the items in a file whose header has been read, and checks their types and sizes
 * without changing them. RN_BAD_FILE. */
rn_status rn__items_match(const rn_checkpoint_item *item, int count,
                          const rn__safetensors *st, rn__fault *fault);

/* Fills items that match, from a file that has been read. */
void rn__items_take(rn_checkpoint_item *item, int count, const rn__safetensors *st);

#endif
