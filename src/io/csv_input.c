// SPDX-License-Identifier: MIT
// Two layers: raw bytes, which go through `piece` only where gzip needs them there, and text. What
// gzip wrote is told by its first two bytes, whatever the file is called; several members in a row
// are one text, and zeros behind a member are padding, as for gunzip.
//
// A stream that may have to be read twice is copied as it goes by: whether it will be is known at
// its end only. Where no copy can be made that is said only to whoever rewinds, so that most tables
// need no room for temporary files.
#include "io/csv_input.h"

#include "base/file.h"
#include "base/mem.h"
#include "io/zlib_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64 << 10) // raw bytes held

struct csv_input {
    const char *name;
    const uint8_t *mem; // the bytes, or NULL when `fd` has them
    size_t mem_size, mem_at;
    int fd;
    int copy;             // where a stream is copied to, or -1
    struct error no_copy; // why it is not
    off_t start;          // where a file begins: standard input may have been read from before
    bool seeks;           // `fd` can go back
    bool gzip;            // `stream` is live
    bool between;         // no member of gzip is open
    z_stream stream;
    size_t at, len; // of what `piece` holds
    uint8_t piece[PIECE];
};

#define PICKLE                                                                                     \
    "a pickle of Python, which may run code; to_csv() or numpy.savez() write what skiff reads"

// Files that are often taken for text.
static const struct {
    const char *begin, *what;
} not_text[] = {
    {"PK\3\4", "a zip archive; save the sheet of a workbook as CSV, unpack a zipped CSV, or give "
               "an .npz by its name to what takes one, as --train"},
    {"\xd0\xcf\x11\xe0", "a workbook of Excel; save the sheet as CSV UTF-8 first"},
    {"\x93NUMPY",
     "a single array of numpy; numpy.savez(\"t.npz\", X=X, y=y) writes what skiff reads"},
    {"\x89PNG", "a picture"},
    {"\x80\4\x95", PICKLE},
    {"\x80\5\x95", PICKLE},
    {"ARROW1", "an Arrow or Feather file; write it as CSV first"},
    {"SQLite format 3", "a database of SQLite; sqlite3 -csv -header FILE 'select * from TABLE' "
                        "writes a CSV"},
    {"BZh91AY", "compressed by bzip2; run bunzip2 first"},
    {"\xfd"
     "7zXZ",
     "compressed by xz; run unxz first"},
    {"\x28\xb5\x2f\xfd", "compressed by zstd; run unzstd first"},
    {"PAR1", "a parquet file; write it as CSV first: pandas.read_parquet(...).to_csv(..., "
             "index=False)"},
    {"{\"", "JSON; make a CSV of it first"},
    {"[{", "JSON; make a CSV of it first"},
    {"\xff\xfe", "text in UTF-16; run iconv -f UTF-16 -t UTF-8 first"},
    {"\xfe\xff", "text in UTF-16; run iconv -f UTF-16 -t UTF-8 first"},
};

static void write_copy(struct csv_input *in, const uint8_t *data, size_t size)
{
    while (size) {
        const ssize_t put = write(in->copy, data, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            error_errno(&in->no_copy, "cannot keep a temporary copy");
            close(in->copy);
            in->copy = -1;
            return;
        }
        data += put;
        size -= (size_t)put;
    }
}

static int read_fd(struct csv_input *in, uint8_t *data, size_t size, size_t *got, struct error *e)
{
    *got = 0;
    while (*got < size) {
        const ssize_t n = read(in->fd, data + *got, size - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(e, "%s: cannot read", in->name);
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    if (in->copy >= 0)
        write_copy(in, data, *got);
    return 0;
}

static int read_raw(struct csv_input *in, uint8_t *data, size_t size, size_t *got, struct error *e)
{
    if (!in->mem)
        return read_fd(in, data, size, got, e);
    const size_t left = in->mem_size - in->mem_at;
    *got = size < left ? size : left;
    if (*got)
        memcpy(data, in->mem + in->mem_at, *got);
    in->mem_at += *got;
    return 0;
}

static int refill(struct csv_input *in, struct error *e)
{
    in->at = 0;
    return read_raw(in, in->piece, PIECE, &in->len, e);
}

static int read_plain(struct csv_input *in, uint8_t *data, size_t size, size_t *got,
                      struct error *e)
{
    const size_t held = in->len - in->at, taken = size < held ? size : held;
    memcpy(data, in->piece + in->at, taken);
    in->at += taken;
    size_t more = 0;
    const int rc = taken < size ? read_raw(in, data + taken, size - taken, &more, e) : 0;
    *got = taken + more;
    return rc;
}

static int gzip_fault(const struct csv_input *in, int code, struct error *e)
{
    if (code == Z_MEM_ERROR)
        return error_nomem(e, in->name);
    if (code == Z_BUF_ERROR)
        return error_set(e, ERR_FORMAT, "%s: its gzip data end early; the file is truncated",
                         in->name);
    return error_set(e, ERR_FORMAT, "%s: its gzip data are damaged (%s)", in->name,
                     in->stream.msg ? in->stream.msg : "zlib");
}

// The next byte that belongs to a member of gzip: zeros between members and behind the last one are
// padding. *ended where there is none.
static int find_member(struct csv_input *in, bool *ended, struct error *e)
{
    for (;; in->at++) {
        const int rc = in->at == in->len ? refill(in, e) : 0;
        *ended = rc == 0 && in->len == 0;
        if (rc || *ended || in->piece[in->at])
            return rc;
    }
}

static int read_gzip(struct csv_input *in, uint8_t *data, size_t size, size_t *got, struct error *e)
{
    z_stream *const s = &in->stream;
    s->next_out = data;
    s->avail_out = (uInt)size;
    while (s->avail_out) {
        bool ended = false;
        const int rc = in->between         ? find_member(in, &ended, e)
                       : in->at == in->len ? refill(in, e)
                                           : 0;
        if (rc)
            return rc;
        if (ended)
            break;
        s->next_in = in->piece + in->at;
        s->avail_in = (uInt)(in->len - in->at);
        if (in->between)
            inflateReset(s);
        in->between = false;
        const int code = inflate(s, Z_NO_FLUSH);
        in->at = in->len - s->avail_in;
        in->between = code == Z_STREAM_END;
        // With room left and no input, Z_BUF_ERROR: the file has ended.
        if (code != Z_OK && code != Z_STREAM_END)
            return gzip_fault(in, code, e);
    }
    *got = size - s->avail_out;
    return 0;
}

int csv_input_read(struct csv_input *in, void *data, size_t size, size_t *got, struct error *e)
{
    return in->gzip ? read_gzip(in, data, size, got, e) : read_plain(in, data, size, got, e);
}

// Look at the first bytes and get ready for them.
static int begin(struct csv_input *in, struct error *e)
{
    const int rc = refill(in, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof not_text / sizeof *not_text; i++) {
        const size_t len = strlen(not_text[i].begin);
        if (in->len >= len && memcmp(in->piece, not_text[i].begin, len) == 0)
            return error_set(e, ERR_UNSUPPORTED, "%s: %s", in->name, not_text[i].what);
    }
    if (in->gzip || in->len < 2 || in->piece[0] != 0x1f || in->piece[1] != 0x8b)
        return 0;
    in->stream = zlib_memory_stream();
    if (inflateInit2(&in->stream, 16 + MAX_WBITS) != Z_OK) // 16: gzip's header and sums
        return error_nomem(e, in->name);
    in->gzip = true;
    return 0;
}

static int open_fd(struct csv_input *in, const char *path, bool rewinds, struct error *e)
{
    in->fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (in->fd < 0)
        return file_not_opened(in->name, e);
    if (fstat(in->fd, &st) != 0)
        return error_errno(e, "%s: cannot stat", in->name);
    if (S_ISDIR(st.st_mode))
        return error_set(e, ERR_FORMAT,
                         "%s: is a folder, a file is needed here; (head -n 1 ONE.csv; tail -qn +2 "
                         "*.csv) > ALL.csv makes one CSV of several",
                         in->name);
    in->start = lseek(in->fd, 0, SEEK_CUR);
    in->seeks = S_ISREG(st.st_mode) && in->start >= 0;
    if (rewinds && !in->seeks)
        file_temporary(&in->copy, &in->no_copy);
    return 0;
}

static struct csv_input *allocate(const char *name, struct error *e)
{
    struct csv_input *in = mem_zalloc(sizeof *in);
    if (!in) {
        error_nomem(e, name);
        return NULL;
    }
    in->name = name;
    in->fd = in->copy = -1;
    in->between = true;
    return in;
}

static struct csv_input *opened(struct csv_input *in, int rc)
{
    if (rc == 0)
        return in;
    csv_input_close(in);
    return NULL;
}

struct csv_input *csv_input_open(const char *path, bool rewinds, struct error *e)
{
    struct csv_input *in = allocate(file_shown(path), e);
    if (!in)
        return NULL;
    const int rc = open_fd(in, path, rewinds, e);
    return opened(in, rc ? rc : begin(in, e));
}

struct csv_input *csv_input_memory(const char *name, const void *data, size_t size, struct error *e)
{
    struct csv_input *in = allocate(name, e);
    if (!in)
        return NULL;
    in->mem = data ? data : (const uint8_t *)"";
    in->mem_size = size;
    return opened(in, begin(in, e));
}

void csv_input_close(struct csv_input *in)
{
    if (!in)
        return;
    if (in->gzip)
        inflateEnd(&in->stream);
    if (in->fd >= 0)
        close(in->fd);
    if (in->copy >= 0)
        close(in->copy);
    mem_free(in);
}

int csv_input_rewind(struct csv_input *in, struct error *e)
{
    if (in->copy >= 0) { // from now on the copy is the file
        close(in->fd);
        in->fd = in->copy;
        in->copy = -1;
        in->start = 0;
        in->seeks = true;
    }
    in->mem_at = 0;
    if (in->no_copy.code)
        return error_set(e, ERR_IO,
                         "%s: has to be read a second time: %s; give a file, or set TMPDIR",
                         in->name, in->no_copy.text);
    if (!in->mem && (!in->seeks || lseek(in->fd, in->start, SEEK_SET) < 0))
        return error_errno(e, "%s: cannot be read a second time; copy it to a file first",
                           in->name);
    in->between = true;
    return begin(in, e);
}
