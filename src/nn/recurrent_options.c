/* SPDX-License-Identifier: MIT */
/* Checks the options of a recurrent layer that are no tensors, and which exclude each
 * other.
 */
#include "nn/recurrent.h"

static bool is_rate(double x)
{
    return x >= 0 && x < 1;
}

/* NULL, or which option must be a rate and is not; *number is its value. */
static const char *fault_of_rates(const rn_recurrent_options *o, double *number)
{
    *number = o->dropout;
    if (!is_rate(o->dropout)) return "dropout must be in 0 <= dropout < 1";
    *number = o->input_dropout;
    if (!is_rate(o->input_dropout))
        return "input_dropout must be in 0 <= input_dropout < 1";
    *number = o->recurrent_dropout;
    if (!is_rate(o->recurrent_dropout))
        return "recurrent_dropout must be in 0 <= recurrent_dropout < 1";
    *number = o->weight_drop;
    if (!is_rate(o->weight_drop)) return "weight_drop must be in 0 <= weight_drop < 1";
    for (int i = 0; i < RN_STATES_MAX; i++) {
        *number = o->zoneout[i];
        if (!is_rate(o->zoneout[i])) return "zoneout must be in 0 <= zoneout < 1";
    }
    return NULL;
}

/* NULL, or what is wrong with the numbers among the options; *number is the wrong one. */
static const char *fault_of_options(const rn_recurrent_options *o, double *number)
{
    *number = (double)o->units;
    if (o->units < (o->own ? 0 : 1)) return "units must be positive";
    *number = o->layers;
    if (o->layers < 0 || o->layers > RN_LAYERS_MAX) return "layers must be 1 to 32";
    *number = o->initial_count;
    if (o->initial_count != 0 && !o->initial) return "initial_count without initial";
    if (o->initial_count <= 0 && o->initial) return "initial without initial_count";
    *number = o->perturb_count;
    if (o->perturb_count != 0 && !o->perturb) return "perturb_count without perturb";
    if (o->perturb_count <= 0 && o->perturb) return "perturb without perturb_count";
    *number = (double)o->keep_after;
    if (o->keep_after < 0) return "keep_after must not be negative";
    *number = o->clip_gradient;
    if (!(o->clip_gradient >= 0)) return "clip_gradient must not be negative";
    *number = (double)o->checkpoint;
    if (o->checkpoint < RN_CHECKPOINT_SQRT) return "checkpoint must not be negative";
    *number = o->merge;
    if ((int)o->merge < RN_MERGE_CONCAT || o->merge > RN_MERGE_PRODUCT)
        return "merge must be one of rn_merge";
    *number = o->connect;
    if ((int)o->connect < RN_CONNECT_STACK || o->connect > RN_CONNECT_SKIP)
        return "connect must be one of rn_connections";
    return fault_of_rates(o, number);
}

/* NULL, or which options exclude or need each other. */
static const char *conflict_of(const rn_recurrent_options *o)
{
    if (o->bidirectional && o->reverse) return "bidirectional excludes reverse";
    if (o->backward && !o->bidirectional) return "backward needs bidirectional";
    if (o->merge != RN_MERGE_CONCAT && !o->bidirectional)
        return "merge needs bidirectional";
    if (o->merge != RN_MERGE_CONCAT && o->connect == RN_CONNECT_RESIDUAL)
        return "a residual connection needs RN_MERGE_CONCAT";
    if (o->stateful && o->initial_count) return "stateful excludes initial states";
    if (o->keep_after && !o->stateful) return "keep_after needs stateful";
    if (o->keep_after && !rn_is_null(o->lengths)) return "keep_after excludes lengths";
    if (o->perturb_zero && o->perturb) return "perturb_zero excludes perturb";
    if (o->hold && rn_is_null(o->mask)) return "hold needs a mask";
    if (o->learn_initial && o->initial_count)
        return "learn_initial excludes initial states";
    return NULL;
}

/* NULL, or which option this function does not accept. */
static const char *unsupported_option(rn__recurrent_kind kind,
                                      const rn_recurrent_options *o)
{
    if (kind == RN__SEQUENCE) return NULL;
    if (kind == RN__STEP && (o->bidirectional || o->reverse)) return "only forward";
    if (!rn_is_null(o->lengths)) return "lengths are for rn_recurrent alone";
    if (!rn_is_null(o->mask)) return "mask is for rn_recurrent alone";
    if (!rn_is_null(o->restarts)) return "restarts are for rn_recurrent alone";
    if (o->stateful) return "stateful is for rn_recurrent alone";
    if (o->initial || o->initial_count) return "initial is for rn_recurrent alone";
    if (o->perturb || o->perturb_count || o->perturb_zero)
        return "perturb is for rn_recurrent alone";
    return NULL;
}

bool rn__recurrent_check_options(const rn__recurrent *r)
{
    double number;
    const char *what = rn__recurrent_what(r);
    const char *fault = fault_of_options(&r->options, &number);
    const char *conflict = conflict_of(&r->options);
    const char *unsupported = unsupported_option(r->kind, &r->options);

    if (unsupported)
        rn_fail(r->graph, "%s: %s: %s", what, unsupported, r->name);
    else if (fault)
        rn_fail(r->graph, "%s: %s: %s has %g", what, fault, r->name, number);
    else if (conflict)
        rn_fail(r->graph, "%s: %s: %s", what, conflict, r->name);
    else if (r->options.stateful && r->graph->loop)
        rn_fail(r->graph, "%s: stateful cannot be inside a loop: %s", what, r->name);
    else
        return true;
    return false;
}
