/* SPDX-License-Identifier: MIT */
#include "control/reply.h"

#include <stdlib.h>

#include "base/text.h"
#include "control/connection.h"
#include "control/guard.h"
#include "request/document.h"
#include "request/terms.h"

/* The connection is closed without an answer when there is no response: libmicrohttpd had no memory for it. */
static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response,
                             const char *type, const char *allow)
{
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (allow[0])
        MHD_add_response_header(response, "Allow", allow);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *response_of(const struct text *text)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(text->len, text->data, MHD_RESPMEM_MUST_FREE);

    if (!response)
        free(text->data);
    return response;
}

bool reply_is_in_terms(struct MHD_Connection *connection)
{
    return guard_is_type(connection_header(connection, "Accept"), TERMS_TYPE);
}

enum MHD_Result reply_text(struct MHD_Connection *connection, const struct text *text, const char *type)
{
    return queue(connection, MHD_HTTP_OK, response_of(text), type, "");
}

static ssize_t read_nothing(void *nobody, uint64_t position, char *to, size_t max)
{
    (void)nobody, (void)position, (void)to, (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

enum MHD_Result reply_length(struct MHD_Connection *connection, uint64_t length, const char *type)
{
    return queue(connection, MHD_HTTP_OK, MHD_create_response_from_callback(length, 1024, read_nothing, NULL, NULL),
                 type, "");
}

enum MHD_Result reply_document(struct MHD_Connection *connection, unsigned status, json_t *document, const char *allow)
{
    bool in_terms = reply_is_in_terms(connection);
    struct text text = {0};

    if (in_terms)
        terms_add(&text, document);
    else
        document_add_text(&text, document);
    json_decref(document);
    return queue(connection, status, response_of(&text), in_terms ? TERMS_TYPE : "application/json; charset=utf-8",
                 allow);
}

enum MHD_Result reply_from(struct MHD_Connection *connection, bool head, MHD_ContentReaderCallback reader, void *data,
                           size_t bytes_max, const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, bytes_max, reader, data, NULL);

    if (head && response)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return queue(connection, MHD_HTTP_OK, response, type, "");
}
