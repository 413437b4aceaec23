/* SPDX-License-Identifier: MIT */
/* Lists of patterns of names. */
#include "base/pattern.h"

#include <string.h>

bool rn__pattern_stars(const char *pattern, size_t bytes, const char *name,
                       rn__star found[RN__STARS])
{
    const char *end = pattern + bytes, *star = NULL, *again = NULL;
    int stars = 0;

    for (;;) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            again = name;
            if (stars++ < RN__STARS) found[stars - 1] = (rn__star){name, name};
        } else if (!*name) {
            break;
        } else if (pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++again;
            if (stars <= RN__STARS) found[stars - 1].end = again;
        } else {
            return false;
        }
    }
    if (pattern < end) return false;
    return true;
}

bool rn__pattern_matches(const char *pattern, size_t bytes, const char *name)
{
    rn__star star[RN__STARS];

    return rn__pattern_stars(pattern, bytes, name, star);
}

bool rn__pattern_any(const char *list, const char *name)
{
    const char *pattern;
    size_t bytes;

    while (rn__pattern_next(&list, &pattern, &bytes))
        if (rn__pattern_matches(pattern, bytes, name)) return true;
    return false;
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
