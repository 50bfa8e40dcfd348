/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/memops.h>

static int check_file(const char *path, int fd, struct refusal *refusal)
{
    struct stat is;

    if (fstat(fd, &is) < 0)
        return refuse_as(refusal, -errno, NULL, "%s: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return refuse(refusal, NULL, "%s is no file", path);
    if (is.st_mode & (S_IRWXG | S_IRWXO))
        return refuse_as(refusal, -EACCES, NULL, "%s: others may use it; chmod 600 first", path);
    return 0;
}

static int read_text(const char *path, int fd, char to[SECRET_FILE_BYTES], struct refusal *refusal)
{
    size_t len = 0;
    ssize_t got;

    while (len < SECRET_FILE_BYTES - 1 && (got = read(fd, to + len, SECRET_FILE_BYTES - 1 - len)) != 0) {
        if (got < 0)
            return refuse_as(refusal, -errno, NULL, "%s: %s", path, strerror(errno));
        len += (size_t)got;
    }
    to[len] = 0;
    return strlen(to) == len ? 0 : refuse(refusal, NULL, "%s: there is a NUL in it", path);
}

int secret_read(const char *path, char to[SECRET_FILE_BYTES], struct refusal *refusal)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int status;

    if (fd < 0)
        return refuse_as(refusal, -errno, NULL, "%s: %s", path, strerror(errno));
    status = check_file(path, fd, refusal);
    if (status == 0)
        status = read_text(path, fd, to, refusal);
    close(fd);
    return status;
}

bool secret_same(const void *a, const void *b, size_t len)
{
    return memeql_sec(a, b, len);
}
