/* SPDX-License-Identifier: MIT */
#include "endpoint/endpoint.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "endpoint/callers.h"
#include "epmd/mapper.h"
#include "epmd/registration.h"
#include "loop/listeners.h"
#include "model/registry.h"

#define DISTRIBUTION_VERSION_HIGH 6
#define DISTRIBUTION_VERSION_LOW 5

struct endpoint {
    struct mapper *mapper;
    struct owner owner;
    struct node *node; /* NULL: somebody has had it stopped (STOP_REQ) */
    struct callers *callers;
    struct listeners *listeners;
};

static const char *wrong_name(const char *name)
{
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
    size_t len = strspn(name, allowed);

    if (len == 0 || (name[len] && name[len] != '@'))
        return "must be NAME or NAME@HOST; NAME of letters, digits, _ and -";
    if (!name[len])
        return NULL;
    name += len + 1;
    for (len = 0; name[len] > ' ' && name[len] <= '~' && name[len] != '@'; len++)
        ;
    return len > 0 && !name[len] ? NULL : "must be NAME or NAME@HOST; HOST of visible characters";
}

int endpoint_name(const char *name, char ret[ENDPOINT_NAME_BYTES_MAX + 1], struct refusal *refusal)
{
    const char *wrong = wrong_name(name);
    char host[HOST_NAME_MAX + 1] = "";
    int len;

    if (wrong)
        return refuse(refusal, NULL, "%s", wrong);
    if (!strchr(name, '@')) {
        gethostname(host, HOST_NAME_MAX);
        host[strcspn(host, ".")] = 0;
        if (!host[0])
            return refuse(refusal, NULL, "this machine has no name: give NAME@HOST");
    }
    len = snprintf(ret, ENDPOINT_NAME_BYTES_MAX + 1, "%s%s%s", name, host[0] ? "@" : "", host);
    return len <= ENDPOINT_NAME_BYTES_MAX ? 0
                                          : refuse(refusal, NULL, "is longer than %d bytes", ENDPOINT_NAME_BYTES_MAX);
}

/* ---- listening ---- */

/* Nobody from another host, as with registrations and HTTP. */
static void admit(void *data, int fd, const struct address *peer)
{
    struct endpoint *endpoint = data;
    struct address local = address_of_socket(fd);
    char text[ADDRESS_TEXT_MAX];

    if (address_is_local_peer(peer, &local)) {
        callers_admit(endpoint->callers, fd, peer);
        return;
    }
    address_print(peer, text);
    log_debug("our node: a connection from another host is closed: %s", text);
    close(fd);
}

/* ---- being registered ---- */

static bool is_gone(void *data)
{
    (void)data;
    return false;
}

static void leave(void *data)
{
    struct endpoint *endpoint = data;

    if (!endpoint->node)
        return;
    registration_end(endpoint->mapper, endpoint->node);
    endpoint->node = NULL;
    listeners_free(endpoint->listeners);
    endpoint->listeners = NULL;
    callers_free(endpoint->callers);
    endpoint->callers = NULL;
}

static struct node *enter(struct endpoint *endpoint, const struct endpoint_config *config)
{
    struct epmd_node told = {.name = (const uint8_t *)config->name,
                             .name_len = strcspn(config->name, "@"),
                             .extra = (const uint8_t *)"",
                             .port = (uint16_t)config->port,
                             .type = NODE_TYPE_HIDDEN,
                             .version_high = DISTRIBUTION_VERSION_HIGH,
                             .version_low = DISTRIBUTION_VERSION_LOW};

    return registration_begin(endpoint->mapper, &told, &endpoint->owner, config->fds[0]);
}

struct endpoint *endpoint_new(struct mapper *mapper, const struct api *api, const struct endpoint_config *config)
{
    struct endpoint *endpoint = mem_new(sizeof(*endpoint));
    int status = 0;

    assert(config->fd_count > 0);
    endpoint->mapper = mapper;
    endpoint->owner = (struct owner){.is_gone = is_gone, .end = leave, .data = endpoint, .is_ours = true};
    endpoint->listeners = listeners_new(mapper->loop, mapper->descriptors, admit, endpoint);
    endpoint->node = enter(endpoint, config);
    endpoint->callers = callers_new(api, mapper->descriptors, config->name, endpoint->node->creation, config->cookie);
    for (size_t i = 0; i < config->fd_count; i++) {
        status = status < 0 ? status : listeners_add(endpoint->listeners, config->fds[i]);
        if (status < 0)
            close(config->fds[i]);
    }
    if (status == 0)
        return endpoint;
    endpoint_free(endpoint);
    errno = -status;
    return NULL;
}

void endpoint_free(struct endpoint *endpoint)
{
    if (!endpoint)
        return;
    leave(endpoint);
    free(endpoint);
}
