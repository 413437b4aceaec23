/* SPDX-License-Identifier: MIT */
/* The convolutional LSTM, see convlstm.c. */
#ifndef RONDO_EXAMPLES_CELLS_CONVLSTM_H
#define RONDO_EXAMPLES_CELLS_CONVLSTM_H

#include <rondo.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cell_convlstm_options {
    int64_t height, width;
    int64_t channels; /* F, those of the states and the output */
    int64_t size;     /* k, the kernel's in both directions; 0 means 3 */
    bool peepholes;
} cell_convlstm_options;

/* For rn_recurrent with x [T, B, H W C]; the outputs are [T, B, H W F], and .units is not
 * used. The options are kept by reference and needed until rn_recurrent returns. */
rn_cell cell_convlstm(const cell_convlstm_options *options);

#ifdef __cplusplus
}
#endif
#endif
