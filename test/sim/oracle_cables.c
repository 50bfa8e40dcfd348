/* SPDX-License-Identifier: MIT */
/*
 * What the daemon shows of its cables, against what there is.
 */
#include "oracle_inside.h"

void oracle_cables_look(void)
{
}
