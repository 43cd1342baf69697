// SPDX-License-Identifier: MIT
// The option table: one row an option drives argv, the configuration file, --help, shell
// completion and the check of the manual page. Names are looked up with '-' and '_' equal.
#ifndef SKIFF_BASE_OPT_H
#define SKIFF_BASE_OPT_H

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPT_SIZES_MAX 32
#define OPT_TEXTS_MAX 64

enum opt_type {
    OPT_INT,   // int64_t
    OPT_SEED,  // int64_t: any 64 bits, see num_parse_bits
    OPT_FLOAT, // double
    OPT_PAIR,  // double[2]: "0.9,0.999"
    OPT_BOOL,  // bool; --name, --name=false, --no-name
    OPT_TEXT,  // char *, owned; NULL when empty, or not given and without a default
    OPT_ENUM,  // int: index into `words`
    OPT_SIZES, // struct opt_sizes: "64,32", "[64, 32]" or ""
    OPT_EVERY, // struct opt_every: "100" or "30s"
    OPT_TEXTS, // struct opt_texts: one more each time it is given
};

struct opt_texts {
    size_t count;
    char *value[OPT_TEXTS_MAX]; // owned
};

struct opt_sizes {
    size_t count;
    size_t value[OPT_SIZES_MAX];
};

struct opt_every {
    int64_t count;  // 0: not by count
    double seconds; // 0: not by time
};

// What another value changes about a run whose options are recorded: whether it is the same work,
// whether the run can be continued, whether a repetition takes it over. In tables of commands that
// leave no record it stays unsaid.
enum opt_effect {
    OPT_UNSAID,
    OPT_SHAPES,  // the result and the work: a continuation must have the same value
    OPT_SETTLED, // the same, but what it came to for these data is what must be the same
    OPT_DRAWS,   // the result, by other draws of the same work
    OPT_ASIDE,   // neither: where data are, who takes part, what is printed
    OPT_PLACE,   // neither, and it belongs to this one run: a repetition goes without it
};

struct opt {
    const char *name;    // canonical, words joined by '_'
    const char *aliases; // separated by spaces, or NULL
    enum opt_type type;
    enum opt_effect effect;
    size_t offset;            // of the target in the caller's struct
    double min, max;          // numbers, each member of a pair or list
    const char *const *words; // OPT_ENUM, NULL-terminated
    const char *initial;      // default as text; NULL: the target is zeroed
    const char *arg;          // what --help calls the value: "N", "FILE"
    const char *help;         // one sentence or two; wrapped by opt_help
    const char *group;        // heading in --help; NULL: as the row above
    bool tunable;             // makes sense in a hyperparameter search
};

// A table and where its values go. `given[i]` says who set option i; the later of two wins.
enum opt_origin {
    OPT_DEFAULT,
    OPT_CONFIG, // a file that --config names
    OPT_JOB,    // the files that describe a job to its container
    OPT_ENV,    // variables of that job
    OPT_ARGV
};

struct opt_set {
    const struct opt *table;
    size_t count;
    void *target;
    uint8_t *given; // [count], enum opt_origin
};

int opt_begin(struct opt_set *s, const struct opt *table, size_t count, void *target,
              struct error *e);  // sets every default
void opt_end(struct opt_set *s); // frees the texts in the target and `given`

// Index of the option with this name or alias, or -1.
int opt_find(const struct opt_set *s, const char *name);
// The canonical name of the option whose name or alias is nearest to a misspelt one, or NULL when
// none is near.
const char *opt_nearest(const struct opt_set *s, const char *name);
bool opt_given(const struct opt_set *s, const char *name);

// Set one option from text; `where` begins the message ("--epochs", "run.json: epochs"). A value
// that does not fit is ERR_USAGE and names the range or the choices. An origin never overrides a
// later one in enum opt_origin.
int opt_assign(struct opt_set *s, int index, const char *value, enum opt_origin origin,
               const char *where, struct error *e);

// argv[1..argc): options only; "--" or a word that is no option is ERR_USAGE unless `words` takes
// it (up to max_words, *nwords set). An unknown option suggests the nearest.
struct opt_words {
    const char **word;
    size_t max, count;
    const char *usage; // how the command is called, for messages; up to its line's end
};
int opt_parse(struct opt_set *s, int argc, char **argv, struct opt_words *words, struct error *e);

// The options as --help shows them, in groups, 80 columns.
void opt_help(const struct opt *table, size_t count, struct buf *out);
// The value of an option as text that opt_assign would read back; of OPT_TEXTS one value a line.
int opt_print(const struct opt_set *s, size_t index, struct buf *out);

#endif
