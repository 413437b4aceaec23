/* SPDX-License-Identifier: MIT */
/*
 * ctc -- connectionist temporal classification; Graves et al. 2006, section 4.1.
 *
 *   logits  [T, B, V]    targets  [B, S] i32    labels l [B, L], L = 2 S + 1:
 *                                               the targets with blanks around them
 *
 *   a[s]  = (a[s] + a[s - 1] + skip[s] a[s - 2]) p(t, l[s])      in every step t
 *   p     = a[2 n] + a[2 n - 1]                                  of n targets, at the end
 *
 * with a = 1 0 0 .. before the first step. skip[s] is 1 if l[s] is a target other than
 * l[s - 2]. All of it is computed in logarithms. A sum of nothing but log 0 is log 0 as a
 * constant, so its gradient is 0.
 */
#include <math.h>

#include "graph/frame.h"
#include "nn/losses/losses.h"
#include "rondo/loop.h"

typedef struct ctc {
    rn__loss loss; /* shape [B] */
    rn_graph *graph;
    rn_tensor logits, targets, steps, count; /* count: of each row's targets, i32 [B] */
    rn_tensor labels, skip;                  /* [B, L], i32 and bool */
    int64_t T, B, V, S, L;
    int blank;
} ctc;

/* ---- what was asked for ---- */

static const char *fault_of(const ctc *c)
{
    const rn_shape x = rn_shape_get(c->logits), t = rn_shape_get(c->targets);

    if (rn_is_null(c->logits) || rn_is_null(c->targets)) return "a tensor is null";
    if (!rn__is_real(rn_type_get(c->logits))) return "logits must be real";
    if (rn_type_get(c->targets) != RN_I32) return "targets must be i32";
    if (x.rank != 3 || t.rank != 2 || x.size[1] != t.size[0])
        return "shapes are not [T,B,V] and [B,S]";
    if (c->blank < 0 || c->blank >= x.size[2]) return "blank is no class";
    if (t.size[1] > INT32_MAX / 4) return "too many targets";
    return NULL;
}

static bool fits(const ctc *c)
{
    char x_text[128], t_text[128];
    const char *fault = fault_of(c);

    if (fault)
        rn_fail(c->graph, "ctc: %s: logits %s, targets %s, blank %d", fault,
                rn__describe(c->logits, x_text, sizeof x_text),
                rn__describe(c->targets, t_text, sizeof t_text), c->blank);
    return !fault;
}

/* Numbers [B] for each sequence: `most` if there are none, else checked, and 0 where the
 * sequence does not count. */
static rn_tensor numbers(const ctc *c, const char *name, rn_tensor x, int64_t most)
{
    const rn_shape shape = {1, {c->B}};

    if (rn_is_null(x))
        x = rn_broadcast(rn_constant_like(c->targets, (double)most), shape);
    else
        x = rn_check_range(rn__loss_fit(&c->loss, name, x, RN_I32), 0, most);
    return rn__loss_masked(&c->loss, x, false);
}

/* ---- labels ---- */

static rn_tensor blanks(const ctc *c, int64_t columns)
{
    const rn_shape shape = {2, {c->B, columns}};

    return rn_broadcast(rn_constant_like(c->targets, c->blank), shape);
}

/* The targets, with blanks for padding; a real target that is the blank becomes -1, which
 * is no class. */
static rn_tensor real_targets(const ctc *c)
{
    const rn_tensor t = c->targets, blank = rn_constant_like(t, c->blank);
    const rn_tensor real =
        rn_less(rn_expand(rn_range(c->graph, c->S), 0), rn_expand(c->count, 1));
    const rn_tensor good = rn_where(rn_equal(t, blank), rn_constant_like(t, -1), t);

    return rn_check_range(rn_where(real, good, blank), 0, c->V - 1);
}

static void find_labels(ctc *c)
{
    const rn_tensor pairs[] = {blanks(c, c->S), real_targets(c)};
    const rn_tensor parts[] = {
        rn_reshape(rn_stack(pairs, 2, 2), (rn_shape){2, {c->B, 2 * c->S}}), blanks(c, 1)};

    c->labels = rn_concat(parts, 2, 1);
    if (c->L < 3) return;
    const rn_tensor here = rn_slice(c->labels, 1, 2, c->L, 1);
    const rn_tensor before = rn_slice(c->labels, 1, 0, c->L - 2, 1);
    const rn_tensor is_target = rn_not_equal(here, rn_constant_like(here, c->blank));

    c->skip = rn_pad(rn_logical_and(rn_not_equal(here, before), is_target), 1, 2, 0, 0);
}

/* ---- the recursion ---- */

/* The logarithm of 0 in some columns. */
static rn_tensor impossible(rn_tensor like, int64_t columns)
{
    const rn_shape shape = {2, {rn_size(like, 0), columns}};

    return rn_broadcast(rn_constant_like(like, -(double)INFINITY), shape);
}

/* a moved by some columns. */
static rn_tensor moved(rn_tensor a, int64_t by)
{
    const rn_tensor parts[] = {impossible(a, by), rn_slice(a, 1, 0, rn_size(a, 1) - by, 1)};

    return rn_concat(parts, 2, 1);
}

/* The logarithm of the sum of exponentials, element by element. */
static rn_tensor log_sum(const rn_tensor *x, int count)
{
    rn_tensor m = x[0], sum = rn_null();

    for (int i = 1; i < count; i++) m = rn_maximum(m, x[i]);
    m = rn_stop_gradient(m);
    m = rn_where(rn_is_finite(m), m, rn_constant_like(m, 0));
    for (int i = 0; i < count; i++) {
        const rn_tensor part = rn_exp(rn_sub(x[i], m));
        sum = i ? rn_add(sum, part) : part;
    }
    const rn_tensor none = rn_equal(sum, rn_constant_like(sum, 0));
    const rn_tensor safe = rn_where(none, rn_constant_like(sum, 1), sum);

    return rn_where(none, rn_constant_like(sum, -(double)INFINITY),
                    rn_add(rn_log(safe), m));
}

static rn_tensor step(const ctc *c, rn_tensor a, rn_tensor logits)
{
    const rn_tensor p = rn_gather(rn_log_softmax(logits, -1), c->labels, 1);
    rn_tensor from[3] = {a};
    int count = 1;

    if (c->L >= 3) {
        const rn_tensor jump = moved(a, 2);
        from[count++] = moved(a, 1);
        from[count++] = rn_where(c->skip, jump, rn_constant_like(jump, -(double)INFINITY));
    }
    return rn_add(log_sum(from, count), p);
}

/* a after the last step: [B, L]. */
static rn_tensor run(const ctc *c)
{
    const rn_tensor certain = rn_fill(c->graph, c->loss.type, (rn_shape){2, {c->B, 1}}, 0);
    const rn_tensor first[] = {certain, impossible(certain, c->L - 1)};
    rn_loop *t = rn_loop_begin(c->graph);

    rn_loop_lengths(t, c->steps);
    const rn_tensor logits = rn_loop_each(t, c->logits);
    const rn_tensor a = rn_loop_carry(t, rn_concat(first, 2, 1));
    rn_loop_next(t, a, step(c, a, logits));
    return rn_loop_end(t) ? rn_loop_final(t, a) : rn_null();
}

/* log p of the targets: [B]. */
static rn_tensor log_probability(const ctc *c)
{
    const rn_tensor a = run(c), end = rn_scale(c->count, 2);
    const rn_tensor none = rn_equal(c->count, rn_constant_like(c->count, 0));
    const rn_tensor before = rn_maximum(rn_offset(end, -1), rn_constant_like(end, 0));
    const rn_tensor last = rn_squeeze(rn_gather(a, rn_expand(end, 1), 1), 1);
    const rn_tensor target = rn_squeeze(rn_gather(a, rn_expand(before, 1), 1), 1);
    const rn_tensor both[] = {
        last, rn_where(none, rn_constant_like(target, -(double)INFINITY), target)};

    return log_sum(both, 2);
}

static rn_tensor loss_of(ctc *c, rn_tensor steps, rn_tensor counts,
                         const rn_ctc_options *options)
{
    c->T = rn_size(c->logits, 0);
    c->B = rn_size(c->logits, 1);
    c->V = rn_size(c->logits, 2);
    c->S = rn_size(c->targets, 1);
    c->L = 2 * c->S + 1;
    c->loss = (rn__loss){.type = rn_type_get(c->logits), .shape = {1, {c->B}}};
    if (!rn__loss_begin(&c->loss, "ctc", c->graph, &options->all, 0)) return rn_null();
    c->steps = numbers(c, "steps", steps, c->T);
    c->count = numbers(c, "target_lengths", counts, c->S);
    find_labels(c);

    const rn_tensor log_p = log_probability(c);
    rn_tensor terms = rn_neg(log_p);
    if (options->zero_infeasible) {
        const rn_tensor zero = rn_constant_like(log_p, 0);
        terms = rn_where(rn_equal(log_p, rn_constant_like(log_p, -(double)INFINITY)), zero,
                         terms);
    }
    if (options->by_length)
        terms = rn_div(terms, rn_cast(rn_maximum(c->count, rn_constant_like(c->count, 1)),
                                      c->loss.type));
    return rn__loss_reduce(&c->loss, terms, rn_null());
}

rn_tensor rn_ctc(rn_tensor logits, rn_tensor targets, rn_tensor steps,
                 rn_tensor target_lengths, rn_ctc_options options)
{
    ctc c = {.graph = rn_is_null(logits) ? targets.graph : logits.graph,
             .logits = logits,
             .targets = targets,
             .blank = options.blank};
    rn__frame f;

    if (!c.graph) return rn__loss_null("ctc", logits, targets);
    if (!fits(&c)) return rn_null();
    rn__frame_enter(&f, "ctc", NULL, logits, targets);
    return rn__frame_leave(&f, loss_of(&c, steps, target_lengths, &options));
}
