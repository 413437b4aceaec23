/* SPDX-License-Identifier: MIT */
/*
 * The search for the culprit.
 *
 * Every operator's rule is judged alone, so that it does not matter how far from the loss
 * the mistake is, or how many there are. Only when all agree, the loops are; and then what
 * the sweep makes of the rules.
 */
#include "check/culprit.h"

#include <math.h>

#include "compile/passes.h"

/* At every step, if the operands have few enough elements; at so many at least. */
enum { STEPS = 5, ELEMENTS = 512 };

static bool make_copy(rn__search *s, rn_tensor loss)
{
    rn__conversion conversion = {
        .convert = true, .real = RN_F64, .variables_as_inputs = true};

    s->copy = rn_graph_new_using(s->user->allocator);
    if (!s->copy) return false;
    s->pass = (rn__copy_pass){.from = s->user, .to = s->copy};
    if (!rn__convert(&s->pass, &conversion, &loss.id, 1)) return false;
    s->loss = rn__copied(&s->pass, loss.id);
    s->count = s->copy->count;
    return true;
}

static int64_t steps_of(const rn__suspect *suspect, const rn__probe *p)
{
    int64_t elements = 1;

    for (int i = 0; i < p->inputs; i++)
        if (p->input[i].judged) elements += p->input[i].count;
    const int64_t steps = ELEMENTS / elements > STEPS ? ELEMENTS / elements : STEPS;
    return steps < suspect->runs ? steps : suspect->runs;
}

int64_t rn__suspect_run(const rn__suspect *suspect, int64_t k, int64_t steps)
{
    return suspect->runs - 1 - (steps > 1 ? k * (suspect->runs - 1) / (steps - 1) : 0);
}

/* At several steps. A probe that cannot be made is for want of memory. */
static rn__verdict judge_steps(rn__search *s, rn__suspect *suspect, rn__probe *p)
{
    rn__verdict verdict = RN__RIGHT;

    if (!rn__suspect_read(s, suspect, &p->arena)) {
        rn__probe_no_memory(p);
        return RN__UNJUDGED;
    }
    const int64_t steps = steps_of(suspect, p);
    for (int64_t k = 0; k < steps; k++) {
        const int64_t run = rn__suspect_run(suspect, k, steps);
        const rn__verdict one =
            rn__suspect_feed(suspect, run, p) ? rn__judge(p, s->culprit) : RN__UNJUDGED;
        if (one != RN__RIGHT) verdict = one;
        if (one != RN__WRONG) continue;
        rn__culprit_place(s->culprit, suspect, run);
        break;
    }
    return verdict;
}

/* Why a probe could not be made, if it is not for want of memory; else NULL. */
static const char *refusal(const rn__probe *p)
{
    const rn_graph *g = p->graph;
    const bool refused = g && g->failed && !g->no_memory;
    return refused ? rn_graph_error(p->graph) : NULL;
}

/* True to go on: it is not the culprit. */
static bool judge_suspect(rn__search *s, rn__suspect *suspect, rn_culprit_kind kind)
{
    const bool loop = kind == RN_CULPRIT_LOOP;
    rn_gradcheck_culprit *c = s->culprit;
    rn__verdict verdict = RN__UNJUDGED;
    rn__probe p;

    const bool made = rn__alone(&p, suspect);
    const char *refused = made ? NULL : refusal(&p);
    if (made) verdict = judge_steps(s, suspect, &p);
    if (refused) {
        verdict = RN__WRONG;
        c->mistake = RN_MISTAKE_REFUSED;
        rn__culprit_place(c, suspect, suspect->runs > 0 ? suspect->runs - 1 : 0);
    }
    const bool judged = (made && p.status != RN_NO_MEMORY) || refused;
    c->rules += !loop;
    c->unjudged += verdict == RN__UNJUDGED;
    suspect->unjudged = verdict == RN__UNJUDGED;
    if (judged && verdict == RN__WRONG) {
        c->kind = kind;
        rn__culprit_text(c, suspect, refused);
    }
    rn__probe_finish(&p);
    return judged && verdict != RN__WRONG;
}

static bool judge_suspects(rn__search *s, rn_culprit_kind kind)
{
    for (int k = s->suspects.count - 1; k >= 0; k--) {
        rn__suspect *suspect = rn__list_at(s->suspects, rn__suspect, k);
        const bool loop = rn__at(suspect->graph, suspect->id)->op == &rn__op_loop;
        if (suspect->stops || loop != (kind == RN_CULPRIT_LOOP)) continue;
        if (!judge_suspect(s, suspect, kind)) return false;
    }
    return true;
}

/* Before the engine is named: what else may be the reason. */
static const rn__suspect *reason(const rn__search *s)
{
    const rn__suspect *no_branches = NULL, *unjudged = NULL;

    for (int k = 0; k < s->suspects.count; k++) {
        const rn__suspect *suspect = rn__list_at(s->suspects, rn__suspect, k);
        if (suspect->stops) return suspect;
        if (suspect->no_branches && !no_branches) no_branches = suspect;
        if (suspect->unjudged) unjudged = suspect;
    }
    return no_branches ? no_branches : unjudged;
}

/* The sweep before the loops: each loop's body is swept too. */
static bool search_gradient(rn__search *s)
{
    if (!judge_suspects(s, RN_CULPRIT_RULE)) return true;
    if (s->refused || rn__adjoints_agree(s)) {
        if (!judge_suspects(s, RN_CULPRIT_LOOP)) return true;
        s->culprit->kind = RN_CULPRIT_ENGINE;
        if (s->refused) s->culprit->mistake = RN_MISTAKE_REFUSED;
    }
    rn__culprit_text(s->culprit, reason(s), s->refused);
    return true;
}

rn_gradcheck_culprit rn__no_culprit(void)
{
    return (rn_gradcheck_culprit){.node = -1,
                                  .loop = -1,
                                  .operand = -1,
                                  .other = -1,
                                  .element = -1,
                                  .shape = {.rank = -1},
                                  .ratio = NAN};
}

/* Lists the suspects, with a run of the loss, and has them searched. */
static bool find(rn_tensor loss, const rn__probe *checked, bool (*search)(rn__search *s),
                 rn_gradcheck_culprit *culprit)
{
    rn__search s = {.user = loss.graph,
                    .checked = checked,
                    .refused = checked->refused ? checked->problem : NULL,
                    .culprit = culprit};

    *culprit = rn__no_culprit();
    s.arena.allocator = loss.graph->allocator;
    const bool copied = make_copy(&s, loss), found = copied && rn__suspects_find(&s);
    const bool ok = found ? search(&s) : copied && s.suspects.count == 0;
    rn_program_free(s.program);
    rn__copy_finish(&s.pass);
    rn__copy_finish(&s.reach);
    rn_graph_free(s.copy);
    rn__arena_finish(&s.arena);
    return ok;
}

void rn__find_culprit(rn_tensor loss, const rn__probe *checked,
                      rn_gradcheck_culprit *culprit)
{
    find(loss, checked, search_gradient, culprit);
}

bool rn__find_kernel(rn_tensor loss, const rn__probe *checked,
                     rn_gradcheck_culprit *culprit)
{
    return find(loss, checked, rn__suspects_kernels, culprit);
}
