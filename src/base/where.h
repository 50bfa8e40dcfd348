/* SPDX-License-Identifier: MIT */
/*
 * Where a control API is: "unix:PATH" or "HOST:PORT", with brackets around an IPv6 address ("[::1]:4370").
 */
#ifndef BASE_WHERE_H
#define BASE_WHERE_H

#include "base/refusal.h"

#define WHERE_PATH_BYTES 108 /* of sockaddr_un; with the NUL */
#define WHERE_HOST_BYTES 256

struct where {
    char path[WHERE_PATH_BYTES]; /* of a Unix socket; "": at a host */
    char host[WHERE_HOST_BYTES]; /* without brackets */
    int port;                    /* 0 to 65535 */
};

/* Returns 0; or -EINVAL and the refusal, without a field. */
int where_parse(const char *text, struct where *ret, struct refusal *refusal);

#endif
