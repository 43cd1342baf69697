// SPDX-License-Identifier: MIT
// Two lists under one lock: tasks to do, which idle threads wait for on a condition, and finished
// ones, of which an eventfd tells the loop that gave them. OpenMP's team (kern/par) is for one
// piece of work that everybody shares; here are many that have nothing to do with each other.
#include "serve/workers.h"

#include "base/mem.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct list {
    struct task *first, **end; // `end` is where the next one goes
    size_t count;
};

struct worker {
    struct workers *all;
    pthread_t thread;
    size_t number;
};

struct workers {
    void (*work)(void *context, struct task *task, size_t worker);
    void *context;
    int event; // readable: `finished` is not empty
    pthread_mutex_t lock;
    pthread_cond_t more; // there is a task, or the end
    struct list waiting, finished;
    bool ending;
    size_t count; // that have been started
    struct worker worker[];
};

static void list_clear(struct list *l)
{
    *l = (struct list){.end = &l->first};
}

static void list_add(struct list *l, struct task *task)
{
    task->next = NULL;
    *l->end = task;
    l->end = &task->next;
    l->count++;
}

static struct task *list_take(struct list *l)
{
    struct task *task = l->first;
    if (!task)
        return NULL;
    l->first = task->next;
    l->count--;
    if (!l->first)
        l->end = &l->first;
    return task;
}

static bool list_remove(struct list *l, const struct task *task)
{
    struct task **at = &l->first;
    while (*at && *at != task)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = task->next;
    if (!*at)
        l->end = at;
    l->count--;
    return true;
}

static struct task *next_task(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->ending && !w->waiting.first)
        pthread_cond_wait(&w->more, &w->lock);
    struct task *task = w->ending ? NULL : list_take(&w->waiting);
    pthread_mutex_unlock(&w->lock);
    return task;
}

static void finish_task(struct workers *w, struct task *task)
{
    const uint64_t one = 1;
    pthread_mutex_lock(&w->lock);
    const ssize_t ignored = w->finished.first ? 0 : write(w->event, &one, sizeof one);
    (void)ignored; // it counts, and there is room for 2^64
    list_add(&w->finished, task);
    pthread_mutex_unlock(&w->lock);
}

static void *run(void *argument)
{
    struct worker *self = argument;
    struct workers *w = self->all;
    struct task *task;
    while ((task = next_task(w))) {
        w->work(w->context, task, self->number);
        finish_task(w, task);
    }
    return NULL;
}

static int start_threads(struct workers *w, size_t count, struct error *e)
{
    sigset_t all, before;
    int code = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < count && code == 0; i++) {
        w->worker[i] = (struct worker){.all = w, .number = i};
        code = pthread_create(&w->worker[i].thread, NULL, run, &w->worker[i]);
        w->count += code == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        return 0;
    return error_set(e, ERR_NOMEM, "cannot start thread %zu of %zu: %s; ask for fewer workers",
                     w->count + 1, count, strerror(code));
}

int workers_start(struct workers **result, size_t count,
                  void (*work)(void *context, struct task *task, size_t worker), void *context,
                  struct error *e)
{
    struct workers *w = mem_zalloc(sizeof *w + count * sizeof *w->worker);
    *result = w;
    if (!w)
        return error_nomem(e, "workers");
    w->work = work;
    w->context = context;
    list_clear(&w->waiting);
    list_clear(&w->finished);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    w->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int rc = w->event < 0 ? error_errno(e, "eventfd") : start_threads(w, count, e);
    if (rc) {
        workers_stop(w);
        workers_free(w);
        *result = NULL;
    }
    return rc;
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->count; i++)
        pthread_join(w->worker[i].thread, NULL);
    w->count = 0;
}

void workers_free(struct workers *w)
{
    if (!w)
        return;
    if (w->event >= 0)
        close(w->event);
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

void workers_give(struct workers *w, struct task *task)
{
    pthread_mutex_lock(&w->lock);
    list_add(&w->waiting, task);
    pthread_cond_signal(&w->more);
    pthread_mutex_unlock(&w->lock);
}

size_t workers_waiting(struct workers *w)
{
    pthread_mutex_lock(&w->lock);
    const size_t count = w->waiting.count;
    pthread_mutex_unlock(&w->lock);
    return count;
}

bool workers_withdraw(struct workers *w, struct task *task)
{
    pthread_mutex_lock(&w->lock);
    const bool found = list_remove(&w->waiting, task);
    pthread_mutex_unlock(&w->lock);
    return found;
}

int workers_fd(const struct workers *w)
{
    return w->event;
}

struct task *workers_finished(struct workers *w)
{
    uint64_t count;
    pthread_mutex_lock(&w->lock);
    struct task *tasks = w->finished.first;
    list_clear(&w->finished);
    const ssize_t ignored = read(w->event, &count, sizeof count);
    (void)ignored;
    pthread_mutex_unlock(&w->lock);
    return tasks;
}
