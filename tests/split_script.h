// SPDX-License-Identifier: MIT
// Divisions of rows as lines of text, so that one list of them can be made here and by
// scikit-learn. Used by the unit test (against golden rows) and by the peers' driver.
#ifndef SKIFF_TESTS_SPLIT_SCRIPT_H
#define SKIFF_TESTS_SPLIT_SCRIPT_H

#include "base/buf.h"
#include "table/split.h"

// Run one line and append its rows to `out`, those to train on, a slash, those held back:
//   rows ROWS TEST_SIZE TRAIN_SIZE SHUFFLE SEED CLASSES
//   fold ROWS FOLDS FOLD SHUFFLE SEED CLASSES
// CLASSES is a character a row, '0' for class 0 and so on, or "-": not in proportion. ERR_FORMAT
// without a message for a line that is neither.
int split_script_run(const char *line, struct buf *out, struct error *e);

#endif
