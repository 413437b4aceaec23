/* SPDX-License-Identifier: MIT */
/* Which element-wise steps become a chain, and what memory its values need. */
#include "plan/access.h"
#include "program/program.h"
#include "run/driver.h"

enum { B = 6, H = 5, MOST = 4096 };

/* A program of y, and the same without chains, run with the same numbers. */
typedef struct world {
    rn_graph *g;
    rn_tensor in[4];
    int inputs;
} world;

static rn_tensor input(world *w, rn_shape shape)
{
    static const char *const names[] = {"a", "b", "c", "d"};

    if (!w->g) w->g = rn_graph_new();
    return w->in[w->inputs] = rn_test_f64(w->g, names[w->inputs], shape),
           w->in[w->inputs++];
}

static rn_program *run(const world *w, rn_tensor y, unsigned without, double *values)
{
    static double data[MOST];
    rn_program *p =
        rn_compile(w->g, (rn_compile_options){RN_OUTPUTS(y), .without = without});

    cr_assert(p, "%s", rn_graph_error(w->g));
    cr_assert(rn_test_count(y) <= MOST);
    for (int i = 0; i < w->inputs; i++) {
        cr_assert(rn_test_count(w->in[i]) <= MOST);
        rn_test_feed(p, w->in[i],
                     rn_test_numbers(data, rn_test_count(w->in[i]), (uint64_t)i + 1));
    }
    rn_test_run(p);
    rn_test_read(p, y, values);
    return p;
}

/* Expects so many chains of so many steps together, and the values of single steps. */
static void expect_chains(world *w, rn_tensor y, int chains, int maps, size_t tiles)
{
    static double got[MOST], want[MOST];
    rn_program *p = run(w, y, 0, got), *single = run(w, y, RN_PASS_FUSE, want);
    int found = 0, inside = 0;

    for (int32_t i = 0; i < p->plan.steps; i++) {
        if (p->plan.step[i].kind != RN__STEP_CHAIN) continue;
        found++;
        inside += p->plan.step[i].end - i - 1;
    }
    cr_expect_eq(found, chains, "%d chains, not %d", found, chains);
    cr_expect_eq(inside, maps, "%d steps in chains, not %d", inside, maps);
    cr_expect(p->plan.tile_memory_bytes <= tiles, "%zu bytes for tiles",
              p->plan.tile_memory_bytes);
    rn_test_near(got, want, rn_test_count(y), 0, "y");
    rn_program_free(p);
    rn_program_free(single);
    rn_graph_free(w->g);
}

/* The gates of a cell are columns of one product. The sum of two products reads the factors
 * of both. */
Test(fuse, columns_of_a_matrix)
{
    world w = {0};
    const rn_tensor x = input(&w, rn_shape(B, H)), u = input(&w, rn_shape(H, 4 * H));
    const rn_tensor c = input(&w, rn_shape(B, H)), bias = input(&w, rn_shape(H));
    rn_tensor z = rn_matmul(x, u), gate[4];

    for (int i = 0; i < 4; i++)
        gate[i] = rn_add(rn_slice(z, 1, i * H, (i + 1) * H, 1), bias);
    for (int i = 0; i < 3; i++) gate[i] = rn_sigmoid(gate[i]);
    const rn_tensor next = rn_add(rn_mul(gate[0], c), rn_mul(gate[1], rn_tanh(gate[3])));
    expect_chains(&w, rn_mul(gate[2], rn_tanh(next)), 1, 11, 1 << 12);
}

Test(fuse, an_axis_of_size_1_ends_no_chain)
{
    world w = {0};
    const rn_tensor x = input(&w, rn_shape(1, 64)), b = input(&w, rn_shape(64));
    const rn_tensor flat = rn_reshape(rn_tanh(rn_add(x, b)), rn_shape(64));

    expect_chains(&w, rn_reshape(rn_mul(rn_exp(flat), b), rn_shape(64, 1)), 1, 4, 1 << 12);
}

/* Each exponential is dead after the sum that follows it. */
Test(fuse, a_value_has_memory_while_it_is_used)
{
    world w = {0};
    const rn_tensor x = input(&w, rn_shape(4000));
    rn_tensor sum = x;

    for (int i = 0; i < 20; i++) sum = rn_sub(rn_exp(rn_scale(x, -i)), rn_sin(sum));
    expect_chains(&w, rn_neg(sum), 1, 81, 3 * 8192);
}

Test(fuse, elements_of_another_index_end_a_chain)
{
    world w = {0};
    const rn_tensor x = input(&w, rn_shape(H, H)), y = rn_exp(rn_tanh(x));

    expect_chains(&w, rn_sin(rn_add(y, rn_transpose(y))), 2, 4, 1 << 12);
}

/* ---- parts of a buffer ---- */

enum { BYTES = 8192 };

static void mark(const rn__operand *x, char *bytes, char mark)
{
    const int64_t count = rn__operand_count(x);

    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, at = x->at.offset;
        for (int axis = x->rank - 1; axis >= 0; rest /= x->size[axis--])
            at += rest % x->size[axis] * x->stride[axis] * (int64_t)rn_type_size(x->type);
        cr_assert(at >= 0 && at + 8 <= BYTES);
        for (size_t k = 0; k < rn_type_size(x->type); k++) bytes[at + (int64_t)k] |= mark;
    }
}

static rn__operand some_operand(uint64_t seed)
{
    uint64_t draws = 0;
#define DRAW(n) ((int64_t)((rn_test_number(seed, draws++) + 1) / 2 * (n)))
    rn__operand x = {.type = DRAW(2) ? RN_F64 : RN_F32};
    x.rank = (int)DRAW(4);
    int64_t step = 1 + DRAW(5) / 4;

    for (int i = x.rank - 1; i >= 0; i--) {
        x.size[i] = DRAW(5);
        x.stride[i] = DRAW(9) ? step : -step;
        step *= DRAW(2) ? x.size[i] : 6;
        if (!DRAW(12)) x.stride[i] = 0;
        if (step == 0) step = 1;
    }
    x.at.offset = 3000 + 4 * DRAW(24);
    return x;
#undef DRAW
}

/* Never apart with a byte in common; and most of those with none are found. */
Test(fuse, operands_that_are_apart_have_no_byte_in_common)
{
    int found = 0, all = 0;

    for (uint64_t seed = 0; seed < 20000; seed++) {
        const rn__operand a = some_operand(2 * seed), b = some_operand(2 * seed + 1);
        static char bytes[BYTES];
        bool common = false;
        memset(bytes, 0, sizeof bytes);
        mark(&a, bytes, 1), mark(&b, bytes, 2);
        for (int i = 0; i < BYTES; i++) common |= bytes[i] == 3;
        const bool apart = rn__operands_apart(&a, &b);
        cr_assert(!(apart && common), "seed %llu", (unsigned long long)seed);
        found += apart, all += !common;
    }
    cr_assert(found > all / 2, "%d of %d", found, all);
}

Test(fuse, columns_and_slots_are_apart)
{
    rn__operand a = {.type = RN_F32, .rank = 2, .size = {B, H}, .stride = {4 * H, 1}};
    rn__operand b = a;

    cr_assert_not(rn__operands_apart(&a, &b));
    for (int i = 1; i < 4; i++) {
        b.at.offset = i * H * 4;
        cr_assert(rn__operands_apart(&a, &b) && rn__operands_apart(&b, &a));
        b.at.offset -= 4;
        cr_assert_eq(rn__operands_apart(&a, &b), i > 1);
    }
    b.at.offset = 4 * H * 4 * B;
    cr_assert(rn__operands_apart(&a, &b));
    b.at.advance[0] = 4;
    cr_assert_not(rn__operands_apart(&a, &b));
}
