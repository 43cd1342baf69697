// SPDX-License-Identifier: MIT
// Forked without exec: what a rank needs is in memory already. It dies with its supervisor, since
// nobody else would end it. It gives no signs of life: what it does may take any time. But the
// kernel tells a parent when its child is stopped (SIGSTOP), and such a rank does nothing for
// certain. One that a debugger holds is not reported as stopped; who debugs a rank is waited for.
#include "dist/children.h"

#include "base/clock.h"
#include "base/mem.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 10

// In a process group of its own: what is typed at a terminal is for its supervisor to pass on.
static void become_rank(pid_t supervisor)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor) // it has died before that
        raise(SIGKILL);
    setpgid(0, 0);
}

// In the rank *fd is its end of the link, in the supervisor -1.
static int fork_one(struct child *c, int *fd, struct error *e)
{
    const pid_t self = getpid();
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        return error_errno(e, "a connection to a rank");
    const pid_t pid = fork();
    if (pid < 0) {
        close(pair[0]);
        close(pair[1]);
        return error_errno(e, "a process for a rank");
    }
    *fd = pid == 0 ? pair[1] : -1;
    close(pair[pid == 0 ? 0 : 1]);
    if (pid == 0) {
        become_rank(self);
        return 0;
    }
    link_init(&c->link, pair[0]);
    c->pid = pid;
    return 0;
}

// In a rank, which has inherited what its supervisor knows of those before it.
static void forget(struct children *c)
{
    for (size_t i = 0; i < c->count; i++) {
        link_close(&c->child[i].link);
        c->child[i].pid = 0;
    }
}

int children_fork(struct children *c, size_t count, size_t *which, int *fd, struct error *e)
{
    *c = (struct children){.child = mem_array(count, sizeof *c->child)};
    *which = count;
    *fd = -1;
    if (!c->child)
        return error_nomem(e, "the ranks of this host");
    c->count = count;
    for (size_t i = 0; i < count; i++)
        c->child[i] = (struct child){.link.fd = -1};
    fflush(NULL);
    for (size_t i = 0; i < count; i++) {
        const int rc = fork_one(&c->child[i], fd, e);
        if (rc)
            return rc;
        if (*fd >= 0) {
            *which = i;
            forget(c);
            return 0;
        }
    }
    return 0;
}

static bool lives(const struct child *c)
{
    return c->pid > 0 && !c->reaped;
}

void children_stop(struct children *c)
{
    for (size_t i = 0; !c->told && i < c->count; i++)
        if (lives(&c->child[i]))
            kill(c->child[i].pid, SIGTERM);
    c->told = true;
}

bool child_reap(struct child *c, int *code)
{
    int status;
    while (lives(c) && waitpid(c->pid, &status, WNOHANG | WUNTRACED | WCONTINUED) == c->pid)
        if (WIFSTOPPED(status)) {
            c->stopped = clock_seconds();
        } else if (WIFCONTINUED(status)) {
            c->stopped = 0;
        } else {
            c->reaped = true;
            *code = WIFSIGNALED(status) ? CHILD_SIGNALLED + WTERMSIG(status) : WEXITSTATUS(status);
            return true;
        }
    return false;
}

bool child_is_stopped(const struct child *c, double seconds)
{
    return lives(c) && c->stopped > 0 && clock_seconds() - c->stopped > seconds;
}

// One that waits for a dead network file system or for a debugger may not go for a long time.
static void wait_for_end(struct child *c, double until)
{
    int code;
    while (lives(c) && !child_reap(c, &code) && clock_seconds() < until)
        poll(NULL, 0, LOOK_MS);
}

void children_end(struct children *c, double seconds)
{
    const double until = clock_seconds() + seconds;
    for (size_t i = 0; i < c->count; i++)
        if (lives(&c->child[i]))
            kill(c->child[i].pid, SIGKILL);
    for (size_t i = 0; i < c->count; i++) {
        wait_for_end(&c->child[i], until);
        link_close(&c->child[i].link);
    }
    mem_free(c->child);
    *c = (struct children){0};
}
