/* SPDX-License-Identifier: MIT */
/* What runs have measured: numbers of a step, and all as a table. */
#include "rondo/profile.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plan/cost.h"
#include "program/program.h"

rn__profile *rn__profile_of(const rn_program *program)
{
    return program && program->backend->profile ? program->backend->profile(program->loaded)
                                                : NULL;
}

int64_t rn_profile_runs(const rn_program *program)
{
    const rn__profile *p = rn__profile_of(program);

    return p ? p->runs : 0;
}

void rn_profile_clear(rn_program *program)
{
    rn__profile *p = rn__profile_of(program);

    if (p) rn__profile_clear(p);
}

/* ---- a step ---- */

static bool is_block(const rn__step *step)
{
    return step->kind == RN__STEP_LOOP || step->kind == RN__STEP_CHAIN;
}

/* Adds what a step did; returns how long that takes at the peak. */
static double add_cost(const rn__profile *p, int32_t index, rn_profile *to)
{
    const rn__step *step = &p->plan->step[index];
    if (is_block(step)) return 0;

    const rn__cost cost = rn__step_cost(p->plan, step);
    const double part = p->step[index].part;
    const bool f64 = rn__step_output(p->plan, step)->type == RN_F64;

    to->operations += part * cost.operations;
    to->read += part * cost.read;
    to->written += part * cost.written;
    return part * cost.operations / p->peak[f64];
}

static void describe(const rn__plan *plan, const rn__step *step, rn_profile *to)
{
    const rn__node *node = rn__step_node(plan, step);

    to->op = rn__step_name(plan, step);
    to->name = node && node->name ? node->name : "";
    for (int32_t b = step->block; b >= 0; b = plan->step[b].block) to->blocks++;
    if (is_block(step)) return;
    const rn__operand *out = rn__step_output(plan, step);
    to->type = out->type;
    to->shape = rn_shape_of(out->rank, out->size);
}

bool rn_profile_at(const rn_program *program, int index, rn_profile *out)
{
    const rn__profile *p = rn__profile_of(program);

    if (!p || !out || index < 0 || index >= p->plan->steps) return false;

    const rn__step *step = &p->plan->step[index];
    const bool in_chain =
        step->block >= 0 && p->plan->step[step->block].kind == RN__STEP_CHAIN;
    double least = 0;

    *out = (rn_profile){.times = p->step[index].times};
    describe(p->plan, step, out);
    for (int32_t i = index; i < (is_block(step) ? step->end : index + 1); i++)
        least += add_cost(p, i, out);
    out->seconds = in_chain ? (double)NAN : 1e-9 * (double)p->step[index].nanoseconds;
    out->share_of_peak = out->seconds > 0 ? least / out->seconds : (double)NAN;
    return true;
}

/* ---- the table ---- */

/* With a point in every locale; "-" for NaN. */
static void add_number(rn__text *t, int width, double value, int digits)
{
    const double scale = digits == 3 ? 1000 : digits == 1 ? 10 : 1;
    char text[48] = "-";

    if (value >= 0 && value * scale < 9e17) {
        const long long all = llround(value * scale), whole = all / (long long)scale;
        snprintf(text, sizeof text, "%lld.%0*lld", whole, digits,
                 all - whole * (long long)scale);
    }
    rn__text_add(t, "%*s", width, text);
}

static void add_row(const rn__profile *p, int32_t index, const rn_profile *s, rn__text *t)
{
    const double runs = (double)p->runs, total = 1e-9 * (double)p->nanoseconds;
    char shape[128];

    add_number(t, 10, 1e3 * s->seconds / runs, 3);
    add_number(t, 7, total > 0 ? 100 * s->seconds / total : (double)NAN, 1);
    add_number(t, 10, (double)s->times / runs, 1);
    add_number(t, 11, 1e-6 * s->operations / runs, 3);
    add_number(t, 9, s->seconds > 0 ? 1e-9 * s->operations / s->seconds : (double)NAN, 1);
    add_number(t, 7, 100 * s->share_of_peak, 1);
    add_number(t, 12, 1e-3 * s->read / runs, 1);
    add_number(t, 12, 1e-3 * s->written / runs, 1);
    rn__text_add(t, "  %*s%d %s", 4 * s->blocks, "", (int)index, s->op);
    if (*s->name) rn__text_add(t, " \"%s\"", s->name);
    if (!is_block(&p->plan->step[index]))
        rn__text_add(t, " %s %s", rn_type_name(s->type),
                     rn__shape_text(s->shape, shape, sizeof shape));
    rn__text_add(t, "\n");
}

static void add_head(const rn__profile *p, rn__text *t)
{
    rn__text_add(t, "%lld runs of ", (long long)p->runs);
    add_number(t, 1, 1e-6 * (double)p->nanoseconds / (double)p->runs, 3);
    rn__text_add(t, " ms; peak of one core, in GFLOP/s: f32 ");
    add_number(t, 1, 1e-9 * p->peak[0], 1);
    rn__text_add(t, ", f64 ");
    add_number(t, 1, 1e-9 * p->peak[1], 1);
    rn__text_add(t, "\n%10s%7s%10s%11s%9s%7s%12s%12s  step\n", "ms", "%", "times", "Mop",
                 "GFLOP/s", "% peak", "KB read", "KB written");
}

size_t rn_profile_text(const rn_program *program, char *text, size_t capacity)
{
    rn__text t = {text, text ? capacity : 0, 0};
    const rn__profile *p = rn__profile_of(program);
    rn_profile step;

    if (t.capacity) text[0] = 0;
    if (!program) return 0;
    if (!p || p->runs == 0) {
        rn__text_add(&t, p ? "no run was measured yet\n"
                           : "not measured: the program was not compiled with .profile\n");
        return t.used;
    }
    add_head(p, &t);
    for (int32_t i = 0; i < p->plan->steps; i++)
        if (rn_profile_at(program, (int)i, &step)) add_row(p, i, &step, &t);
    return t.used;
}
