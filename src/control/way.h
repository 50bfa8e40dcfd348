/* SPDX-License-Identifier: MIT */
#ifndef CONTROL_WAY_H
#define CONTROL_WAY_H

/* By which way a connection has come in. */
enum way {
    WAY_PORT,    /* EPMD's own */
    WAY_UNIX,    /* a Unix socket */
    WAY_ADDRESS, /* an address and port for other machines too: with a token */
};

#endif
