/* SPDX-License-Identifier: MIT */
/*
 * Text of a picture, SVG or DOT, that grows in memory and becomes a file.
 *
 * Numbers have a point in every locale. After a failed allocation all calls do nothing, and
 * rn__page_finish returns RN_NO_MEMORY.
 */
#ifndef RN_IO_PAGE_H
#define RN_IO_PAGE_H

#include "kernel/ieee.h"
#include "rondo/types.h"

typedef struct rn__page {
    rn_allocator allocator;
    char *at;
    size_t used, capacity;
    bool failed;
    bool dot; /* names are escaped for Graphviz, not for XML */
} rn__page;

/* Adds text. %d is an int, %f a double with at most two decimals, and %s a text with
 * special characters escaped, control characters as blanks, and bytes that are not valid
 * UTF-8 as U+FFFD; NULL is "". There are no other conversions. */
void rn__page_put(rn__page *page, const char *format, ...) RN_PRINTF(2, 3);

/* The head of an SVG of this size with a white ground. */
void rn__page_begin(rn__page *page, double width, double height);

/* Writes the text to the file, atomically, and frees it. */
rn_status rn__page_finish(rn__page *page, const char *path);

/* The number of characters of a text, 0 for NULL, and its width in a
 * sans-serif font of this size: approximately, rarely too small. */
int rn__text_length(const char *text);
double rn__text_width(const char *text, double size);

#endif
