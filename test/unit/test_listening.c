/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "loop/listening.h"
#include "loop/place.h"

static struct place place_of(const char *host, bool v6_only)
{
    struct place place = {.v6_only = v6_only};

    assert_int_equal(address_parse(host, 0, &place.address), 0);
    return place;
}

static bool takes(const char *host, bool v6_only, const char *dialled)
{
    struct place place = place_of(host, v6_only), other = place_of(dialled, false);

    return place_takes(&place, &other.address);
}

static void test_what_a_place_takes(void **state)
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
    struct place places[4], at = place_of(asked, false);
    const struct place *found;

    for (size_t i = 0; i < count; i++)
        places[i] = place_of(hosts[i], true);
    found = place_meant(places, count, &at.address);
    return found ? hosts[found - places] : NULL;
}

static void test_which_place_is_meant(void **state)
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

/* A socket that listens at that place and port (0: any); stores the port. */
static int listen_at(const char *host, bool v6_only, uint16_t *port)
{
    struct place place = place_of(host, v6_only);
    const int only = v6_only;
    int fd = socket(place.address.any.sa_family, SOCK_STREAM, 0);

    address_set_port(&place.address, *port);
    if (place.address.any.sa_family == AF_INET6)
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)), 0);
    assert_int_equal(bind(fd, &place.address.any, place.address.len), 0);
    assert_int_equal(listen(fd, 1), 0);
    place.address = address_of_socket(fd);
    *port = address_port(&place.address);
    return fd;
}

static bool has(const struct place *places, int count, const char *host, bool v6_only)
{
    struct place wanted = place_of(host, v6_only);

    for (int i = 0; i < count; i++)
        if (place_same(&places[i], &wanted))
            return true;
    return false;
}

static void test_the_kernel_tells_where(void **state)
{
    struct listening *listening = listening_new();
    struct place places[8];
    uint16_t port = 0, other = 0;
    int fds[] = {listen_at("127.0.0.1", false, &port), listen_at("127.0.0.2", false, &port),
                 listen_at("::1", true, &port)};
    int both = listen_at("::", false, &other), count;

    (void)state;
    count = listening_at(listening, port, places, 8);
    assert_int_equal(count, 3);
    assert_true(has(places, count, "127.0.0.1", false) && has(places, count, "127.0.0.2", false));
    assert_true(has(places, count, "::1", true));
    assert_int_equal(listening_at(listening, port, places, 2), 2);

    count = listening_at(listening, other, places, 8);
    assert_int_equal(count, 1);
    assert_true(has(places, count, "::", false));
    close(both);
    assert_int_equal(listening_at(listening, other, places, 8), 0);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        close(fds[i]);
    listening_free(listening);
}

RUN(T(test_what_a_place_takes), T(test_which_place_is_meant), T(test_the_kernel_tells_where))
