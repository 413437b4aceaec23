/* SPDX-License-Identifier: MIT */
/*
 * Text: characters, words and bytes, vocabularies, and text as sequences of indices.
 *
 *     rn_vocabulary *v = rn_vocabulary_new(
 *         (rn_vocabulary_options){.split = RN_WORDS, .lower = true, .largest = 10000,
 *                                 .marks = RN_MARK_PADDING | RN_MARK_UNKNOWN});
 *     rn_vocabulary_add_file(v, "train.txt");
 *     rn_text *lines = rn_text_lines("train.txt", v);      one sequence a line
 *     rn_source source = rn_text_source(lines);            for rn_batches_new
 *     if (source.count < 0) puts(rn_text_error(lines));    the one check
 *
 * Text is UTF-8. A byte order mark at the start of a file is skipped. The first error of an
 * object stays on it; what is called after that does nothing and returns the same status.
 */
#ifndef RONDO_TEXT_H
#define RONDO_TEXT_H

#include "data.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a token is.
 *
 * RN_CHARACTERS: one code point.
 * RN_WORDS: a run of letters and digits, in which an apostrophe (' or U+2019) may stand
 *   between two of them; or one ideograph; or one other character that is not a blank. By
 *   itself "don't stop: 3.5" gives don't, stop, :, 3, ., 5. Of the characters above ASCII,
 *   punctuation and symbols (U+00A1 to U+00BF without ª µ º, × ÷, U+2010 to U+2BFF, U+3001
 *   to U+303F, U+FE10 to U+FE6F, full-width forms, U+FFFC, U+FFFD, U+1F000 to U+1FAFF) and
 *   ideographs are single, and all others are letters; the language does not matter.
 * RN_BYTES: one byte, of any file.
 * RN_WHOLE: the whole text is one token, as for the names of classes. */
typedef enum rn_splitting { RN_CHARACTERS, RN_WORDS, RN_BYTES, RN_WHOLE } rn_splitting;

/* ---- splitting ---- */

/* Tokens of a text, one after the other:
 *
 *     rn_tokens t = {.next = text, .end = text + bytes, .split = RN_WORDS};
 *     while (rn_tokens_next(&t)) use(t.token, t.bytes);
 *     if (t.bad) ...                                   invalid UTF-8 at t.next
 */
typedef struct rn_tokens {
    const char *next, *end; /* what is left of the text */
    rn_splitting split;
    bool replace;      /* invalid UTF-8 becomes U+FFFD, one for each maximal subpart */
    bool bad;          /* stopped at invalid UTF-8; with `replace` never */
    const char *token; /* the token, which is not terminated by a 0: part of the text, or a
                          constant for U+FFFD */
    size_t bytes;
} rn_tokens;

/* Goes on to the next token. False at the end and at invalid UTF-8. */
RN_API bool rn_tokens_next(rn_tokens *tokens);

/* ---- vocabularies ---- */

/* Tokens that stand for no text. Those that a vocabulary has come first, in this order. */
typedef enum rn_mark {
    RN_MARK_PADDING = 1, /* fills sequences: index 0 */
    RN_MARK_UNKNOWN = 2, /* tokens that are not in the vocabulary */
    RN_MARK_BEGIN = 4,   /* put before each sequence of a source ... */
    RN_MARK_END = 8      /* ... and behind it */
} rn_mark;

typedef struct rn_vocabulary_options {
    rn_splitting split;
    bool lower;      /* ASCII letters count as their lower case */
    bool replace;    /* invalid UTF-8 becomes U+FFFD; otherwise it is an error */
    int marks;       /* a sum of RN_MARK_... */
    int64_t least;   /* tokens that occur less often are left out; 0: 1 */
    int64_t largest; /* the most indices, marks included; 0: no limit */
    rn_allocator allocator;
} rn_vocabulary_options;

typedef struct rn_vocabulary rn_vocabulary;

/* An empty vocabulary; texts are counted by the functions that add. The first other call
 * completes it: indices go to marks, then to tokens by falling count, and those of one
 * count in the order of their bytes, so equal texts in any order give equal vocabularies.
 * NULL if out of memory. Free with rn_vocabulary_free. */
RN_API rn_vocabulary *rn_vocabulary_new(rn_vocabulary_options options);
RN_API void rn_vocabulary_free(rn_vocabulary *vocabulary);

/* The message of the error that stays, or of the last one that does not; "". */
RN_API const char *rn_vocabulary_error(const rn_vocabulary *vocabulary);

/* Counts the tokens of a text; of a file, which may be larger than memory (with RN_WHOLE
 * each line is one token); a single token `times` times. Errors: invalid UTF-8, with line
 * and column (RN_BAD_VALUE, of a file RN_BAD_FILE); a vocabulary that is complete
 * (RN_INVALID); RN_IO; RN_NO_MEMORY. */
RN_API rn_status rn_vocabulary_add(rn_vocabulary *vocabulary, const char *text,
                                   size_t bytes);
RN_API rn_status rn_vocabulary_add_file(rn_vocabulary *vocabulary, const char *path);
RN_API rn_status rn_vocabulary_add_token(rn_vocabulary *vocabulary, const char *token,
                                         size_t bytes, int64_t times);

/* Completes the vocabulary, which is needed only to see errors early. RN_INVALID: no
 * tokens; more marks than `largest`; RN_NO_MEMORY. */
RN_API rn_status rn_vocabulary_complete(rn_vocabulary *vocabulary);

/* The number of indices; 0 after an error. */
RN_API int32_t rn_vocabulary_count(rn_vocabulary *vocabulary);

/* The index of a token; of an unknown one that of the unknown mark, or -1 without one. */
RN_API int32_t rn_vocabulary_find(rn_vocabulary *vocabulary, const char *token,
                                  size_t bytes);

/* The index of a mark, or -1. */
RN_API int32_t rn_vocabulary_mark(rn_vocabulary *vocabulary, rn_mark mark);

/* The token of an index, with a 0 behind it; `bytes` (may be NULL) receives its length,
 * because tokens may contain zeros. Marks are "<padding>", "<unknown>", "<begin>" and
 * "<end>". NULL: no such index. Valid as long as the vocabulary. */
RN_API const char *rn_vocabulary_token(rn_vocabulary *vocabulary, int32_t index,
                                       size_t *bytes);

/* How often the token of an index occurred; 0 for marks. */
RN_API int64_t rn_vocabulary_times(rn_vocabulary *vocabulary, int32_t index);

/* Writes the indices of a text's tokens, without marks for begin and end, and returns how
 * many there are, also if that is more than `room`. -1 after an error: invalid UTF-8, an
 * unknown token without a mark for it. Such an error does not stay on the vocabulary. */
RN_API int64_t rn_vocabulary_encode(rn_vocabulary *vocabulary, const char *text,
                                    size_t bytes, int32_t *to, int64_t room);

/* Writes the text of `count` indices, with a 0 behind it, truncated to `capacity`, and
 * returns its length as snprintf does. Words are separated by blanks; marks and numbers
 * that are no index are left out, but unknown tokens appear as "<unknown>". */
RN_API size_t rn_vocabulary_decode(rn_vocabulary *vocabulary, const int32_t *indices,
                                   int64_t count, char *to, size_t capacity);

/* Writes the vocabulary to a text file, or reads one from there into a new vocabulary,
 * whose options are then those of the file:
 *
 *     rondo-vocabulary 1 words lower
 *     \padding
 *     \unknown
 *     the<TAB>5012
 *
 * A line is a token and its count, which may be missing. \\ \t \n \r and \xHH stand for
 * characters that the format needs and for bytes that are not text. Saving is atomic, see
 * file.h; an error of it, such as RN_IO, does not stay on the vocabulary. RN_BAD_FILE with
 * file, line and column: not such a file, a bad escape or count, a duplicate token, a mark
 * in the wrong place, invalid UTF-8. */
RN_API rn_status rn_vocabulary_save(rn_vocabulary *vocabulary, const char *path);
RN_API rn_status rn_vocabulary_load(rn_vocabulary *vocabulary, const char *path);

/* The same in a model's texts, under "vocabulary/name", which rn_model_save writes into the
 * metadata of the safetensors file. RN_INVALID: no such text; an error of the model. */
RN_API rn_status rn_vocabulary_keep(rn_vocabulary *vocabulary, rn_model *model,
                                    const char *name);
RN_API rn_status rn_vocabulary_from(rn_vocabulary *vocabulary, const rn_model *model,
                                    const char *name);

/* ---- text as sequences ---- */

typedef struct rn_text rn_text;

/* Sequences of a vocabulary's indices: a field "tokens", i32, without axes, padded with the
 * padding mark or 0. If the vocabulary has marks for begin and end, they are added to each
 * sequence.
 *
 * rn_text_lines: the lines of a file; LF and CR LF end a line, empty lines are sequences.
 * rn_text_list: texts in memory, each with its length, or all with a 0 behind them if
 *   `bytes` is NULL; they must live as long.
 * rn_text_stream: all of a file as one sequence, line ends included.
 *
 * Lines and lists are split once, and the indices of their tokens kept in memory, each in
 * 1, 2 or 4 bytes as the vocabulary needs, if they take at most 128 MB. Otherwise, or if a
 * token is not in the vocabulary, which is an error when it is read, they are split again
 * as they are read; of a file of lines of at most 128 MB the text is then kept, and of a
 * larger one at most 5 MB, or the longest line, are in memory. The index takes 16 bytes a
 * line. Streams are always read as needed; their index takes at most 8 MB. A file must not
 * change. The vocabulary must live as long. NULL if out of memory. Free with rn_text_free.
 */
RN_API rn_text *rn_text_lines(const char *path, rn_vocabulary *vocabulary);
RN_API rn_text *rn_text_list(const char *const *texts, const size_t *bytes, int64_t count,
                             rn_vocabulary *vocabulary);
RN_API rn_text *rn_text_stream(const char *path, rn_vocabulary *vocabulary);
RN_API void rn_text_free(rn_text *text);

/* The first error's message, or "". Errors: RN_IO; invalid UTF-8 and tokens that the
 * vocabulary does not have, with line and column; an error of the vocabulary. */
RN_API const char *rn_text_error(const rn_text *text);

/* The sequences, which the text must outlive. Not valid (count -1) after an error. */
RN_API rn_source rn_text_source(rn_text *text);

#ifdef __cplusplus
}
#endif
#endif
