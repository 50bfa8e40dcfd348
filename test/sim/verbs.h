/* SPDX-License-Identifier: MIT */
/*
 * What users ask for: random requests as documents, read by request/ and done by service/ as those that come by HTTP;
 * and each is put into the simulator's own book.
 */
#ifndef SIM_VERBS_H
#define SIM_VERBS_H

#include <stdint.h>

struct house;

void verbs_begin(struct house *house);
void verbs_any(void); /* a random one, now */
void verbs_end(void); /* everything is healed: no rule is left */
uint64_t verbs_count(void);

/* When a rule's lease ends (book_rule.lease), if nobody renews it. */
uint64_t verbs_lease_ends_us(unsigned lease);

/* Has nobody been answered whose time is over, and has been for so long? */
void verbs_look_at_waits(uint64_t slack_us);

#endif
