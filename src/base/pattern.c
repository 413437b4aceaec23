/* SPDX-License-Identifier: MIT */
/* Lists of patterns of names. */
#include "base/pattern.h"

#include <string.h>

bool rn__pattern_matches(const char *pattern, size_t bytes, const char *name)
{
    const char *end = pattern + bytes, *star = NULL, *again = NULL;

    while (*name) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            again = name;
        } else if (pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++again;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*') pattern++;
    return pattern == end;
}

bool rn__pattern_next(const char **list, const char **pattern, size_t *bytes)
{
    const char *at = *list + strspn(*list, " ,");
    size_t n = strcspn(at, ",");

    *list = at + n;
    while (n > 0 && at[n - 1] == ' ') n--;
    *pattern = at;
    *bytes = n;
    return n > 0;
}
