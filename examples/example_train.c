/* SPDX-License-Identifier: MIT */
/* The programs of an example and their training. */
#include "example.h"

#include <math.h>
#include <stdlib.h>

static size_t bytes_of(rn_tensor x)
{
    return rn_is_null(x) ? 0 : (size_t)rn_shape_count(rn_shape_get(x)) * sizeof(int32_t);
}

static bool make(rn_tensor x, void **data)
{
    *data = rn_is_null(x) ? NULL : calloc(1, bytes_of(x) + 1);
    return *data || rn_is_null(x);
}

bool job_compile(job *j, rn_compile_options options)
{
    options.output[0] = j->out;
    options.output[1] = j->more;
    options.output_count = rn_is_null(j->more) ? 1 : 2;
    j->program = rn_compile(j->graph, options);
    if (!j->program) return complain("%s", rn_graph_error(j->graph));
    void *lengths;
    bool ok = make(j->lengths, &lengths);
    j->lengths_data = (int32_t *)lengths;
    ok = make(j->x, &j->x_data) && ok;
    ok = make(j->y, &j->y_data) && ok;
    ok = make(j->out, &j->out_data) && ok;
    ok = make(j->more, &j->more_data) && ok;
    return ok || complain("out of memory");
}

static bool feed(const job *j, rn_tensor x, const void *data)
{
    return rn_is_null(x) || rn_feed(j->program, x, data, bytes_of(x)) == RN_OK;
}

static bool take(const job *j, rn_tensor x, void *data)
{
    return rn_is_null(x) || rn_read(j->program, x, data, bytes_of(x)) == RN_OK;
}

bool job_run(job *j)
{
    return (feed(j, j->x, j->x_data) && feed(j, j->y, j->y_data) &&
            feed(j, j->lengths, j->lengths_data) && rn_run(j->program) == RN_OK &&
            take(j, j->out, j->out_data) && take(j, j->more, j->more_data)) ||
           complain("%s", rn_program_error(j->program));
}

void job_free(job *j)
{
    rn_program_free(j->program);
    rn_graph_free(j->graph);
    free(j->x_data);
    free(j->y_data);
    free(j->lengths_data);
    free(j->out_data);
    free(j->more_data);
    *j = (job){.graph = NULL};
}

bool network_begin(network *n, const settings *s)
{
    *n = (network){.model = rn_model_new((uint64_t)s->seed)};
    n->learn.graph = rn_graph_new();
    n->use.graph = rn_graph_new();
    return (n->model && n->learn.graph && n->use.graph) || complain("out of memory");
}

void network_free(network *n)
{
    job_free(&n->learn);
    job_free(&n->use);
    rn_model_free(n->model);
}

bool network_compile(network *n, const settings *s)
{
    const rn_compile_options learn = {.minimize = n->learn.out,
                                      .with = rn_clipped(rn_adam(s->rate), 1)};

    return job_compile(&n->learn, learn) &&
           job_compile(&n->use, (rn_compile_options){.output_count = 0});
}

/* The rate rises over the first twentieth of the updates and falls along a cosine. */
static double rate_at(const settings *s, int update)
{
    const double done = (double)update / s->updates;

    return s->rate * fmin(1, (done + 1e-3) / 0.05) * (0.5 + 0.5 * cos(acos(-1) * done));
}

/* ---- training ---- */

static bool train(network *n, const settings *s, filler fill, const void *data)
{
    rn_progress *progress = rn_progress_new(stderr, program_name, s->updates);
    double loss = 0;
    bool ok = true;

    for (int i = 0; i < s->updates && ok; i++) {
        rn_set_learning_rate(n->model, rate_at(s, i));
        fill(&n->learn, s, data);
        ok = job_run(&n->learn);
        loss += (i == 0 ? 1 : 0.02) * (*(const float *)n->learn.out_data - loss);
        rn_progress_show(progress, i + 1, "loss %.4f", loss);
    }
    rn_progress_end(progress);
    rn_progress_free(progress);
    return ok;
}

bool network_learn(network *n, const settings *s, filler fill, const void *data)
{
    if (s->load)
        return rn_model_load(n->model, s->load) == RN_OK ||
               complain("%s", rn_model_error(n->model));
    char *path = output_path(s, ".safetensors");
    bool ok = path || complain("out of memory");

    printf("%lld weights, %s kernels\n", (long long)rn_model_parameters(n->model),
           rn_isa());
    fflush(stdout);
    ok = ok && train(n, s, fill, data);
    if (ok && rn_model_save(n->model, path) != RN_OK)
        ok = complain("%s", rn_model_error(n->model));
    if (ok) printf("weights in %s\n", path);
    free(path);
    return ok;
}
