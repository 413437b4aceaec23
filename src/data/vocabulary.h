/* SPDX-License-Identifier: MIT */
/* The internals of a vocabulary: tokens in one pool of bytes, and a hash table. */
#ifndef RN_DATA_VOCABULARY_H
#define RN_DATA_VOCABULARY_H

#include "io/fault.h"
#include "rondo/text.h"

enum { RN__MARKS = 4, RN__SHOWN = 64 };
enum { RN__TOGETHER = 16 };                         /* tokens that are looked up together */
extern const char *const rn__mark_names[RN__MARKS]; /* "padding" .. */
extern const char *const rn__split_names[];

/* How a file begins; and pairs of what stands behind a backslash and what it means. */
extern const char rn__vocabulary_magic[], rn__vocabulary_escapes[];

typedef struct rn__token {
    size_t at, bytes; /* in the pool, where a 0 follows */
    int64_t times;
} rn__token;

typedef struct rn__token_slot {
    uint64_t key; /* a token of at most 8 bytes itself; where a longer one is in the pool */
    uint32_t tag; /* of the hash and the length */
    int32_t index; /* + 1; 0: free */
} rn__token_slot;

struct rn_vocabulary {
    rn_vocabulary_options options;
    rn_status status;
    rn__fault fault;
    bool complete;
    int32_t marks; /* how many; they are not in the hash table */
    rn__token *token;
    int32_t count, capacity;
    char *pool;
    size_t used, room;
    rn__token_slot *slot; /* a power of two of them, at most half of them used */
    size_t slots;
    const void *memo;        /* who wants `moved`; NULL: nobody */
    int32_t *moved;          /* the index of each token that was counted; -1: none */
    int64_t byte_times[256]; /* characters of one byte, until the vocabulary is complete */
    int32_t byte_index[256]; /* then their indices; -1: unknown, or not one byte */
};

/* The lower case of an ASCII letter. */
static inline char rn__folded(char c, bool lower)
{
    return lower && (unsigned char)(c - 'A') < 26 ? (char)(c | 0x20) : c;
}

rn_status rn__vocabulary_fail(rn_vocabulary *v, rn_status status, const char *format, ...)
    RN_PRINTF(3, 4);

/* A token that is to be looked up: its slot, but for the index. */
typedef struct rn__ahead {
    const char *token, *next; /* `next`: what rn_tokens has then */
    size_t bytes;
    uint64_t hash;
    rn__token_slot wanted;
} rn__ahead;

void rn__vocabulary_hash(const rn_vocabulary *v, const char *token, size_t bytes,
                         rn__ahead *a);

/* Splits at most `most` tokens, while the processor fetches their slots, and returns how
 * many there are. */
int rn__vocabulary_ahead(const rn_vocabulary *v, rn_tokens *t, bool last, rn__ahead *a,
                         int most);

/* Where the token is in the table, or would be. There are slots. */
rn__token_slot *rn__vocabulary_slot(const rn_vocabulary *v, const rn__ahead *a);

/* Adds the token `times` times, which is not negative: its index, or -1 with an error. */
int32_t rn__vocabulary_put(rn_vocabulary *v, const rn__ahead *a, int64_t times);

/* The token of exactly these bytes: its index, or -1. Adds it if `times` >= 0; then -1 is
 * an error. */
int32_t rn__vocabulary_place(rn_vocabulary *v, const char *token, size_t bytes,
                             int64_t times);

/* Completes a vocabulary without tokens: the first places the marks; then tokens are placed
 * in the order of their indices, and the second makes what is looked up. */
void rn__vocabulary_begin(rn_vocabulary *v);
void rn__vocabulary_finish(rn_vocabulary *v);

/* Writes the indices of at most `room` tokens and returns how many. Fewer: the text ends,
 * see rn__split_next, or t->bad: then t->token is the token that is not in the vocabulary,
 * or NULL if the text is not UTF-8. */
int64_t rn__vocabulary_indices(rn_vocabulary *v, rn_tokens *t, bool last, int32_t *to,
                               int64_t room);

/* The marks among steps first .. first + steps of a sequence of `all` steps, marks counted:
 * writes them, and leaves what to read of the tokens. */
void rn__vocabulary_marks(rn_vocabulary *v, int64_t all, int64_t *first, int64_t *steps,
                          int32_t **to);

/* How many marks a sequence has. */
int rn__vocabulary_ends(const rn_vocabulary *v);

/* Tokens of a text, as the vocabulary's options say. */
rn_tokens rn__vocabulary_tokens(const rn_vocabulary *v, const char *text, size_t bytes);

/* Where a text is bad, and why; the text is in `why`. */
const char *rn__bad_at(const rn_tokens *t);
const char *rn__bad_why(const rn_tokens *t, char why[RN__SHOWN + 40]);

/* Bytes in printable form, shortened. */
const char *rn__shown(const char *text, size_t bytes, char shown[RN__SHOWN]);

/* The text of a file, and a vocabulary from it. `name` is for messages. */
char *rn__vocabulary_write(rn_vocabulary *v, size_t *bytes);
rn_status rn__vocabulary_read(rn_vocabulary *v, const char *name, const char *text,
                              size_t bytes);

#endif
