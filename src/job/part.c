// SPDX-License-Identifier: MIT
#include "job/part.h"

const char *const part_names[PARTS] = {"train", "val", "test"};
