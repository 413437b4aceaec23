/* SPDX-License-Identifier: MIT */
/* The values that a gradient is checked at; the gradient and the loss there. */
#include "gradcheck.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What the user gives for a leaf: a variable's data, a named value, or NULL. */
static const void *given(const rn__checking *c, const rn__leaf_value *l)
{
    const rn__node *node = rn__at(c->user, l->user);

    for (int i = 0; i < c->options.value_count; i++) {
        const rn_tensor x = c->options.values[i].input;
        if (x.graph == c->user && x.id == l->user) return c->options.values[i].data;
    }
    return node->variable ? node->variable->data : NULL;
}

static bool set_value(rn__checking *c, rn__leaf_value *l)
{
    const rn__node *node = rn__at(c->user, l->user);
    const void *data = given(c, l);
    const size_t n = (size_t)l->count,
                 size = rn__is_real(node->type) ? sizeof(double) : rn_type_size(node->type);
    l->value = rn__arena_new(&c->arena, n * size);
    if (!l->value) return rn__check_no_memory(c);
    if (node->type == RN_F32 && data)
        for (size_t i = 0; i < n; i++)
            ((double *)l->value)[i] = (double)((const float *)data)[i];
    else if (data && n)
        memcpy(l->value, data, n * size);
    else if (rn__is_real(node->type))
        for (size_t i = 0; i < n; i++)
            ((double *)l->value)[i] =
                rn__check_normal(c->options.seed, (uint32_t)(l - c->leaf), i);
    rn_program *const programs[3] = {c->without, c->with_gradient, c->branches.program};
    for (int k = 0; k < 3; k++) {
        rn_program *program = programs[k];
        if (program && rn_feed(program, l->x, l->value, n * size) != RN_OK)
            return rn__check_fail(c, RN_INVALID, rn_program_error(program));
    }
    if (c->jitter.program && !rn_is_null(l->jittered_x) &&
        rn_feed(c->jitter.program, l->jittered_x, l->value, n * size) != RN_OK)
        return rn__check_fail(c, RN_INVALID, rn_program_error(c->jitter.program));
    return true;
}

bool rn__set_values(rn__checking *c)
{
    for (int i = 0; i < c->leaves; i++)
        if (!set_value(c, &c->leaf[i])) return false;
    return true;
}

/* Room for what is known of a leaf that is checked. */
static bool make_room(rn__checking *c, rn__leaf_value *l)
{
    const size_t bytes = (size_t)l->count * sizeof(double);

    l->at = (double *)rn__arena_new(&c->arena, bytes);
    l->gradient = (double *)rn__arena_new(&c->arena, bytes);
    for (int j = 0; j < RN__JITTERS; j++) {
        l->jittered[j] = (double *)rn__arena_new(&c->arena, bytes);
        if (!l->jittered[j]) return rn__check_no_memory(c);
    }
    return l->at && l->gradient ? true : rn__check_no_memory(c);
}

static bool run_exact(rn__checking *c)
{
    if (!c->with_gradient) return true;
    if (rn_run(c->with_gradient) != RN_OK)
        return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->with_gradient));
    for (int k = 0; k < c->leaves; k++) {
        rn__leaf_value *l = &c->leaf[k];
        if (!l->checked) continue;
        if (!make_room(c, l)) return false;
        if (rn_read(c->with_gradient, l->dx, l->gradient,
                    (size_t)l->count * sizeof(double)) != RN_OK) {
            c->refused = true; /* it has another size */
            return rn__check_fail(c, RN_INVALID, rn_program_error(c->with_gradient));
        }
        for (int64_t i = 0; i < l->count; i++)
            l->largest = fmax(l->largest, fabs(l->gradient[i]));
    }
    return true;
}

/* The root mean square of the finite ones among a few numbers, which may be tiny or huge.
 */
double rn__mean_size(const double *x, int count)
{
    double largest = 0, sum = 0;
    int finite = 0;

    for (int i = 0; i < count; i++)
        if (isfinite(x[i])) largest = fmax(largest, fabs(x[i])), finite++;
    for (int i = 0; i < count && largest > 0; i++)
        if (isfinite(x[i])) sum += (x[i] / largest) * (x[i] / largest);
    return finite ? largest * sqrt(sum / finite) : 0;
}

static bool run_jittered(rn__checking *c)
{
    double loss[RN__JITTERS];

    for (int j = 0; c->jitter.program && j < RN__JITTERS; j++) {
        if (!rn__jitter_run(&c->jitter, j))
            return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->jitter.program));
        loss[j] = rn_scalar(c->jitter.program, c->jittered_loss) - c->value;
        for (int k = 0; k < c->leaves; k++) {
            const rn__leaf_value *l = &c->leaf[k];
            if (l->checked && rn_read(c->jitter.program, l->jittered_dx, l->jittered[j],
                                      (size_t)l->count * sizeof(double)) != RN_OK)
                return rn__check_fail(c, RN_INVALID, rn_program_error(c->jitter.program));
        }
    }
    if (c->jitter.program) c->noise = rn__mean_size(loss, RN__JITTERS) / RN__JITTER_ZOOM;
    return true;
}

bool rn__run_gradient(rn__checking *c)
{
    return run_exact(c) && run_jittered(c);
}

/* ---- whether the loss is a function of them ---- */

/* Where the NaN or the infinity that the loss is was born. */
static const char *birth(rn__checking *c, double loss)
{
    const rn_compile_options options = {RN_OUTPUTS(c->loss), .watch = RN_WATCH_ON};
    rn_program *p = rn_compile(c->copy, options);
    char text[sizeof((rn_nonfinite *)0)->text + 64];
    rn_nonfinite found = {.text = ""};
    bool ok = p != NULL;

    for (int i = 0; ok && i < c->leaves; i++) {
        const rn__leaf_value *l = &c->leaf[i];
        ok = rn_feed(p, l->x, l->value,
                     (size_t)l->count * rn_type_size(rn_type_get(l->x))) == RN_OK;
    }
    if (ok && rn_run(p) == RN_OK) rn_program_nonfinite(p, 0, &found);
    rn_program_free(p);
    snprintf(text, sizeof text, "the loss is %g%s%s", loss, found.text[0] ? ": " : "",
             found.text);
    return rn__arena_string(&c->arena, text);
}

/* The same run twice: an operator that gives something else is no function to be checked.
 */
bool rn__repeats(rn__checking *c)
{
    double loss[2];

    for (int i = 0; i < 2; i++) {
        if (rn_run(c->without) != RN_OK)
            return rn__check_fail(c, RN_BAD_VALUE, rn_program_error(c->without));
        loss[i] = rn_scalar(c->without, c->loss);
    }
    if (memcmp(&loss[0], &loss[1], sizeof loss[0]) != 0)
        return rn__check_fail(
            c, RN_BAD_VALUE,
            "the loss is not deterministic: two runs on the same values differ");
    c->value = loss[0];
    if (isfinite(c->value)) return true;
    const char *problem = birth(c, loss[0]);
    return problem ? rn__check_fail(c, RN_BAD_VALUE, problem) : rn__check_no_memory(c);
}
