/* SPDX-License-Identifier: MIT */
/*
 * gradcheck_honesty [POINTS [STRIDE [SEED]]] -- prints how honest rn_gradcheck is, operator
 * by operator: POINTS (10000) elements of each are checked, every STRIDE-th (1) by the
 * oracle too. The exit status is 1 if a right rule failed, a kink was not reported, more
 * than one error in a thousand exceeded its bound, or any exceeded it a hundredfold.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "honesty.h"

static void add_side(honesty_side *sum, honesty_side one)
{
    sum->judged += one.judged;
    sum->outside += one.outside;
    if (one.worst > sum->worst) sum->worst = one.worst;
}

static void add(honesty *sum, const honesty *one)
{
    sum->graphs += one->graphs;
    sum->not_finite += one->not_finite;
    sum->points += one->points;
    sum->alarms += one->alarms;
    sum->left_out += one->left_out;
    sum->inconclusive += one->inconclusive;
    sum->straddled += one->straddled;
    sum->unreported += one->unreported;
    add_side(&sum->numeric, one->numeric);
    add_side(&sum->analytic, one->analytic);
}

static void print(const char *name, const honesty *h)
{
    printf("%-14s%8lld%7lld%8lld%7lld%7lld%9lld%6lld%8.2g%9lld%6lld%8.2g\n", name,
           (long long)h->points, (long long)h->alarms, (long long)h->left_out,
           (long long)h->unreported, (long long)h->inconclusive,
           (long long)h->numeric.judged, (long long)h->numeric.outside, h->numeric.worst,
           (long long)h->analytic.judged, (long long)h->analytic.outside,
           h->analytic.worst);
    if (h->alarm[0]) printf("%s", h->alarm);
    fflush(stdout);
}

static bool honest(const honesty_side *side)
{
    return side->outside <= side->judged / 1000 && side->worst <= 100;
}

static void print_end(const honesty *h)
{
    const int64_t judged = h->numeric.judged + h->analytic.judged;
    const int64_t within = judged - h->numeric.outside - h->analytic.outside;

    printf("%lld points, %lld failed, %lld left out at kinks, %lld kinks missed, %lld "
           "inconclusive\n",
           (long long)h->points, (long long)h->alarms, (long long)h->left_out,
           (long long)h->unreported, (long long)h->inconclusive);
    printf("within the error bounds: %lld of %lld errors (%.4f %%), the worst %.2g of its "
           "bound\n",
           (long long)within, (long long)judged, 100 * (double)within / (double)judged,
           fmax(h->numeric.worst, h->analytic.worst));
}

int main(int count, char **arguments)
{
    const int64_t points = count > 1 ? strtoll(arguments[1], NULL, 10) : 10000;
    const int64_t stride = count > 2 ? strtoll(arguments[2], NULL, 10) : 1;
    const uint64_t seed = count > 3 ? strtoull(arguments[3], NULL, 10) : 1;
    honesty sum = {0};

    printf("%-14s%8s%7s%8s%7s%7s%9s%6s%8s%9s%6s%8s\n", "operator", "points", "failed",
           "kinks", "missed", "unsure", "numeric", "out", "worst", "analytic", "out",
           "worst");
    for (int i = 0; i < honesty_record_count; i++) {
        if (!honesty_applies(honesty_records[i])) continue;
        const honesty h = honesty_of(honesty_records[i], points, stride, seed);
        print(honesty_records[i]->name, &h);
        add(&sum, &h);
    }
    print("all", &sum);
    print_end(&sum);
    return !sum.alarms && !sum.unreported && honest(&sum.numeric) && honest(&sum.analytic)
               ? 0
               : 1;
}
