/* SPDX-License-Identifier: MIT */
/*
 * The resources that change: rules, leases and observers. A body becomes a verb's value (request/), the service does
 * it, and its answer becomes a document again.
 */
#ifndef CONTROL_BOOK_H
#define CONTROL_BOOK_H

#include "control/asked.h"

route_fn book_get_rules, book_post_rules, book_post_cut, book_post_fix, book_delete_rules, book_delete_rule,
    book_get_leases, book_post_leases, book_delete_lease, book_get_observers, book_post_observers, book_delete_observer;

#endif
