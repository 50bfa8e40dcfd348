/* SPDX-License-Identifier: MIT */
#include "control/guard.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define HOST_MAX 256
#define JSON_TYPE "application/json"

static int refuse(struct api_error *error, int status, const char *text)
{
    api_refuse(error, status, "%s", text);
    return -EPERM;
}

/* "name:port", "[::1]:port" without port and brackets. */
static bool host_part(const char *host, char to[HOST_MAX])
{
    bool brackets = host[0] == '[';
    const char *begin = host + brackets;
    size_t len = strcspn(begin, brackets ? "]" : ":");

    if (len == 0 || len >= HOST_MAX || (brackets && begin[len] != ']'))
        return false;
    memcpy(to, begin, len);
    to[len] = 0;
    return true;
}

/* A name that cannot be made to mean this machine by a stranger's DNS: an address, localhost, or our own name. */
static bool is_own_host(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    char name[HOST_MAX], own[HOST_MAX];

    if (!host || !host_part(host, name))
        return false;
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
        return true;
    if (strcasecmp(name, "localhost") == 0)
        return true;
    return gethostname(own, sizeof(own)) == 0 && strcasecmp(name, own) == 0;
}

static bool is_own_origin(const char *origin, const char *host)
{
    const char scheme[] = "http://";

    return strncasecmp(origin, scheme, sizeof(scheme) - 1) == 0 && strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

static bool is_json(const char *type)
{
    const size_t len = sizeof(JSON_TYPE) - 1;

    if (!type || strncasecmp(type, JSON_TYPE, len) != 0)
        return false;
    return type[len] == 0 || type[len] == ';' || isspace((unsigned char)type[len]);
}

int guard_check(const struct guard_request *request, struct api_error *error)
{
    if (!request->local)
        return refuse(error, 403, "the control API answers only on its own machine");
    if (!is_own_host(request->host))
        return refuse(error, 403, "Host: give localhost, an address or this machine's name");
    if (request->origin && !is_own_origin(request->origin, request->host))
        return refuse(error, 403, "Origin: pages of other sites may not use the control API");
    if (request->has_body && !is_json(request->content_type))
        return refuse(error, 415, "Content-Type: send " JSON_TYPE);
    return 0;
}
