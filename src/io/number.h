/* SPDX-License-Identifier: MIT */
/* Numbers read from text, the same in every locale. */
#ifndef RN_IO_NUMBER_H
#define RN_IO_NUMBER_H

#include "kernel/ieee.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads all of a text as a decimal number: digits with at most one point, before them a
 * sign, behind them an exponent. The result is the nearest double, of two equally near ones
 * the even one. False: something else, or too large. */
bool rn__number_read(const char *text, size_t bytes, double *value);

#endif
