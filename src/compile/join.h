/* SPDX-License-Identifier: MIT */
/* Which nodes of a graph become one. */
#ifndef RN_COMPILE_JOIN_H
#define RN_COMPILE_JOIN_H

#include "compile/products.h"

/* Nodes with one operator that become one: the results are ranges of its result along
 * `axis`. Operands with cut >= 0 are one after the other along that axis, the others are
 * shared. */
typedef struct rn__group {
    const rn__node *node; /* the first member found */
    int32_t id[RN__JOINED_MOST];
    int count;
    int axis;
    int cut[RN__FORM_INPUTS];
    int32_t of[RN__FORM_INPUTS]; /* by operand: the group whose results or operands these
                                    are, or the concatenation that they are parts of, or
                                    the operand that all share; see rn__of */
    unsigned char from[RN__FORM_INPUTS];
    rn_tensor in[RN__FORM_INPUTS]; /* of the joined node, in the copy; join.c */
    unsigned char place;
    int32_t level;
    bool valid;
    int64_t gain, cost; /* of joining: elements moved */
    int32_t with;       /* the first group that it is joined with, or not */
} rn__group;

enum rn__of { RN__SHARED, RN__OF_GROUP, RN__OF_OPERANDS, RN__OF_CONCAT, RN__OF_ANY };

typedef struct rn__groups {
    rn__group *group;
    int32_t count;
    int32_t *of;      /* by node: its group, from 1; 0: none */
    int32_t *operand; /* by node: the group that it is an operand of, from 1; 0: none */
} rn__groups;

/* The groups of a region that are worth it. False without memory. */
bool rn__find_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups);

/* Whether two nodes, as groups of their own, can be in one; and a hash that is then equal.
 */
bool rn__same_group(const rn__region *region, const rn__group *a, const rn__group *b);
uint64_t rn__group_hash(const rn__group *g);

/* Sorts the members of each group, and finds out whether it is worth it. False without
 * memory. */
bool rn__choose_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups);

/* The operand of a group that it concatenates, of element-wise nodes of a body; -1: none.
 */
int rn__group_operand(const rn__region *region, const rn__group *g);

/* Whether an operand is from another group. */
static inline bool rn__from_group(const rn__group *g, int k)
{
    return g->from[k] == RN__OF_GROUP || g->from[k] == RN__OF_OPERANDS;
}

/* Whether it reads parts of a concatenation. */
bool rn__group_reads_concat(const rn__group *g);

/* Gives up groups that depend on themselves. order[]: all nodes of the region, in an order
 * in which what a group needs comes before its first node. False without memory. */
bool rn__order_groups(rn__copy_pass *pass, const rn__region *region, rn__groups *groups,
                      int32_t *order);

#endif
