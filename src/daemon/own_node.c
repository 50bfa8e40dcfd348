/* SPDX-License-Identifier: MIT */
#include "daemon/own_node.h"

int own_node_read(const char *name, const char *cookie_file, struct own_node *ret, struct refusal *refusal)
{
    *ret = (struct own_node){0};
    if (endpoint_name(name, ret->name, refusal) < 0)
        return refusal_within(refusal, "--node");
    if (cookie_find(cookie_file, &ret->cookie, refusal) < 0)
        return refusal_within(refusal, "--cookie-file");
    return 0;
}

int own_node_listen(struct own_node *node, const struct listen_request *where, struct refusal *refusal)
{
    struct listen_request any = *where;
    int status;

    any.port = 0;
    status = listen_open(&any, &node->sockets, refusal);
    if (status < 0)
        return refusal_within(refusal, "--node");
    node->config = (struct endpoint_config){.name = node->name,
                                            .cookie = &node->cookie,
                                            .fds = node->sockets.fds,
                                            .fd_count = node->sockets.count,
                                            .port = node->sockets.port};
    return 0;
}
