/* SPDX-License-Identifier: MIT */
/*
 * Watching a run for births of NaN and infinities.
 *
 * The calls before the first change of a variable run as ever. Then the processor's sticky
 * flags, and the results themselves, say whether there are grounds for suspicion; if so the
 * same calls are done once more from the same inputs and variables, which gives the same
 * values, and each is looked at. The few calls after them, which change variables and so
 * cannot be repeated, are looked at as they raise flags.
 */
#include <string.h>

#include "run/flags.h"
#include "run/run.h"
#include "run/values.h"

_Static_assert((int)RN_NONFINITE_STEPS == (int)RN_LOOP_DEPTH, "a step for every loop");

/* A flag may come from a value that nobody uses, or from nothing at all, in every run
 * again; then looking must not cost much in the long run. */
static bool due(int64_t times, int64_t always)
{
    return times <= always || (times & (times - 1)) == 0;
}

static bool all_finite(const rn__values *list, int count)
{
    for (int i = 0; i < count; i++)
        if (!rn__values_finite(&list[i].array)) return false;
    return true;
}

static void look_again(rn_program *program, int64_t *step, bool reached)
{
    rn__watching *w = &program->watching;
    rn__look look = {.program = program, .reached = reached};

    w->count = 0;
    for (int i = 0; i < w->leaves && reached; i++) {
        const int64_t element = rn__values_first(&w->leaf[i].array, false);
        if (element >= 0) rn__birth_add_leaf(&look, &w->leaf[i], element);
    }
    rn__run_calls(program, &look, 0, w->settled, step);
}

/* Between the calls that can be repeated and those that change variables. */
static bool judge(rn_program *program, bool raised, int64_t *step)
{
    enum { REACHED_ALWAYS = 8, RAISED_ALWAYS = 1 };
    rn__watching *w = &program->watching;
    const bool reached = !all_finite(w->result, w->results);

    w->reached = reached ? w->reached + 1 : 0;
    if (raised && !reached) w->raised++;
    if (!raised && !reached)
        w->count = 0;
    else if (reached ? due(w->reached, REACHED_ALWAYS) : due(w->raised, RAISED_ALWAYS))
        look_again(program, step, reached);
    return reached;
}

/* The rest of the calls. What they give lies in variables. */
static bool finish(rn_program *program, bool reached, int64_t *step)
{
    rn__watching *w = &program->watching;
    const int before = w->count;
    const bool old = before > 0 && w->found[0].ago > 0;
    rn__look look = {.program = program, .by_flags = true, .reached = reached};

    rn__flags_clear();
    if (!rn__run_calls(program, old ? NULL : &look, w->settled, program->calls, step))
        return false;
    for (int i = before; i < w->count; i++)
        w->found[i].reached |= !all_finite(w->leaf, w->leaves);
    return true;
}

bool rn__run_watched(rn_program *program, int64_t *step)
{
    rn__watching *w = &program->watching;
    const rn__flags flags = rn__flags_get();

    for (int i = 0; i < w->count; i++) w->found[i].ago++;
    rn__flags_clear();
    bool ok = rn__run_calls(program, NULL, 0, w->settled, step);
    if (ok)
        ok = finish(program, judge(program, rn__flags_raised(), step), step);
    else
        w->count = 0;
    rn__flags_set(flags);
    return ok;
}

bool rn_program_nonfinite(const rn_program *program, int index, rn_nonfinite *out)
{
    if (!program || !out || index < 0 || index >= program->watching.count) return false;
    *out = program->watching.found[index];
    return true;
}
