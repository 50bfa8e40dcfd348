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
#include "loop/accepting.h"
#include "loop/loop.h"
#include "model/registry.h"

#define DISTRIBUTION_VERSION_HIGH 6
#define DISTRIBUTION_VERSION_LOW 5

struct listener {
    struct endpoint *endpoint;
    int fd;
    struct watch *watch;
};

struct endpoint {
    struct mapper *mapper;
    struct owner owner;
    struct node *node; /* NULL: somebody has had it stopped (STOP_REQ) */
    struct callers *callers;
    struct listener listeners[ENDPOINT_LISTENERS_MAX];
    size_t listener_count;
    struct alarm *resume;
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
static void admit(struct endpoint *endpoint, int fd, const struct address *peer)
{
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

static int watch_listeners(struct endpoint *endpoint, unsigned wanted)
{
    int status = 0;

    for (size_t i = 0; i < endpoint->listener_count; i++) {
        int told = watch_want(endpoint->listeners[i].watch, wanted);

        status = told < 0 ? told : status;
    }
    return status;
}

static void on_listener(void *data, unsigned ready)
{
    struct listener *listener = data;
    struct endpoint *endpoint = listener->endpoint;
    int fd = 0;

    (void)ready;
    for (int i = 0; i < ACCEPTING_BURST && fd >= 0; i++) {
        struct address peer;

        fd = accepting_next(listener->fd, endpoint->mapper->descriptors, &peer);
        if (fd >= 0)
            admit(endpoint, fd, &peer);
    }
    if (fd == -EMFILE) {
        watch_listeners(endpoint, 0); /* else it reports, and pauses, again */
        alarm_set(endpoint->resume, ACCEPTING_PAUSE_MS);
    }
}

static void resume(void *data)
{
    struct endpoint *endpoint = data;

    if (watch_listeners(endpoint, READY_READ) < 0)
        alarm_set(endpoint->resume, ACCEPTING_PAUSE_MS);
}

/* errno stays that of the failure. */
static bool listen_at(struct endpoint *endpoint, int fd)
{
    struct listener *listener = &endpoint->listeners[endpoint->listener_count];
    int status;

    *listener = (struct listener){.endpoint = endpoint, .fd = fd};
    listener->watch = watch_new(endpoint->mapper->loop, fd, on_listener, listener);
    status = listener->watch ? watch_want(listener->watch, READY_READ) : -errno;
    if (status < 0) {
        watch_free(listener->watch);
        close(fd);
        errno = -status;
        return false;
    }
    endpoint->listener_count++;
    return true;
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
    for (size_t i = 0; i < endpoint->listener_count; i++) {
        watch_free(endpoint->listeners[i].watch);
        close(endpoint->listeners[i].fd);
    }
    endpoint->listener_count = 0;
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
    bool listens = true;

    assert(config->fd_count > 0 && config->fd_count <= ENDPOINT_LISTENERS_MAX);
    endpoint->mapper = mapper;
    endpoint->owner = (struct owner){.is_gone = is_gone, .end = leave, .data = endpoint, .is_ours = true};
    endpoint->resume = alarm_new(mapper->loop, resume, endpoint);
    endpoint->node = enter(endpoint, config);
    endpoint->callers = callers_new(api, mapper->descriptors, config->name, endpoint->node->creation, config->cookie);
    for (size_t i = 0; i < config->fd_count; i++) {
        if (listens)
            listens = listen_at(endpoint, config->fds[i]);
        else
            close(config->fds[i]);
    }
    if (listens)
        return endpoint;
    endpoint_free(endpoint);
    return NULL;
}

void endpoint_free(struct endpoint *endpoint)
{
    int error = errno;

    if (!endpoint)
        return;
    leave(endpoint);
    alarm_free(endpoint->resume);
    free(endpoint);
    errno = error;
}
