/* SPDX-License-Identifier: MIT */
/* The internals of text as sequences. */
#ifndef RN_DATA_TEXT_H
#define RN_DATA_TEXT_H

#include "data/kept.h"
#include "data/vocabulary.h"
#include "data/window.h"

enum { RN__CURSORS = 256, RN__STREAM_INDEX = 1 << 20 };

typedef enum rn__text_kind { RN__LINES, RN__LIST, RN__STREAM } rn__text_kind;

/* A place up to which tokens of a sequence were read. */
typedef struct rn__cursor {
    int64_t sequence, token;
    int64_t used;    /* when */
    size_t position; /* in the sequence; of a stream in the file */
} rn__cursor;

struct rn_text {
    rn_allocator allocator;
    rn_vocabulary *vocabulary;
    rn__text_kind kind;
    rn_status status;
    rn__fault fault;
    rn__window window;
    size_t bad; /* where in the file, while it is read for the first time */
    char why[RN__SHOWN + 40];

    const char *const *texts; /* of a list */
    const size_t *bytes;

    int64_t count, capacity;
    size_t *offset;   /* where lines begin, and every stride-th token of a stream */
    rn__range *range; /* of lines and texts, without marks; NULL: a stream */
    rn__kept kept;    /* their tokens */

    int64_t tokens, stride; /* of a stream */
    rn__cursor *cursor;     /* RN__CURSORS, or NULL if none was needed yet */
    int64_t clock;

    rn_field field;
    rn_source source;
};

/* Sets the error and returns false. */
bool rn__text_fail(rn_text *text, rn_status status);
bool rn__text_invalid(rn_text *text, const char *what);
bool rn__text_no_memory(rn_text *text);

/* The same for a piece of the file that begins at `from` in it. */
bool rn__text_bad(rn_text *text, const rn_tokens *t, const char *start, size_t from);

/* The same for text i of a list. */
bool rn__list_bad(rn_text *text, int64_t i, const rn_tokens *t, const char *start);

/* The end of a line without its line end. */
const char *rn__trimmed(const char *line, const char *end);

/* The first reading. */
size_t rn__lines_scan(void *text, const char *at, size_t bytes, bool last, size_t from);
bool rn__list_scan(rn_text *text, int64_t count);

/* Room for one more entry. */
bool rn__text_grow(rn_text *text);

/* The cursor at that token of a sequence. If there is none, the one that was not used for
 * longest: at the start, of a stream at the entry of the index before the token. NULL: no
 * memory. */
rn__cursor *rn__text_cursor(rn_text *text, int64_t sequence, int64_t token);

/* Reads the file for the first time, or tokens of it. */
bool rn__stream_scan(rn_text *text);
bool rn__stream_read(rn_text *text, int64_t first, int64_t steps, int32_t *to);

#endif
