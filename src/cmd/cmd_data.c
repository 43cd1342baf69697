// SPDX-License-Identifier: MIT
// The program may have been moved together with what lies beside it (an image's layers, a prefix
// that is unpacked elsewhere), or run where it was built, so folders are sought from where it is
// before the one that configure was told.
#include "cmd/cmd.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE 4096

// The folder that this program lies in, or false.
static bool program_folder(char folder[PATH_SIZE])
{
    const ssize_t len = readlink("/proc/self/exe", folder, PATH_SIZE - 1);
    folder[len > 0 ? len : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    return slash != NULL;
}

char *cmd_data_file(const char *name)
{
    char folder[PATH_SIZE], moved[PATH_SIZE + 32] = "", built[PATH_SIZE + 32] = "";
    if (program_folder(folder)) {
        snprintf(moved, sizeof moved, "%s/../share/" PACKAGE_TARNAME, folder);
        snprintf(built, sizeof built, "%s/../data", folder); // of a build folder in the source tree
    }
    const char *const folders[] = {moved, built, PKGDATADIR};
    return file_find(folders, sizeof folders / sizeof *folders, name);
}
