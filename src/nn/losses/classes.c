/* SPDX-License-Identifier: MIT */
/* Rows of numbers, one for each class, and one right class for each row. */
#include "nn/losses/losses.h"

static const char *fault_of(rn_tensor x, rn_tensor targets)
{
    const rn_shape s = rn_shape_get(x), t = rn_shape_get(targets);

    if (rn_is_null(x) || rn_is_null(targets)) return "a tensor is null";
    if (!rn__is_real(rn_type_get(x))) return "logits must be real";
    if (rn_type_get(targets) != RN_I32) return "targets must be i32";
    if (s.rank < 1 || t.rank != s.rank - 1) return "shapes do not match";
    for (int i = 0; i < t.rank; i++)
        if (t.size[i] != s.size[i]) return "shapes do not match";
    if (s.size[s.rank - 1] < 1) return "there are no classes";
    if (rn_shape_count(s) > INT32_MAX) return "more than 2^31 - 1 logits";
    return NULL;
}

static bool fits(const char *what, rn_tensor x, rn_tensor targets)
{
    char x_text[128], t_text[128];

    const char *fault = fault_of(x, targets);
    if (fault)
        rn_fail(rn_is_null(x) ? targets.graph : x.graph, "%s: %s: logits %s, targets %s",
                what, fault, rn__describe(x, x_text, sizeof x_text),
                rn__describe(targets, t_text, sizeof t_text));
    return !fault;
}

/* The check makes the run fail for a target that is not a class, whose index n V + t would
 * be in another row. */
rn_tensor rn__classes_pick(rn_tensor x, rn_tensor t)
{
    const int64_t N = rn_size(x, 0), V = rn_size(x, 1);
    rn_tensor rows = rn_mul(rn_range(t.graph, N), rn_constant_like(t, (double)V));

    return rn_take(rn_reshape(x, (rn_shape){1, {N * V}}),
                   rn_add(rows, rn_check_range(t, 0, V - 1)));
}

/* Leaves out the targets that are ignored or masked. */
static void leave_out(rn__classes *c)
{
    const rn_loss_options *o = c->loss.options;

    if (o->ignores) {
        const rn_tensor counts =
            rn_not_equal(c->targets, rn_constant_like(c->targets, o->ignored));
        c->loss.counts =
            rn_is_null(c->loss.counts) ? counts : rn_logical_and(c->loss.counts, counts);
    }
    c->targets = rn__loss_masked(&c->loss, c->targets, false);
}

/* Sets the weights of classes. */
static bool weigh(rn__classes *c)
{
    const rn_tensor w = c->loss.options->class_weights;
    const int64_t V = rn_size(c->x, 1);
    char text[128];

    c->weight = c->all = rn_null();
    if (rn_is_null(w)) return true;
    if (rn_type_get(w) != c->loss.type || rn_shape_get(w).rank != 1 || rn_size(w, 0) != V) {
        rn_fail(c->loss.graph, "%s: class_weights must be %s [%lld]: %s %s", c->loss.what,
                rn_type_name(c->loss.type), (long long)V, rn_type_name(rn_type_get(w)),
                rn__describe(w, text, sizeof text));
        return false;
    }
    c->all = w;
    c->weight = rn_take(w, c->targets);
    return !rn_is_null(c->weight);
}

bool rn__classes_begin(rn__classes *c, const char *what, rn_tensor x, rn_tensor targets,
                       const rn_loss_options *options, unsigned has)
{
    if (!fits(what, x, targets)) return false;
    c->loss =
        (rn__loss){.type = rn_type_get(x), .shape = rn_shape_get(targets), .flat = true};
    if (!rn__loss_begin(&c->loss, what, x.graph, options, has | RN__LOSS_CLASSES))
        return false;

    const int64_t V = rn_size(x, -1), N = rn_shape_count(c->loss.shape);
    c->x = rn_reshape(x, (rn_shape){2, {N, V}});
    c->targets = rn_reshape(targets, (rn_shape){1, {N}});
    leave_out(c);
    return weigh(c) && !rn_is_null(c->x) && !rn_is_null(c->targets);
}
