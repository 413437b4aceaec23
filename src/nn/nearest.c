/* SPDX-License-Identifier: MIT */
/* The names of a model that are nearest to an unknown one. */
#include <stdio.h>
#include <string.h>

#include "nn/model.h"

enum { LONGEST = 200, SHOWN = 3 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Only the first LONGEST letters count. */
int rn__name_distance(const char *a, const char *b)
{
    const int n = least((int)strlen(a), LONGEST), m = least((int)strlen(b), LONGEST);
    int row[LONGEST + 1];

    for (int j = 0; j <= m; j++) row[j] = j;
    for (int i = 1; i <= n; i++) {
        int corner = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            const int changed = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            row[j] = least(changed, 1 + least(row[j], row[j - 1]));
        }
    }
    return row[m];
}

/* Inserts a variable into the list of the nearest so far, nearest first. */
static void insert(const rn_variable **best, int *far, const rn_variable *v, int away)
{
    for (int i = 0; i < SHOWN; i++) {
        if (best[i] && far[i] <= away) continue;
        const rn_variable *moved = best[i];
        const int moved_far = far[i];
        best[i] = v;
        far[i] = away;
        v = moved;
        away = moved_far;
        if (!v) return;
    }
}

const char *rn__nearest_weights(const rn_model *model, const char *name, char *text)
{
    const rn_variable *best[SHOWN] = {NULL};
    int far[SHOWN] = {0};
    size_t used = 0;
    char shape[128];

    for (int i = 0; i < rn_model_count(model); i++) {
        const rn_variable *v = model->entry[i].variable;
        if (rn_model_is_weight(model, i))
            insert(best, far, v, rn__name_distance(name, v->name));
    }
    snprintf(text, RN__NEAREST, "no weights");
    for (int i = 0; i < SHOWN && best[i] && used < RN__NEAREST; i++)
        used += (size_t)snprintf(text + used, RN__NEAREST - used, "%s%.60s %s",
                                 i ? ", " : "", best[i]->name,
                                 rn__shape_text(best[i]->shape, shape, sizeof shape));
    return text;
}
