/* SPDX-License-Identifier: MIT */
/* Records of CSV, RFC 4180. */
#ifndef RN_DATA_CSV_H
#define RN_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct rn__csv {
    char delimiter;
    unsigned char stops[256]; /* whether a byte may end a field */
} rn__csv;

/* A field, without its quotes. */
typedef struct rn__cell {
    const char *at;
    size_t bytes;
    bool doubled; /* it contains doubled quotes */
} rn__cell;

typedef struct rn__record {
    rn__cell *cell; /* the first `room` fields */
    int room, count;
    const char *next; /* behind the record, or where the fault is */
    const char *fault;
} rn__record;

rn__csv rn__csv_of(char delimiter);

/* Reads the record at `at`. False: a fault; or, without a fault, it goes on behind `end`,
 * which it cannot if `last`. A 0 stands at or behind the end. */
bool rn__csv_read(const rn__csv *csv, const char *at, const char *end, bool last,
                  rn__record *record);

#endif
