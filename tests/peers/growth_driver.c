// SPDX-License-Identifier: MIT
// For each line of standard input, "price0 price1 size n m" and n, then m pairs of size and
// seconds: two lines through those runs, where they cross, and the price at which they cost the
// same at that size; or "refused:" and the message.
#include "cost/crossing.h"
#include "cost/student.h"

#include <stdio.h>

#define RUNS_MAX 100

static bool read_numbers(double *number, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (scanf("%lf", &number[i]) != 1)
            return false;
    return true;
}

static bool read_runs(struct growth_run run[RUNS_MAX], double n)
{
    if (!(n >= 0 && n <= RUNS_MAX))
        return false;
    for (size_t i = 0; i < (size_t)n; i++)
        if (scanf("%lf %lf", &run[i].size, &run[i].seconds) != 2)
            return false;
    return true;
}

static void print_growth(const struct growth *g)
{
    printf("%.17g %.17g %.17g %.17g %.17g %.17g ", g->fixed, g->each, g->variance[0],
           g->variance[1], g->variance[2], g->freedom);
}

int main(void)
{
    double head[5]; // two prices, a size, two numbers of runs
    while (read_numbers(head, 5)) {
        struct growth_run run[2][RUNS_MAX];
        struct growth g[2];
        struct error e = {0};
        if (!read_runs(run[0], head[3]) || !read_runs(run[1], head[4]))
            return 1;
        if (growth_fit(&g[0], run[0], (size_t)head[3], &e) ||
            growth_fit(&g[1], run[1], (size_t)head[4], &e)) {
            printf("refused: %s\n", e.text);
            continue;
        }
        const struct crossing_side side[] = {{&g[0], head[0]}, {&g[1], head[1]}};
        struct crossing c;
        struct crossing_price p;
        crossing_find(&c, side);
        crossing_price(&p, &side[0], &g[1], head[2]);
        print_growth(&g[0]);
        print_growth(&g[1]);
        printf("%.17g %.17g %.17g %d %.17g %.17g %.17g %.17g\n", c.size, c.low, c.high, c.cheaper,
               p.price, p.low, p.high, student_95(g[0].freedom));
    }
    return 0;
}
