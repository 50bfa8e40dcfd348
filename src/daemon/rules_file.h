/* SPDX-License-Identifier: MIT */
/*
 * Rules that hold from the start (serve --rules): whoever restarts the daemon has them again, before the first node
 * comes back.
 */
#ifndef DAEMON_RULES_FILE_H
#define DAEMON_RULES_FILE_H

#include "base/refusal.h"
#include "request/rules_request.h"

#define RULES_FILE_BYTES_MAX (1024 * 1024) /* as a body of HTTP */

/*
 * What the file says, in JSON as POST /v1/rules takes it. Returns 0 and *ret, the caller's to end; or a negative errno
 * and the refusal, which does not name the file.
 */
int rules_file_read(const char *path, struct rules_request *ret, struct refusal *refusal);

#endif
