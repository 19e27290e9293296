#include "CEpoll.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

_Static_assert(CEPOLL_IN == EPOLLIN && CEPOLL_OUT == EPOLLOUT, "readable and writable");
_Static_assert(CEPOLL_ERR == EPOLLERR && CEPOLL_HUP == EPOLLHUP, "error and hang-up");

int cepoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int cepoll_watch(int poll, int descriptor, int id, unsigned events) {
    struct epoll_event event = {.events = events, .data.fd = id};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

int cepoll_unwatch(int poll, int descriptor) { return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, 0); }

int cepoll_wait(int poll, int *ids, unsigned *events, int capacity, int timeout) {
    struct epoll_event found[16];
    int count = epoll_wait(poll, found, capacity < 16 ? capacity : 16, timeout);
    for (int i = 0; i < count; i++) {
        ids[i] = found[i].data.fd;
        events[i] = found[i].events;
    }
    return count;
}

int cepoll_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
