// SPDX-License-Identifier: MIT
// One function a subcommand: argv[0] is its name; the result is the exit status: 0 good, 1 failed,
// 2 usage.
#ifndef SKIFF_CMD_CMD_H
#define SKIFF_CMD_CMD_H

#include "base/err.h"
#include "base/opt.h"
#include "train/threshold.h"

int cmd_train(int argc, char **argv);
int cmd_predict(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_prep(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_job(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_serve(int argc, char **argv);

// What they share.

// A command of words and options. Its help is `before`, the options, `after`.
#define CMD_WORDS_MAX 1000
struct cmd_call {
    struct opt_set *set;
    void *values;
    const char *word[CMD_WORDS_MAX];
    size_t words;
};
struct cmd {
    const struct opt *table;
    size_t options;
    const char *before, *after;
    void *values;     // zeroed: where options go
    const bool *help; // the one of --help, in there
    size_t words;     // that it takes at most
    int (*work)(const struct cmd_call *call, struct error *e);
};
int cmd_run(const struct cmd *c, int argc, char **argv); // the exit status

// argv of a command that takes no words; one is told with which option data go.
int cmd_options_only(struct opt_set *set, int argc, char **argv, struct error *e);

bool cmd_wants_help(int argc, char **argv); // of those that do not go through cmd_run
// The help of a command: text, its options, more text.
int cmd_help(const char *before, const struct opt *table, size_t count, const char *after);
// The s of "2 rows", which "1 row" has not.
const char *cmd_plural(size_t count);
// Text from a file to standard output: up to `most` characters of UTF-8, "..." in the place of
// more, control characters as question marks, blanks up to `width`. And how many it has.
void cmd_print_text(const char *text, size_t width, size_t most);
size_t cmd_text_width(const char *text);
// A file that ships with the program, on the heap; NULL: it is not there, or no memory.
char *cmd_data_file(const char *name);
// For SIGBUS: a mapped file was cut short. One line, and the end; that of one rank among several is
// a death by the signal, by which its launcher knows to end the others.
void cmd_lost_page(int number);
void cmd_lost_page_rank(int number);
// Where that, cmd_finish and cmd_end leave the cause of a failure for the platform of a job; NULL:
// nowhere. The text stays the caller's.
void cmd_failure_file(const char *path);
// The arrays that `--part` and its like choose; the words of that option are cmd_part_words.
extern const char *const cmd_part_words[];
const char *cmd_part(int word); // NULL for auto
// --threshold: a number, or the name of a rule; NULL is neither.
int cmd_threshold(const char *text, enum threshold_rule *rule, double *value, struct error *e);
// The end of one: flush standard output, print the failure if there is one, give the exit status.
int cmd_finish(const char *name, int rc, struct error *e);
int cmd_end(int rc, const struct error *e); // the same without a word

#endif
