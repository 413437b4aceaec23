/* SPDX-License-Identifier: MIT */
/*
 * Recurrent cells of thirty years, each in a file of its name, for rn_recurrent
 * (rondo/recurrent.h). They are no part of the library: copy the file that you need. The
 * head of each file has its paper and equations, and cells.def lists them all.
 *
 * Cells with sizes or constants have a second form, a function. Pointers to options are
 * kept, and needed until rn_recurrent returns.
 */
#ifndef RONDO_EXAMPLES_CELLS_H
#define RONDO_EXAMPLES_CELLS_H

#include <rondo.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- gates that read the state ---- */

extern const rn_cell cell_mgu, cell_ugrnn, cell_janet, cell_norm_lstm, cell_slstm, cell_rhn,
    cell_mult_lstm, cell_mogrifier, cell_fastrnn, cell_fastgrnn, cell_clockwork;

rn_cell cell_rhn_levels(const int *levels);
rn_cell cell_mogrifier_rounds(const int *rounds);

/* Weights that are products of two of rank R = *rank; 0: whole weights. */
rn_cell cell_fastgrnn_rank(const int64_t *rank);

enum { CELL_CLOCKWORK_GROUPS = 16 };

/* Ascending periods. */
typedef struct cell_clockwork_options {
    int groups, period[CELL_CLOCKWORK_GROUPS];
} cell_clockwork_options;
rn_cell cell_clockwork_periods(const cell_clockwork_options *options);

/* ---- differential equations ---- */

extern const rn_cell cell_antisymmetric, cell_cornn, cell_lem, cell_ltc, cell_lmu;

/* The solver's steps for one step of the sequence. */
rn_cell cell_ltc_steps(const int *steps);

typedef struct cell_lmu_options {
    double delay;  /* D, in steps; 0 means 64 */
    int64_t order; /* N; 0 means 8 */
} cell_lmu_options;
rn_cell cell_lmu_sizes(const cell_lmu_options *options);

/* ---- no product reads a state ---- */

extern const rn_cell cell_mingru, cell_minlstm, cell_indrnn, cell_sru, cell_qrnn, cell_lru,
    cell_rglru, cell_mamba, cell_rwkv;

typedef struct cell_mamba_options {
    int64_t states, rank; /* N and R; 0 means 16 and H / 16 */
} cell_mamba_options;
rn_cell cell_mamba_sizes(const cell_mamba_options *options);

/* ---- matrices as states ---- */

extern const rn_cell cell_mlstm, cell_gated_deltanet;

/* N heads of D units; the layer's units must be N D. */
rn_cell cell_mlstm_heads(int64_t N, int64_t D);
rn_cell cell_gated_deltanet_heads(int64_t N, int64_t D);

/* ---- memories ---- */

extern const rn_cell cell_stack;
rn_cell cell_stack_sizes(int64_t depth, int64_t width);

typedef enum cell_score {
    CELL_SCORE_ADDITIVE, /* v . tanh(W q + U m); Bahdanau et al. 2015, arXiv:1409.0473 */
    CELL_SCORE_DOT,      /* q . W m; Luong et al. 2015, arXiv:1508.04025 */
    CELL_SCORE_HEADS     /* N heads of W q . U m / sqrt(A / N); arXiv:1706.03762 */
} cell_score;

/* Attention around a cell of at most RN_STATES_MAX - 3 states, see attention.c. A zeroed
 * struct is additive attention of a GRU over its last 16 states. */
typedef struct cell_attention_options {
    const rn_cell
        *cell; /* NULL: rn_cell_gru. Its state 0 is [H], and no size is RN_INPUTS */
    cell_score score;
    bool after;        /* the query is h after the step, not before it */
    rn_tensor memory;  /* [B, S, M], such as an encoder's outputs; null: the cell's own last
                          states h, M = H */
    rn_tensor lengths; /* i32 [B] of the memory; null: all S */
    int64_t window;    /* S of the cell's own states; 0 means 16 */
    int64_t units;     /* A; 0 means H */
    int64_t heads;     /* N, of CELL_SCORE_HEADS, divides A; 0 means 1 */
} cell_attention_options;
rn_cell cell_attention_of(const cell_attention_options *options);

extern const rn_cell cell_attention; /* the one of a zeroed struct */

/* Child-sum Tree-LSTM, see tree_lstm.c: no cell but a function over a loop. */
rn_tensor cell_tree_lstm(rn_scope scope, const char *name, rn_tensor x, rn_tensor children,
                         rn_tensor lengths, int64_t units);

#ifdef __cplusplus
}
#endif
#endif
