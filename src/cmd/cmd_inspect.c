// SPDX-License-Identifier: MIT
// `skiff inspect`: every column of a CSV (in inspect_csv.c), or every member of an .npz archive
// with its type, shape, sizes and a few figures about its values. Lines are printed as members are
// read, so memory does not grow with the archive; a damaged member is marked and the others are
// still listed.
#include "cmd/cmd.h"
#include "cmd/inspect_csv.h"
#include "io/npz.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct inspect_options {
    int delimiter; // index into csv_delimiters
    int header;    // enum csv_header
    bool json;
    bool help;
};

#define AT(field) offsetof(struct inspect_options, field)

static const struct opt table[] = {
    {.name = "delimiter",
     .type = OPT_ENUM,
     .offset = AT(delimiter),
     .words = csv_delimiter_words,
     .initial = "auto",
     .arg = "NAME",
     .help = "What stands between the fields of a CSV; auto looks at its first records.",
     .group = "Options"},
    {.name = "header",
     .type = OPT_ENUM,
     .offset = AT(header),
     .words = csv_header_words,
     .initial = "auto",
     .arg = "NAME",
     .help = "Whether the first record of a CSV names the columns; auto looks for numbers in it."},
    {.name = "json",
     .type = OPT_BOOL,
     .offset = AT(json),
     .help = "Print one JSON object, every number with 17 significant digits."},
    {.name = "help", .type = OPT_BOOL, .offset = AT(help), .help = "This text."},
};

#define TABLE_ROWS (sizeof table / sizeof *table)

static const char help_before[] =
    "Usage: skiff inspect FILE [OPTION ...]\n"
    "\n"
    "Of a CSV (gzip-compressed or not; - is standard input): delimiter, header, rows,\n"
    "and for every column its type, how many values are missing, smallest and largest\n"
    "value and mean of the finite ones, the most frequent texts, and what a careful\n"
    "reader would remark. A type is that of all values: integer, number, boolean\n"
    "(True, False), else text. Missing values are spelled as pandas reads them.\n"
    "\n"
    "Of an .npz archive every member: dtype, shape, order, bytes in the archive\n"
    "(stored) and outside it (full), smallest and largest value and mean of those that\n"
    "are finite, how many are NaN or infinite, and the CRC-32 of the values as C-order\n"
    "little-endian float32. Two arrays with the same CRC-32 train the same model,\n"
    "whatever their dtype, byte order, memory order and compression are.\n"
    "\n"
    "Every byte is read and checked; memory stays at a few megabytes however large the\n"
    "file is, but for a CSV's different texts. Nothing in the file is executed: pickled\n"
    "objects are refused.\n";

static const char help_after[] =
    "\n"
    "Examples\n"
    "  skiff inspect passengers.csv\n"
    "  gunzip -c big.csv.gz | skiff inspect - --json | jq '.columns[] | {name, type, missing}'\n"
    "  skiff inspect train_data.npz\n"
    "  skiff inspect train_data.npz --json | jq '.members[] | {name, shape, nan_count}'\n"
    "  python3 -c 'import numpy as np; np.savez(\"t.npz\", X=np.eye(3), y=[0, 1, 0])'\n"
    "\n"
    "The CRC-32 in Python: zlib.crc32(np.ascontiguousarray(X, '<f4').tobytes())\n"
    "\n"
    "Exit status: 0 done, 1 the file or a member of it cannot be used, 2 wrong options.\n";

// Width of the name column: the longest name, within reason.
static int name_width(const struct npz *z)
{
    size_t width = strlen("name");
    for (size_t i = 0; i < z->zip.count; i++) {
        const size_t len = strlen(z->zip.members[i].name);
        if (len > width)
            width = len;
    }
    return (int)(width < 32 ? width : 32);
}

static void print_heading(int width)
{
    printf("%-*s  %-5s %-16s %-5s %12s %12s %13s %13s %13s %8s %8s  %s\n", width, "name", "dtype",
           "shape", "order", "stored", "full", "min", "max", "mean", "nan", "inf", "crc32");
}

static void print_number(double value)
{
    if (isfinite(value))
        printf(" %13.6g", value);
    else
        printf(" %13s", "-");
}

// One line. `failure` is the reason why the member could not be read, or NULL.
static void print_row(int width, const struct npz_stats *s, const char *failure)
{
    const struct npy_info *info = &s->array.info;
    const bool known = info->dtype[0] != '\0';
    char shape[64] = "-";
    if (known)
        npy_print_shape(info, shape, sizeof shape);
    printf("%-*s  %-5s %-16s %-5s %12" PRIu64 " %12" PRIu64, width,
           s->array.name[0] ? s->array.name : s->array.member->name, known ? info->dtype : "-",
           shape,
           !known          ? "-"
           : info->fortran ? "F"
                           : "C",
           s->array.member->stored_size, s->array.member->full_size);
    if (failure) {
        printf("  (cannot be read)\n");
    } else if (!s->numeric) {
        printf("  (%s)\n", s->note);
    } else {
        print_number(s->min);
        print_number(s->max);
        print_number(s->mean);
        printf(" %8" PRIu64 " %8" PRIu64 "  %08" PRIx32 "\n", s->nan_count, s->inf_count,
               s->crc_f32);
    }
}

// JSON text is UTF-8; other bytes of a name become question marks.
static json_t *json_name(const char *name)
{
    json_t *text = json_string(name);
    if (text)
        return text;
    char ascii[ZIP_NAME_MAX + 1];
    snprintf(ascii, sizeof ascii, "%s", name);
    for (char *c = ascii; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return json_string(ascii);
}

static json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_shape(const struct npy_info *info)
{
    json_t *shape = json_array();
    for (size_t d = 0; d < info->ndim; d++)
        json_array_append_new(shape, json_integer((json_int_t)info->shape[d]));
    return shape;
}

static void add_values(json_t *object, const struct npz_stats *s)
{
    char crc[9];
    snprintf(crc, sizeof crc, "%08" PRIx32, s->crc_f32);
    json_object_set_new(object, "min", json_number(s->min));
    json_object_set_new(object, "max", json_number(s->max));
    json_object_set_new(object, "mean", json_number(s->mean));
    json_object_set_new(object, "nan_count", json_integer((json_int_t)s->nan_count));
    json_object_set_new(object, "inf_count", json_integer((json_int_t)s->inf_count));
    json_object_set_new(object, "crc32_f32", json_string(crc));
}

static int print_object(const struct npz_stats *s, const char *failure, struct error *e)
{
    const struct zip_member *m = s->array.member;
    const struct npy_info *info = &s->array.info;
    json_t *object = json_object();
    json_object_set_new(object, "name", json_name(s->array.name[0] ? s->array.name : m->name));
    json_object_set_new(object, "member", json_name(m->name));
    if (info->dtype[0]) {
        json_object_set_new(object, "dtype", json_name(info->dtype));
        json_object_set_new(object, "shape", json_shape(info));
        json_object_set_new(object, "order", json_string(info->fortran ? "F" : "C"));
    }
    json_object_set_new(object, "deflated", json_boolean(m->deflated));
    json_object_set_new(object, "stored_size", json_integer((json_int_t)m->stored_size));
    json_object_set_new(object, "full_size", json_integer((json_int_t)m->full_size));
    if (failure)
        json_object_set_new(object, "error", json_name(failure));
    else if (s->numeric)
        add_values(object, s);
    else
        json_object_set_new(object, "note", json_name(s->note));
    const int rc = object ? json_dumpf(object, stdout, 0) : -1;
    json_decref(object);
    return rc == 0 ? 0 : error_set(e, ERR_IO, "cannot print a member as JSON");
}

// Every member; the first failure goes to `e` once all are listed.
static int list_members(const struct npz *z, bool json, struct error *e)
{
    const int width = name_width(z);
    int first = 0;
    for (size_t i = 0; i < z->zip.count && first != ERR_NOMEM && !ferror(stdout); i++) {
        struct npz_stats stats;
        struct error reason = {0};
        int rc = npz_stats(z, &z->zip.members[i], &stats, &reason);
        const char *failure = rc ? reason.text : NULL;
        if (json) {
            fputs(i ? ",\n" : "\n", stdout);
            const int printed = print_object(&stats, failure, &reason);
            rc = rc ? rc : printed;
        } else {
            print_row(width, &stats, failure);
        }
        if (rc && !first)
            first = error_set(e, rc, "%s", reason.text);
    }
    return first;
}

static int inspect_npz(const char *path, bool json, struct error *e)
{
    struct npz z;
    int rc = npz_open(&z, path, e);
    if (rc)
        return rc;
    if (json) {
        json_t *name = json_name(path);
        fputs("{\"file\": ", stdout);
        json_dumpf(name, stdout, JSON_ENCODE_ANY);
        json_decref(name);
        fputs(", \"members\": [", stdout);
        rc = list_members(&z, true, e);
        fputs("]}\n", stdout);
    } else {
        print_heading(name_width(&z));
        rc = list_members(&z, false, e);
    }
    npz_close(&z);
    return rc;
}

static int inspect_file(const char *path, const struct inspect_options *o,
                        const struct opt_set *set, struct error *e)
{
    if (!npz_is_file(path))
        return inspect_csv(path,
                           &(struct csv_options){.delimiter = csv_delimiters[o->delimiter],
                                                 .header = (enum csv_header)o->header},
                           o->json, e);
    if (opt_given(set, "delimiter") || opt_given(set, "header"))
        return error_set(e, ERR_USAGE, "%s: --delimiter and --header are for a CSV", path);
    return inspect_npz(path, o->json, e);
}

static int work(const struct cmd_call *call, struct error *e)
{
    if (call->words == 0)
        return error_set(e, ERR_USAGE, "FILE is needed, a CSV or an .npz; --help shows examples");
    return inspect_file(call->word[0], call->values, call->set, e);
}

int cmd_inspect(int argc, char **argv)
{
    struct inspect_options options = {0};
    return cmd_run(
        &(struct cmd){table, TABLE_ROWS, help_before, help_after, &options, &options.help, 1, work},
        argc, argv);
}
