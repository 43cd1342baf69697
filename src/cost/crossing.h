// SPDX-License-Identifier: MIT
// Which of two configurations is cheaper, or quicker, at which size of the work, and what one of
// them would have to cost for both to be equal.
#ifndef SKIFF_COST_CROSSING_H
#define SKIFF_COST_CROSSING_H

#include "cost/growth.h"

#include <stdbool.h>

struct crossing_side {
    const struct growth *growth;
    double price; // of a second on all its machines, above 0; 1 on both sides compares seconds
};

// The sizes that the noise of the runs leaves open, where neither side is cheaper for sure, go from
// `low` to `high`, the 95 % interval of the crossing. `low` may be 0 and `high` infinite: then the
// runs set no limit there. NaN both: nothing is left open, or nothing is known about noise.
struct crossing {
    bool crosses;
    double size; // where the lines cross, above 0; NaN where they do not
    int cheaper; // 0 or 1: who is below the crossing, or everywhere; -1: the lines are the same
    bool judged; // `low` and `high` come from noise that is known
    double low, high;
    bool measured; // both sides were run at sizes on either side of the crossing
};
void crossing_find(struct crossing *c, const struct crossing_side side[2]);

// The price at which the second side would cost at `size` what the first does, with its 95 %
// interval (NaN where that is not known). Below it the second is cheaper.
struct crossing_price {
    double price, low, high;
};
void crossing_price(struct crossing_price *p, const struct crossing_side *first,
                    const struct growth *second, double size);

#endif
