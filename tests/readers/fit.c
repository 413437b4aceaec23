/* SPDX-License-Identifier: MIT */
/* Writes an event file and a history as CSV, for other readers.  usage: fit FOLDER CSV */
#include <math.h>
#include <rondo.h>
#include <stdio.h>

int main(int count, char **argument)
{
    char why[200] = "";
    rn_events *e = count == 3 ? rn_events_new(argument[1], why, sizeof why) : NULL;
    rn_history *h = rn_history_new();

    for (int i = 0; e && h && i < 300; i++) {
        rn_events_add(e, "epoch/loss", i * 1000000007LL, 1.0 / (double)(i + 1));
        rn_events_add(e, "epoch/\xc3\xa4", i, i == 7 ? (double)NAN : i);
        rn_history_row(h);
        rn_history_set(h, "epoch", i);
        if (i != 7) rn_history_set(h, "loss", 1.0 / (double)(i + 1));
    }
    if (!e || !h || rn_events_flush(e) || rn_history_save(h, argument[2])) {
        fprintf(stderr, "%s%s\n", why, rn_history_error(h));
        return 1;
    }
    rn_events_free(e);
    rn_history_free(h);
    return 0;
}
