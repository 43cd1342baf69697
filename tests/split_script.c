// SPDX-License-Identifier: MIT
#include "split_script.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

#define CLASSES 79 // from '0' to '~'

static void print_rows(const uint32_t *row, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%u", i ? " " : "", row[i]);
}

static int run(const char *what, const double value[2], const struct split_spec *spec,
               struct buf *out, struct error *e)
{
    struct split s;
    const int rc = strcmp(what, "rows") == 0
                       ? split_rows(&s, spec, e)
                       : split_fold(&s, spec, (size_t)value[0], (size_t)value[1], e);
    if (rc)
        return rc;
    print_rows(s.train, s.train_rows, out);
    buf_puts(out, " / ");
    print_rows(s.test, s.test_rows, out);
    split_clear(&s);
    return out->failed;
}

int split_script_run(const char *line, struct buf *out, struct error *e)
{
    char what[8];
    double value[2];
    unsigned shuffle;
    struct split_spec spec = {0};
    int begin = 0;
    if (sscanf(line, "%7s %zu %lf %lf %u %u %n", what, &spec.rows, &value[0], &value[1], &shuffle,
               &spec.random_state, &begin) < 6 ||
        !begin)
        return ERR_FORMAT;
    const char *text = line + begin;
    uint32_t *classes = NULL;
    if (strcmp(text, "-") != 0) {
        classes = mem_array(spec.rows, sizeof *classes);
        if (!classes || strlen(text) != spec.rows) {
            mem_free(classes);
            return ERR_FORMAT;
        }
        for (size_t i = 0; i < spec.rows; i++)
            classes[i] = (uint32_t)(text[i] - '0');
    }
    spec.test_size = value[0];
    spec.train_size = value[1];
    spec.shuffle = shuffle;
    spec.classes = classes;
    spec.class_count = CLASSES;
    const int rc = run(what, value, &spec, out, e);
    mem_free(classes);
    return rc;
}
