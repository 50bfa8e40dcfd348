/* SPDX-License-Identifier: MIT */
#include "loop/site.h"

bool site_same(const struct site *a, const struct site *b)
{
    return a->address.any.sa_family == b->address.any.sa_family && address_same_host(&a->address, &b->address) &&
           a->v6_only == b->v6_only;
}

bool site_takes(const struct site *site, const struct address *local)
{
    if (address_same_host(&site->address, local))
        return true;
    if (!address_is_wildcard(&site->address))
        return false;
    if (site->address.any.sa_family == AF_INET || site->v6_only)
        return address_is_v4(local) == address_is_v4(&site->address);
    return true;
}

const struct site *site_meant(const struct site *sites, size_t count, const struct address *asked)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(&sites[i].address, asked))
            return &sites[i];
    for (size_t i = 0; i < count; i++)
        if (site_takes(&sites[i], asked))
            return &sites[i];
    return count > 0 ? sites : NULL;
}
