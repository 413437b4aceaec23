/* SPDX-License-Identifier: MIT */
/* Tokens of a text that may be in memory only in part. */
#ifndef RN_DATA_SPLIT_H
#define RN_DATA_SPLIT_H

#include "rondo/text.h"

/* As rn_tokens_next. Unless `last`, the text goes on behind t->end: false if the token may
 * go on there too, with t->next at its start. */
bool rn__split_next(rn_tokens *t, bool last);

/* Skips at most so many tokens, and returns how many; fewer at the end, as above, and if
 * the text is bad. */
int64_t rn__split_skip(rn_tokens *t, bool last, int64_t most);

#endif
