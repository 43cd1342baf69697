// SPDX-License-Identifier: MIT
// jansson 2.14 does not look whether the buffer of a token could grow: it goes on without the
// characters that did not fit, reads another text than the one that is there, and may end the
// process by an assertion. So it is never told that memory is lacking while it reads: it is left
// by a jump, and the blocks that it has taken till then, which are chained, are freed.
#include "io/json_read.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdalign.h>

struct block {
    alignas(max_align_t) struct block *next; // both are the block itself outside a chain
    struct block *previous;
};

struct reading {
    jmp_buf out;
    struct block taken; // where the chain begins and ends
};

static _Thread_local struct reading *reading; // NULL: memory is taken for something else

static void unlink_block(struct block *b)
{
    b->previous->next = b->next;
    b->next->previous = b->previous;
    b->next = b->previous = b;
}

static void link_block(struct block *b, struct block *behind)
{
    b->next = behind->next;
    b->previous = behind;
    b->next->previous = behind->next = b;
}

static void *allocate(size_t size)
{
    size_t bytes;
    struct block *b = size_add(size, sizeof *b, &bytes) ? mem_alloc(bytes) : NULL;
    if (!b && reading)
        longjmp(reading->out, 1);
    if (!b)
        return NULL;
    b->next = b->previous = b;
    if (reading)
        link_block(b, &reading->taken);
    return b + 1;
}

static void release(void *p)
{
    if (!p)
        return;
    struct block *b = (struct block *)p - 1;
    unlink_block(b);
    mem_free(b);
}

void json_use_memory(void)
{
    json_set_alloc_funcs(allocate, release);
}

json_t *json_load(const char *text, size_t size, size_t flags, json_error_t *bad)
{
    struct reading r = {.taken = {&r.taken, &r.taken}};
    struct block *const end = &r.taken;
    json_t *volatile root = NULL;
    reading = &r;
    if (setjmp(r.out) == 0)
        root = json_loadb(text, size, flags, bad);
    else if (bad)
        bad->line = -1;
    reading = NULL;
    while (end->next != end) {
        struct block *const b = end->next;
        unlink_block(b);
        if (!root)
            mem_free(b);
    }
    return root;
}
