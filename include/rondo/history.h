/* SPDX-License-Identifier: MIT */
/*
 * Numbers that a training run leaves: a table that is saved as CSV and drawn, and event
 * files for TensorBoard. rn_fit (fit.h) fills a history; a loop of one's own can as well.
 */
#ifndef RONDO_HISTORY_H
#define RONDO_HISTORY_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a table: columns by name, and rows that are added at the end ---- */

typedef struct rn_history rn_history;

/* An empty history, or NULL if out of memory. Free with rn_history_free. */
RN_API rn_history *rn_history_new(void);
RN_API rn_history *rn_history_new_using(rn_allocator allocator);
RN_API void rn_history_free(rn_history *history);

/* Adds a row of NaN. RN_NO_MEMORY: the history is unchanged. */
RN_API rn_status rn_history_row(rn_history *history);

/* Sets a number of the last row. A new name adds a column, which is NaN in earlier rows; it
 * is copied. RN_INVALID with a message: no row yet; a name that is empty, longer than 200
 * bytes, or has a comma, a quote or a control character. RN_NO_MEMORY. */
RN_API rn_status rn_history_set(rn_history *history, const char *column, double value);

/* The rows and columns, and a column's name (NULL: none of that index), owned by the
 * history. */
RN_API int64_t rn_history_rows(const rn_history *history);
RN_API int rn_history_columns(const rn_history *history);
RN_API const char *rn_history_name(const rn_history *history, int column);

/* A number; a negative row counts from the end, -1 being the last. NaN if there is no such
 * row or column. */
RN_API double rn_history_at(const rn_history *history, int64_t row, const char *column);

/* Writes the table as CSV: a line of names, a line for each row. Numbers have as many
 * digits as it takes to read the same double, and a point in every locale; a missing number
 * is nan. file.h says how files are written. RN_IO, RN_INVALID, RN_NO_MEMORY, with a
 * message. */
RN_API rn_status rn_history_save(rn_history *history, const char *path);

/* Draws columns over the column `x` as an SVG image, see rn_plot_svg. `columns` are names
 * separated by commas, in which * matches any text: "*loss". Statuses as above;
 * RN_INVALID also if there is no such column. */
RN_API rn_status rn_history_plot(rn_history *history, const char *path, const char *title,
                                 const char *x, const char *columns);

/* The last error's message, or "" if there was none. For NULL: that there is none. */
RN_API const char *rn_history_error(const rn_history *history);

/* ---- event files of TensorBoard ---- */

/* An open event file. Use `tensorboard --logdir FOLDER` to see it, while it grows. */
typedef struct rn_events rn_events;

/* Creates events.out.tfevents.<time>.<host>.<process>.<number> in `folder`, and the folder
 * if there is none. NULL, with the reason in `message` (may be NULL, truncated to
 * `capacity` bytes with the 0): the file cannot be written, or out of memory. Close with
 * rn_events_free. */
RN_API rn_events *rn_events_new(const char *folder, char *message, size_t capacity);
RN_API void rn_events_free(rn_events *events);

/* Appends a number, as f32, under a tag such as "train/loss". RN_IO: it could not be
 * written, now or before; RN_INVALID: no tag, one longer than 200 bytes or not UTF-8. */
RN_API rn_status rn_events_add(rn_events *events, const char *tag, int64_t step,
                               double value);

/* Hands over what was appended to the system, so that TensorBoard sees it. RN_IO: it could
 * not be written. */
RN_API rn_status rn_events_flush(rn_events *events);

#ifdef __cplusplus
}
#endif
#endif
