// SPDX-License-Identifier: MIT
// Rows of a sheet, whose texts they borrow. A table of prices is short and read once a command, so
// it is searched from the front.
#include "cost/prices.h"

#include "base/mem.h"
#include "base/near.h"

#include <math.h>
#include <string.h>

// Limits are there to find slips: a price a thousand times that of the largest instance, a million
// processors.
enum column { INSTANCE, VCPUS, MEMORY, GPU, USD, NETWORK, SOURCE, AS_OF, COLUMNS };
static const struct sheet_column columns[COLUMNS + 1] = {
    [INSTANCE] = {"instance", true, 0, 0},      [VCPUS] = {"vcpus", false, 1, 1e6},
    [MEMORY] = {"memory_gib", false, 0.1, 1e6}, [GPU] = {"gpu", false, 0, 0},
    [USD] = {"usd_per_hour", true, 0, 1e5},     [NETWORK] = {"network_mbit", false, 1, 1e8},
    [SOURCE] = {"source", false, 0, 0},         [AS_OF] = {"as_of", false, 0, 0},
};

static int read_row(struct price *p, const struct sheet *s, size_t row, struct error *e)
{
    *p = (struct price){
        .instance = sheet_text(s, row, INSTANCE),
        .gpu = sheet_text(s, row, GPU),
        .source = sheet_text(s, row, SOURCE),
        .as_of = sheet_text(s, row, AS_OF),
    };
    int rc = sheet_number(s, row, USD, &p->usd_per_hour, e);
    if (rc == 0)
        rc = sheet_number(s, row, VCPUS, &p->vcpus, e);
    if (rc == 0)
        rc = sheet_number(s, row, MEMORY, &p->memory_gib, e);
    if (rc == 0)
        rc = sheet_number(s, row, NETWORK, &p->network_mbit, e);
    if (rc == 0 && isfinite(p->vcpus) && p->vcpus != floor(p->vcpus))
        rc = error_set(e, ERR_DATA, "%s: row %zu: %g vcpus are no whole number", s->name, row + 1,
                       p->vcpus);
    return rc;
}

static int check_doubled(const struct sheet *s, struct error *e)
{
    const struct frame_column *column = s->column[INSTANCE];
    for (size_t i = 0; i < column->texts; i++)
        if (column->text_count[i] > 1)
            return error_set(e, ERR_DATA, "%s: %.60s has %zu prices; leave one", s->name,
                             column->text[i], column->text_count[i]);
    return s->rows ? 0 : error_set(e, ERR_DATA, "%s: holds no prices", s->name);
}

static int take_rows(struct prices *p, struct error *e)
{
    const struct sheet *s = &p->sheet;
    int rc = check_doubled(s, e);
    if (rc)
        return rc;
    p->item = mem_array(s->rows, sizeof *p->item);
    if (!p->item)
        return error_nomem(e, s->name);
    for (size_t i = 0; rc == 0 && i < s->rows; i++)
        rc = read_row(&p->item[i], s, i, e);
    p->count = s->rows;
    return rc;
}

static int taken(struct prices *p, int rc, struct error *e)
{
    if (rc == 0)
        rc = take_rows(p, e);
    if (rc)
        prices_clear(p);
    return rc;
}

int prices_read(struct prices *p, const char *path, struct error *e)
{
    *p = (struct prices){0};
    return taken(p, sheet_read(&p->sheet, path, columns, e), e);
}

int prices_parse(struct prices *p, const char *name, const void *data, size_t size, struct error *e)
{
    *p = (struct prices){0};
    return taken(p, sheet_parse(&p->sheet, name, data, size, columns, e), e);
}

void prices_clear(struct prices *p)
{
    mem_free(p->item);
    sheet_clear(&p->sheet);
    *p = (struct prices){0};
}

const struct price *prices_find(const struct prices *p, const char *instance)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->item[i].instance, instance) == 0)
            return &p->item[i];
    return NULL;
}

const char *prices_nearest(const struct prices *p, const char *instance)
{
    const struct frame_column *column = p->sheet.column[INSTANCE];
    return column ? near_name(instance, column->text, column->texts) : NULL;
}
