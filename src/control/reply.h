/* SPDX-License-Identifier: MIT */
/*
 * Answers as libmicrohttpd sends them: whole, or by a reader that it asks for more.
 */
#ifndef CONTROL_REPLY_H
#define CONTROL_REPLY_H

#include <jansson.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

struct refusal;
struct text;

/* Does whoever asks want terms? Else JSON. */
bool reply_is_in_terms(struct MHD_Connection *connection);

/* The text is taken over. */
enum MHD_Result reply_text(struct MHD_Connection *connection, const struct text *text, const char *type);

/* To a HEAD: what a text of that length would begin with. */
enum MHD_Result reply_length(struct MHD_Connection *connection, uint64_t length, const char *type);

/* The document is taken over. `allow`: the methods that there are, with HTTP_NO_SUCH_METHOD; else "". */
enum MHD_Result reply_document(struct MHD_Connection *connection, unsigned status, json_t *document, const char *allow);

/*
 * What the reader returns until it says MHD_CONTENT_READER_END_OF_STREAM, in parts of up to so many bytes. A HEAD is
 * told how that would begin, and its connection ends: libmicrohttpd would write the end of the chunks of a body behind
 * it.
 */
enum MHD_Result reply_from(struct MHD_Connection *connection, bool head, MHD_ContentReaderCallback reader, void *data,
                           size_t bytes_max, const char *type);

#endif
