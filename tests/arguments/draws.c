/* SPDX-License-Identifier: MIT */
/* The draws: a world, and arguments from it. */
#include "arguments.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "graph/node.h"

/* So many elements that there is no memory for them. */
#define HUGE (INT64_C(1) << 45)

size_t rn_test_draw(rn_test_world *w, size_t n)
{
    w->state = w->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(w->state >> 33) % n;
}

static bool sensible(rn_test_world *w)
{
    return rn_test_draw(w, 2) == 0;
}

/* ---- the world ---- */

static rn_loop *a_new_loop(rn_graph *g, rn_tensor xs, rn_tensor *inside)
{
    rn_loop *loop = rn_loop_begin(g);
    const rn_tensor x = rn_loop_each(loop, xs), h = rn_loop_carry(loop, rn_index(xs, 0, 0));

    *inside = rn_tanh(rn_add(x, h));
    rn_loop_next(loop, h, *inside);
    return loop;
}

rn_test_world rn_test_begin(uint64_t seed)
{
    rn_test_world w = {.state = seed * 2 + 1, .g = rn_graph_new(), .far = rn_graph_new()};
    rn_tensor *t = w.tensor;
    const rn_shape deep = {RN_RANK_MAX, {1, 2, 1, 2, 1, 1, 1, 1}};

    *t++ = rn_input(w.g, "x", RN_F32, rn_shape(2, 3));
    *t++ = rn_input(w.g, "y", RN_F32, rn_shape(3, 3));
    *t++ = rn_input(w.g, "s", RN_F32, rn_shape());
    *t++ = rn_input(w.g, NULL, RN_I32, rn_shape(2));
    *t++ = rn_input(w.g, "b", RN_BOOL, rn_shape(3));
    *t++ = rn_input(w.g, "d", RN_F64, rn_shape(4, 2, 3));
    *t++ = rn_input(w.g, "none", RN_F32, rn_shape(0, 3));
    *t++ = rn_input(w.g, "deep", RN_F32, deep);
    *t++ = rn_input(w.g, "huge", RN_F32, rn_shape(HUGE, 2));
    w.model = rn_model_new(1);
    *t++ = rn_weight(rn_root(w.g, w.model), "w", rn_shape(2, 3), (rn_init){0});
    w.ended = a_new_loop(w.g, w.tensor[0], t++);
    rn_loop_end(w.ended);
    w.open = a_new_loop(w.g, w.tensor[5], t++);
    *t++ = rn_input(w.far, "far", RN_F32, rn_shape(2, 3));
    /* Made up, null, and of a graph that had the address before. */
    *t++ = (rn_tensor){w.g, INT_MAX, 0};
    *t++ = (rn_tensor){w.g, -1, w.g->serial};
    *t++ = (rn_tensor){w.g, INT_MIN, 0};
    *t++ = (rn_tensor){rn_loop_body(w.open), 1000, 0};
    *t++ = (rn_tensor){w.g, 0, w.g->serial + 1};
    *t++ = rn_null();
    *t++ = (rn_tensor){w.far, 99, w.far->serial};
    w.variable = rn_variable_new((rn_allocator){0}, "v", RN_F32, rn_shape(2));
    return w;
}

void rn_test_end(rn_test_world *w)
{
    rn_program_free(w->program);
    rn_graph_free(w->g);
    rn_graph_free(w->far);
    rn_model_free(w->model);
    rn_variable_release(w->variable);
}

/* ---- objects ---- */

rn_graph *a_graph(rn_test_world *w)
{
    rn_graph *const g = sensible(w) ? w->g
                                    : DRAW(w, rn_graph *, NULL, w->far, w->g,
                                           rn_loop_body(w->open), rn_loop_body(w->ended));

    w->given = w->given || g;
    return g;
}

rn_loop *a_loop(rn_test_world *w)
{
    rn_loop *const loop = DRAW(w, rn_loop *, w->open, w->ended, w->open, w->ended, NULL);

    w->given = w->given || loop;
    return loop;
}

rn_tensor a_tensor(rn_test_world *w)
{
    const rn_tensor x = w->tensor[rn_test_draw(w, sensible(w) ? 9 : RN_TEST_TENSORS)];

    w->given = w->given || !rn_is_null(x);
    return x;
}

const rn_tensor *tensors(rn_test_world *w)
{
    if (rn_test_draw(w, 5) == 0) return NULL;
    const bool alike = sensible(w);

    for (int i = 0; i < RN_TEST_LIST; i++) w->list[i] = alike ? w->tensor[0] : a_tensor(w);
    return w->list;
}

int count_of(rn_test_world *w, const void *list)
{
    if (list && sensible(w)) return RN_TEST_LIST;
    return list ? DRAW(w, int, 0, 1, 2, 3, -1, INT_MIN)
                : DRAW(w, int, 0, 1, 3, -1, INT_MIN, INT_MAX);
}

rn_model *a_model(rn_test_world *w)
{
    return rn_test_draw(w, 4) ? w->model : NULL;
}

rn_variable *a_variable(rn_test_world *w)
{
    return DRAW(w, rn_variable *, w->variable, rn_model_at(w->model, 0), NULL);
}

rn_scope scope(rn_test_world *w)
{
    if (sensible(w)) {
        w->given = true;
        return rn_root(w->g, w->model);
    }
    return (rn_scope){.graph = a_graph(w),
                      .model = a_model(w),
                      .path = name(w),
                      .inference = rn_test_draw(w, 2) == 0,
                      .shared = (uint32_t)rn_test_draw(w, 3)};
}

rn_program *a_program(rn_test_world *w)
{
    if (!w->program) {
        const rn_tensor y = rn_exp(w->tensor[12]);
        w->program = rn_compile(
            w->far, (rn_compile_options){RN_OUTPUTS(y), .profile = rn_test_draw(w, 2)});
    }
    return rn_test_draw(w, 4) ? w->program : NULL;
}

/* ---- numbers ---- */

rn_shape a_shape(rn_test_world *w)
{
    rn_shape shape = {.rank = (int)rn_test_draw(w, 4)};
    const bool possible = sensible(w);

    if (!possible) shape.rank = DRAW(w, int, -1, 1, 2, 8, 9, 100, INT_MIN, INT_MAX);
    for (int i = 0; i < RN_RANK_MAX; i++)
        shape.size[i] = possible ? DRAW(w, int64_t, 2, 3, 1, 2, 3, 0)
                                 : DRAW(w, int64_t, 0, 1, 2, -1, -5, HUGE, 2 * HUGE,
                                        INT64_MAX, INT64_MIN);
    return shape;
}

rn_type a_type(rn_test_world *w)
{
    return (rn_type)(sensible(w) ? DRAW(w, int, RN_F32, RN_F64)
                                 : DRAW(w, int, -1, 2, 3, 4, 9, INT_MAX, INT_MIN));
}

int axis(rn_test_world *w)
{
    return sensible(w) ? DRAW(w, int, 0, -1, 1)
                       : DRAW(w, int, 2, 7, 8, 63, 64, -9, INT_MIN, INT_MAX);
}

int64_t number(rn_test_world *w)
{
    return sensible(w) ? DRAW(w, int64_t, 0, 1, 2, 3)
                       : DRAW(w, int64_t, -1, -2, 5, 100, INT64_MAX, INT64_MIN, INT32_MAX,
                              INT64_C(1) << 40, INT64_MAX - 1);
}

int64_t units(rn_test_world *w)
{
    return sensible(w) ? DRAW(w, int64_t, 1, 2, 3)
                       : DRAW(w, int64_t, 0, -1, HUGE, INT64_MAX, INT64_MIN);
}

double real(rn_test_world *w)
{
    return sensible(w) ? DRAW(w, double, 0, 1, 0.5)
                       : DRAW(w, double, -1, 1e300, -1e300, 1e-320, (double)NAN,
                              (double)INFINITY, -(double)INFINITY);
}

const char *name(rn_test_world *w)
{
    static char long_name[700];

    memset(long_name, 'n', sizeof long_name - 1);
    return sensible(w) ? DRAW(w, const char *, "a", "b/c")
                       : DRAW(w, const char *, NULL, "", "\xff\xfe", "\n", "__metadata__",
                              "%s%n", long_name, "w");
}

const char *path(rn_test_world *w)
{
    return DRAW(w, const char *, NULL, "", "/", "/there/is/no/such/folder", "\xff/\xff");
}
