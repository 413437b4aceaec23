/* SPDX-License-Identifier: MIT */
/* The handwritten digits of data/digits.txt, which several examples use. */
#ifndef DIGITS_H
#define DIGITS_H

#include <rondo.h>

enum { ROWS = 8, COLUMNS = 8, PIXELS = 64, CLASSES = 10, LEVELS = 17, MOVES = 9 };

/* Images, those to train on first. `learn` and `held` are for rn_source_arrays: fields "x",
 * i32 [8] in each of 8 steps, and "label", i32, once. */
typedef struct digits {
    int64_t count, train;
    int32_t *pixel; /* [count, 64]: 0 .. 16 */
    int32_t *label; /* [count] */
    const void *data[2], *held_data[2];
    rn_arrays learn, held;
} digits;

/* A share of each class is held out. False after a message; digits_free in any case. */
bool digits_read(digits *d, const char *path, double share, uint64_t seed);
void digits_free(digits *d);

/* The source of nine sequences for each image to train on: it is moved by -1, 0 or 1 in
 * both directions. `d` must live as long. */
rn_source digits_moved(digits *d);

/* Prints a message and returns false; of the program that uses this. */
bool complain(const char *format, ...) RN_PRINTF(1, 2);

#endif
