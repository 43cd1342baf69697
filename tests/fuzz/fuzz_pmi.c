// SPDX-License-Identifier: MIT
// What comes from other hosts: a greeting or a challenge, then lines of three ranks. The first byte
// of a line says whose it is. The leader's word about a round. And lists of hosts and of their
// addresses, which a user or a platform gives.
#include "fuzz.h"

#include "base/mem.h"
#include "dist/join.h"
#include "dist/pmi.h"

#include <assert.h>

static void try_lists(const char *text)
{
    struct bringup b = {.per_host = 1};
    struct error e = {0};
    if (bringup_hosts(&b, text, "a", &e) == 0)
        assert(b.self < b.hosts && strcmp(b.host[b.self], "a") == 0);
    bringup_clear(&b);
    e.code = 0;
    if (bringup_hosts(&b, "b,a", "a", NULL) == 0 && bringup_addresses(&b, text, &e) == 0)
        assert(*bringup_address(&b, 0) && *bringup_address(&b, 1));
    assert(!strchr(e.text, '\n'));
    bringup_clear(&b);
}

static void try_round(const char *text)
{
    const struct bringup b = {.hosts = 3, .self = 2};
    struct round r = {.leader = 1}, same = r;
    char again[ROUND_TEXT_MAX];
    if (!round_parse(text, &b, &r))
        return;
    round_print(&b, &r, again);
    assert(round_parse(again, &b, &same) && same.number == r.number && r.present[1] &&
           r.present[2]);
}

static void try_greeting(const char *text)
{
    struct join_hello hello, same;
    char again[JOIN_HELLO_MAX];
    if (!join_parse(text, &hello))
        return;
    join_print(&hello, again);
    assert(join_parse(again, &same) && same.index == hello.index &&
           same.per_host == hello.per_host && strcmp(same.nonce, hello.nonce) == 0);
}

// Nobody guesses a proof.
static void try_proofs(const char *text)
{
    const struct secret s = {.size = SECRET_LEAST, .bytes = "a secret of a job"};
    char proof[SECRET_PROOF];
    assert(!secret_answer(&s, "skiff-join", text, proof));
    assert(!secret_proves(&s, "worker", "skiff-join", "nonce", text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { RANKS = 3 };
    char *text = mem_alloc(size + 1);
    struct pmi *p = pmi_new(RANKS, 1, NULL);
    char answer[PMI_LINE_MAX];
    assert(text && p);
    memcpy(text, data, size);
    text[size] = '\0';
    try_lists(text);
    try_round(text);
    try_greeting(text);
    try_proofs(text);
    for (char *line = text, *end; *line; line = end) {
        int code = 1;
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        const enum pmi_outcome outcome = pmi_line(p, (size_t)(unsigned char)line[0] % RANKS,
                                                  line + (line[0] != 0), answer, &code);
        if (outcome == PMI_ANSWER || outcome == PMI_OPEN)
            assert(strlen(answer) < sizeof answer && !strchr(answer, '\n'));
        assert(code > 0 && code < 256);
    }
    pmi_free(p);
    mem_free(text);
    return 0;
}
