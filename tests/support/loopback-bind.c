/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD shim: every TCP/UDP bind() to a wildcard address becomes a bind to
 * loopback. Orthanc 1.10.1 has no bind-address option for its DICOM or HTTP port.
 * Build: cc -shared -fPIC -O2 -o loopback-bind.so loopback-bind.c -ldl */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    static int (*real_bind)(int, const struct sockaddr *, socklen_t);
    if (!real_bind)
        *(void **)&real_bind = dlsym(RTLD_NEXT, "bind");

    if (address && address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in copy;
        memcpy(&copy, address, sizeof copy);
        if (copy.sin_addr.s_addr == htonl(INADDR_ANY))
            copy.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return real_bind(fd, (struct sockaddr *)&copy, sizeof copy);
    }
    if (address && address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 copy;
        memcpy(&copy, address, sizeof copy);
        if (IN6_IS_ADDR_UNSPECIFIED(&copy.sin6_addr))
            copy.sin6_addr = in6addr_loopback;
        return real_bind(fd, (struct sockaddr *)&copy, sizeof copy);
    }
    return real_bind(fd, address, length);
}
