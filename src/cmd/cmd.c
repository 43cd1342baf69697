// SPDX-License-Identifier: MIT
// From argv to an exit status: a command of words and options is a struct cmd and goes through
// cmd_run; train, plan and job, which begin in other ways, use the parts. The one global variable
// is the path of the failure file, for a signal handler has no other way to it.
#include "cmd/cmd.h"

#include "base/file.h"
#include "base/num.h"
#include "io/npz.h"
#include "job/failure.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HELP_MAX 65536

// A table that was given without its option?
static int refuse_word(const char *word, struct error *e)
{
    if (access(word, F_OK) != 0)
        return error_set(e, ERR_USAGE, "'%.100s': unexpected word; options begin with --", word);
    const bool arrays = file_is_folder(word) || npz_is_file(word);
    return error_set(e, ERR_USAGE, "'%.100s': data go with an option: %s %.100s%s", word,
                     arrays ? "--train" : "--data", word, arrays ? "" : " --target NAME");
}

int cmd_options_only(struct opt_set *set, int argc, char **argv, struct error *e)
{
    const char *word;
    struct opt_words words = {.word = &word, .max = 1};
    const int rc = opt_parse(set, argc, argv, &words, e);
    return rc || words.count == 0 ? rc : refuse_word(word, e);
}

bool cmd_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

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

// Bytes that begin a character.
size_t cmd_text_width(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void cmd_print_text(const char *text, size_t width, size_t most)
{
    const size_t all = cmd_text_width(text);
    size_t shown = 0;
    for (; *text; text++) {
        const bool begins = ((unsigned char)*text & 0xc0) != 0x80;
        if (begins && shown == most - 3 && all > most)
            break;
        shown += begins;
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
    }
    if (*text) {
        fputs("...", stdout);
        shown += 3;
    }
    for (; shown < width; shown++)
        putchar(' ');
}

static const char *failure_file;

void cmd_failure_file(const char *path)
{
    failure_file = path;
}

// Only what may be called in a signal handler is called.
static void say_lost_page(void)
{
    static const char text[] =
        "skiff: a data file became shorter while it was being read (SIGBUS); write a new file "
        "beside it and rename it over the old one\n";
    const ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    if (failure_file)
        failure_write(failure_file, text);
}

void cmd_lost_page(int number)
{
    (void)number;
    say_lost_page();
    _exit(1);
}

void cmd_lost_page_rank(int number)
{
    say_lost_page();
    signal(number, SIG_DFL); // it comes again as soon as this returns
}

const char *const cmd_part_words[] = {"auto", "train", "val", "test", NULL};

int cmd_threshold(const char *text, enum threshold_rule *rule, double *value, struct error *e)
{
    const char *given = text ? text : "";
    if (strcmp(given, "f1") == 0)
        *rule = THRESHOLD_F1;
    else if (strcmp(given, "youden") == 0)
        *rule = THRESHOLD_YOUDEN;
    else if (!num_parse(given, value))
        return error_set(e, ERR_USAGE, "--threshold: '%.60s' is not a number, nor f1 nor youden",
                         given);
    return 0;
}

const char *cmd_part(int word)
{
    return word == 0 ? NULL : cmd_part_words[word];
}

int cmd_end(int rc, const struct error *e)
{
    if (rc && failure_file)
        failure_write(failure_file, e->code ? e->text : error_name(rc));
    return rc == 0 ? 0 : rc == ERR_USAGE ? 2 : 1;
}

int cmd_finish(const char *name, int rc, struct error *e)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        rc = rc ? rc : error_set(e, ERR_IO, "cannot write to standard output");
    if (rc)
        fprintf(stderr, "skiff %s: %s\n", name, e->code ? e->text : error_name(rc));
    return cmd_end(rc, e);
}

// In the first line of its help: "skiff prep FILE --target NAME".
static const char *usage_of(const struct cmd *c)
{
    static const char begin[] = "Usage: ";
    return strncmp(c->before, begin, sizeof begin - 1) == 0 ? c->before + sizeof begin - 1 : NULL;
}

static int parse_and_work(const struct cmd *c, struct opt_set *set, int argc, char **argv,
                          struct error *e)
{
    struct cmd_call call = {.set = set, .values = c->values};
    struct opt_words words = {.word = call.word, .max = c->words, .usage = usage_of(c)};
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
