/* SPDX-License-Identifier: MIT */
#include "control/guard.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/refusal.h"
#include "base/token.h"
#include "control/api.h"
#include "request/terms.h"

#define HOST_MAX 256
#define JSON_TYPE "application/json"

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

    if (!host_part(host, name))
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

bool guard_is_type(const char *type, const char *wanted)
{
    size_t len = strlen(wanted);

    if (!type || strncasecmp(type, wanted, len) != 0)
        return false;
    return type[len] == 0 || type[len] == ';' || isspace((unsigned char)type[len]);
}

bool guard_accepts(const char *list, const char *wanted)
{
    size_t len = strlen(wanted);

    while (list && *list) {
        list += strspn(list, " \t,");
        if (strncasecmp(list, wanted, len) == 0 && strchr(" \t,;", list[len]))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

static unsigned refuse_with(unsigned status, const char *field, const char *text, struct refusal *refusal)
{
    refuse(refusal, field, "%s", text);
    return status;
}

/* "Bearer TOKEN"; the scheme in letters of either case. */
static bool is_authorized(const char *authorization, const char *token)
{
    const char scheme[] = "Bearer ";
    const size_t len = sizeof(scheme) - 1;

    if (!authorization || strncasecmp(authorization, scheme, len) != 0)
        return false;
    return token_is(token, authorization + len + strspn(authorization + len, " "));
}

unsigned guard_check(const struct guard_request *request, struct refusal *refusal)
{
    if (request->way == WAY_PORT && !request->local)
        return refuse_with(HTTP_FORBIDDEN, NULL, "the control API answers only on its own machine", refusal);
    if (request->repeated)
        return refuse_with(HTTP_BAD_REQUEST, request->repeated, "it is there more than once", refusal);
    if (request->way == WAY_ADDRESS && !is_authorized(request->authorization, request->token))
        return refuse_with(HTTP_UNAUTHORIZED, "Authorization", "send Bearer and the daemon's token (--token-file)",
                           refusal);
    if (!request->host)
        return refuse_with(HTTP_BAD_REQUEST, "Host", "it is missing", refusal);
    if (request->way == WAY_PORT && !is_own_host(request->host))
        return refuse_with(HTTP_FOREIGN_HOST, "Host", "give localhost, an address or this machine's name", refusal);
    if (request->origin && !is_own_origin(request->origin, request->host))
        return refuse_with(HTTP_FORBIDDEN, "Origin", "pages of other sites may not use the control API", refusal);
    if (request->has_body && !guard_is_type(request->content_type, JSON_TYPE) &&
        !guard_is_type(request->content_type, TERMS_TYPE))
        return refuse_with(HTTP_NOT_JSON, "Content-Type", "send " JSON_TYPE ", or " TERMS_TYPE, refusal);
    return HTTP_OK;
}
