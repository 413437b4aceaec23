/* SPDX-License-Identifier: MIT */
/*
 * What a picture of a graph shows: boxes, frames around them, and lines.
 *
 *   figure.c         which box shows which node
 *   figure_live.c    which nodes are shown, and which are folded into others
 *   figure_lines.c   lines between boxes, and the weights that a box reads
 *   figure_text.c    what is written in boxes
 *   layout.h         where boxes and lines of an SVG lie
 *
 * The nodes of the graph and of all bodies are numbered: node i of the body number k is
 * base[k] + i. Boxes are in an order in which values flow.
 */
#ifndef RN_IO_FIGURE_H
#define RN_IO_FIGURE_H

#include "graph/node.h"
#include "rondo/pictures.h"

typedef enum rn__box_kind {
    RN__BOX_OPERATOR,
    RN__BOX_INPUT,
    RN__BOX_VALUE, /* a constant or a variable */
    RN__BOX_LAYER, /* a function with all its nodes */
    RN__BOX_LOOP,
    RN__BOX_IN, /* of a frame of a loop: each, carry, capture, index */
    RN__BOX_OUT /* of a frame of a loop: an output */
} rn__box_kind;

enum { RN__BOX_LINES = 3 };

typedef struct rn__box {
    rn__box_kind kind;
    bool open; /* a frame around boxes; their order is that of `next`. If it is of a loop
                  with lengths, these are read by the first of them, the next box */
    bool gradient;  /* of nodes that rn_grad built */
    int32_t parent; /* the frame around it; -1: none */
    int32_t first, last, next;
    int32_t node;       /* its first node, numbered */
    int32_t frame;      /* of a layer: its rn__frame_record, from 1 */
    int32_t carries;    /* of a closed loop: the values that it carries */
    int64_t parameters; /* elements of the weights that it reads */
    const char *text[RN__BOX_LINES];
} rn__box;

/* A value that a box reads. `from` -1: a folded variable. */
typedef struct rn__figure_line {
    int32_t value; /* the node, numbered */
    int32_t from, to;
    int32_t next; /* of the same value; -1: none */
    bool back;    /* to the next step */
} rn__figure_line;

/* Whether a node is shown: not at all, in a box, or by name in the boxes that read it. */
typedef enum rn__live { RN__HIDDEN, RN__SHOWN, RN__CONSTANT, RN__VARIABLE } rn__live;

typedef struct rn__figure {
    rn_graph *graph; /* the root */
    const rn_graph_options *options;
    rn__arena arena;
    bool failed;          /* out of memory */
    int32_t nodes, *base; /* base: by part, and the end */
    int32_t parts;
    rn_graph **part;  /* the root, and the bodies of loops by number; NULL: not ended */
    uint8_t *live;    /* by node: rn__live */
    int32_t *showing; /* by node: its box, or -1 */
    rn__box *box;
    int32_t boxes;
    int32_t *frame_box, *frame_part; /* by frame: its box in this part */
    rn__list line;                   /* rn__figure_line */
    int32_t *first_line;             /* by value */
} rn__figure;

/* False if out of memory. Finish in any case. */
bool rn__figure_init(rn__figure *figure, const rn_graph *graph,
                     const rn_graph_options *options);
void rn__figure_finish(rn__figure *figure);

/* Whether the arguments are valid. */
bool rn__figure_valid(const rn_graph *graph, const char *path,
                      const rn_graph_options *options);

/* ---- shared by figure*.c ---- */

/* The number of the part that a node is in, and the node. */
int32_t rn__figure_part(const rn__figure *figure, int32_t number);
rn__node *rn__figure_node(const rn__figure *figure, int32_t number);

/* The k-th value that a node reads, numbered: an operand, the outer value of a leaf, what a
 * loop's output collects. Then, of leaves and outputs, their loop. -1: there are not so
 * many. `back` is set for the value that a carry has after the step. */
int32_t rn__figure_read(const rn__figure *figure, int32_t number, int k, bool *back);

/* The constant or variable that a folded node stands for. */
int32_t rn__figure_source(const rn__figure *figure, int32_t number);

bool rn__figure_mark(rn__figure *figure);
void rn__figure_lines(rn__figure *figure);
void rn__figure_texts(rn__figure *figure);

/* Zeroed memory; NULL, and the figure has failed. */
void *rn__figure_new(rn__figure *figure, size_t count, size_t size);

/* Adds a record to a list in the figure's memory; NULL, and the figure has failed. */
void *rn__figure_add(rn__figure *figure, rn__list *list, size_t size);

/* "f32 [20,8]" */
const char *rn__figure_type(const rn__figure *figure, int32_t value, char *text,
                            size_t capacity);

/* The colour of a box. */
const char *rn__figure_fill(const rn__box *box);

static inline bool rn__figure_all(const rn__figure *figure)
{
    return figure->options->detail == RN_DETAIL_NODES;
}

#endif
