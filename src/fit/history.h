/* SPDX-License-Identifier: MIT */
/* The internals of a history: columns of numbers. */
#ifndef RN_TRAIN_FIT_HISTORY_H
#define RN_TRAIN_FIT_HISTORY_H

#include "rondo/history.h"

typedef struct rn__column {
    char *name;
    double *value; /* room for `capacity` rows */
} rn__column;

struct rn_history {
    rn_allocator allocator;
    rn__column *column;
    int columns;
    int64_t rows, capacity;
    char error[512];
};

/* Records a message. Returns status. */
rn_status rn__history_fail(rn_history *history, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);

/* The index of a column, or -1. */
int rn__history_find(const rn_history *history, const char *name);

/* The shortest decimal number that is read as the same double, with a point in every
 * locale; "nan", "inf" or "-inf". Returns text. */
enum { RN__DECIMAL = 40 };
char *rn__decimal(double value, char text[RN__DECIMAL]);

#endif
