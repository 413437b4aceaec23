/* SPDX-License-Identifier: MIT */
/* The values that a gradient is checked at, and whether the loss is a function of them. */
#include "check/gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the user gives for a leaf: a variable's data, a named value, or NULL. */
static const void *given(const rn__checking *c, int i)
{
    const int32_t user = c->probe.input[i].user;
    const rn__node *node = rn__at(c->user, user);

    for (int k = 0; k < c->options.value_count; k++) {
        const rn_tensor x = c->options.values[k].input;
        if (x.graph == c->user && x.id == user) return c->options.values[k].data;
    }
    return node->variable ? node->variable->data : NULL;
}

/* In f64 when real. */
static bool set_value(rn__checking *c, int i)
{
    rn__probe *p = &c->probe;
    const rn_type type = rn__at(c->user, p->input[i].user)->type;
    const void *data = given(c, i);
    const size_t n = (size_t)p->input[i].count,
                 size = rn__is_real(type) ? sizeof(double) : rn_type_size(type);
    void *value = rn__arena_new(&p->arena, n * size);

    if (!value) return rn__probe_no_memory(p);
    if (type == RN_F32 && data)
        for (size_t k = 0; k < n; k++)
            ((double *)value)[k] = (double)((const float *)data)[k];
    else if (data && n)
        memcpy(value, data, n * size);
    else if (rn__is_real(type))
        for (size_t k = 0; k < n; k++)
            ((double *)value)[k] = rn__probe_normal(c->options.seed, (uint32_t)i, k);
    return rn__probe_set(p, i, value);
}

bool rn__set_values(rn__checking *c)
{
    for (int i = 0; i < c->probe.inputs; i++)
        if (!set_value(c, i)) return false;
    return true;
}

/* ---- whether the loss is a function of them ---- */

/* Where the NaN or the infinity that the loss is first appeared. */
static const char *source_of(rn__probe *q, double loss)
{
    const rn_compile_options options = {RN_OUTPUTS(q->output[0].y), .watch = RN_WATCH_ON};
    rn_program *p = rn_compile(q->graph, options);
    char text[sizeof((rn_nonfinite *)0)->text + 64];
    rn_nonfinite found = {.text = ""};
    bool ok = p != NULL;

    for (int i = 0; ok && i < q->inputs; i++) {
        const rn__probe_input *in = &q->input[i];
        ok = rn_feed(p, in->x, in->value,
                     (size_t)in->count * rn_type_size(rn_type_get(in->x))) == RN_OK;
    }
    if (ok && rn_run(p) == RN_OK) rn_program_nonfinite(p, 0, &found);
    rn_program_free(p);
    snprintf(text, sizeof text, "the loss is %g%s%s", loss, found.text[0] ? ": " : "",
             found.text);
    return rn__arena_string(&q->arena, text);
}

/* The same run twice: an operator that gives something else is no function to be checked.
 */
bool rn__repeats(rn__checking *c)
{
    rn__probe *p = &c->probe;
    double loss[2];

    for (int i = 0; i < 2; i++) {
        if (rn_run(p->forward) != RN_OK)
            return rn__probe_fail(p, RN_BAD_VALUE, rn_program_error(p->forward));
        loss[i] = rn_scalar(p->forward, p->output[0].y);
    }
    if (memcmp(&loss[0], &loss[1], sizeof loss[0]) != 0)
        return rn__probe_fail(
            p, RN_BAD_VALUE,
            "the loss is not deterministic: two runs on the same values differ");
    if (isfinite(loss[0])) return true;
    const char *problem = source_of(p, loss[0]);
    return problem ? rn__probe_fail(p, RN_BAD_VALUE, problem) : rn__probe_no_memory(p);
}
