// SPDX-License-Identifier: MIT
// The back end of MPI: the only file that knows it. The library is loaded when a launcher has
// started us as one of several ranks, never linked (see dist_open.c); of its header only types and
// constants are used, which all libraries with MPICH's binary interface share.
#include "dist/dist_inner.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/num.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <mpi.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TAG              1   // one is enough: messages between two ranks keep their order
#define REQUESTS         128 // a rank that an exchange posts at most: 19 ranks, 1024 leaves, 8 pieces
#define LAUNCHER_SECONDS 5
#define READING_SECONDS  0.5 // that a launcher has for a line; it takes microseconds

struct functions {
    int (*init)(int *, char ***, int, int *);
    int (*finalize)(void);
    int (*abort)(MPI_Comm, int);
    int (*rank)(MPI_Comm, int *);
    int (*size)(MPI_Comm, int *);
    int (*set_errhandler)(MPI_Comm, MPI_Errhandler);
    int (*error_string)(int, char *, int *);
    int (*isend)(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
    int (*irecv)(void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
    int (*testall)(int, MPI_Request *, int *, MPI_Status *);
};

struct mpi {
    struct functions call;
    int rank;
    MPI_Request *request; // under way
    size_t count, room;
};

// The descriptor that the launcher gave us, over which it speaks PMI; -1 if there is none.
static int launcher_fd(void)
{
    const char *text = getenv("PMI_FD");
    int64_t fd;
    return text && num_parse_i64(text, &fd) && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
}

// A launcher's variables without the launcher: a program that it has started may have started us.
static int find_launcher(struct error *e)
{
    const int fd = launcher_fd();
    if (fd < 0 || fcntl(fd, F_GETFD) >= 0)
        return 0;
    return error_set(e, ERR_NOTFOUND,
                     "PMI_SIZE says that a launcher has started this process, but its descriptor "
                     "PMI_FD %d is closed; unset PMI_SIZE to train in one process",
                     fd);
}

static bool find(void *library, const char *name, void *function)
{
    void *at = dlsym(library, name);
    memcpy(function, &at, sizeof at);
    return at != NULL;
}

static bool find_all(void *library, struct functions *f)
{
    return find(library, "MPI_Init_thread", &f->init) &&
           find(library, "MPI_Finalize", &f->finalize) && find(library, "MPI_Abort", &f->abort) &&
           find(library, "MPI_Comm_rank", &f->rank) && find(library, "MPI_Comm_size", &f->size) &&
           find(library, "MPI_Comm_set_errhandler", &f->set_errhandler) &&
           find(library, "MPI_Error_string", &f->error_string) &&
           find(library, "MPI_Isend", &f->isend) && find(library, "MPI_Irecv", &f->irecv) &&
           find(library, "MPI_Testall", &f->testall);
}

// UCX, which carries MPICH's messages between hosts, asks before it sends from 8 KB on: an exchange
// of 10 KB over TCP then takes 80 us instead of 10. So it may send more at once, unless the user
// has said how much. Nor has it to print a page about a signal that ends a rank, which is told in a
// line anyway.
static void tune_ucx(void)
{
    setenv("UCX_RNDV_THRESH", "32768", 0);
    setenv("UCX_HANDLE_ERRORS", "none", 0);
}

// It stays loaded until the process ends: its own threads and handlers may. The first name is that
// of most machines, so the reason why it cannot be loaded is the one to tell.
static int load(struct functions *f, struct error *e)
{
    static const char *const names[] = {"libmpich.so.12", "libmpi.so.12"};
    char reason[512] = "";
    void *library = NULL;
    tune_ucx();
    for (size_t i = 0; !library && i < sizeof names / sizeof *names; i++) {
        library = dlopen(names[i], RTLD_NOW | RTLD_GLOBAL);
        if (!library && i == 0)
            snprintf(reason, sizeof reason, "%s", dlerror());
    }
    if (library && dlsym(library, "ompi_mpi_comm_world")) // it had that file name once
        return error_set(e, ERR_UNSUPPORTED,
                         "libmpi.so.12 is Open MPI's, but skiff speaks MPICH; install it "
                         "(Debian: apt-get install libmpich12)");
    if (library && find_all(library, f))
        return 0;
    return error_set(e, ERR_NOTFOUND,
                     "started as one of several ranks, but MPICH cannot be loaded (%s); install it "
                     "(Debian: apt-get install libmpich12)",
                     library ? dlerror() : reason);
}

static int failed(const struct mpi *m, const char *what, int code, struct error *e)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    m->call.error_string(code, text, &length);
    text[strcspn(text, "\n,")] = '\0'; // a stack of MPI's functions follows
    return error_set(e, ERR_IO, "rank %d: %s: %s", m->rank, what, text);
}

static int reserve(struct mpi *m, size_t room, struct error *e)
{
    MPI_Request *grown = mem_realloc(m->request, room * sizeof *grown);
    if (!grown)
        return error_nomem(e, "messages");
    m->request = grown;
    m->room = room;
    return 0;
}

// Room for one more request; what reserve() took serves every exchange but those of huge messages.
static MPI_Request *next_request(struct mpi *m, struct error *e)
{
    if (m->count == m->room && reserve(m, 2 * m->room, e))
        return NULL;
    return &m->request[m->count++];
}

static int mpi_send(void *context, size_t to, const void *data, size_t bytes, struct error *e)
{
    struct mpi *m = context;
    MPI_Request *request = next_request(m, e);
    if (!request)
        return ERR_NOMEM;
    const int rc = m->call.isend(data, (int)bytes, MPI_BYTE, (int)to, TAG, MPI_COMM_WORLD, request);
    return rc == MPI_SUCCESS ? 0 : failed(m, "cannot send to another rank", rc, e);
}

static int mpi_recv(void *context, size_t from, void *data, size_t bytes, struct error *e)
{
    struct mpi *m = context;
    MPI_Request *request = next_request(m, e);
    if (!request)
        return ERR_NOMEM;
    const int rc =
        m->call.irecv(data, (int)bytes, MPI_BYTE, (int)from, TAG, MPI_COMM_WORLD, request);
    return rc == MPI_SUCCESS ? 0 : failed(m, "cannot receive from another rank", rc, e);
}

static int mpi_test(void *context, size_t count, bool *done, struct error *e)
{
    struct mpi *m = context;
    const size_t asked = count < m->count ? count : m->count;
    int all = 0;
    const int rc = m->call.testall((int)asked, m->request, &all, MPI_STATUSES_IGNORE);
    if (rc != MPI_SUCCESS)
        return failed(m, "lost touch with another rank", rc, e);
    *done = all != 0;
    if (*done && asked == m->count)
        m->count = 0;
    return 0;
}

static void mpi_free(struct mpi *m)
{
    mem_free(m->request);
    mem_free(m);
}

// The launcher hears that this rank is done. One that just exits it takes for a crash, and kills
// those that have not done so yet.
static bool tell_launcher(void)
{
    static const char done[] = "cmd=finalize\n";
    const int fd = launcher_fd();
    char answer[64];
    if (fd < 0 || write(fd, done, sizeof done - 1) < 0)
        return false;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, LAUNCHER_SECONDS * 1000) == 1 && read(fd, answer, sizeof answer) > 0;
}

// Without MPI_Finalize, where that can be helped: over TCP that of MPICH 4.0 hangs in up to nine of
// ten runs of three ranks, and in some of two. A part of the ranks wait in its last barrier for the
// launcher's word and do nothing for the others, which still close connections to them
// (pmodels/mpich #6596). Memory that ranks share has no name any more by then.
static void mpi_leave(void *context)
{
    struct mpi *m = context;
    if (!tell_launcher())
        m->call.finalize();
    mpi_free(m);
}

// Waits until the launcher has read what stands in our standard error, if that is a pipe to it: at
// the word "abort" it ends at once, and lines that it has not read by then are lost.
static void let_errors_be_read(void)
{
    struct stat to;
    int unread = 0;
    if (fstat(STDERR_FILENO, &to) != 0 || !S_ISFIFO(to.st_mode))
        return;
    const double end = clock_seconds() + READING_SECONDS;
    while (ioctl(STDERR_FILENO, FIONREAD, &unread) == 0 && unread > 0 && clock_seconds() < end)
        nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
}

// The launcher ends all ranks, this one included. MPI_Abort would do it with a line of its own.
static bool ask_launcher_to_abort(int status)
{
    let_errors_be_read();
    char text[64];
    const int length = snprintf(text, sizeof text, "cmd=abort exitcode=%d\n", status);
    return launcher_fd() >= 0 && write(launcher_fd(), text, (size_t)length) == length;
}

static void mpi_abort(void *context, int status)
{
    struct mpi *m = context;
    if (!ask_launcher_to_abort(status))
        m->call.abort(MPI_COMM_WORLD, status);
    mpi_free(m);
}

static const struct dist_ops mpi_ops = {mpi_send, mpi_recv, mpi_test, mpi_leave, mpi_abort};

// A rank that cannot come to MPI: the others would wait for it in MPI_Init for ever, and its exit
// alone moves no launcher to end them.
static void absent_abort(void *context, int status)
{
    (void)context;
    (void)ask_launcher_to_abort(status);
}

static const struct dist_ops absent_ops = {.abort = absent_abort};

// What dist_close needs then.
static int be_absent(struct dist **d, int rc, struct error *e)
{
    const int64_t rank = dist_environment("PMI_RANK");
    if (dist_new(d, &absent_ops, NULL, rank > 0 ? (size_t)rank : 0, 2, NULL) == 0)
        (*d)->broken = true;
    return error_prefix(e, rc, "rank %lld", (long long)rank);
}

static int start(struct mpi *m, int *ranks, struct error *e)
{
    int level;
    int rc = m->call.init(NULL, NULL, MPI_THREAD_FUNNELED, &level);
    if (rc == MPI_SUCCESS)
        rc = m->call.set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if (rc == MPI_SUCCESS)
        rc = m->call.rank(MPI_COMM_WORLD, &m->rank);
    if (rc == MPI_SUCCESS)
        rc = m->call.size(MPI_COMM_WORLD, ranks);
    return rc == MPI_SUCCESS ? 0 : failed(m, "MPI_Init", rc, e);
}

// Each process would train a model of its own, and write it over the others'.
static int check_ranks(int ranks, struct error *e)
{
    const long long told = dist_environment("PMI_SIZE");
    if (ranks == told)
        return 0;
    return error_set(
        e, ERR_MISMATCH,
        "PMI_SIZE is %lld, but MPI knows of %d; start skiff with the mpiexec of MPICH, "
        "or unset PMI_SIZE to train in one process",
        told, ranks);
}

// Once MPI has begun, whoever fails alone takes the others along.
static int begin(struct dist **d, struct mpi *m, struct error *e)
{
    int ranks;
    int rc = start(m, &ranks, e);
    if (rc == 0)
        rc = check_ranks(ranks, e);
    if (rc)
        return rc;
    rc = reserve(m, REQUESTS * (size_t)ranks, e);
    if (rc == 0)
        rc = dist_new(d, &mpi_ops, m, (size_t)m->rank, (size_t)ranks, e);
    if (rc)
        m->call.abort(MPI_COMM_WORLD, 1);
    return rc;
}

bool dist_has_mpi(void)
{
    return true;
}

int dist_mpi_open(struct dist **d, struct error *e)
{
    struct mpi *m = mem_zalloc(sizeof *m);
    if (!m)
        return error_nomem(e, "ranks");
    int rc = find_launcher(e);
    if (rc == 0)
        rc = load(&m->call, e);
    if (rc == 0)
        rc = begin(d, m, e);
    if (rc == 0)
        return dist_meet(*d, e);
    mpi_free(m);
    return be_absent(d, rc, e);
}
