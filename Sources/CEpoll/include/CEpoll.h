// epoll(7) and eventfd(2) in plain numbers: Swift's Glibc module has neither, and their own headers in another module would take
// types of Glibc's with them.
#pragma once

// As EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP.
enum {
    CEPOLL_IN = 1,
    CEPOLL_OUT = 4,
    CEPOLL_ERR = 8,
    CEPOLL_HUP = 16,
};

// A new epoll, closed when another program is executed; -1: there is none to be had.
int cepoll_create(void);
// Looks at `descriptor` from now on, under the number `id`; not 0: it cannot be looked at.
int cepoll_watch(int poll, int descriptor, int id, unsigned events);
int cepoll_unwatch(int poll, int descriptor);
// Waits for `timeout` milliseconds at most, -1: for ever. How many of `ids` and `events` were filled; -1 and errno.
int cepoll_wait(int poll, int *ids, unsigned *events, int capacity, int timeout);
// An eventfd that does not block.
int cepoll_eventfd(void);
