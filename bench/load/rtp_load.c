/* Phones that send and hear sound: G.711, a packet each 20 ms, in as many calls as are asked for.
 *
 * Commands on standard input, one a line; it ends with the input:
 *
 *   add LEG HOST PORT stamped|plain   the phone of this leg begins to send to HOST:PORT
 *   remove LEG                        it falls silent
 *   measure SECONDS                   prints "begin", "end", and soon after one line of JSON
 *
 * The phone of leg n is 127.1.0.0 + n + 1, RTP port 5104: one socket on the wildcard plays them all,
 * and IP_PKTINFO says from which address a packet goes and to which it came. All sound is the same
 * 20 ms of a 400 Hz tone; of a stamped leg, its first octets are replaced by who sent it, its number
 * and when. A leg's peer is whose sound it hears first, if that one hears nobody else: sound of
 * another, to a wrong phone or altered by so much as a bit is misrouted.
 *
 * Delay is from just before the send to the moment the kernel received it, so that this program's
 * own lateness in reading does not count; its lateness in sending is told beside it. It sleeps
 * between its turns of 250 us: the phones' signalling is on the same core. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LEGS = 8192, BATCH = 32, HEADER = 12, PAYLOAD = 160, PACKET = HEADER + PAYLOAD };
enum { RTP_PORT = 5104, RTCP_PORT = 5105, BUFFER = 64 << 20, TONE_HZ = 400, RATE_HZ = 8000 };
enum { SLOTS = 80 }; /* of an interval: legs are spread over them, so that none wait for others */
enum { MICROSECONDS = 1000000, WINDOW_PACKETS = 16384 };
static const int64_t SECOND = 1000000000, TURN = 250000, GRACE = 500000000; /* ns */
static const uint32_t FIRST_PHONE = 0x7f010001; /* 127.1.0.1 */
static const uint32_t MAGIC = 0x4c4f4144;
static const double GOLDEN = 0.6180339887; /* its multiples fill the slots evenly, in any number */

struct stamp { /* the first octets of the payload */
    uint32_t magic, leg;
    int64_t sent_at; /* CLOCK_REALTIME, as the kernel's receive time is */
    uint32_t number;
};

struct leg {
    int sounding, stamped, peer; /* peer: -1 until one was heard */
    struct sockaddr_in to;
    uint32_t sent, window_begins, window_sent, window_heard, last_number;
    int64_t last_transit;
    uint8_t heard[WINDOW_PACKETS / 8]; /* a bit for each packet of the window that another heard */
};

struct slot {
    uint8_t packet[PACKET + 64];
    union { struct cmsghdr header; char space[256]; } control;
    struct sockaddr_in peer;
    struct iovec vector;
};

static struct leg legs[LEGS];
static int turn_of[SLOTS][LEGS], turns[SLOTS], added, highest;
static uint8_t tone[PAYLOAD];
static uint32_t delays[MICROSECONDS + 1], jitters[MICROSECONDS + 1], lags[MICROSECONDS + 1];
static uint64_t duplicates, misrouted, unsent;
static int64_t longest_delay;
static enum { IDLE, OPEN, CLOSING } window; /* CLOSING: what is on its way may still arrive */
static int64_t window_ends;
static int phones, unread;

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static uint8_t mu_law(int sample)
{
    int sign = sample < 0 ? 0x80 : 0, size = (sample < 0 ? -sample : sample) + 132, exponent = 7;
    for (int bit = 0x4000; exponent && !(size & bit); bit >>= 1) exponent--;
    return (uint8_t)~(sign | exponent << 4 | (size >> (exponent + 3) & 15));
}

static void count_us(uint32_t *histogram, int64_t ns)
{
    int64_t us = ns / 1000;
    histogram[us < 0 ? 0 : us > MICROSECONDS ? MICROSECONDS : us]++;
}

static unsigned percentile(const uint32_t *histogram, double share)
{
    uint64_t total = 0, seen = 0;
    for (unsigned us = 0; us <= MICROSECONDS; us++) total += histogram[us];
    for (unsigned us = 0; total && us <= MICROSECONDS; us++)
        if ((seen += histogram[us]) >= share * total) return us;
    return 0;
}

static void send_packet(uint32_t number, int64_t due)
{
    struct leg *leg = &legs[number];
    uint8_t packet[PACKET];
    uint32_t marker = leg->sent ? 0 : 1u << 23;
    uint32_t first = 0x80000000u | marker | ((leg->sent + 1) & 0xffff);
    uint32_t words[3] = {htonl(first), htonl(leg->sent * PAYLOAD), htonl(number + 1)};
    memcpy(packet, words, HEADER);
    memcpy(packet + HEADER, tone, PAYLOAD);

    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control = {
        .header = {CMSG_LEN(sizeof(struct in_pktinfo)), IPPROTO_IP, IP_PKTINFO}};
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = htonl(FIRST_PHONE + number)};
    memcpy(CMSG_DATA(&control.header), &from, sizeof from);
    struct iovec vector = {packet, PACKET};
    struct msghdr message = {&leg->to, sizeof leg->to, &vector, 1, &control, sizeof control, 0};

    if (window == OPEN) count_us(lags, now_ns(CLOCK_MONOTONIC) - due);
    if (leg->stamped) {
        struct stamp stamp = {MAGIC, number, now_ns(CLOCK_REALTIME), leg->sent};
        memcpy(packet + HEADER, &stamp, sizeof stamp);
    }
    if (sendmsg(phones, &message, MSG_DONTWAIT) < 0) unsent++;
    leg->sent++;
}

/* The phone that a packet came to, and when; 0 when the kernel did not say. */
static int64_t received_at(struct msghdr *message, uint32_t *phone)
{
    int64_t at = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            at = t.tv_sec * SECOND + t.tv_nsec;
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            *phone = ntohl(info.ipi_addr.s_addr) - FIRST_PHONE;
        }
    }
    return at;
}

/* Is this the peer's packet, whole, at the right phone? Who is heard first becomes the peer. */
static int is_right(const struct slot *slot, unsigned size, uint32_t phone, struct stamp *stamp)
{
    if (size != PACKET || phone >= LEGS || !legs[phone].sounding) return 0;
    memcpy(stamp, slot->packet + HEADER, sizeof *stamp);
    if (stamp->magic != MAGIC || stamp->leg >= LEGS || stamp->leg == phone) return 0;
    struct leg *here = &legs[phone], *there = &legs[stamp->leg];
    if (here->peer < 0 && (there->peer < 0 || there->peer == (int)phone))
        here->peer = (int)stamp->leg;
    return here->peer == (int)stamp->leg
        && !memcmp(slot->packet + HEADER + sizeof *stamp, tone + sizeof *stamp,
            PAYLOAD - sizeof *stamp);
}

static void hear(struct msghdr *message, const struct slot *slot, unsigned size)
{
    struct stamp stamp;
    uint32_t phone = LEGS;
    int64_t at = received_at(message, &phone);
    if (phone < LEGS && legs[phone].sounding && !legs[phone].stamped) return; /* an announcement */
    if (!is_right(slot, size, phone, &stamp)) {
        misrouted += phone < LEGS && legs[phone].sounding; /* else the last words of a call */
        return;
    }
    struct leg *leg = &legs[stamp.leg];
    int64_t transit = at - stamp.sent_at, last = leg->last_transit;
    uint32_t place = stamp.number - leg->window_begins;
    int follows = leg->last_number + 1 == stamp.number;
    leg->last_transit = transit;
    leg->last_number = stamp.number;
    int inside = window == OPEN || (window == CLOSING && place < leg->window_sent);
    if (!inside || place >= WINDOW_PACKETS) return;
    if (leg->heard[place / 8] & 1 << place % 8) { duplicates++; return; }
    leg->heard[place / 8] |= (uint8_t)(1 << place % 8);
    leg->window_heard++;
    count_us(delays, transit);
    if (transit > longest_delay) longest_delay = transit;
    if (follows) count_us(jitters, llabs(transit - last));
}

static void hear_all(void)
{
    static struct slot slots[BATCH];
    struct mmsghdr messages[BATCH];
    for (int got = BATCH; got == BATCH;) {
        for (int i = 0; i < BATCH; i++) {
            slots[i].vector = (struct iovec){slots[i].packet, sizeof slots[i].packet};
            messages[i].msg_hdr = (struct msghdr){&slots[i].peer, sizeof slots[i].peer,
                &slots[i].vector, 1, &slots[i].control, sizeof slots[i].control, 0};
        }
        got = recvmmsg(phones, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < got; i++)
            hear(&messages[i].msg_hdr, &slots[i], messages[i].msg_len);
    }
    while (recv(unread, slots[0].packet, sizeof slots[0].packet, MSG_DONTWAIT) >= 0);
}

static void add(uint32_t number, const char *host, int port, int stamped)
{
    struct leg *leg = &legs[number];
    if (!leg->to.sin_family) { /* a leg that is used again keeps its turn */
        int slot = (int)(fmod(added++ * GOLDEN, 1) * SLOTS);
        turn_of[slot][turns[slot]++] = (int)number;
    }
    *leg = (struct leg){.sounding = 1, .stamped = stamped, .peer = -1};
    leg->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &leg->to.sin_addr);
    if ((int)number >= highest) highest = (int)number + 1;
}

static void open_window(double seconds)
{
    memset(delays, 0, sizeof delays);
    memset(jitters, 0, sizeof jitters);
    memset(lags, 0, sizeof lags);
    duplicates = misrouted = unsent = 0;
    longest_delay = 0;
    for (struct leg *leg = legs; leg < legs + highest; leg++) {
        leg->window_begins = leg->sent;
        leg->window_sent = leg->window_heard = 0;
        memset(leg->heard, 0, sizeof leg->heard);
    }
    window = OPEN;
    window_ends = now_ns(CLOCK_MONOTONIC) + (int64_t)(seconds * SECOND);
    puts("begin");
}

static void close_window(void)
{
    for (struct leg *leg = legs; leg < legs + highest; leg++)
        leg->window_sent = leg->sent - leg->window_begins;
    window = CLOSING;
    window_ends += GRACE;
    puts("end");
}

static void report(void)
{
    uint64_t sent = 0, heard = 0;
    int streams = 0, silent = 0;
    for (struct leg *leg = legs; leg < legs + highest; leg++) {
        if (!leg->sounding || !leg->stamped) continue;
        streams++;
        silent += !leg->window_heard;
        sent += leg->window_sent;
        heard += leg->window_heard;
    }
    window = IDLE;
    printf("{\"streams\": %d, \"silent\": %d, \"sent\": %lu, \"heard\": %lu, ", streams, silent,
        sent, heard);
    printf("\"duplicates\": %lu, \"misrouted\": %lu, \"unsent\": %lu, ", duplicates, misrouted,
        unsent);
    printf("\"delay_p50_us\": %u, \"delay_p99_us\": %u, \"delay_p999_us\": %u, ",
        percentile(delays, 0.5), percentile(delays, 0.99), percentile(delays, 0.999));
    printf("\"delay_max_us\": %ld, ", longest_delay / 1000);
    printf("\"jitter_p50_us\": %u, \"jitter_p99_us\": %u, ", percentile(jitters, 0.5),
        percentile(jitters, 0.99));
    printf("\"late_p99_us\": %u}\n", percentile(lags, 0.99));
}

static void obey(const char *command)
{
    uint32_t leg;
    int port;
    char host[32], kind[8];
    double seconds;
    if (sscanf(command, "add %u %31s %d %7s", &leg, host, &port, kind) == 4 && leg < LEGS)
        add(leg, host, port, kind[0] == 's');
    else if (sscanf(command, "remove %u", &leg) == 1 && leg < LEGS)
        legs[leg].sounding = 0;
    else if (sscanf(command, "measure %lf", &seconds) == 1)
        open_window(seconds);
    fflush(stdout);
}

/* Obey what has come; 0 when the input has ended. */
static int read_commands(void)
{
    static char text[1 << 16];
    static size_t length;
    ssize_t more = read(STDIN_FILENO, text + length, sizeof text - length - 1);
    if (!more) return 0;
    length += more > 0 ? (size_t)more : 0;
    char *line = text, *end;
    for (; (end = memchr(line, '\n', length - (size_t)(line - text))); line = end + 1) {
        *end = 0;
        obey(line);
    }
    length -= (size_t)(line - text);
    memmove(text, line, length);
    return 1;
}

static int opened(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1, large = BUFFER;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (bind(fd, (struct sockaddr *)&here, sizeof here)) { perror("rtp_load: bind"); exit(1); }
    return fd;
}

int main(void)
{
    for (int i = 0; i < PAYLOAD; i++)
        tone[i] = mu_law((int)(8000 * sin(2 * M_PI * TONE_HZ * i / RATE_HZ)));
    phones = opened(RTP_PORT);
    unread = opened(RTCP_PORT); /* so that the switch's reports meet no closed port */
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);

    int64_t due = now_ns(CLOCK_MONOTONIC);
    for (uint64_t turn = 0;; turn++, due += TURN) {
        struct timespec until = {due / SECOND, due % SECOND};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        int slot = turn % SLOTS;
        for (int i = 0; i < turns[slot]; i++)
            if (legs[turn_of[slot][i]].sounding) send_packet((uint32_t)turn_of[slot][i], due);
        hear_all();
        int64_t now = now_ns(CLOCK_MONOTONIC);
        if (window == OPEN && now >= window_ends) close_window();
        if (window == CLOSING && now >= window_ends) report();
        fflush(stdout);
        if (turn % 8 == 0 && !read_commands()) return 0;
    }
}
