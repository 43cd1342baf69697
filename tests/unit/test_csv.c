// SPDX-License-Identifier: MIT
// Delimited text: what is read, whatever lies across a block's end, and what is refused with its
// line and column.
#include "testing.h"

#include "base/buf.h"
#include "io/csv.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

#define TEXT_MAX ((size_t)1 << 27)

static const struct csv_options automatic = {0};

// Every record as "[a][b]", fields unquoted, appended to `out`.
static int print_block(const struct csv *c, const struct csv_block *b, struct buf *out)
{
    for (size_t row = 0; row < b->rows; row++) {
        for (size_t column = 0; column < c->columns; column++) {
            const size_t begin = csv_begin(c, b, row, column);
            const size_t len = csv_end(c, b, row, column) - begin;
            char *field = mem_alloc(len);
            if (!field)
                return ERR_NOMEM;
            buf_puts(out, "[");
            buf_append(out, field, csv_unquote(b->text + begin, len, field));
            buf_puts(out, "]");
            mem_free(field);
        }
        buf_puts(out, "\n");
    }
    return out->failed;
}

// All records of an open text; *blocks counts.
static int print_all(struct csv *c, struct buf *out, size_t *blocks, struct error *e)
{
    struct csv_block b = {0};
    int rc = 0;
    for (*blocks = 0; (rc = csv_read(c, &b, e)) > 0; ++*blocks)
        if ((rc = csv_split(c, &b, e)) || (rc = print_block(c, &b, out)))
            break;
    csv_block_clear(&b);
    return rc;
}

static int print_memory(const char *text, size_t size, const struct csv_options *o, struct buf *out,
                        struct error *e)
{
    struct csv c;
    int rc = csv_open_memory(&c, "f.csv", text, size, o, e);
    if (rc)
        return rc;
    for (size_t i = 0; i < c.columns; i++)
        buf_printf(out, "%s%s", i ? "," : "", c.names[i]);
    buf_printf(out, "%s\n", c.header ? "" : " (no header)");
    size_t blocks;
    rc = print_all(&c, out, &blocks, e);
    csv_close(&c);
    return rc;
}

static void reads_as(const char *text, const struct csv_options *o, const char *want)
{
    struct error e = {0};
    struct buf out;
    buf_init(&out, TEXT_MAX);
    CHECK_OK(print_memory(text, strlen(text), o, &out, &e), e);
    if (strcmp(out.data, want) != 0)
        fail_msg("'%s' is read as\n%s, not\n%s", text, out.data, want);
    buf_clear(&out);
}

static void forms(void **state)
{
    (void)state;
    static const char *const same[] = {
        "a,b\n1,x\n2,y\n",
        "a,b\n1,x\n2,y", // no line feed at the end
        "a,b\r\n1,x\r\n2,y\r\n",
        "a,b\r\n1,x\n2,y\r\n",
        "\357\273\277a,b\n1,x\n2,y\n",
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "a|b\n1|x\n2|y\n",
        "\"a\",\"b\"\n\"1\",\"x\"\n\"2\",\"y\"\n",
        "\"a\",b\r\n1,\"x\"\r\n\"2\",\"y\"\r\n",
        "\n\na,b\n\n1,x\n  \n\r\n2,y\n\n\t\n", // blank lines
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        reads_as(same[i], &automatic, "a,b\n[1][x]\n[2][y]\n");
    reads_as("a,b\n", &automatic, "a,b\n");
    reads_as("a,b", &automatic, "a,b\n");
    reads_as("a,b\n,\n\"\",\"\"\n", &automatic, "a,b\n[][]\n[][]\n");
    reads_as("a,b\n\"1\n2\",\"x\r\ny\"\n", &automatic, "a,b\n[1\n2][x\r\ny]\n");
    reads_as("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n\"\"\"\",\"\"\"x\"\n", &automatic,
             "a,b\n[say \"hi\"][\"]\n[\"][\"x]\n");
    reads_as("a,b\n\"1,2\",\"\n\"\n", &automatic, "a,b\n[1,2][\n]\n");
    reads_as("x\n1\n\n\"\"\n2\n", &automatic, "x\n[1]\n[]\n[2]\n"); // one column: no blank value
    reads_as("\"a\"\"b\",\"c,d\"\n1,2\n", &automatic, "a\"b,c,d\n[1][2]\n");
    reads_as("a, b \n 1 , x \n", &automatic, "a, b \n[ 1 ][ x ]\n"); // blanks belong to a field
    reads_as("a,b\n1,\x80\xff\n", &automatic, "a,b\n[1][\x80\xff]\n");
}

static void delimiters_and_headers(void **state)
{
    (void)state;
    reads_as("a;b\n1,5;2,5\n3,5;4,5\n", &automatic, "a,b\n[1,5][2,5]\n[3,5][4,5]\n");
    reads_as("name;note\nx;a,b,c\ny;d,e,f\n", &automatic, "name,note\n[x][a,b,c]\n[y][d,e,f]\n");
    reads_as("a|b,c\n1|2\n3|4\n", &automatic, "a,b,c\n[1][2]\n[3][4]\n");
    reads_as("just one\n1\n2\n", &automatic, "just one\n[1]\n[2]\n");
    reads_as("1,2\n3,4\n", &automatic, "c1,c2 (no header)\n[1][2]\n[3][4]\n");
    reads_as("5.1,setosa\n4.9,setosa\n", &automatic,
             "c1,c2 (no header)\n[5.1][setosa]\n[4.9][setosa]\n");
    reads_as("NA,1\n2,3\n", &automatic, "c1,c2 (no header)\n[NA][1]\n[2][3]\n");
    reads_as("id,2019\n1,5\n", &automatic, "id,2019\n[1][5]\n");
    reads_as("x,y\np,q\n", &automatic, "x,y\n[p][q]\n");
    reads_as("7,8\n", &automatic, "c1,c2 (no header)\n[7][8]\n");
    reads_as("7,8\n9,1\n", &(struct csv_options){.header = CSV_HEADER_YES}, "7,8\n[9][1]\n");
    reads_as("x,y\n1,2\n", &(struct csv_options){.header = CSV_HEADER_NO},
             "c1,c2 (no header)\n[x][y]\n[1][2]\n");
    reads_as("a,b;c\n1,2;3\n", &(struct csv_options){.delimiter = ';'}, "a,b,c\n[1,2][3]\n");
    reads_as("a,b\n1,2\n", &(struct csv_options){.delimiter = '|'}, "a,b\n[1,2]\n");
    // what a spreadsheet says of itself
    reads_as("sep=;\na;b,c,d\n1;2,3,4\n", &automatic, "a,b,c,d\n[1][2,3,4]\n");
    reads_as("\xef\xbb\xbfsep=,\r\n\r\na,b\r\n1,2\r\n", &automatic, "a,b\n[1][2]\n");
    reads_as("\"sep=\t\"\n1\t2\n", &automatic, "c1,c2 (no header)\n[1][2]\n");
    reads_as("sep=,,,\na,b\n1,2\n", &automatic, "a,b\n[1][2]\n");
    reads_as("sep=;\na,b;c\n1,2;3\n", &(struct csv_options){.delimiter = ','}, "a,b;c\n[1][2;3]\n");
    reads_as("sep=;x\n1\n", &(struct csv_options){.delimiter = ','}, "sep=;x\n[1]\n");
    reads_as("\n\nsep=|\n1\n", &(struct csv_options){.delimiter = ','}, "sep=|\n[1]\n");
}

// ---- blocks ----

// A text of many blocks whose records have quotes, line ends and doubled quotes; the same as it is
// read, in `want`. Widths vary so that everything comes to lie across a block's end.
static void make_long(struct buf *text, struct buf *want, size_t rows)
{
    buf_init(text, TEXT_MAX);
    buf_init(want, TEXT_MAX);
    buf_puts(text, "n,t,u\r\n");
    buf_puts(want, "n,t,u\n");
    uint32_t seed = 3;
    for (size_t i = 0; i < rows; i++) {
        const int width = (int)(test_random(&seed) % 90);
        switch (test_random(&seed) % 4) {
        case 0:
            buf_printf(text, "%zu,%0*d,x\n", i, width, 7);
            buf_printf(want, "[%zu][%0*d][x]\n", i, width, 7);
            break;
        case 1:
            buf_printf(text, "%zu,\"%0*d\r\n,\"\"\n\",\"\"\r\n", i, width, 7);
            buf_printf(want, "[%zu][%0*d\r\n,\"\n][]\n", i, width, 7);
            break;
        case 2:
            buf_printf(text, "%zu,\"\"\"\"\"\"\"\",%0*d\r\n\r\n", i, width, 7);
            buf_printf(want, "[%zu][\"\"\"][%0*d]\n", i, width, 7);
            break;
        default:
            buf_printf(text, "\"%zu\",,\"%0*d\"\n", i, width, 7);
            buf_printf(want, "[%zu][][%0*d]\n", i, width, 7);
        }
    }
    assert_int_equal(text->failed | want->failed, 0);
}

static void many_blocks(void **state)
{
    (void)state;
    struct buf text, want, got;
    struct error e = {0};
    make_long(&text, &want, 20000);
    buf_init(&got, TEXT_MAX);
    CHECK_OK(print_memory(text.data, text.len, &automatic, &got, &e), e);
    assert_true(text.len > 4 * CSV_BLOCK_SIZE);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    buf_clear(&text);
    buf_clear(&want);
    buf_clear(&got);
}

static void lines_are_physical(void **state)
{
    (void)state;
    struct csv c;
    struct csv_block b = {0};
    struct error e = {0};
    const char text[] = "a,b\n\n\"x\ny\",1\n\"\n\n\",2\nz,3\n";
    CHECK_OK(csv_open_memory(&c, "f", text, sizeof text - 1, &automatic, &e), e);
    assert_int_equal(csv_read(&c, &b, &e), 1);
    CHECK_OK(csv_split(&c, &b, &e), e);
    assert_int_equal(b.rows, 3);
    const uint64_t want[] = {3, 5, 8};
    for (size_t row = 0; row < 3; row++)
        assert_int_equal(csv_line(&b, csv_begin(&c, &b, row, 0)), want[row]);
    assert_int_equal(csv_read(&c, &b, &e), 0);
    csv_block_clear(&b);
    csv_close(&c);
}

// ---- where bytes come from ----

static size_t squeeze(const void *data, size_t size, void *to, size_t room)
{
    z_stream s = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = to,
                  .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&s, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    deflateEnd(&s);
    return s.total_out;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

// Read twice, once after rewinding.
static void path_reads_as(const char *path, const struct buf *want)
{
    struct csv c;
    struct error e = {0};
    CHECK_OK(csv_open(&c, path, &(struct csv_options){.rewinds = true}, &e), e);
    for (int pass = 0; pass < 2; pass++) {
        struct buf got;
        size_t blocks;
        buf_init(&got, TEXT_MAX);
        CHECK_OK(print_all(&c, &got, &blocks, &e), e);
        const size_t header = strlen("n,t,u\n");
        assert_int_equal(got.len, want->len - header);
        assert_memory_equal(got.data, want->data + header, got.len);
        buf_clear(&got);
        if (pass == 0)
            CHECK_OK(csv_rewind(&c, &e), e);
    }
    csv_close(&c);
}

static void files_and_gzip(void **state)
{
    (void)state;
    struct buf text, want, got;
    make_long(&text, &want, 8000);
    const char *path = test_path("long.csv");
    write_file(path, text.data, text.len);
    path_reads_as(path, &want);
    // Two members with padding between and behind them; the name says nothing.
    const size_t half = text.len / 2, room = text.len / 2 + 2048, padding = 200000;
    char *packed = mem_zalloc(2 * (room + padding));
    assert_non_null(packed);
    size_t len = squeeze(text.data, half, packed, room) + padding;
    len += squeeze(text.data + half, text.len - half, packed + len, room) + padding;
    write_file(path, packed, len);
    path_reads_as(path, &want);
    packed[len - 1] = 'x'; // that is no padding
    struct csv c;
    struct error e = {0};
    size_t blocks;
    write_file(path, packed, len);
    buf_init(&got, TEXT_MAX);
    CHECK_OK(csv_open(&c, path, &automatic, &e), e);
    check_refused(print_all(&c, &got, &blocks, &e), ERR_FORMAT, &e, "its gzip data end early");
    csv_close(&c);
    buf_clear(&got);
    mem_free(packed);
    buf_clear(&text);
    buf_clear(&want);
}

// The text through a fifo at `path`, in odd pieces.
static pid_t send_text(const char *path, const struct buf *text)
{
    const pid_t child = fork();
    if (child)
        return child;
    const int fd = open(path, O_WRONLY);
    size_t at = 0;
    while (at < text->len) {
        const size_t left = text->len - at;
        const ssize_t put = write(fd, text->data + at, left < 777 ? left : 777);
        if (put <= 0)
            break;
        at += (size_t)put;
    }
    close(fd);
    _exit(0);
}

static void fifos(void **state)
{
    (void)state;
    struct buf text, want;
    make_long(&text, &want, 8000);
    const char *path = test_path("fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    const pid_t child = send_text(path, &text);
    path_reads_as(path, &want);
    waitpid(child, NULL, 0);
    buf_clear(&text);
    buf_clear(&want);
}

// Without room for a copy a stream can be read, and only then not again.
static void fifos_without_a_copy(void **state)
{
    (void)state;
    struct buf text, want, got;
    make_long(&text, &want, 8000);
    const char *path = test_path("once"), *tmp = getenv("TMPDIR");
    char *kept = tmp ? mem_strdup(tmp) : NULL;
    assert_int_equal(mkfifo(path, 0600), 0);
    const pid_t child = send_text(path, &text);
    setenv("TMPDIR", test_path("no/such/folder"), 1);
    struct csv c;
    struct error e = {0};
    size_t blocks;
    buf_init(&got, TEXT_MAX);
    CHECK_OK(csv_open(&c, path, &(struct csv_options){.rewinds = true}, &e), e);
    CHECK_OK(print_all(&c, &got, &blocks, &e), e);
    assert_int_equal(got.len, want.len - strlen("n,t,u\n"));
    check_refused(csv_rewind(&c, &e), ERR_IO, &e, "once: has to be read a second time: ");
    assert_non_null(strstr(e.text, "no/such/folder: cannot make a temporary file: No such file"));
    csv_close(&c);
    waitpid(child, NULL, 0);
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    mem_free(kept);
    buf_clear(&text);
    buf_clear(&want);
    buf_clear(&got);
}

// ---- what is refused ----

static void refused(const char *text, size_t size, const struct csv_options *o, const char *part)
{
    char *copy = mem_alloc(size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    struct error e = {0};
    struct buf out;
    buf_init(&out, TEXT_MAX);
    const int rc = print_memory(copy, size, o, &out, &e);
    mem_free(copy);
    buf_clear(&out);
    if (rc >= 0 || rc != e.code || !strstr(e.text, part) || strchr(e.text, '\n'))
        fail_msg("'%.40s': code %d, message '%s', expected part '%s'", text, rc, e.text, part);
}

static void must_fail(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"", "f.csv: empty"},
        {"\n\n  \n", "f.csv: empty"},
        {"\xef\xbb\xbf", "f.csv: empty"},
        {"a,b\n1,2\n3\n", "f.csv:3: 1 field where the header has 2"},
        {"a,b\n1,2\n3,4,5\n", "f.csv:3: 3 fields where the header has 2"},
        {"a,b\n1,2\n3,4,5\n6\n", "f.csv:3: 3 fields"},
        {"a,b\n1\n2,3,4\n", "f.csv:2: 1 field where"}, // as many fields as two right rows
        {"a,b\n\n\"x\ny\",1\n2\n", "f.csv:5: 1 field where"},
        {"a,b,c\n1,2,3\n4,5\n", "a field with ',' in it must be in quotes"},
        {"a\tb\n1\t2\n3\n", "a field with a tab in it"},
        {"1,2\n3\n", "f.csv:2: 1 field where the first record has 2"},
        {"a,b\n1,2,\n", "f.csv:2: 3 fields"},
        {"a,b\n1,\"2\n3,4\n", "f.csv:2: a quoted field that does not end"},
        {"a,b\n\"1\n\",\"2\n3,4\n", "f.csv:3: a quoted field that does not end"},
        {"a,b\n1,\"2\"x\n", "f.csv:2:6: column 'b': text behind a closing quote"},
        {"a,b\n1,\"2\" \n", "f.csv:2:6: column 'b': text behind"},
        {"a,b\n\"1\"\"\"x,2\n", "f.csv:2:6: column 'a': text behind"},
        {"a,b\n1,5\" pipe\n", "f.csv:2:4: column 'b': a quote inside a field"},
        {"a,b\n5\" pipe,1\n2,3\n", "f.csv:2:2: column 'a': a quote inside"},
        {"a,b\n1, \"2\"\n", "f.csv:2:4: column 'b': a quote inside"},
        {"a,b\n\"x\ny\",1\n1,2\"\n", "f.csv:4:4: column 'b': a quote inside"},
        {"a,b\r1,2\r", "f.csv:1:5: column 'c2': a carriage return without a line feed"},
        {"a,b\n1,2\r3,4\n", "f.csv:2:5: column 'b': a carriage return without"},
        {"a,b\n\"1\"\r,2\n", "f.csv:2:5: column 'a': a carriage return without"},
        {"a\"b,c\n1,2\n", "f.csv:1:2: column 1: a quote inside"},
        {"a,\"b\"c\n1,2\n", "f.csv:1:6: column 2: text behind"},
        {"a,b,a\n1,2,3\n", "f.csv:1: columns 1 and 3 are both called 'a'"},
        {"\n,b\n1,2\n", "f.csv:2: column 1 has no name"},
        {"a,b,\n1,2,\n", "f.csv:1: column 3 has no name; give it one, or take away the delimiter"},
        {",a\n0,1\n", "f.csv:1: column 1 has no name; give it one (pandas"},
        {"a,,c,d\n1,2,3,4\n", "f.csv:1: column 2 has no name; give it one"},
        {"Sales,,\na,b,c\n1,2,3\n", "f.csv:1: column 2 has no name; is this line the header?"},
        {"# by hand\na,b\n1,2\n", "f.csv:2: 2 fields where the header has 1; what stands above"},
        {"a,b\n1,2,\n", "f.csv:2: 3 fields where the header has 2; the rows end in ','"},
        {"a,b\r\n1,2,\r\n", "the rows end in ',', the header does not"},
        {"a,b\n\"1\",2,3\n", "3 fields where the header has 2; names of rows need a name"},
        {"a,b\n1,2\n1,2,\n", "f.csv:3: 3 fields where the header has 2; a field with ','"},
        {"sep=;\n", "f.csv: empty"},
        {"sep=;\na;b\n1\n", "f.csv:3: 1 field where the header has 2; a field with ';'"},
        {"sep=x\na,b\n1,2\n", "f.csv:2: 2 fields where the header has 1"},
        {"PK\3\4xxxx", "f.csv: a zip archive"},
        {"\x93NUMPY\1", "f.csv: a single array of numpy"},
        {"\xd0\xcf\x11\xe0\xa1", "f.csv: a workbook of Excel"},
        {"\x80\5\x95x", "f.csv: a pickle"},
        {"\xff\xfe"
         "a",
         "f.csv: text in UTF-16; run iconv"},
        {"\xfd"
         "7zXZ",
         "compressed by xz"},
        {"\x1f\x8b\x08", "f.csv: its gzip data end early"},
        {"\x1f\x8b\x09xxxxxxxxxxx", "f.csv: its gzip data are damaged"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(cases[i].text, strlen(cases[i].text), &automatic, cases[i].part);
    static const struct csv_options with_header = {.header = CSV_HEADER_YES};
    refused("3,7,7\n", 6, &with_header, "columns 2 and 3 are both called '7'; is this line the");
    refused("3,,x\n", 5, &with_header, "column 2 has no name; is this line the header? it has");
    static const char zero[] = "a,b\n1,x\0y\n", quoted[] = "a,b\n1,\"\n\0\"\n";
    refused(zero, sizeof zero - 1, &automatic, "f.csv:2:4: column 'b': a zero byte");
    refused(quoted, sizeof quoted - 1, &automatic, "f.csv:3:1: column 'b': a zero byte");
}

// The same fault at every place of the 64-byte steps, and in a later block.
static void faults_anywhere(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (int lead = 0; lead < 140; lead++) {
        static const char *const bad[] = {"\"x\"y", "x\"", "x\ry"};
        static const size_t place[] = {3, 1, 2};
        for (size_t i = 0; i < 3; i++) {
            char part[48];
            buf_clear(&text);
            buf_printf(&text, "a,b\n%0*d,%s\n", lead + 1, 7, bad[i]);
            snprintf(part, sizeof part, "f.csv:2:%zu: column 'b'", (size_t)lead + 3 + place[i]);
            refused(text.data, text.len, &automatic, part);
        }
    }
    buf_clear(&text);
    buf_puts(&text, "a,b\n");
    for (int i = 0; i < 60000; i++)
        buf_puts(&text, "123,\"4\"\n");
    buf_puts(&text, "1,2,3\n");
    refused(text.data, text.len, &automatic, "f.csv:60002: 3 fields");
    buf_clear(&text);
}

// Blocks of blank lines and an end in the first record: before the table as a whole.
static void blank_blocks(void **state)
{
    (void)state;
    static const char *const tables[] = {"a,b", "a,b\n", "a,b\n1,x\n", "a,b\n1,x"};
    for (size_t i = 0; i < 4 * 3; i++) {
        const size_t blank = CSV_BLOCK_SIZE * (i / 4) + i;
        struct buf text, want;
        buf_init(&text, TEXT_MAX);
        buf_init(&want, TEXT_MAX);
        buf_puts(&text, i % 2 ? "\xef\xbb\xbf" : "");
        for (size_t line = 0; line < blank; line++)
            buf_puts(&text, line % 3 ? "\n" : " \r\n");
        buf_puts(&text, tables[i % 4]);
        buf_puts(&want, i % 4 < 2 ? "n,t,u\n" : "n,t,u\n[1][x]\n");
        write_file(test_path("blank.csv"), text.data, text.len);
        path_reads_as(test_path("blank.csv"), &want);
        struct csv c;
        struct error e = {0};
        CHECK_OK(csv_open_memory(&c, "f", text.data, text.len, &automatic, &e), e);
        assert_int_equal(c.line, blank + 2);
        assert_string_equal(c.names[0], "a");
        csv_close(&c);
        text.len -= strlen(tables[i % 4]);
        refused(text.data ? text.data : "", text.len, &automatic, "f.csv: empty");
        buf_clear(&text);
        buf_clear(&want);
    }
}

static void limits(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    char *x = mem_alloc(CSV_FIELD_MAX);
    assert_non_null(x);
    memset(x, 'x', CSV_FIELD_MAX);
    buf_puts(&text, "a,b\n1,");
    buf_append(&text, x, CSV_FIELD_MAX); // as long as a field may be
    buf_puts(&text, "\n");
    struct buf out;
    struct error e = {0};
    buf_init(&out, TEXT_MAX);
    CHECK_OK(print_memory(text.data, text.len, &automatic, &out, &e), e);
    assert_true(out.len > CSV_FIELD_MAX);
    text.len--;
    buf_puts(&text, "x\n");
    refused(text.data, text.len, &automatic, "f.csv:2:3: column 'b': a field of 1048577 bytes");
    text.len--;
    for (size_t i = 0; i < CSV_RECORD_MAX / CSV_FIELD_MAX; i++)
        buf_append(&text, x, CSV_FIELD_MAX);
    buf_puts(&text, "\n");
    refused(text.data, text.len, &automatic, "f.csv:2: a record of more than 16777216 bytes");
    buf_clear(&text);
    for (size_t i = 0; i < CSV_COLUMNS_MAX; i++)
        buf_printf(&text, "%zu,", i);
    buf_puts(&text, "1\n");
    refused(text.data, text.len, &automatic, "f.csv:1: 65537 columns; 65536 are the most");
    mem_free(x);
    buf_clear(&text);
    buf_clear(&out);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct csv c;
    struct error e = {0};
    check_refused(csv_open(&c, test_path("none.csv"), &automatic, &e), ERR_IO, &e, "cannot open");
    error_clear(&e);
    check_refused(csv_open(&c, test_folder(), &automatic, &e), ERR_FORMAT, &e, "is a folder");
    error_clear(&e);
    const char *path = test_path("cut.gz");
    char packed[256];
    const size_t len = squeeze("a,b\n1,2\n", 8, packed, sizeof packed);
    for (size_t cut = 3; cut < len; cut++) {
        write_file(path, packed, cut);
        const int rc = csv_open(&c, path, &automatic, &e);
        check_refused(rc, ERR_FORMAT, &e, "its gzip data end early");
        error_clear(&e);
    }
    packed[len - 6] ^= 1; // the sum
    write_file(path, packed, len);
    check_refused(csv_open(&c, path, &automatic, &e), ERR_FORMAT, &e, "gzip data are damaged");
    error_clear(&e);
    packed[len - 6] ^= 1;
    packed[len] = 'x'; // behind the last member
    write_file(path, packed, len + 1);
    check_refused(csv_open(&c, path, &automatic, &e), ERR_FORMAT, &e, "its gzip data");
}

static void file_that_shrinks(void **state)
{
    (void)state;
    struct csv c;
    struct error e = {0};
    struct buf out;
    size_t blocks;
    const char *path = test_path("shrinks.csv");
    buf_init(&out, TEXT_MAX);
    write_file(path, "long name,b\n1,2\n", 16);
    CHECK_OK(csv_open(&c, path, &(struct csv_options){.rewinds = true}, &e), e);
    CHECK_OK(print_all(&c, &out, &blocks, &e), e);
    assert_int_equal(truncate(path, 5), 0);
    check_refused(csv_rewind(&c, &e), ERR_FORMAT, &e, "changed while it was read");
    csv_close(&c);
    buf_clear(&out);
}

// ---- memory ----

struct input {
    const char *path, *text;
    size_t size;
};

static int read_text(void *context, struct error *e)
{
    const struct input *in = context;
    struct csv c;
    struct buf out;
    size_t blocks;
    buf_init(&out, TEXT_MAX);
    int rc = in->path ? csv_open(&c, in->path, &automatic, e)
                      : csv_open_memory(&c, "f", in->text, in->size, &automatic, e);
    if (rc)
        return rc;
    rc = print_all(&c, &out, &blocks, e);
    csv_close(&c);
    if (rc == ERR_NOMEM && e->code == 0)
        error_nomem(e, "this test's own");
    buf_clear(&out);
    return rc;
}

static void every_failed_allocation(void **state)
{
    (void)state;
    const char text[] = "a,b\n1,\"x\"\"y\"\n2,\n";
    struct input in = {NULL, text, sizeof text - 1};
    assert_true(check_failing_memory(read_text, &in) > 5);
    char packed[256];
    const size_t len = squeeze(text, sizeof text - 1, packed, sizeof packed);
    const char *path = test_path("f.gz");
    write_file(path, packed, len);
    in.path = path;
    assert_true(check_failing_memory(read_text, &in) > 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(delimiters_and_headers),
        cmocka_unit_test(many_blocks),
        cmocka_unit_test(lines_are_physical),
        cmocka_unit_test(files_and_gzip),
        cmocka_unit_test(fifos),
        cmocka_unit_test(fifos_without_a_copy),
        cmocka_unit_test(must_fail),
        cmocka_unit_test(faults_anywhere),
        cmocka_unit_test(blank_blocks),
        cmocka_unit_test(limits),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(file_that_shrinks),
        cmocka_unit_test(every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
