/* SPDX-License-Identifier: MIT */
/* A probe: its values and cotangents, its gradient. */
#include <math.h>
#include <string.h>

#include "check/probe.h"
#include "kernel/philox.h"

/* ---- values ---- */

static bool feed(rn__probe *p, rn_program *program, rn_tensor x, const void *data)
{
    if (!program || rn_is_null(x)) return true;
    const size_t bytes =
        (size_t)rn_shape_count(rn_shape_get(x)) * rn_type_size(rn_type_get(x));
    return rn_feed(program, x, data, bytes) == RN_OK ||
           rn__probe_fail(p, RN_INVALID, rn_program_error(program));
}

static bool run(rn__probe *p, rn_program *program)
{
    return rn_run(program) == RN_OK ||
           rn__probe_fail(p, RN_BAD_VALUE, rn_program_error(program));
}

static bool read(rn__probe *p, rn_program *program, rn_tensor x, double *to, int64_t count)
{
    return rn_read(program, x, to, (size_t)count * sizeof *to) == RN_OK ||
           rn__probe_fail(p, RN_INVALID, rn_program_error(program));
}

bool rn__probe_set(rn__probe *p, int i, const void *value)
{
    rn__probe_input *in = &p->input[i];

    in->value = value;
    return feed(p, p->forward, in->x, value) && feed(p, p->backward, in->x, value) &&
           feed(p, p->branches.program, in->x, value) &&
           feed(p, p->jitter.program, rn__jittered(&p->jitter, in->x), value);
}

/* Number k of a stream, uniform in (-1, 1). */
static double uniform(int stream, uint64_t k)
{
    const uint32_t counter[4] = {(uint32_t)k, (uint32_t)(k >> 32), (uint32_t)stream, 17};
    const uint32_t key[2] = {0x524e, 0};
    uint32_t bits[4];

    rn__philox(counter, key, bits);
    return 2 * (((double)bits[0] + 0.5) / 4294967296.0) - 1;
}

/* An output that is not finite has no weight, and no cotangent. */
static void draw(rn__probe *p, int stream)
{
    uint64_t k = 0;

    for (int i = 0; i < p->outputs; i++)
        for (int64_t j = 0; j < p->output[i].count; j++) {
            const double u = uniform(stream, k++);
            const double drawn = stream == RN__ONES ? 1 : u + (u < 0 ? -0.5 : 0.5);
            p->output[i].weight[j] = isfinite(p->output[i].here[j]) ? drawn : 0;
        }
}

void rn__probe_mask(rn__probe *p, int output, const double *mask)
{
    draw(p, p->stream);
    for (int i = 0; mask && i < p->outputs; i++)
        for (int64_t j = 0; j < p->output[i].count; j++)
            p->output[i].weight[j] *= i == output ? mask[j] : 0;
}

/* ---- the run ---- */

static bool run_forward(rn__probe *p)
{
    if (!run(p, p->forward)) return false;
    p->finite = true;
    for (int i = 0; i < p->outputs; i++) {
        const rn__probe_output *out = &p->output[i];
        if (!read(p, p->forward, out->y, out->here, out->count)) return false;
        for (int64_t j = 0; j < out->count && p->finite; j++)
            p->finite = isfinite(out->here[j]);
    }
    return true;
}

static bool run_backward(rn__probe *p)
{
    for (int i = 0; i < p->outputs; i++)
        if (!feed(p, p->backward, p->output[i].dy, p->output[i].weight)) return false;
    if (p->backward && !run(p, p->backward)) return false;
    for (int i = 0; i < p->inputs; i++) {
        rn__probe_input *in = &p->input[i];
        if (!in->judged) continue;
        memset(in->gradient, 0, (size_t)in->count * sizeof *in->gradient);
        if (!rn_is_null(in->dx) && !read(p, p->backward, in->dx, in->gradient, in->count)) {
            p->refused = true; /* it has another size */
            return false;
        }
        in->largest = 0;
        for (int64_t k = 0; k < in->count; k++)
            in->largest = fmax(in->largest, fabs(in->gradient[k]));
    }
    return true;
}

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

static bool run_one_jittered(rn__probe *p, int j)
{
    if (!rn__jitter_run(&p->jitter, j))
        return rn__probe_fail(p, RN_BAD_VALUE, rn_program_error(p->jitter.program));
    for (int i = 0; i < p->inputs; i++) {
        rn__probe_input *in = &p->input[i];
        if (!in->judged) continue;
        memset(in->jittered[j], 0, (size_t)in->count * sizeof(double));
        if (!rn_is_null(in->dx) &&
            !read(p, p->jitter.program, rn__jittered(&p->jitter, in->dx), in->jittered[j],
                  in->count))
            return false;
    }
    for (int i = 0; i < p->outputs; i++) {
        const rn__probe_output *out = &p->output[i];
        if (!read(p, p->jitter.program, rn__jittered(&p->jitter, out->y), out->there,
                  out->count))
            return false;
        for (int64_t k = 0; k < out->count; k++)
            out->jittered[k * RN__JITTERS + j] = out->there[k] - out->here[k];
    }
    return true;
}

static bool run_jittered(rn__probe *p)
{
    if (!p->jitter.program) return true;
    for (int i = 0; i < p->outputs; i++)
        if (!feed(p, p->jitter.program, rn__jittered(&p->jitter, p->output[i].dy),
                  p->output[i].weight))
            return false;
    for (int j = 0; j < RN__JITTERS; j++)
        if (!run_one_jittered(p, j)) return false;
    for (int i = 0; i < p->outputs; i++) {
        const rn__probe_output *out = &p->output[i];
        for (int64_t k = 0; k < out->count; k++)
            out->noise[k] = rn__mean_size(&out->jittered[k * RN__JITTERS], RN__JITTERS) /
                            RN__JITTER_ZOOM;
    }
    return true;
}

bool rn__probe_run(rn__probe *p, int stream)
{
    p->stream = stream;
    if (p->status != RN_NO_MEMORY) p->status = RN_OK, p->problem = NULL;
    if (!run_forward(p)) return false;
    draw(p, stream);
    if (!run_backward(p) || !run_jittered(p)) return false;
    return rn__branches_keep(&p->branches) ||
           rn__probe_fail(p, RN_BAD_VALUE, rn_program_error(p->branches.program));
}
