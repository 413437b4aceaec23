/* SPDX-License-Identifier: MIT */
/* What callbacks follow: a column of the history, and whether it has become better. */
#include <math.h>
#include <string.h>

#include "fit/fit.h"
#include "fit/history.h"
#include "kernel/ieee.h"

/* Whether the column is of a metric of which higher values are better. */
static bool rises(const rn_trainer *t, const char *column)
{
    const char *name = strncmp(column, "valid_", 6) ? column : column + 6;

    for (const rn__fit_program *p = t->programs; p; p = p->next)
        for (int i = 0; i < p->metrics; i++) {
            const rn_metric *m = p->metric[i].metric;
            if (!strcmp(rn_metric_name(m), name)) return !rn_metric_lower_is_better(m);
        }
    return false;
}

rn_status rn__monitored(rn_trainer *t, const char *column, double *value, bool *maximize)
{
    if (!column) column = t->fit->valid ? "valid_loss" : "loss";
    if (rn__history_find(t->epochs, column) < 0)
        return rn_trainer_fail(t, RN_INVALID, "fit: the history has no column: %.200s",
                               column);
    *value = rn_history_at(t->epochs, -1, column);
    *maximize = *maximize || rises(t, column);
    return RN_OK;
}

rn_status rn__monitor(rn_callback *self, const rn_fit_state *now, bool *better)
{
    bool maximize = self->on[0];
    double value;
    const rn_status s = rn__monitored(now->trainer, self->text[0], &value, &maximize);

    *better = false;
    if (s != RN_OK || isnan(value)) return s;
    const double gain = maximize ? value - self->saved[1] : self->saved[1] - value;
    *better = self->saved[0] == 0 || gain > self->real;
    if (*better) self->saved[0] = 1, self->saved[1] = value;
    return RN_OK;
}
