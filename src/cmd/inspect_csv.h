// SPDX-License-Identifier: MIT
// `skiff inspect` for a CSV.
#ifndef SKIFF_CMD_INSPECT_CSV_H
#define SKIFF_CMD_INSPECT_CSV_H

#include "base/err.h"
#include "io/csv.h"

// Every column with its type, missing values and figures, on standard output.
int inspect_csv(const char *path, const struct csv_options *how, bool json, struct error *e);

#endif
