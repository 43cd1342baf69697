// SPDX-License-Identifier: MIT
// The steps of a comparison, a file each: runs become rows, rows get figures, figures are judged,
// and two steps say what that means. Each reads what those before have left in struct compare.
#include "cost/compare.h"

#include "base/mem.h"
#include "base/near.h"
#include "base/num.h"
#include "cost/compare_inner.h"

#include <stdio.h>
#include <string.h>

static int check_storage(struct compare *c, struct error *e)
{
    if (!(c->spec.storage_gb > 0))
        return 0;
    const struct price *gb = prices_find(c->spec.prices, PRICES_STORAGE);
    if (!gb)
        return error_set(e, ERR_USAGE,
                         "--storage: the prices have no row '%s', what an hour of one GB costs",
                         PRICES_STORAGE);
    c->storage = c->spec.storage_gb * gb->usd_per_hour;
    return 0;
}

int compare_make(struct compare *c, const struct compare_spec *spec, const struct cost_runs *runs,
                 struct error *e)
{
    *c = (struct compare){.spec = *spec, .runs = runs->count};
    buf_init(&c->notes, COMPARE_TEXT_MAX);
    buf_init(&c->answer, COMPARE_TEXT_MAX);
    int rc = check_storage(c, e);
    if (rc == 0)
        rc = compare_group(c, runs, e);
    if (rc == 0)
        rc = compare_measure(c, e);
    if (rc == 0) {
        compare_judge(c);
        rc = compare_say(c, e);
    }
    if (rc == 0)
        rc = compare_turn(c, e);
    if (rc)
        compare_clear(c);
    return rc;
}

void compare_clear(struct compare *c)
{
    mem_free(c->row);
    mem_free(c->table);
    mem_free(c->member);
    mem_free(c->priced_as);
    mem_free(c->scratch);
    buf_clear(&c->notes);
    buf_clear(&c->answer);
    *c = (struct compare){0};
}

void compare_reached(char text[COMPARE_REACHED_MAX], const struct compare_row *row)
{
    if (row->reached)
        snprintf(text, COMPARE_REACHED_MAX, "%zu of %zu", row->reached, row->followed);
    else
        snprintf(text, COMPARE_REACHED_MAX, "%s",
                 row->followed    ? "not reached"
                 : row->histories ? "not recorded"
                                  : "no history");
}

static bool is_target(enum history_column column)
{
    return column != HISTORY_LR && column != HISTORY_SECONDS;
}

static int unknown_target(const char *text, const char *name, struct error *e)
{
    struct near n = near_begin(name);
    for (int i = 0; i < HISTORY_COLUMNS; i++)
        if (is_target((enum history_column)i))
            near_look(&n, history_column_name((enum history_column)i));
    return error_set(e, ERR_USAGE,
                     "--target: '%.60s' is no METRIC=VALUE of history.csv, such as "
                     "val_auroc=0.85%s%s%s",
                     text, n.best ? "; did you mean '" : "", n.best ? n.best : "",
                     n.best ? "'?" : "");
}

int compare_target_parse(struct compare_target *target, const char *text, struct error *e)
{
    char name[64] = "";
    const size_t len = strcspn(text, "=");
    if (len < sizeof name)
        memcpy(name, text, len);
    for (int i = 0; i < HISTORY_COLUMNS; i++)
        if (is_target((enum history_column)i) && text[len] == '=' &&
            strcmp(history_column_name((enum history_column)i), name) == 0) {
            target->column = (enum history_column)i;
            if (num_parse(text + len + 1, &target->value))
                return 0;
            return error_set(e, ERR_USAGE, "--target: '%.60s' is not a number", text + len + 1);
        }
    return unknown_target(text, name, e);
}
