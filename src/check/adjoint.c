/* SPDX-License-Identifier: MIT */
/*
 * Whether the sweep joins what the rules give: the gradient of each tensor of the outermost
 * graph must be the sum of what its readers' rules, called here, make of the readers'
 * gradients. A loop is a reader too.
 */
#include <math.h>

#include "autodiff/sweep.h"
#include "check/culprit.h"
#include "rondo/ops.h"

/* What one reader gives to one tensor. */
typedef struct part {
    int32_t reader, target;
    rn_tensor dx;
    const double *value;
} part;

typedef struct adjoints {
    rn__search *s;
    rn_graph *graph; /* the search's copy, which is as rn_grad sees it */
    rn__primals primals;
    rn__sweep sweep;
    rn__arena arena;
    rn__list parts; /* part */
    rn_program *program;
    const bool *reached;
} adjoints;

/* ---- the sweep ---- */

/* As rn_grad. */
static bool sweep(adjoints *a, rn_tensor loss)
{
    a->primals = (rn__primals){a->graph, a->graph, NULL, NULL, 0};
    if (!rn__sweep_init(&a->sweep, &a->primals)) return false;
    for (int i = 0; i < a->s->checked->inputs; i++) {
        const rn_tensor x = rn__search_leaf(a->s, i);
        if (!rn_is_null(x) && a->s->checked->input[i].judged) a->sweep.needed[x.id] = true;
    }
    rn__sweep_need(&a->sweep);
    return rn__sweep_add(&a->sweep, loss.id, rn_constant_like(loss, 1)) &&
           rn__sweep_run(&a->sweep);
}

/* ---- what the readers give ---- */

static bool add_part(adjoints *a, int32_t reader, int32_t target, rn_tensor dx)
{
    if (rn_is_null(dx) || !a->reached[target]) return true;
    part *p = (part *)rn__list_add(a->graph, &a->parts, sizeof *p);
    if (p) *p = (part){reader, target, dx, NULL};
    return p != NULL;
}

static bool add_rule(adjoints *a, int32_t id)
{
    const rn__node *node = rn__at(a->graph, id);
    const size_t n = (size_t)node->inputs;
    rn_tensor *x = (rn_tensor *)rn__arena_new(&a->arena, 2 * n * sizeof *x);
    bool *wanted = (bool *)rn__arena_new(&a->arena, n), ok = true;

    if (!x || !wanted) return false;
    for (int i = 0; i < node->inputs; i++) {
        x[i] = rn__tensor(a->graph, node->in[i]);
        wanted[i] = a->reached[node->in[i]];
    }
    rn__pull(node, x, rn__tensor(a->graph, id), rn__sweep_get(&a->sweep, id), wanted,
             x + n);
    for (int i = 0; ok && i < node->inputs; i++)
        ok = add_part(a, id, node->in[i], x[(int)n + i]);
    return ok;
}

/* By a sweep of nothing but the loop. */
static bool add_loop(adjoints *a, int32_t id)
{
    const rn__node *node = rn__at(a->graph, id);
    rn__sweep alone;
    bool ok = rn__sweep_init(&alone, &a->primals), given = false;

    if (!ok) return false;
    for (int32_t k = 0; k < a->s->count; k++) {
        const rn__node *get = rn__at(a->graph, k);
        alone.needed[k] = a->reached[k];
        if (get->op != &rn__op_get || get->in[0] != id) continue;
        if (!rn_is_null(rn__sweep_get(&a->sweep, k)))
            alone.cotangent[k] = a->sweep.cotangent[k];
        given = given || alone.cotangent[k] >= 0;
    }
    ok = !given || rn__sweep_loop(&alone, id);
    for (int i = 0; ok && given && i < node->inputs; i++) {
        ok = add_part(a, id, node->in[i], rn__sweep_get(&alone, node->in[i]));
        alone.cotangent[node->in[i]] = -1; /* a tensor that is read twice counts once */
    }
    rn__sweep_finish(&alone);
    return ok;
}

static bool add_parts(adjoints *a)
{
    for (int32_t id = 0; id < a->s->count; id++) {
        const rn__node *node = rn__at(a->graph, id);
        if (node->op == &rn__op_loop) {
            if (!add_loop(a, id)) return false;
        } else if (node->op->gradient && a->sweep.cotangent[id] >= 0) {
            if (!add_rule(a, id)) return false;
        }
    }
    return !a->graph->failed;
}

/* ---- values ---- */

static bool run(adjoints *a)
{
    const size_t most = (size_t)a->sweep.count + (size_t)a->parts.count;
    rn_tensor *y = (rn_tensor *)rn__arena_new(&a->arena, most * sizeof *y);
    int count = 0;

    if (!y) return false;
    for (int k = 0; k < a->parts.count; k++)
        y[count++] = rn__list_at(a->parts, part, k)->dx;
    for (int32_t id = 0; id < a->sweep.count; id++)
        if (a->sweep.cotangent[id] >= 0) y[count++] = rn__sweep_get(&a->sweep, id);
    a->program =
        rn_compile(a->graph, (rn_compile_options){.outputs = y, .output_count = count});
    return a->program && rn__search_feed(a->s, a->program) && rn_run(a->program) == RN_OK;
}

/* The values of a tensor; zeros for null. NULL without memory. */
static const double *values(adjoints *a, rn_tensor x, int64_t count)
{
    const size_t bytes = (size_t)count * sizeof(double);
    double *value = (double *)rn__arena_new(&a->arena, bytes);

    if (value && !rn_is_null(x) && rn_read(a->program, x, value, bytes) != RN_OK)
        return NULL;
    return value;
}

/* ---- comparing ---- */

/* One tensor's gradient and the parts it should be the sum of. */
typedef struct sum {
    const double *have;
    const part *from;
    int parts;
    int64_t count;
} sum;

/* Whether it is the sum of all parts but number `without` (-1: of all). Sets the element
 * that is furthest off. */
static bool is_sum(const sum *u, int without, rn_gradcheck_culprit *c)
{
    const double slack = 1e-11;
    double furthest = 0;

    for (int64_t k = 0; k < u->count; k++) {
        double total = 0, size = 0;
        for (int i = 0; i < u->parts; i++) {
            const double d = u->from[i].value[k];
            size += fabs(d);
            if (i != without) total += d;
        }
        const double off = fabs(u->have[k] - total);
        if (off <= slack * (size + fabs(total)) || !(isfinite(total))) continue;
        if (!c) return false;
        if (off <= furthest) continue;
        furthest = isnan(off) ? (double)INFINITY : off;
        c->element = k;
        c->analytic = u->have[k];
        c->numeric = total;
    }
    return furthest == 0;
}

static void diagnose(const sum *u, rn_gradcheck_culprit *c)
{
    for (int k = 0; k < u->parts && c->mistake == RN_MISTAKE_UNKNOWN; k++) {
        if (!is_sum(u, k, NULL)) continue;
        c->mistake = RN_MISTAKE_READER_MISSING;
        c->other = u->from[k].reader;
    }
}

static int32_t user_id(const adjoints *a, int32_t id)
{
    return rn__user_id(&a->s->pass, rn__tensor(a->graph, id));
}

static bool agrees(adjoints *a, int32_t id, part *room)
{
    rn_gradcheck_culprit *c = a->s->culprit;
    sum u = {.from = room, .count = rn_shape_count(rn__at(a->graph, id)->shape)};

    for (int k = 0; k < a->parts.count; k++) {
        part *p = rn__list_at(a->parts, part, k);
        if (p->target != id) continue;
        p->value = values(a, p->dx, u.count);
        if (!p->value) return false;
        room[u.parts++] = *p;
    }
    if (u.parts == 0) return true;
    u.have = values(a, rn__sweep_get(&a->sweep, id), u.count);
    if (!u.have) return false;
    if (is_sum(&u, -1, c)) return true;
    c->kind = RN_CULPRIT_ENGINE;
    c->ratio = NAN;
    diagnose(&u, c);
    const rn__suspect suspect = {.user_graph = a->s->user, .user_id = user_id(a, id)};
    c->shape = rn__at(a->graph, id)->shape;
    if (c->other >= 0) c->other = user_id(a, c->other);
    if (suspect.user_id >= 0) rn__culprit_place(c, &suspect, 0);
    return false;
}

bool rn__adjoints_agree(rn__search *s)
{
    adjoints a = {.s = s,
                  .graph = s->copy,
                  .arena = {.allocator = s->arena.allocator},
                  .reached = rn__search_reached(s, s->copy)};

    bool ok = sweep(&a, s->loss) && add_parts(&a) && run(&a);
    part *room = (part *)rn__arena_new(&a.arena, (size_t)a.parts.count * sizeof *room);
    ok = ok && room;
    for (int32_t id = ok ? s->count - 1 : -1; ok && id >= 0; id--)
        ok = agrees(&a, id, room);
    rn_program_free(a.program);
    if (a.sweep.primals) rn__sweep_finish(&a.sweep);
    rn__arena_finish(&a.arena);
    return ok;
}
