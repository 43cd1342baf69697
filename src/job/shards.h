// SPDX-License-Identifier: MIT
// Data of which every rank has files of its own (--sharded). The table is that of all ranks' files
// one after the other, in the order of the ranks; a process alone with those files trains the same
// model. Labels, 4 bytes a row and target, go to every rank, so that everything about them is
// decided everywhere as if the table were whole. Features stay in parts: each rank has the rows
// that it computes when the whole table is one batch, for which rows move once; those of shuffled
// batches move as they are needed (dist/dist_rows.h).
#ifndef SKIFF_JOB_SHARDS_H
#define SKIFF_JOB_SHARDS_H

#include "dist/dist.h"
#include "job/part.h"
#include "table/dataset.h"

struct shards {
    struct dist *ranks;      // borrowed; all calls are collective and end alike everywhere
    const char *host;        // of this process; NULL: the machine's name
    const char *path[PARTS]; // NULL: there is no such part
};

// A path of a rank that has no rows of a part, whatever others have.
#define SHARDS_NONE "/dev/null"

// Ranks of one host that name the same file or folder have one shard together, which the first of
// them reads: not mine[part] then, nor where there is none. there[part]: some rank has a path.
// ERR_MISMATCH where a part is not given to all ranks.
int shards_meet(const struct shards *s, bool mine[PARTS], bool there[PARTS], struct error *e);

// `d` has this rank's rows, perhaps none (then d->d may be 0, for nobody knows); afterwards n and y
// are those of all ranks. *own are this rank's labels in y. Rows to validate or test on that are
// the same on all ranks count once, and *once says so; rows to train on that are the same
// everywhere are refused.
struct shard_join {
    size_t part;
    bool read; // this rank has looked for rows
    bool once;
    size_t own_first, own;
};
int shards_join(const struct shards *s, struct shard_join *j, struct dataset *d, struct error *e);

// Rows go to the ranks that compute them. With the task known, and so the size of gradients, by
// which a batch is divided.
int shards_deal(struct dist *ranks, struct dataset *d, size_t gradient_floats, struct error *e);

#endif
