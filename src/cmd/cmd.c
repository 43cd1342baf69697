// SPDX-License-Identifier: MIT
#include "cmd/cmd.h"

#include <stdio.h>
#include <unistd.h>

#define HELP_MAX 65536

int cmd_help(const char *before, const struct opt *table, size_t count, const char *after)
{
    struct buf text;
    buf_init(&text, HELP_MAX);
    buf_puts(&text, before);
    opt_help(table, count, &text);
    buf_puts(&text, after);
    const int rc = text.failed;
    if (rc == 0)
        fputs(text.data, stdout);
    buf_clear(&text);
    return rc;
}

const char *cmd_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

// Only what may be called in a signal handler is called.
void cmd_lost_page(int number)
{
    static const char text[] =
        "skiff: a data file became shorter while it was being read (SIGBUS); write a new file "
        "beside it and rename it over the old one\n";
    (void)number;
    const ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(1);
}

const char *const cmd_part_words[] = {"auto", "train", "val", "test", NULL};

const char *cmd_part(int word)
{
    return word == 0 ? NULL : cmd_part_words[word];
}

int cmd_finish(const char *name, int rc, struct error *e)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        rc = rc ? rc : error_set(e, ERR_IO, "cannot write to standard output");
    if (rc)
        fprintf(stderr, "skiff %s: %s\n", name, e->code ? e->text : error_name(rc));
    return rc == 0 ? 0 : rc == ERR_USAGE ? 2 : 1;
}

static int parse_and_work(const struct cmd *c, struct opt_set *set, int argc, char **argv,
                          struct error *e)
{
    struct cmd_call call = {.set = set, .values = c->values};
    struct opt_words words = {.word = call.word, .max = c->words};
    const int rc = opt_parse(set, argc, argv, &words, e);
    if (rc)
        return rc;
    if (*c->help)
        return cmd_help(c->before, c->table, c->options, c->after);
    call.words = words.count;
    return c->work(&call, e);
}

int cmd_run(const struct cmd *c, int argc, char **argv)
{
    struct error e = {0};
    struct opt_set set;
    int rc = opt_begin(&set, c->table, c->options, c->values, &e);
    if (rc == 0) {
        rc = parse_and_work(c, &set, argc, argv, &e);
        opt_end(&set);
    }
    return cmd_finish(argv[0], rc, &e);
}
