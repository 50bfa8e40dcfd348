/* SPDX-License-Identifier: MIT */
#include "daemon/taken.h"

#include <errno.h>
#include <stddef.h>

#include "cli/query.h"

static void count_one(void *count, const char *name, int port)
{
    (void)name, (void)port;
    ++*(size_t *)count;
}

int port_taken(int port, struct refusal *ret)
{
    size_t nodes = 0;
    int status = query_names(port, count_one, &nodes);
    const char *s = nodes == 1 ? "" : "s";

    refuse_as(ret, -EADDRINUSE, NULL, "port %d is in use", port);
    if (status == -EPROTO)
        refusal_add(ret, " by what is no port mapper;");
    else if (status < 0) /* what is dialled from there has it, too: Linux takes ports from 32768 on */
        refusal_add(ret, ", though nobody answers there: some connection of this machine has it;");
    else if (query_is_epmdpxy(port))
        refusal_add(ret, " by another epmdpxy with %zu node%s: use that one, or", nodes, s);
    else if (nodes > 0)
        refusal_add(ret, " by a stock epmd with %zu node%s;", nodes, s);
    else
        refusal_add(ret, " by a stock epmd without nodes: `epmd -port %d -kill` ends it, or", port);
    refusal_add(ret, " choose another with --port, or 0 for any");
    return ret->status;
}
