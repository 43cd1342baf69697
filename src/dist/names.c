// SPDX-License-Identifier: MIT
// getaddrinfo waits as long as DNS lets it, for ten seconds or more, nobody can call it off, and
// threads are out of the question before a fork. So a process is forked that does nothing else: it
// gets the number of a host, and forks one that sends back addresses. Whoever calls makes the
// leader look up a name of the list at most, and that once a second: answers are kept for a while.
#include "dist/names.h"

#include "base/clock.h"
#include "base/mem.h"
#include "dist/address.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESSES_MAX 16
#define GOOD_SECONDS  10.0 // longer than a host's pause between two calls
#define BAD_SECONDS   1.0  // it may have moved, or be known by now

struct answer {
    size_t host, count;
    struct in6_addr address[ADDRESSES_MAX];
};

struct entry {
    bool asked;
    double since; // the answer's time, 0: there is none
    struct answer answer;
};

struct names {
    const struct bringup *b;
    pid_t process;
    int fd;
    struct entry *entry; // [hosts]
};

// In a child: it ends with its parent.
static void follow(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        raise(SIGKILL);
}

static void look_up(const struct bringup *b, size_t host, int fd)
{
    struct answer a = {.host = host};
    a.count = address_list(bringup_address(b, host), a.address, ADDRESSES_MAX);
    (void)send(fd, &a, sizeof a, MSG_NOSIGNAL);
}

// Until the other side is closed. Each name has a process, so that none waits for another.
static void serve(const struct bringup *b, int fd)
{
    const pid_t self = getpid();
    ssize_t got;
    size_t host;
    signal(SIGCHLD, SIG_IGN); // nobody asks how they end
    while ((got = recv(fd, &host, sizeof host, 0)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof host)
            break;
        const pid_t one = fork();
        if (one == 0)
            follow(self);
        if (one <= 0)
            look_up(b, host, fd);
        if (one == 0)
            raise(SIGKILL);
    }
}

static int begin(struct names *n, struct error *e)
{
    const pid_t leader = getpid();
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return error_errno(e, "looking up names of hosts");
    n->process = fork();
    if (n->process == 0) {
        follow(leader);
        setpgid(0, 0); // what is typed at a terminal is not for it
        close(pair[0]);
        serve(n->b, pair[1]);
        raise(SIGKILL);
    }
    close(pair[1]);
    n->fd = pair[0];
    return n->process > 0 ? 0 : error_errno(e, "a process that looks up names of hosts");
}

struct names *names_new(const struct bringup *b, struct error *e)
{
    struct names *n = mem_zalloc(sizeof *n);
    struct entry *entry = mem_array(b->hosts, sizeof *entry);
    if (!n || !entry) {
        mem_free(n);
        mem_free(entry);
        error_nomem(e, "names of hosts");
        return NULL;
    }
    *n = (struct names){.b = b, .fd = -1, .entry = entry};
    if (begin(n, e)) {
        names_free(n);
        return NULL;
    }
    return n;
}

static void end(struct names *n)
{
    if (n->fd >= 0)
        close(n->fd);
    if (n->process > 0) {
        kill(n->process, SIGKILL);
        waitpid(n->process, NULL, 0);
    }
    n->fd = -1;
    n->process = 0;
}

void names_free(struct names *n)
{
    if (!n)
        return;
    end(n);
    mem_free(n->entry);
    mem_free(n);
}

// Should somebody have ended the process, another one is asked again.
static void begin_anew(struct names *n)
{
    end(n);
    for (size_t i = 0; i < n->b->hosts; i++)
        n->entry[i].asked = false;
    (void)begin(n, NULL);
}

static void take_answers(struct names *n)
{
    struct answer a;
    ssize_t got;
    while ((got = recv(n->fd, &a, sizeof a, MSG_DONTWAIT)) == (ssize_t)sizeof a)
        n->entry[a.host] = (struct entry){.since = clock_seconds(), .answer = a};
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        begin_anew(n);
}

static bool leads_to(const struct answer *a, int fd)
{
    struct in6_addr from;
    bool found = false;
    for (size_t i = 0; address_of_peer(fd, &from) && !found && i < a->count; i++)
        found = memcmp(&a->address[i], &from, sizeof from) == 0;
    return found;
}

enum name names_compare(struct names *n, size_t host, int fd)
{
    take_answers(n);
    struct entry *one = &n->entry[host];
    const bool same = one->since > 0 && leads_to(&one->answer, fd);
    if (one->since > 0 && clock_seconds() - one->since < (same ? GOOD_SECONDS : BAD_SECONDS))
        return same ? NAME_SAME : one->answer.count ? NAME_OTHER : NAME_UNKNOWN;
    if (!one->asked)
        one->asked = send(n->fd, &host, sizeof host, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
    return NAME_ASKED;
}

int names_fd(const struct names *n)
{
    return n->fd;
}
