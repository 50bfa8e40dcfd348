/* SPDX-License-Identifier: MIT */
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

#define CONTROL_VARIABLE "EPMDPXY_CONTROL"
#define TOKEN_VARIABLE "EPMDPXY_TOKEN"

/* What is not set is as good as empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static int refuse_within(const struct command *self, const char *source, const struct refusal *refusal)
{
    char line[REFUSAL_LINE_BYTES];

    refusal_print(refusal, line, sizeof(line));
    command_refuse(self, "%s: %s", source, line);
    return -EINVAL;
}

static int find_port(const struct command *self, const struct asking *asking, struct target *ret)
{
    if (command_port(self, asking->port, &ret->where.port) < 0)
        return -EINVAL;
    snprintf(ret->name, sizeof(ret->name), "on port %d", ret->where.port);
    return 0;
}

static int find_where(const struct command *self, const char *source, const char *text, struct target *ret)
{
    struct refusal refusal;

    if (where_parse(text, &ret->where, &refusal) < 0)
        return refuse_within(self, source, &refusal);
    snprintf(ret->name, sizeof(ret->name), "at %.290s", text);
    return 0;
}

static int find_token(const struct command *self, const struct asking *asking, struct target *ret)
{
    const char *token = variable(TOKEN_VARIABLE);
    struct refusal refusal;

    if (asking->token_file)
        return token_read(asking->token_file, ret->token, &refusal) < 0 ? refuse_within(self, "--token-file", &refusal)
                                                                        : 0;
    if (!token)
        return 0;
    if (token_check(token, &refusal) < 0)
        return refuse_within(self, TOKEN_VARIABLE, &refusal);
    memcpy(ret->token, token, strlen(token) + 1);
    return 0;
}

/* Only by an address is anybody asked for a token. One in the environment is for whatever needs it. */
static int use_token(const struct command *self, const struct asking *asking, struct target *ret)
{
    if (ret->where.host[0])
        return find_token(self, asking, ret);
    if (!asking->token_file)
        return 0;
    command_refuse(self, "--token-file: %s nobody is asked for a token; it is for --control ADDRESS:PORT", ret->name);
    return -EINVAL;
}

int target_find(const struct command *self, const struct asking *asking, struct target *ret)
{
    const char *elsewhere = variable(CONTROL_VARIABLE);
    int status;

    *ret = (struct target){0};
    if (asking->control && asking->port >= 0) {
        command_refuse(self, "give --control or --port, not both");
        return -EINVAL;
    }
    if (asking->control)
        status = find_where(self, "--control", asking->control, ret);
    else if (elsewhere && asking->port < 0)
        status = find_where(self, CONTROL_VARIABLE, elsewhere, ret);
    else
        status = find_port(self, asking, ret);
    return status < 0 ? status : use_token(self, asking, ret);
}
