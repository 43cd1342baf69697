// SPDX-License-Identifier: MIT
// The option table as text. The manual pages are checked against it (tests/shell/help_man.sh), and
// it is read there by its form: where explanations begin, "One of:", "[default]", "(also --name)".
#include "base/opt.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 28 // where explanations begin
#define HELP_WIDTH  80

static void explain(const struct opt *o, struct buf *text)
{
    buf_puts(text, o->help);
    if (o->type == OPT_ENUM) {
        buf_puts(text, " One of:");
        for (int i = 0; o->words[i]; i++)
            buf_printf(text, "%s %s", i ? "," : "", o->words[i]);
        buf_puts(text, ".");
    }
    if (o->initial && *o->initial)
        buf_printf(text, " [%s]", o->initial);
    for (const char *at = o->aliases; at && *at;) {
        const size_t len = strcspn(at, " ");
        buf_printf(text, "%s--%.*s", at == o->aliases ? " (also " : ", ", (int)len, at);
        at += len + strspn(at + len, " ");
        if (!*at)
            buf_puts(text, ")");
    }
}

static void help_row(const struct opt *o, struct buf *out)
{
    char left[96];
    const char *arg = o->arg ? o->arg : o->type == OPT_ENUM ? "NAME" : "";
    int len = snprintf(left, sizeof left, "  --%s%s%s", o->name, *arg ? " " : "", arg);
    buf_puts(out, left);
    if (len >= HELP_COLUMN - 1) {
        buf_puts(out, "\n");
        len = 0;
    }
    buf_printf(out, "%*s", HELP_COLUMN - len, "");
    struct buf text;
    buf_init(&text, 4096);
    explain(o, &text);
    buf_wrap(out, text.data, text.len, &(struct buf_margins){HELP_COLUMN, HELP_COLUMN, HELP_WIDTH});
    buf_clear(&text);
}

void opt_help(const struct opt *table, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].group)
            buf_printf(out, "\n%s\n", table[i].group);
        help_row(&table[i], out);
    }
}
