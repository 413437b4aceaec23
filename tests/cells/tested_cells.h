/* SPDX-License-Identifier: MIT */
/* The cells of examples/cells and forms of them with options, each with its reference. */
#ifndef RN_TESTS_CELLS_TESTED_H
#define RN_TESTS_CELLS_TESTED_H

#include "reference_cells.h"

#include <rondo.h>

typedef struct tested_cell {
    rn_test_cell test;
    bool outputs_only; /* the gradient is that of the outputs alone */
} tested_cell;

int tested_count(void);
const tested_cell *tested_at(int index);

#endif
