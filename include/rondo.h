/* SPDX-License-Identifier: MIT */
/*
 * Rondo -- recurrent neural networks as graphs of primitive operators.
 *
 * This header includes the whole public interface. Each part also has its own header in
 * rondo/, which compiles alone. Start with `docs/guide.md`.
 */
#ifndef RONDO_H
#define RONDO_H

#include "rondo/averages.h"
#include "rondo/cells.h"
#include "rondo/checkpoint.h"
#include "rondo/conv.h"
#include "rondo/culprit.h"
#include "rondo/data.h"
#include "rondo/decode.h"
#include "rondo/file.h"
#include "rondo/fit.h"
#include "rondo/flow.h"
#include "rondo/grad.h"
#include "rondo/gradcheck.h"
#include "rondo/graph.h"
#include "rondo/history.h"
#include "rondo/layers.h"
#include "rondo/lbfgs.h"
#include "rondo/loop.h"
#include "rondo/losses.h"
#include "rondo/metrics.h"
#include "rondo/model.h"
#include "rondo/op.h"
#include "rondo/ops.h"
#include "rondo/optimizers.h"
#include "rondo/pictures.h"
#include "rondo/profile.h"
#include "rondo/program.h"
#include "rondo/recurrent.h"
#include "rondo/schedules.h"
#include "rondo/series.h"
#include "rondo/splits.h"
#include "rondo/streams.h"
#include "rondo/table.h"
#include "rondo/text.h"
#include "rondo/train.h"
#include "rondo/types.h"

#endif
