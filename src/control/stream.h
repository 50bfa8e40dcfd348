/* SPDX-License-Identifier: MIT */
/*
 * Events as they happen, as text/event-stream: for whoever asked to be told, without HTTP.
 *
 * What is still to be told stands in the ring of events (model/events.h) and nowhere else: a stream is a cursor in
 * that, and one block of bytes on their way out. Whoever reads too slowly finds that the ring has turned: "event:
 * reset" says which event comes next.
 *
 *     id: 17                          where it begins: only what comes behind this one is told
 *
 *     id: 18                          an event
 *     event: node_up
 *     data: {"id": 18, ...}
 *
 *     id: 1499                        19 to 1499 are lost
 *     event: reset
 *     data: {"next": 1500}
 */
#ifndef CONTROL_STREAM_H
#define CONTROL_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define STREAM_TYPE "text/event-stream"
#define STREAMS_MAX 64
#define STREAM_HEARTBEAT_S 15
#define STREAM_BLOCK_BYTES_MAX 4096        /* and what is left of the last event in it */
#define STREAM_SOCKET_BYTES_MAX (8 * 1024) /* that the kernel is asked to keep for a client, beside the block */
#define STREAM_OVER (-1)

struct events_request;
struct refusal;
struct service;
struct stream;
struct streams;

/* There is something to read again. Comes from the loop, or from streams_end(). It must leave no stream. */
typedef void stream_fn(void *data);

struct streams *streams_new(struct service *service);
/* All are over, and those that wait are told. None must begin any more. */
void streams_end(struct streams *streams);
void streams_free(struct streams *streams); /* all were left. NULL is fine */

/*
 * To whoever is at that socket, which is watched: when the peer hangs up it is shut, and the stream is over. Returns 0
 * and *ret, to be left before the socket is closed; or -EBUSY: there are too many, or the kernel does not watch it. The
 * request is copied.
 */
int stream_begin(struct streams *streams, const struct events_request *request, int fd, stream_fn *fn, void *data,
                 struct stream **ret, struct refusal *refusal);

/* Frees it; fn is not called any more. */
void stream_leave(struct stream *stream);

/* Returns how many bytes of text; 0: none by now, and fn is called, once, when there are; or STREAM_OVER. */
ssize_t stream_read(struct stream *stream, char *to, size_t max);

#endif
