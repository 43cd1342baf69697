// SPDX-License-Identifier: MIT
// The commands that the client in MPICH 4 uses: init, get_maxes, get_appnum, get_my_kvsname,
// get_universe_size, put, get, barrier_in, finalize, abort. A line is words `name=value` with a
// blank between two of them; the first is cmd=.
#include "dist/pmi.h"

#include "base/mem.h"
#include "base/num.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 8
#define KVS       "kvs_0"
#define MAPPING   "PMI_process_mapping" // which ranks share a machine

struct pair {
    char key[PMI_KEY_MAX + 1], value[PMI_VALUE_MAX + 1];
};

struct pmi {
    size_t hosts, per_host, ranks, waiting;
    bool *in_barrier;  // [ranks]
    size_t *pairs;     // [ranks]
    struct pair *pair; // [ranks][PMI_KEYS_MAX]
};

struct pmi *pmi_new(size_t hosts, size_t per_host, struct error *e)
{
    const size_t ranks = hosts * per_host;
    struct pmi *p = mem_zalloc(sizeof *p);
    if (p) {
        p->hosts = hosts;
        p->per_host = per_host;
        p->ranks = ranks;
        p->in_barrier = mem_array(ranks, sizeof *p->in_barrier);
        p->pairs = mem_array(ranks, sizeof *p->pairs);
        p->pair = mem_array(ranks, PMI_KEYS_MAX * sizeof *p->pair);
    }
    if (p && p->in_barrier && p->pairs && p->pair)
        return p;
    pmi_free(p);
    error_nomem(e, "bringing up ranks");
    return NULL;
}

void pmi_free(struct pmi *p)
{
    if (!p)
        return;
    mem_free(p->in_barrier);
    mem_free(p->pairs);
    mem_free(p->pair);
    mem_free(p);
}

struct words {
    char text[PMI_LINE_MAX];
    const char *name[WORDS_MAX], *value[WORDS_MAX];
    size_t count;
};

// Printable characters only, so that an answer made of them is one line.
static bool split(struct words *w, const char *line)
{
    const size_t size = strlen(line);
    w->count = 0;
    if (size >= sizeof w->text)
        return false;
    memcpy(w->text, line, size + 1);
    for (const char *c = line; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    for (char *at = w->text; *at;) {
        char *end = at + strcspn(at, " "), *equals = memchr(at, '=', (size_t)(end - at));
        const bool last = *end == '\0';
        *end = '\0';
        if (end > at && (!equals || w->count == WORDS_MAX))
            return false;
        if (end > at) {
            *equals = '\0';
            w->name[w->count] = at;
            w->value[w->count++] = equals + 1;
        }
        at = last ? end : end + 1;
    }
    return w->count > 0 && strcmp(w->name[0], "cmd") == 0;
}

static const char *word(const struct words *w, const char *name)
{
    for (size_t i = 1; i < w->count; i++)
        if (strcmp(w->name[i], name) == 0)
            return w->value[i];
    return NULL;
}

static enum pmi_outcome say(char answer[PMI_LINE_MAX], const char *text)
{
    snprintf(answer, PMI_LINE_MAX, "%s", text);
    return PMI_ANSWER;
}

static const struct pair *find(const struct pmi *p, const char *key)
{
    for (size_t r = 0; r < p->ranks; r++)
        for (size_t i = 0; i < p->pairs[r]; i++)
            if (strcmp(p->pair[r * PMI_KEYS_MAX + i].key, key) == 0)
                return &p->pair[r * PMI_KEYS_MAX + i];
    return NULL;
}

static enum pmi_outcome put(struct pmi *p, size_t rank, const struct words *w,
                            char answer[PMI_LINE_MAX])
{
    const char *key = word(w, "key"), *value = word(w, "value");
    if (!key || !value || !*key || strlen(key) > PMI_KEY_MAX || strlen(value) > PMI_VALUE_MAX ||
        strcmp(key, MAPPING) == 0 || p->pairs[rank] == PMI_KEYS_MAX || find(p, key))
        return PMI_BAD;
    struct pair *to = &p->pair[rank * PMI_KEYS_MAX + p->pairs[rank]++];
    snprintf(to->key, sizeof to->key, "%s", key);
    snprintf(to->value, sizeof to->value, "%s", value);
    return say(answer, "cmd=put_result rc=0 msg=success");
}

static enum pmi_outcome get(const struct pmi *p, const struct words *w, char answer[PMI_LINE_MAX])
{
    const char *key = word(w, "key");
    if (!key || strlen(key) > PMI_KEY_MAX)
        return PMI_BAD;
    if (strcmp(key, MAPPING) == 0) {
        snprintf(answer, PMI_LINE_MAX, "cmd=get_result rc=0 msg=success value=(vector,(0,%zu,%zu))",
                 p->hosts, p->per_host);
        return PMI_ANSWER;
    }
    const struct pair *found = find(p, key);
    if (!found)
        return say(answer, "cmd=get_result rc=-1 msg=key_not_found value=unknown");
    snprintf(answer, PMI_LINE_MAX, "cmd=get_result rc=0 msg=success value=%s", found->value);
    return PMI_ANSWER;
}

static enum pmi_outcome barrier(struct pmi *p, size_t rank, char answer[PMI_LINE_MAX])
{
    if (p->in_barrier[rank])
        return PMI_BAD;
    p->in_barrier[rank] = true;
    if (++p->waiting < p->ranks)
        return PMI_WAIT;
    memset(p->in_barrier, 0, p->ranks * sizeof *p->in_barrier);
    p->waiting = 0;
    say(answer, "cmd=barrier_out");
    return PMI_OPEN;
}

// The job's exit status: MPI's codes are larger than one, and 0 would be no failure.
static enum pmi_outcome give_up(const struct words *w, int *code)
{
    int64_t asked;
    const char *text = word(w, "exitcode");
    *code = text && num_parse_i64(text, &asked) && asked > 0 && asked < 256 ? (int)asked : 1;
    return PMI_ABORT;
}

enum pmi_outcome pmi_line(struct pmi *p, size_t rank, const char *line, char answer[PMI_LINE_MAX],
                          int *code)
{
    static const struct {
        const char *command, *answer;
    } fixed[] = {
        {"init", "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0"},
        {"get_maxes", "cmd=maxes kvsname_max=64 keylen_max=64 vallen_max=1024"},
        {"get_appnum", "cmd=appnum appnum=0"},
        {"get_my_kvsname", "cmd=my_kvsname kvsname=" KVS},
        {"finalize", "cmd=finalize_ack"},
    };
    struct words w;
    if (!split(&w, line))
        return PMI_BAD;
    const char *command = w.value[0];
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strcmp(command, fixed[i].command) == 0)
            return say(answer, fixed[i].answer);
    if (strcmp(command, "get_universe_size") == 0) {
        snprintf(answer, PMI_LINE_MAX, "cmd=universe_size size=%zu", p->ranks);
        return PMI_ANSWER;
    }
    if (strcmp(command, "put") == 0)
        return put(p, rank, &w, answer);
    if (strcmp(command, "get") == 0)
        return get(p, &w, answer);
    if (strcmp(command, "barrier_in") == 0)
        return barrier(p, rank, answer);
    return strcmp(command, "abort") == 0 ? give_up(&w, code) : PMI_BAD;
}
