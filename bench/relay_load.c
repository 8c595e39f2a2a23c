/* Load for a media relay: every leg of every call sends a G.711 packet each 20 ms, and hears the
 * other leg's.
 *
 *   relay_load CALLS WARM SECONDS CORE [STREAMS] < PORTS
 *
 * PORTS are the relay's RTP ports at 127.0.0.1, one a line; leg n uses the n-th, legs 2k and 2k+1
 * are a call. The phone of leg n is 127.1.0.0 + n + 1, port 5004: one socket on the wildcard plays
 * them all, and IP_PKTINFO says from which address a packet goes and to which it came. The legs'
 * phases are spread evenly, in shuffled order.
 *
 * STREAMS is a file of packets to be sent, for phones that encrypt: of each leg as many, one behind
 * the other, each in a place of 256 octets, the first two of which say its size. Such a packet is
 * told by its sequence number alone, and has to be as long as what its phone sends.
 *
 * Prints "start" and "end" when the measured window begins and ends, then one line of JSON. Delay
 * is measured from just before the send to the moment the packet is read, so this program's own
 * lag counts as the relay's: it spins, and wants a core of its own. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

enum { BATCH = 32, HEADER = 12, PAYLOAD = 160, PACKET = HEADER + PAYLOAD, PHONE_PORT = 5004 };
enum { INTERVAL_NS = 20000000, GRACE_NS = 300000000 };
enum { DELAYS = 1000000 }; /* microseconds, in steps of one */
enum { PLACE = 256, SIZE_OCTETS = 2 }; /* of a packet in STREAMS */
static const uint32_t FIRST_PHONE = 0x7f010001; /* 127.1.0.1 */

struct stamp { /* the first octets of the payload; a fixed pattern fills the rest */
    uint64_t sent_at;
    uint32_t leg;
};

struct slot {
    uint8_t packet[PACKET + 64];
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control;
    struct sockaddr_in peer;
    struct iovec vector;
};

static struct slot outgoing[BATCH], incoming[BATCH];
static struct mmsghdr out_messages[BATCH], in_messages[BATCH];
static uint32_t delays[DELAYS + 1];
static uint8_t pattern[PAYLOAD];

static const uint8_t *streams; /* or NULL */
static uint32_t stream_packets; /* of each leg */
static uint64_t *sent_at; /* by leg and packet */
static int32_t *bases; /* by leg: the sequence number of the first packet that it heard, or -1 */

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void tie(struct mmsghdr *message, struct slot *slot, size_t size)
{
    slot->vector = (struct iovec){slot->packet, size};
    message->msg_hdr = (struct msghdr){
        .msg_name = &slot->peer,
        .msg_namelen = sizeof slot->peer,
        .msg_iov = &slot->vector,
        .msg_iovlen = 1,
        .msg_control = &slot->control,
        .msg_controllen = sizeof slot->control,
    };
}

static const uint8_t *place_of(uint32_t leg, uint32_t count)
{
    return streams + ((size_t)leg * stream_packets + count) * PLACE;
}

static unsigned size_at(const uint8_t *place)
{
    return place[0] | (unsigned)place[1] << 8;
}

/* The size of what is written. */
static size_t write_packet(
    struct slot *slot, uint32_t leg, uint32_t count, uint16_t port, uint64_t at)
{
    size_t size = PACKET;
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(FIRST_PHONE + leg)};
    if (streams) {
        const uint8_t *place = place_of(leg, count);
        size = size_at(place);
        memcpy(slot->packet, place + SIZE_OCTETS, size);
        sent_at[(size_t)leg * stream_packets + count] = at;
    } else {
        struct stamp stamp = {at, leg};
        uint32_t first = 0x80000000u | (count & 0xffff);
        uint32_t words[3] = {htonl(first), htonl(count * 160u), htonl(leg + 1)};
        memcpy(slot->packet, words, sizeof words);
        memcpy(slot->packet + HEADER, pattern, PAYLOAD);
        memcpy(slot->packet + HEADER, &stamp, sizeof stamp);
    }
    slot->peer = (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    slot->control.header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof info),
        .cmsg_level = IPPROTO_IP,
        .cmsg_type = IP_PKTINFO,
    };
    memcpy(CMSG_DATA(&slot->control.header), &info, sizeof info);
    return size;
}

static uint32_t phone_of(const struct slot *slot)
{
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(&slot->control.header), sizeof info);
    return ntohl(info.ipi_addr.s_addr) - FIRST_PHONE;
}

/* Is this the packet of a stream that the other leg has sent, as long as this phone's own? */
static int is_of_stream(const struct slot *slot, unsigned size, struct stamp *stamp,
    uint32_t legs, const uint16_t *ports, const uint32_t *sent)
{
    uint32_t phone = phone_of(slot);
    if (phone >= legs || ntohs(slot->peer.sin_port) != ports[phone]
        || size != size_at(place_of(phone, 0)))
        return 0;
    uint16_t sequence = (uint16_t)(slot->packet[2] << 8 | slot->packet[3]);
    if (bases[phone] < 0) bases[phone] = sequence;
    uint16_t count = (uint16_t)(sequence - bases[phone]);
    stamp->leg = phone ^ 1;
    if (count >= sent[stamp->leg]) return 0;
    stamp->sent_at = sent_at[(size_t)stamp->leg * stream_packets + count];
    return 1;
}

/* Is this the other leg's packet, whole, at the right phone, from the right port? */
static int is_right(const struct slot *slot, unsigned size, const struct stamp *stamp,
    uint32_t legs, const uint16_t *ports)
{
    uint32_t phone = phone_of(slot);
    const uint8_t *rest = slot->packet + HEADER + sizeof *stamp;
    return size == PACKET && stamp->leg < legs && phone == (stamp->leg ^ 1)
        && ntohs(slot->peer.sin_port) == ports[phone]
        && !memcmp(rest, pattern + sizeof *stamp, PAYLOAD - sizeof *stamp);
}

static uint64_t percentile(uint64_t total, double share)
{
    uint64_t seen = 0;
    for (unsigned us = 0; us <= DELAYS; us++)
        if ((seen += delays[us]) >= share * total)
            return us;
    return DELAYS;
}

static int open_streams(const char *name, uint32_t legs)
{
    struct stat found;
    int file = open(name, O_RDONLY);
    if (file < 0 || fstat(file, &found)) return -1;
    streams = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (streams == MAP_FAILED) return -1;
    stream_packets = (uint32_t)((size_t)found.st_size / PLACE / legs);
    sent_at = calloc((size_t)legs * stream_packets, sizeof *sent_at);
    bases = calloc(legs, sizeof *bases);
    for (uint32_t leg = 0; leg < legs; leg++) bases[leg] = -1;
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 5 && count != 6) return 2;
    uint32_t legs = 2 * (uint32_t)atoi(arguments[1]);
    double warm = atof(arguments[2]), seconds = atof(arguments[3]);
    cpu_set_t core;
    CPU_ZERO(&core);
    CPU_SET(atoi(arguments[4]), &core);
    sched_setaffinity(0, sizeof core, &core);

    uint16_t *ports = calloc(legs, sizeof *ports);
    uint32_t *order = calloc(legs, sizeof *order), *sent = calloc(legs, sizeof *sent);
    for (uint32_t leg = 0; leg < legs; leg++) {
        if (scanf("%hu", &ports[leg]) != 1) return 2;
        uint32_t other = (uint32_t)rand() % (leg + 1);
        order[leg] = order[other];
        order[other] = leg;
    }
    if (count == 6 && open_streams(arguments[5], legs)) { perror(arguments[5]); return 1; }
    for (int octet = 0; octet < PAYLOAD; octet++) pattern[octet] = (uint8_t)(octet * 7 + 1);

    int phone = socket(AF_INET, SOCK_DGRAM, 0), yes = 1, large = 64 << 20;
    setsockopt(phone, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
    setsockopt(phone, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
    setsockopt(phone, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PHONE_PORT)};
    if (bind(phone, (struct sockaddr *)&here, sizeof here)) { perror("bind"); return 1; }

    uint64_t begin = now_ns();
    uint64_t from = begin + (uint64_t)(warm * 1e9), to = from + (uint64_t)(seconds * 1e9);
    uint64_t turn = 0, offered = 0, heard = 0, wrong = 0;
    double gap = (double)INTERVAL_NS / legs;
    int window = 0;
    for (uint64_t now = begin; now < to + GRACE_NS; now = now_ns()) {
        if (window < 2 && now >= (window ? to : from)) {
            puts(window++ ? "end" : "start");
            fflush(stdout);
        }
        int batch = 0;
        for (; window < 2 && batch < BATCH; batch++, turn++) {
            uint64_t due = begin + (uint64_t)(turn * gap);
            if (due > now || due >= to) break;
            uint32_t leg = order[turn % legs];
            if (streams && sent[leg] == stream_packets) return 3; /* not enough of them */
            struct slot *slot = &outgoing[batch];
            size_t size = write_packet(slot, leg, sent[leg]++, ports[leg], now);
            tie(&out_messages[batch], slot, size);
            offered += now >= from && now < to;
        }
        for (int done = 0; done < batch;) {
            int more = sendmmsg(phone, out_messages + done, (unsigned)(batch - done), 0);
            done += more > 0 ? more : 0; /* a refused packet is tried again */
        }
        for (int i = 0; i < BATCH; i++)
            tie(&in_messages[i], &incoming[i], sizeof incoming[i].packet);
        int got = recvmmsg(phone, in_messages, BATCH, MSG_DONTWAIT, NULL);
        now = now_ns();
        for (int i = 0; i < got; i++) {
            struct stamp stamp;
            unsigned size = in_messages[i].msg_len;
            memcpy(&stamp, incoming[i].packet + HEADER, sizeof stamp);
            if (streams ? !is_of_stream(&incoming[i], size, &stamp, legs, ports, sent)
                        : !is_right(&incoming[i], size, &stamp, legs, ports)) {
                wrong++;
                continue;
            }
            if (stamp.sent_at < from || stamp.sent_at >= to) continue;
            uint64_t us = (now - stamp.sent_at) / 1000;
            delays[us > DELAYS ? DELAYS : us]++;
            heard++;
        }
    }
    printf("{\"offered\": %lu, \"heard\": %lu, \"wrong\": %lu, ", offered, heard, wrong);
    printf("\"p50\": %lu, \"p99\": %lu}\n", percentile(heard, 0.5), percentile(heard, 0.99));
    return 0;
}
