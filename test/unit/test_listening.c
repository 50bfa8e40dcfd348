/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "loop/listening.h"
#include "loop/site.h"

static struct site site_of(const char *host, bool v6_only)
{
    struct site site = {.v6_only = v6_only};

    assert_int_equal(address_parse(host, 0, &site.address), 0);
    return site;
}

static bool takes(const char *host, bool v6_only, const char *dialled)
{
    struct site site = site_of(host, v6_only), other = site_of(dialled, false);

    return site_takes(&site, &other.address);
}

static void test_what_a_site_takes(void **state)
{
    (void)state;
    assert_true(takes("127.0.0.1", false, "127.0.0.1") && takes("0.0.0.0", false, "10.0.0.1"));
    assert_true(takes("::1", true, "::1") && takes("::", true, "fe80::1"));
    assert_true(takes("::", false, "127.0.0.1") && takes("::", false, "::ffff:10.0.0.1"));
    assert_false(takes("127.0.0.1", false, "127.0.0.2") || takes("0.0.0.0", false, "::1"));
    assert_false(takes("::", true, "127.0.0.1") || takes("::1", false, "::2"));
}

static const char *meant(const char *const *hosts, size_t count, const char *asked)
{
    struct site sites[4], at = site_of(asked, false);
    const struct site *found;

    for (size_t i = 0; i < count; i++)
        sites[i] = site_of(hosts[i], true);
    found = site_meant(sites, count, &at.address);
    return found ? hosts[found - sites] : NULL;
}

static void test_which_site_is_meant(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "127.0.0.2"}, *const all[] = {"0.0.0.0", "127.0.0.2", "::"};

    (void)state;
    assert_string_equal(meant(hosts, 2, "127.0.0.2"), "127.0.0.2");
    assert_string_equal(meant(hosts, 2, "10.0.0.1"), "127.0.0.1"); /* asked here, dialled there */
    assert_string_equal(meant(all, 3, "127.0.0.2"), "127.0.0.2");
    assert_string_equal(meant(all, 3, "127.0.0.3"), "0.0.0.0");
    assert_string_equal(meant(all, 3, "::1"), "::");
    assert_null(meant(hosts, 0, "127.0.0.1"));
}

/* A socket that listens at that site and port (0: any); stores the port. */
static int listen_at(const char *host, bool v6_only, uint16_t *port)
{
    struct site site = site_of(host, v6_only);
    const int only = v6_only;
    int fd = socket(site.address.any.sa_family, SOCK_STREAM, 0);

    address_set_port(&site.address, *port);
    if (site.address.any.sa_family == AF_INET6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)), 0);
    assert_int_equal(bind(fd, &site.address.any, site.address.len), 0);
    assert_int_equal(listen(fd, 1), 0);
    site.address = address_of_socket(fd);
    *port = address_port(&site.address);
    return fd;
}

static bool has(const struct site *sites, int count, const char *host, bool v6_only)
{
    struct site wanted = site_of(host, v6_only);

    for (int i = 0; i < count; i++)
        if (site_same(&sites[i], &wanted))
            return true;
    return false;
}

static void test_the_kernel_tells_where(void **state)
{
    struct listening *listening = listening_new();
    struct site sites[8];
    uint16_t port = 0, other = 0;
    int fds[] = {listen_at("127.0.0.1", false, &port), listen_at("127.0.0.2", false, &port),
                 listen_at("::1", true, &port)};
    int both = listen_at("::", false, &other), count;

    (void)state;
    count = listening_at(listening, port, sites, 8);
    assert_int_equal(count, 3);
    assert_true(has(sites, count, "127.0.0.1", false) && has(sites, count, "127.0.0.2", false));
    assert_true(has(sites, count, "::1", true));
    assert_int_equal(listening_at(listening, port, sites, 2), 2);

    count = listening_at(listening, other, sites, 8);
    assert_int_equal(count, 1);
    assert_true(has(sites, count, "::", false));
    close(both);
    assert_int_equal(listening_at(listening, other, sites, 8), 0);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        close(fds[i]);
    listening_free(listening);
}

RUN(T(test_what_a_site_takes), T(test_which_site_is_meant), T(test_the_kernel_tells_where))
