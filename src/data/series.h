/* SPDX-License-Identifier: MIT */
/* The internals of windows over series. */
#ifndef RN_DATA_SERIES_H
#define RN_DATA_SERIES_H

#include "data/state.h"
#include "rondo/series.h"

enum { RN__PARTS = 3 };

/* A part, which is what a source reads. */
typedef struct rn__part {
    rn_series *series;
    rn_part part;
    int64_t *first; /* [series + 1]: the number of the first window in each */
} rn__part;

/* Columns that a field has. */
typedef struct rn__columns {
    int *column; /* [count] */
    int count;
    bool all; /* these are all, in their order */
} rn__columns;

struct rn_series {
    rn__state state;
    rn_source source;
    rn_series_options options;
    int columns; /* C */
    rn_type type;
    rn__columns input, target;
    rn_field field[2];
    double *shift, *scale; /* [C] */
    char *strip;           /* strip_steps steps of all columns */
    int64_t strip_steps;
    rn__part part[RN__PARTS];
};

/* Element i of an array of a real type. */
static inline double rn__real_at(const void *data, rn_type type, int64_t i)
{
    return type == RN_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
}

static inline void rn__real_put(void *data, rn_type type, int64_t i, double x)
{
    if (type == RN_F32)
        ((float *)data)[i] = (float)x;
    else
        ((double *)data)[i] = x;
}

/* The first target step that belongs to a part of series i, and the one after the last. */
void rn__series_range(const rn_series *w, rn_part part, int64_t i, int64_t *low,
                      int64_t *high);

/* The first window of series i in a part, and how many there are. */
int64_t rn__series_count(const rn_series *w, rn_part part, int64_t i, int64_t *first);

/* Fits shift and scale to the training part; scaling.c. */
bool rn__series_fit(rn_series *w);

#endif
