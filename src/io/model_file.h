/* SPDX-License-Identifier: MIT */
/* Loading weights: which tensor of a file goes to which variable, and how. */
#ifndef RN_IO_MODEL_FILE_H
#define RN_IO_MODEL_FILE_H

#include "io/safetensors.h"
#include "nn/model.h"

typedef struct rn__loading {
    rn_model *model;
    const rn_load_options *options;
    const char *path;
    bool exact; /* types are not converted */
    rn__safetensors st;
    rn__fault fault;
    const rn__stored **from; /* for each variable of the model: its tensor, or NULL */
    char *renamed;           /* room for a name */
    rn_load_report report;
} rn__loading;

/* Whether a variable is in the file of a model: a weight or a statistic. */
bool rn__is_saved(const rn_model *model, int index);

/* Checks the options before there is a file. */
rn_status rn__load_options_check(const rn_model *model, const rn_load_options *options,
                                 rn__fault *fault);

/* The name that a tensor of the file has in the model; `room` has space for the name and
 * the whole list of pairs. */
const char *rn__load_renamed(const char *pairs, const char *name, char *room);

/* Fills l->from and the report from the file's header. */
rn_status rn__load_compare(rn__loading *l);

/* Whether the values of a tensor fit the variable's type; and copies them to it, converted
 * and transposed if need be. */
bool rn__load_fits(const rn_variable *v, const rn__stored *stored);
void rn__load_copy(rn_variable *v, const rn__stored *stored, bool transposed);

/* The texts of the model with those of a file; false if out of memory. */
bool rn__load_texts(const rn_model *model, const rn__safetensors *st, rn__texts *texts);

#endif
