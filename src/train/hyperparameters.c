/* SPDX-License-Identifier: MIT */
/* The members of an optimiser that rules have: defaults in place of zeros, and ranges. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "train/optimizer.h"
#include "train/schedules/schedule.h"

/* Numbers, and from nesterov on switches. */
#define MEMBERS(X)                                                                         \
    X(momentum)                                                                            \
    X(dampening)                                                                           \
    X(beta1)                                                                               \
    X(beta2)                                                                               \
    X(eps)                                                                                 \
    X(eps2)                                                                                \
    X(weight_decay)                                                                        \
    X(alpha)                                                                               \
    X(rho)                                                                                 \
    X(lr_decay)                                                                            \
    X(initial_accumulator_value)                                                           \
    X(momentum_decay)                                                                      \
    X(etaminus)                                                                            \
    X(etaplus)                                                                             \
    X(step_min)                                                                            \
    X(step_max)                                                                            \
    X(lambd)                                                                               \
    X(t0)                                                                                  \
    X(beta2_decay)                                                                         \
    X(d)                                                                                   \
    X(nesterov)                                                                            \
    X(centered)                                                                            \
    X(amsgrad)                                                                             \
    X(decoupled_weight_decay)

#define OFFSET(member) offsetof(rn_optimizer, member),
#define NAME(member)   #member "\0"

static const uint16_t offsets[] = {MEMBERS(OFFSET)};
static const char names[] = MEMBERS(NAME);

enum { COUNT = sizeof offsets / sizeof *offsets };

/* NULL if the rule does not have the member. */
static const rn_hyperparameter *find(const rn_optimizer_rule *rule, size_t offset)
{
    for (int i = 0; rule->parameters && i < rule->parameter_count; i++)
        if (rule->parameters[i].offset == offset) return &rule->parameters[i];
    return NULL;
}

static void out_of_range(const rn_update *u, const char *name, const rn_hyperparameter *p,
                         double value)
{
    const char *rule = u->more->rule_name;

    if (p->high >= 1e300)
        rn_fail(u->graph, "%s: %s must be finite and %s: %g", rule, name,
                p->low > 0 ? "positive" : "not negative", value);
    else
        rn_fail(u->graph, "%s: %s must be in %g <= %s < %g: %g", rule, name, p->low, name,
                p->high, value);
}

static bool number_fits(const rn_update *u, const char *name, const rn_hyperparameter *p,
                        double *value)
{
    if (*value == 0)
        *value = p->preset;
    else if (*value == RN_ZERO && p->low <= 0)
        *value = 0;
    else if (!(*value >= p->low && *value < p->high))
        out_of_range(u, name, p, *value);
    else if (u->type == RN_F32 && p->low > 0 &&
             (*value < (double)FLT_MIN || *value > (double)FLT_MAX))
        rn_fail(u->graph, "%s: %s does not fit f32, the type of the weights: %g",
                u->more->rule_name, name, *value);
    return !u->graph->failed;
}

static bool member_fits(const rn_update *u, rn_optimizer *self, const char *name,
                        size_t offset)
{
    const rn_hyperparameter *p = find(u->more->rule, offset);
    const bool is_switch = offset >= offsetof(rn_optimizer, nesterov);
    char *at = (char *)self + offset;
    double number = 0;
    bool on = false;

    if (is_switch)
        memcpy(&on, at, sizeof on);
    else
        memcpy(&number, at, sizeof number);
    if (!p && (on || number != 0))
        rn_fail(u->graph, "%s: this optimiser has no %s: %g", u->more->rule_name, name,
                on ? 1 : number);
    if (!p || is_switch) return !u->graph->failed;
    if (!number_fits(u, name, p, &number)) return false;
    memcpy(at, &number, sizeof number);
    return true;
}

/* ---- what all rules have ---- */

static bool not_negative(const rn_update *u, const char *what, double value, double most)
{
    if (value >= 0 && value <= most) return true;
    rn_fail(u->graph, "%s: %s must %s negative: %g", u->more->rule_name, what,
            most < HUGE_VAL ? "be finite and not" : "not be", value);
    return false;
}

static bool group_fits(const rn_update *u, const rn_weight_group *group)
{
    if (!group->weights)
        rn_fail(u->graph, "%s: groups: a group names no weights", u->more->rule_name);
    else if (group->weight_decay != 0 &&
             !find(u->more->rule, offsetof(rn_optimizer, weight_decay)))
        rn_fail(u->graph, "%s: this optimiser has no weight_decay: %g", u->more->rule_name,
                group->weight_decay);
    else
        return not_negative(u, "a group's rate", group->rate, 1e300) &&
               not_negative(u, "a group's weight_decay", group->weight_decay, 1e300);
    return false;
}

static bool shared_fit(const rn_update *u)
{
    const rn_optimizer *o = u->self;

    if ((o->clip != 0) + (o->clip_each != 0) + (o->clip_value != 0) > 1)
        rn_fail(u->graph, "%s: clip, clip_each and clip_value exclude each other",
                u->more->rule_name);
    else if (o->accumulate < 0)
        rn_fail(u->graph, "%s: accumulate must not be negative: %d", u->more->rule_name,
                o->accumulate);
    else
        return not_negative(u, "the rate", o->rate, 1e300) &&
               not_negative(u, "the largest norm", o->clip, HUGE_VAL) &&
               not_negative(u, "clip_each", o->clip_each, HUGE_VAL) &&
               not_negative(u, "clip_value", o->clip_value, HUGE_VAL);
    return false;
}

/* The largest momentum of a cycle, for limits and ranges, in the place of the constant one.
 */
static bool cycle_fits(const rn_update *u, rn_optimizer *self)
{
    const rn_schedule *s = &self->schedule;
    const double most = fmax(rn__base_momentum(s), rn__max_momentum(s));

    if (!s->cycle_momentum) return true;
    if (!u->more->rule->cycles)
        rn_fail(u->graph, "%s: this optimiser has no momentum to cycle",
                u->more->rule_name);
    else if (find(u->more->rule, offsetof(rn_optimizer, momentum)))
        self->momentum = most;
    else
        self->beta1 = most;
    return !u->graph->failed;
}

bool rn__hyperparameters_fit(const rn_update *u, rn_optimizer *self)
{
    const rn_optimizer_rule *rule = u->more->rule;
    const char *fault, *name = names;

    if (!shared_fit(u) || !cycle_fits(u, self)) return false;
    for (int i = 0; i < self->group_count; i++)
        if (!group_fits(u, &self->groups[i])) return false;
    for (int i = 0; i < COUNT; i++, name += strlen(name) + 1)
        if (!member_fits(u, self, name, offsets[i])) return false;
    fault = rule->fault ? rule->fault(self) : NULL;
    if (fault) rn_fail(u->graph, "%s: %s", u->more->rule_name, fault);
    return !fault;
}
