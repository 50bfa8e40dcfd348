/* SPDX-License-Identifier: MIT */
#include "base/where.h"

#include <stdbool.h>
#include <string.h>

#include "base/options.h"

#define UNIX_PREFIX "unix:"

static int parse_path(const char *path, struct where *ret, struct refusal *refusal)
{
    if (!*path)
        return refuse(refusal, NULL, "the path is empty");
    if (strlen(path) >= sizeof(ret->path))
        return refuse(refusal, NULL, "the path is longer than %d bytes, more than a socket can have",
                      WHERE_PATH_BYTES - 1);
    *ret = (struct where){0};
    memcpy(ret->path, path, strlen(path));
    return 0;
}

int where_parse(const char *text, struct where *ret, struct refusal *refusal)
{
    bool brackets = text[0] == '[';
    const char *host = text + brackets;
    size_t len = strcspn(host, brackets ? "]" : ":");
    const char *rest = host + len + (brackets && host[len]);
    struct where where = {0};

    if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0)
        return parse_path(text + strlen(UNIX_PREFIX), ret, refusal);
    if (len == 0 || len >= sizeof(where.host) || *rest != ':' || strcspn(host, "/@ \t") < len ||
        port_parse(rest + 1, 0, &where.port) < 0)
        return refuse(refusal, NULL,
                      "'%.200s' is neither unix:PATH nor ADDRESS:PORT, such as 10.0.0.1:4370 or [::1]:4370", text);
    memcpy(where.host, host, len);
    *ret = where;
    return 0;
}
