/* SPDX-License-Identifier: MIT */
/*
 * one_cycle -- two or three phases, in each of which the factor, or the momentum, goes from
 * a to b; arXiv:1708.07120, with the ends of the phases as in PyTorch.
 *
 *   p = (s - start) / (end - start)
 *   y = b + (a - b) (1 + cos(pi p)) / 2     or, linear,  a + (b - a) p
 */
#include "rondo/ops.h"
#include "train/schedules/schedule.h"

typedef struct phase {
    double end, a, b;
} phase;

double rn__base_momentum(const rn_schedule *o)
{
    return o->base_momentum != 0 ? o->base_momentum : 0.85;
}

double rn__max_momentum(const rn_schedule *o)
{
    return o->max_momentum != 0 ? o->max_momentum : 0.95;
}

/* Returns the number of phases; they begin at 0. */
static int phases(const rn_schedule *o, bool momentum, phase *p)
{
    const double T = (double)o->steps;
    const double first = momentum ? rn__max_momentum(o) : 1 / o->div_factor;
    const double top = momentum ? rn__base_momentum(o) : 1;
    int n = 0;

    p[n++] = (phase){o->pct_start * T - 1, first, top};
    if (o->three_phase) p[n++] = (phase){2 * o->pct_start * T - 2, top, first};
    p[n++] = (phase){T - 1, o->three_phase ? first : top,
                     momentum ? first : first / o->final_div_factor};
    return n;
}

/* The length of a phase, by which the time in it is divided. */
static double length_of(double start, double end)
{
    return end > start ? end - start : 1;
}

static double number_at(const rn_schedule *o, bool momentum, double s)
{
    phase p[3];
    const int count = phases(o, momentum, p);
    double start = 0;
    int i = 0;

    for (; i + 1 < count && s > p[i].end; i++) start = p[i].end;
    if (s > p[i].end) return p[i].b;
    const double length = length_of(start, p[i].end);
    if (o->linear) return p[i].a + (p[i].b - p[i].a) * ((s - start) / length);
    return p[i].b + (p[i].a - p[i].b) * rn__cosine_at(s - start, length);
}

static rn_tensor within(const rn_schedule *o, const phase *p, double start, rn_tensor s)
{
    const rn_tensor at = rn_offset(s, -start);
    const rn_tensor length = rn_constant_like(s, length_of(start, p->end));

    if (o->linear) return rn_offset(rn_scale(rn_div(at, length), p->b - p->a), p->a);
    return rn_offset(rn_scale(rn__cosine(at, length), p->a - p->b), p->b);
}

static rn_tensor number(const rn_schedule *o, bool momentum, rn_tensor s)
{
    phase p[3];
    int i = phases(o, momentum, p) - 1;
    rn_tensor y = rn_constant_like(s, p[i].b);

    for (; i >= 0; i--) {
        const rn_tensor over = rn_less(rn_constant_like(s, p[i].end), s);
        y = rn_where(over, y, within(o, &p[i], i ? p[i - 1].end : 0, s));
    }
    return y;
}

static double at(const rn_schedule *o, double s)
{
    return number_at(o, false, s);
}

static rn_tensor build(const rn_schedule *o, rn_tensor s)
{
    return number(o, false, s);
}

double rn__one_cycle_momentum_at(const rn_schedule *o, double s)
{
    return number_at(o, true, s);
}

rn_tensor rn__one_cycle_momentum(const rn_schedule *o, rn_tensor s)
{
    return number(o, true, s);
}

const rn__schedule_rule rn__schedule_one_cycle = {"one_cycle", true, at, build};
