// SPDX-License-Identifier: MIT
// The file in which a job says why it failed; the platform shows its first 1024 characters.
#ifndef SKIFF_JOB_FAILURE_H
#define SKIFF_JOB_FAILURE_H

// Line 1 is the cause, at most 896 bytes and whole characters of UTF-8; one that is there already
// stays, for the first cause counts. Best effort: there is nobody left to tell. Calls nothing that
// a signal handler may not call.
void failure_write(const char *path, const char *cause);

#endif
