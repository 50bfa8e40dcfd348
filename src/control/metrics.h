/* SPDX-License-Identifier: MIT */
/*
 * GET /metrics: what there is and what has happened, as Prometheus reads it (text format 0.0.4). Every counter of
 * model/counters.h is in it; all else is a row of the table in metrics.c.
 *
 * Of each ordered pair of nodes there are lines of its own, the first METRICS_PAIRS_MAX of them by name: every line is
 * kept by whoever collects them, for months. The totals know of all.
 */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_PAIRS_MAX 1000

struct api;
struct pieces;

/* The caller's. The api stays as long as they do. */
struct pieces *metrics_pieces(const struct api *api);

#endif
