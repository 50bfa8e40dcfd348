/* SPDX-License-Identifier: MIT */
#include "daemon/ways.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "daemon/listen.h"
#include "loop/address.h"

#define CONTROL_FIELD "--control"
#define TOKEN_FIELD "--token-file"

#define LOCK_MS 500
#define LOCK_PAUSE_MS 10

/* ---- Unix sockets ---- */

static struct sockaddr_un name_of(const struct where *where)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};

    memcpy(name.sun_path, where->path, strlen(where->path));
    return name;
}

/* Does somebody answer there? 0: yes; or why not. */
static int knock(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int status;

    if (fd < 0)
        return -errno;
    status = connect(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;
    close(fd);
    return status == -EAGAIN ? 0 : status; /* its queue is full */
}

/* What a daemon that was killed has left is in the way; all else is none of ours. */
static int make_way(const struct where *where, struct refusal *refusal)
{
    struct sockaddr_un name = name_of(where);
    struct stat there;
    int status;

    if (lstat(where->path, &there) < 0)
        return 0; /* it is not there; or bind() says what is wrong */
    if (!S_ISSOCK(there.st_mode))
        return refuse_as(refusal, -EEXIST, CONTROL_FIELD, "%s is there already, and is no socket", where->path);
    status = knock(&name);
    if (status == 0)
        return refuse_as(refusal, -EADDRINUSE, CONTROL_FIELD, "somebody listens at %s already", where->path);
    if (status != -ECONNREFUSED)
        return refuse_as(refusal, status, CONTROL_FIELD, "%s: %s", where->path, strerror(-status));
    if (unlink(where->path) < 0)
        return refuse_as(refusal, -errno, CONTROL_FIELD, "%s: %s", where->path, strerror(errno));
    return 0;
}

/* For this user alone, from its first moment on. */
static int bind_alone(int fd, const struct sockaddr_un *name)
{
    mode_t before = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    int status = bind(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 ? -errno : 0;

    umask(before);
    return status;
}

static int listen_at_path(struct one_way *way, struct refusal *refusal)
{
    struct sockaddr_un name = name_of(&way->where);
    struct stat made = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int status = fd < 0 ? -errno : bind_alone(fd, &name);

    if (status == 0 && (listen(fd, SOMAXCONN) < 0 || lstat(way->where.path, &made) < 0))
        status = -errno;
    if (status < 0) {
        if (fd >= 0)
            close(fd);
        return refuse_as(refusal, status, CONTROL_FIELD, "%s: %s", way->where.path, strerror(-status));
    }
    way->fd = fd;
    way->device = made.st_dev;
    way->inode = made.st_ino;
    return 0;
}

/* The folder of a path, or ".". */
static int open_folder(const char *path)
{
    const char *end = strrchr(path, '/');
    char folder[WHERE_PATH_BYTES + 1];

    snprintf(folder, sizeof(folder), "%.*s", end ? (int)(end - path + 1) : 1, end ? path : ".");
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Others may lock a folder too, such as /tmp, for whatever they like: then it goes without. */
static void lock_for_a_moment(int folder)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};

    for (int ms = 0; ms < LOCK_MS && flock(folder, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK; ms += LOCK_PAUSE_MS)
        nanosleep(&pause, NULL);
}

/* One daemon after the other, lest the second takes the socket that the first has just made for one that is left. */
static int open_path(struct one_way *way, struct refusal *refusal)
{
    int folder = open_folder(way->where.path);
    int status;

    lock_for_a_moment(folder);
    status = make_way(&way->where, refusal);
    if (status == 0)
        status = listen_at_path(way, refusal);
    if (folder >= 0)
        close(folder);
    return status;
}

/* ---- addresses ---- */

static int open_address(struct one_way *way, struct refusal *refusal)
{
    struct address address;

    if (address_parse(way->where.host, 0, &address) < 0)
        return refuse(refusal, CONTROL_FIELD, "'%.100s' is no IP address", way->where.host);
    way->fd = listen_at(address, &way->where.port);
    if (way->fd < 0)
        return refuse_as(refusal, way->fd, CONTROL_FIELD, "cannot listen on %s, port %d: %s%s", way->where.host,
                         way->where.port, strerror(-way->fd), listen_remedy(way->fd));
    return 0;
}

/* ---- all of them ---- */

static int read_token(struct ways *ways, const char *token_file, bool needed, struct refusal *refusal)
{
    if (!token_file && needed)
        return refuse(refusal, CONTROL_FIELD, "whoever comes by an address needs a token: give --token-file FILE");
    if (token_file && !needed)
        return refuse(refusal, TOKEN_FIELD, "nobody is asked for a token: give --control ADDRESS:PORT");
    if (!token_file)
        return 0;
    return token_read(token_file, ways->token, refusal) < 0 ? refusal_within(refusal, TOKEN_FIELD) : 0;
}

static int parse(struct ways *ways, const struct option_texts *wheres, bool *ret_needs_token, struct refusal *refusal)
{
    for (size_t i = 0; i < wheres->count; i++) {
        struct one_way *one = &ways->at[i];

        if (where_parse(wheres->at[i], &one->where, refusal) < 0)
            return refusal_within(refusal, CONTROL_FIELD);
        one->way = one->where.path[0] ? WAY_UNIX : WAY_ADDRESS;
        *ret_needs_token |= one->way == WAY_ADDRESS;
    }
    return 0;
}

int ways_open(struct ways *ways, const struct option_texts *wheres, const char *token_file, struct refusal *refusal)
{
    bool needs_token = false;
    int status;

    *ways = (struct ways){0};
    status = parse(ways, wheres, &needs_token, refusal);
    if (status == 0)
        status = read_token(ways, token_file, needs_token, refusal);
    while (status == 0 && ways->count < wheres->count) {
        struct one_way *one = &ways->at[ways->count];

        status = one->way == WAY_UNIX ? open_path(one, refusal) : open_address(one, refusal);
        ways->count += status == 0;
    }
    if (status < 0)
        ways_close(ways);
    return status;
}

void ways_close(struct ways *ways)
{
    for (size_t i = 0; i < ways->count; i++) {
        struct one_way *one = &ways->at[i];
        struct stat there;

        if (one->fd >= 0)
            close(one->fd);
        if (one->way == WAY_UNIX && lstat(one->where.path, &there) == 0 && there.st_dev == one->device &&
            there.st_ino == one->inode)
            unlink(one->where.path);
    }
    ways->count = 0;
}
