/* The yardstick: a relay in C that does the least. One connected socket per leg, epoll, one receive
 * and one send per packet, SSRC, sequence number and timestamp rewritten. No strangers, no
 * statistics, no waiting for a batch.
 *
 *   relay_yardstick CALLS FIRST_PORT CORE
 *
 * Leg n's phone is 127.1.0.0 + n + 1, port 5004; its own port is the n-th even one of 127.0.0.1
 * from FIRST_PORT on that is free, and is printed: one a line. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { EVENTS = 256 };

static void rewrite(uint8_t *packet, uint32_t leg)
{
    uint16_t sequence;
    uint32_t timestamp, ssrc = htonl(leg + 0x10000);
    memcpy(&sequence, packet + 2, sizeof sequence);
    memcpy(&timestamp, packet + 4, sizeof timestamp);
    sequence = htons((uint16_t)(ntohs(sequence) + 1000));
    timestamp = htonl(ntohl(timestamp) + 50000);
    memcpy(packet + 2, &sequence, sizeof sequence);
    memcpy(packet + 4, &timestamp, sizeof timestamp);
    memcpy(packet + 8, &ssrc, sizeof ssrc);
}

int main(int count, char **arguments)
{
    if (count != 4) return 2;
    uint32_t legs = 2 * (uint32_t)atoi(arguments[1]);
    int port = atoi(arguments[2]);
    cpu_set_t core;
    CPU_ZERO(&core);
    CPU_SET(atoi(arguments[3]), &core);
    sched_setaffinity(0, sizeof core, &core);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    int *sockets = calloc(legs, sizeof *sockets), queue = epoll_create1(0);
    for (uint32_t leg = 0; leg < legs; leg++) {
        struct sockaddr_in here = {.sin_family = AF_INET}, phone = {.sin_family = AF_INET};
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        phone.sin_addr.s_addr = htonl(0x7f010001 + leg);
        phone.sin_port = htons(5004);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = leg};
        sockets[leg] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
        do {
            here.sin_port = htons((uint16_t)port);
            port += 2;
        } while (bind(sockets[leg], (struct sockaddr *)&here, sizeof here) && port < 65536);
        if (connect(sockets[leg], (struct sockaddr *)&phone, sizeof phone)) return 1;
        epoll_ctl(queue, EPOLL_CTL_ADD, sockets[leg], &event);
        printf("%d\n", ntohs(here.sin_port));
    }
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        uint8_t packet[2048];
        int ready = epoll_wait(queue, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            uint32_t leg = events[i].data.u32;
            ssize_t size = recv(sockets[leg], packet, sizeof packet, 0);
            if (size < 12) continue;
            rewrite(packet, leg);
            send(sockets[leg ^ 1], packet, (size_t)size, 0);
        }
    }
}
