/* SPDX-License-Identifier: MIT */
/*
 * How charlm shares its time between training and measuring.
 *
 *   measuring <= 3 % of the time so far     while it trains
 *   measuring <= 9 % of it                  with the last measure, which is the report's
 *
 * so at least nine tenths are training, even if a measurement ends a little late. The
 * amount of text follows from the speed of the last measurement; before the first one, from
 * the speed of training, which is slower.
 */
#include "charlm.h"

#include <math.h>

double budget_seconds(const budget *b)
{
    return b->learning + b->measuring;
}

double budget_speed(const budget *b)
{
    return (double)b->learnt / fmax(b->learning, 1e-9);
}

void budget_learnt(budget *b, double seconds, int64_t characters)
{
    b->learning += seconds;
    b->learnt += characters;
}

void budget_measured(budget *b, double seconds, int64_t characters)
{
    b->measuring += seconds;
    b->measured = (double)characters / fmax(seconds, 1e-9);
}

bool budget_knows(const budget *b)
{
    return b->measured > 0;
}

double budget_allows(const budget *b, bool last)
{
    return (last ? 0.09 : 0.03) * budget_seconds(b) - b->measuring;
}

int64_t budget_characters(const budget *b, bool last)
{
    const double speed = budget_knows(b) ? b->measured : budget_speed(b);

    return (int64_t)fmin(fmax(0, budget_allows(b, last) * speed), 1e15);
}
