/* SPDX-License-Identifier: MIT */
/*
 * What all schedules share: defaults, refusals, the warm-up and the smallest rate.
 *
 *   s < warm_up:  rate (warm_up_factor + (1 - warm_up_factor) s / warm_up)
 *   otherwise:    eta_min + (rate - eta_min) factor(s - warm_up)
 */
#include "train/schedules/schedule.h"

#include <math.h>

#include "graph/null.h"
#include "rondo/ops.h"

#define RN_SCHEDULE(name, ...) &rn__schedule_##name,
static const rn__schedule_rule *const rules[] = {
    NULL,
#include "train/schedules/schedules.def"
};
#undef RN_SCHEDULE
enum { RULES = sizeof rules / sizeof *rules };

double rn__progress_at(const rn_schedule *o, double s)
{
    const double T = (double)o->steps;

    return (s < T ? s : T) / T;
}

rn_tensor rn__progress(const rn_schedule *o, rn_tensor s)
{
    const rn_tensor T = rn_constant_like(s, (double)o->steps);

    return rn_div(rn_minimum(s, T), T);
}

rn_tensor rn__power(double base, rn_tensor y)
{
    return rn_pow(rn_constant_like(y, base), y);
}

/* ---- what was asked for ---- */

/* A number: its place, and the value that its 0 stands for. */
static const struct {
    uint16_t offset, preset;
} numbers[] = {{offsetof(rn_schedule, warm_up_factor), 0},
               {offsetof(rn_schedule, eta_min), 0},
               {offsetof(rn_schedule, gamma), 0},
               {offsetof(rn_schedule, power), 1},
               {offsetof(rn_schedule, start_factor), 0},
               {offsetof(rn_schedule, end_factor), 0},
               {offsetof(rn_schedule, div_factor), 25},
               {offsetof(rn_schedule, final_div_factor), 10000},
               {offsetof(rn_schedule, base_momentum), 0},
               {offsetof(rn_schedule, max_momentum), 0}};

static bool in_range(double number)
{
    return number >= 0 && number < 1e15;
}

/* Sets all members and *rule. Returns NULL or what is wrong. */
static const char *fault_of(rn_schedule *o, const rn__schedule_rule **rule, double *number)
{
    *number = (double)o->kind;
    if ((unsigned)o->kind >= RULES) return "no such kind";
    *rule = rules[o->kind];
    if (o->gamma == 0 && o->kind != RN_SCHEDULE_EXPONENTIAL) o->gamma = 0.1;
    if (o->start_factor == 0 && o->end_factor == 0)
        o->start_factor = 1. / 3, o->end_factor = 1;
    if (o->t_mult == 0) o->t_mult = 1;
    if (o->pct_start == 0) o->pct_start = 0.3;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        double *at = (double *)(void *)((char *)o + numbers[i].offset);
        if (*at == 0) *at = numbers[i].preset;
        if (!in_range(*number = *at)) return "numbers must be finite and not negative";
    }
    const int64_t counts[] = {o->steps, o->warm_up, o->t_mult};
    for (int i = 0; i < 3 + RN_MILESTONES_MAX; i++)
        if (!in_range(*number = (double)(i < 3 ? counts[i] : o->milestone[i - 3])))
            return "a number of steps is out of range";
    if (!((*number = o->pct_start) >= 0 && *number <= 1))
        return "pct_start must be in 0 <= pct_start <= 1";
    *number = fmax(rn__base_momentum(o), rn__max_momentum(o));
    if (!(*number < 1)) return "base_momentum and max_momentum must be less than 1";
    *number = 0;
    if (o->cycle_momentum && o->kind != RN_SCHEDULE_ONE_CYCLE)
        return "cycle_momentum is of one_cycle alone";
    if (*rule && (*rule)->timed && o->steps == 0) return "steps must be positive";
    return o->gamma == 0 ? "gamma must be positive" : NULL;
}

/* ---- by hand ---- */

double rn_schedule_at(const rn_schedule *schedule, double rate, int64_t step)
{
    const rn__schedule_rule *rule;
    double number, s = step > 0 ? (double)step : 0;

    if (!schedule) return (double)NAN;
    rn_schedule o = *schedule;
    if (fault_of(&o, &rule, &number)) return (double)NAN;
    const double warm_up = (double)o.warm_up;
    if (s < warm_up)
        return rate * (o.warm_up_factor + (1 - o.warm_up_factor) * (s / warm_up));
    if (!rule) return rate;
    return o.eta_min + (rate - o.eta_min) * rule->at(&o, s - warm_up);
}

double rn_schedule_momentum_at(const rn_schedule *schedule, int64_t step)
{
    const rn__schedule_rule *rule;
    double number;

    if (!schedule) return (double)NAN;
    rn_schedule o = *schedule;
    if (fault_of(&o, &rule, &number) || !o.cycle_momentum) return (double)NAN;
    return rn__one_cycle_momentum_at(&o, step > o.warm_up ? (double)(step - o.warm_up) : 0);
}

/* ---- as a graph ---- */

static rn_tensor main_part(const rn_schedule *o, const rn__schedule_rule *rule,
                           rn_tensor rate, rn_tensor s)
{
    if (!rule) return rate;
    const rn_tensor above = rn_mul(rn_offset(rate, -o->eta_min), rule->build(o, s));
    return rn_offset(above, o->eta_min);
}

static rn_tensor with_warm_up(const rn_schedule *o, const rn__schedule_rule *rule,
                              rn_tensor rate, rn_tensor s)
{
    const double from = o->warm_up_factor;
    const rn_tensor warm_up = rn_constant_like(s, (double)o->warm_up);
    const rn_tensor part = rn_scale(rn_div(s, warm_up), 1 - from);
    const rn_tensor rest = rn_maximum(rn_sub(s, warm_up), rn_constant_like(s, 0));

    return rn_where(rn_less(s, warm_up), rn_mul(rate, rn_offset(part, from)),
                    main_part(o, rule, rate, rest));
}

static bool is_scalar(rn_tensor x, rn_type type)
{
    return rn_type_get(x) == type && rn_rank(x) == 0;
}

/* The schedule with defaults; false with an error on the graph. */
static bool fits(const char *what, rn_schedule *o, const rn_schedule *schedule,
                 const rn__schedule_rule **rule, rn_tensor step)
{
    double number = 0;

    *rule = NULL;
    if (!schedule) {
        rn_fail(step.graph, "%s: the schedule is NULL", what);
        return false;
    }
    *o = *schedule;
    const char *fault = fault_of(o, rule, &number);
    if (fault)
        rn_fail(step.graph, "%s: %s%s%s: %g", what, *rule ? (*rule)->name : "",
                *rule ? ": " : "", fault, number);
    return !fault;
}

rn_tensor rn_scheduled_rate(const rn_schedule *schedule, rn_tensor rate, rn_tensor step)
{
    const char *const what = "scheduled_rate";
    const rn__schedule_rule *rule;
    rn_schedule o;

    if (rn_is_null(rate) || rn_is_null(step))
        return rn__null_refuse(rate.graph ? rate.graph : step.graph, what, NULL,
                               RN__NULL_OPERANDS, rn_is_null(rate) ? rate : step);
    if (!is_scalar(rate, RN_F64) || !is_scalar(step, RN_I32))
        return rn_fail(rate.graph, "%s: the rate must be an f64 scalar, the step i32",
                       what);
    if (!fits(what, &o, schedule, &rule, rate)) return rn_null();
    const rn_tensor s = rn_cast(step, RN_F64);
    return o.warm_up ? with_warm_up(&o, rule, rate, s) : main_part(&o, rule, rate, s);
}

rn_tensor rn_scheduled_momentum(const rn_schedule *schedule, rn_tensor step)
{
    const char *const what = "scheduled_momentum";
    const rn__schedule_rule *rule;
    rn_schedule o;

    if (rn_is_null(step))
        return rn__null_refuse(step.graph, what, NULL, RN__NULL_OPERANDS, step);
    if (!is_scalar(step, RN_I32))
        return rn_fail(step.graph, "%s: the step must be an i32 scalar", what);
    if (!fits(what, &o, schedule, &rule, step)) return rn_null();
    if (!o.cycle_momentum)
        return rn_fail(step.graph, "%s: cycle_momentum is not set", what);
    const rn_tensor s = rn_offset(rn_cast(step, RN_F64), -(double)o.warm_up);
    return rn__one_cycle_momentum(&o, rn_maximum(s, rn_constant_like(s, 0)));
}
