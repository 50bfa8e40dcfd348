/* SPDX-License-Identifier: MIT */
#include "loop/place.h"

bool place_same(const struct place *a, const struct place *b)
{
    return a->address.any.sa_family == b->address.any.sa_family && address_same_host(&a->address, &b->address) &&
           a->v6_only == b->v6_only;
}

bool place_takes(const struct place *place, const struct address *local)
{
    if (address_same_host(&place->address, local))
        return true;
    if (!address_is_wildcard(&place->address))
        return false;
    if (place->address.any.sa_family == AF_INET || place->v6_only)
        return address_is_v4(local) == address_is_v4(&place->address);
    return true;
}

const struct place *place_meant(const struct place *places, size_t count, const struct address *asked)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(&places[i].address, asked))
            return &places[i];
    for (size_t i = 0; i < count; i++)
        if (place_takes(&places[i], asked))
            return &places[i];
    return count > 0 ? places : NULL;
}
