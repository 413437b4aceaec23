/* SPDX-License-Identifier: MIT */
/* The list of what is tested. */
#include "tested_cells.h"

#include "examples/cells/cells.h"

/* A size of a state's shape, or of an output. */
static int64_t size_of(int64_t size, int64_t I, int64_t H)
{
    if (size == 0) return H;
    return size > 0 ? size : -size % 1024 * H + -size / 1024 * I;
}

static int64_t sizes_of(const rn_cell *cell, int64_t I, int64_t H, int64_t *state)
{
    for (int i = 0; i < cell->states; i++) {
        const rn_shape shape = cell->state[i].shape;
        state[i] = shape.rank ? 1 : H;
        for (int k = 0; k < shape.rank; k++) state[i] *= size_of(shape.size[k], I, H);
    }
    return size_of(cell->output, I, H);
}

static void begin_of(const rn_cell *cell, int64_t I, int64_t H, double *const *state)
{
    int64_t size[RN_STATES_MAX];

    sizes_of(cell, I, H, size);
    for (int i = 0; i < cell->states; i++)
        for (int64_t j = 0; j < size[i]; j++) state[i][j] = cell->state[i].value;
}

/* The functions of a rn_test_cell for a record `cell`. */
#define FUNCTIONS(name, cell)                                                              \
    static int64_t sizes_##name(int64_t I, int64_t H, int64_t *state)                      \
    {                                                                                      \
        return sizes_of(&(cell), I, H, state);                                             \
    }                                                                                      \
    static void begin_##name(const rn_model *model, const char *path, int64_t I,           \
                             int64_t H, double *const *state)                              \
    {                                                                                      \
        (void)model, (void)path;                                                           \
        begin_of(&(cell), I, H, state);                                                    \
    }

#define CELL(name, kind, gradient, multiply_adds, results, formula)                        \
    FUNCTIONS(name, cell_##name)
#include "examples/cells/cells.def"
#undef CELL

/* ---- forms with options: the record, and the reference with the same options ---- */

static rn_cell rhn2, mogrifier2, fastgrnn2, clockwork2, ltc2, lmu2, mamba2, mlstm2,
    deltanet2, stack2;

static const int two = 2, three = 3;
static const int64_t rank = 2;
static const cell_clockwork_options periods = {3, {1, 2, 3}};
static const cell_lmu_options lmu_sizes = {.order = 5, .delay = 10};
static const cell_mamba_options mamba_sizes = {.states = 3, .rank = 2};

static void make_records(void)
{
    rhn2 = cell_rhn_levels(&two);
    mogrifier2 = cell_mogrifier_rounds(&two);
    fastgrnn2 = cell_fastgrnn_rank(&rank);
    clockwork2 = cell_clockwork_periods(&periods);
    ltc2 = cell_ltc_steps(&three);
    lmu2 = cell_lmu_sizes(&lmu_sizes);
    mamba2 = cell_mamba_sizes(&mamba_sizes);
    mlstm2 = cell_mlstm_heads(3, 3);
    deltanet2 = cell_gated_deltanet_heads(3, 3);
    stack2 = cell_stack_sizes(3, 2);
}

#define FORM(name, base, ...)                                                              \
    FUNCTIONS(name, name)                                                                  \
    static RN_REFERENCE(name)                                                              \
    {                                                                                      \
        const reference_options before = reference_with;                                   \
        __VA_ARGS__;                                                                       \
        reference_##base(model, path, I, H, x, state, y);                                  \
        reference_with = before;                                                           \
    }

FORM(rhn2, rhn, reference_with.levels = 2)
FORM(mogrifier2, mogrifier, reference_with.rounds = 2)
FORM(fastgrnn2, fastgrnn, reference_with.rank = 2)
FORM(clockwork2, clockwork, reference_with.groups = 3, reference_with.period[2] = 3)
FORM(ltc2, ltc, reference_with.ltc_steps = 3)
FORM(lmu2, lmu, reference_with.order = 5, reference_with.delay = 10)
FORM(mamba2, mamba, reference_with.mamba_states = 3, reference_with.mamba_rank = 2)
FORM(mlstm2, mlstm, reference_with.heads = 3)
FORM(deltanet2, gated_deltanet, reference_with.heads = 3)
FORM(stack2, stack, reference_with.depth = 3, reference_with.width = 2)

/* ---- the list ---- */

enum { ALL, OUTPUTS };

static tested_cell cells[] = {
#define CELL(name, kind, gradient, multiply_adds, results, formula)                        \
    {{&cell_##name, reference_##name, sizes_##name, false, begin_##name}, (gradient) != 0},
#include "examples/cells/cells.def"
#undef CELL
#define FORM_OF(name)                                                                      \
    {                                                                                      \
        {&(name), reference_##name, sizes_##name, false, begin_##name}, false              \
    }
    FORM_OF(rhn2),      FORM_OF(mogrifier2), FORM_OF(fastgrnn2), FORM_OF(clockwork2),
    FORM_OF(ltc2),      FORM_OF(lmu2),       FORM_OF(mamba2),    FORM_OF(mlstm2),
    FORM_OF(deltanet2), FORM_OF(stack2),
};

int tested_count(void)
{
    return sizeof cells / sizeof *cells;
}

/* Those whose output is not state 0. */
static const rn_cell *const separate[] = {
    &cell_gated_deltanet, &cell_lru, &cell_mamba, &cell_mlstm, &cell_qrnn,
    &cell_rwkv,           &cell_sru, &mamba2,     &mlstm2,     &deltanet2};

const tested_cell *tested_at(int index)
{
    tested_cell *t = &cells[index];

    if (!rhn2.name) make_records();
    for (size_t i = 0; i < sizeof separate / sizeof *separate; i++)
        if (separate[i] == t->test.cell) t->test.separate = true;
    if (t->test.cell == &mlstm2) t->outputs_only = true;
    return t;
}
