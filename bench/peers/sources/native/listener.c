/* Holds many WebSockets to one server, and notes when each message reached each of them.
 *
 *   listener --port 4300 --sockets 1000 --request upgrade.http --say '{"type":"JOIN_ROOM",...}' --joined '"JOINED"'
 *
 * It knows no chat: what is sent to upgrade, what is said then, which answer means that the socket is in, and what a
 * server's ping and its answer look like, are arguments. A delivery is wherever "bench:" and a number stand in a frame.
 *
 * The time of a delivery is the kernel's stamp of the packet's arrival, not that of the read: so it stays right when a
 * thousand sockets have something at once, and what reading costs here is never part of what is measured. Where there
 * are no such stamps (not Linux) it is the time of the read. Frames that arrive while earlier ones wait to be read have
 * the stamp of the last.
 *
 * It is driven by lines on its standard input, each answered by one line:
 *
 *   begin        forget what was noted                      ->  begun
 *   end FILE     write what was noted, 16 bytes each:       ->  ended FRAMES DELIVERIES DROPPED OPEN BYTES
 *                socket u32, number u32, nanoseconds u64 of the monotonic clock, native order
 *   until N      wait for N deliveries since the beginning  ->  reached FRAMES DELIVERIES DROPPED OPEN BYTES
 *   more N       open N further sockets                     ->  joined OPEN REFUSALS
 *
 * and says "joined OPEN REFUSALS" first, when the sockets of the command line are in. The end of the input ends it. Whatever stands
 * in the way is one line "failed ..." and exit code 1. Not for hostile servers: a frame over 1 MiB is a failure.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MARK "bench:"
#define READ_BYTES (256 * 1024)
#define FRAME_BYTES_MAX (1 << 20)
#define NOTES_MAX (8u << 20) /* beyond, deliveries are counted and not noted: DROPPED */
#define EVENTS 512
#define OPEN_WITHIN_S 60
#define REFUSALS_MAX 2000
#define STDIN UINT32_MAX

enum state { CONNECTING, UPGRADING, JOINING, JOINED, GONE };

struct link {
    int fd;
    enum state state;
    uint32_t kept_bytes; /* of a frame that has not come in full */
    char *kept;
};

struct note {
    uint32_t socket, number;
    uint64_t at_ns;
};

static struct {
    struct sockaddr_in server, source;
    int sockets, at_once;
    const char *say, *joined, *ping, *pong;
    char *request;
    size_t request_bytes;
} wish = {.at_once = 50, .say = "", .joined = "", .ping = "", .pong = ""};

static struct link *links;
static int opened, opening, joined, wanted, refusals, poller;
static struct note *notes;
static uint64_t noted, dropped, frames, deliveries, bytes, awaited;
static int64_t wall_ahead_ns; /* of the monotonic clock: the kernel's stamps are of the wall clock */
static char incoming[READ_BYTES], refusal[400];

static _Noreturn void fail(const char *why, ...) {
    va_list more;
    va_start(more, why);
    fputs("failed ", stdout);
    vprintf(why, more);
    putchar('\n');
    exit(1);
}

/* A server that is busy refuses: one asks again, a bounded number of times, and keeps what it said last. */
static void refused(const char *answer, size_t size) {
    size_t length = size < sizeof refusal - 1 ? size : sizeof refusal - 1;
    for (size_t i = 0; i < length; i++) refusal[i] = answer[i] == '\r' || answer[i] == '\n' ? ' ' : answer[i];
    refusal[length] = 0;
    if (++refusals > REFUSALS_MAX) fail("refused too often: %s", refusal);
}

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Sockets */

static void watch(int fd, uint32_t events, uint32_t which, int how) {
    struct epoll_event event = {.events = events, .data.u32 = which};
    if (epoll_ctl(poller, how, fd, &event)) fail("epoll_ctl: %s", strerror(errno));
}

static void open_one(uint32_t which) {
    struct link *link = &links[which];
    *link = (struct link){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .state = CONNECTING};
    if (link->fd < 0) fail("socket %u: %s", which, strerror(errno));
    int one = 1;
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#ifdef SO_TIMESTAMPNS
    setsockopt(link->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
#endif
#ifdef IP_BIND_ADDRESS_NO_PORT
    setsockopt(link->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
#endif
    if (wish.source.sin_addr.s_addr && bind(link->fd, (struct sockaddr *)&wish.source, sizeof wish.source))
        fail("bind: %s", strerror(errno));
    if (connect(link->fd, (struct sockaddr *)&wish.server, sizeof wish.server) && errno != EINPROGRESS)
        fail("connect: %s", strerror(errno));
    watch(link->fd, EPOLLOUT, which, EPOLL_CTL_ADD);
}

static void send_all(struct link *link, const char *data, size_t size) {
    /* What is said is short and the socket's buffer is empty: less than all of it means that the server is gone. */
    if (send(link->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send: %s", strerror(errno));
}

static void say(struct link *link, int opcode, const char *text, size_t size) {
    /* A client masks what it sends; a mask of zeros leaves the text as it is. */
    char frame[65536 + 8];
    size_t head = 2;
    if (size > 65535) fail("what is said has more than 65,535 bytes");
    frame[0] = (char)(0x80 | opcode);
    if (size < 126) {
        frame[1] = (char)(0x80 | size);
    } else {
        frame[1] = (char)(0x80 | 126), frame[2] = (char)(size >> 8), frame[3] = (char)size;
        head = 4;
    }
    memset(frame + head, 0, 4);
    memcpy(frame + head + 4, text, size);
    send_all(link, frame, head + 4 + size);
}

static void is_in(struct link *link) {
    link->state = JOINED;
    joined++, opening--;
}

static void connected(struct link *link, uint32_t which) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) fail("connect: %s", strerror(error));
    watch(link->fd, EPOLLIN, which, EPOLL_CTL_MOD);
    send_all(link, wish.request, wish.request_bytes);
    link->state = UPGRADING;
}

/* What comes */

static void note(uint32_t which, uint32_t number, int64_t at_ns) {
    deliveries++;
    if (noted < NOTES_MAX)
        notes[noted++] = (struct note){which, number, (uint64_t)at_ns};
    else
        dropped++;
}

/* A server's ping may stand in a line among others. */
static void answer_pings(struct link *link, const char *text, size_t size) {
    size_t length = strlen(wish.ping);
    for (const char *line = text, *end = text + size; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next) next = end;
        if ((size_t)(next - line) == length && !memcmp(line, wish.ping, length)) say(link, 1, wish.pong, strlen(wish.pong));
        line = next + 1;
    }
}

static void take_deliveries(uint32_t which, char *text, size_t size, int64_t at_ns) {
    char *end = text + size, *at = text;
    while ((at = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1))) {
        uint32_t number = 0;
        for (at += sizeof MARK - 1; at < end && *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint32_t)(*at - '0');
        note(which, number, at_ns);
    }
}

static void take_text(struct link *link, uint32_t which, char *text, size_t size, int64_t at_ns) {
    if (*wish.ping) answer_pings(link, text, size);
    if (link->state == JOINED) {
        uint64_t before = deliveries;
        take_deliveries(which, text, size, at_ns);
        if (deliveries > before) frames++, bytes += size;
    } else if (memmem(text, size, wish.joined, strlen(wish.joined))) {
        is_in(link);
    } else if (memmem(text, size, "error", 5) || memmem(text, size, "ERROR", 5)) {
        refused(text, size);
        say(link, 1, wish.say, strlen(wish.say));
    }
}

/* Take one frame off the front; the bytes it had, 0 when it has not come in full. */
static size_t take_frame(struct link *link, uint32_t which, char *data, size_t size, int64_t at_ns) {
    if (size < 2) return 0;
    const unsigned char *u = (unsigned char *)data;
    size_t head = 2, length = u[1] & 127;
    if (length == 126) {
        if (size < 4) return 0;
        length = (size_t)u[2] << 8 | u[3], head = 4;
    } else if (length == 127) {
        if (size < 10) return 0;
        length = 0, head = 10;
        for (int i = 2; i < 10; i++) length = length << 8 | u[i];
    }
    if (length > FRAME_BYTES_MAX) fail("a frame of %zu bytes", length);
    if (size < head + length) return 0;
    switch (u[0] & 15) {
    case 8: fail("the server closed a socket: %d %.*s", length > 1 ? u[head] << 8 | u[head + 1] : 0,
                 length > 2 ? (int)length - 2 : 0, data + head + 2);
    case 9: say(link, 10, data + head, length); break;
    case 10: break;
    default: take_text(link, which, data + head, length, at_ns);
    }
    return head + length;
}

static void take_upgrade(struct link *link, char **data, size_t *size) {
    char *end = memmem(*data, *size, "\r\n\r\n", 4);
    if (!end) return;
    if (memcmp(*data, "HTTP/1.1 101", 12)) fail("refused: %.*s", (int)(strcspn(*data, "\r")), *data);
    *size -= (size_t)(end + 4 - *data), *data = end + 4;
    link->state = JOINING;
    if (*wish.say) say(link, 1, wish.say, strlen(wish.say));
    if (!*wish.joined) is_in(link);
}

static void take(struct link *link, uint32_t which, char *data, size_t size, int64_t at_ns) {
    if (link->kept_bytes) {
        link->kept = realloc(link->kept, link->kept_bytes + size);
        memcpy(link->kept + link->kept_bytes, data, size);
        data = link->kept, size += link->kept_bytes;
    }
    char *kept_before = link->kept;
    if (link->state == UPGRADING) take_upgrade(link, &data, &size);
    if (link->state != UPGRADING) {
        size_t taken;
        while ((taken = take_frame(link, which, data, size, at_ns))) data += taken, size -= taken;
    }
    link->kept = NULL;
    link->kept_bytes = (uint32_t)size;
    if (size) {
        link->kept = malloc(size);
        memcpy(link->kept, data, size);
    }
    free(kept_before);
}

static int64_t stamp_of(struct msghdr *message) {
#ifdef SCM_TIMESTAMPNS
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (control && control->cmsg_type == SCM_TIMESTAMPNS) {
        struct timespec t;
        memcpy(&t, CMSG_DATA(control), sizeof t);
        return t.tv_sec * 1000000000LL + t.tv_nsec - wall_ahead_ns;
    }
#endif
    (void)message;
    return now_ns(CLOCK_MONOTONIC);
}

static void read_from(struct link *link, uint32_t which) {
    char control[128];
    struct iovec into = {incoming, sizeof incoming};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t size = recvmsg(link->fd, &message, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size >= 12 && link->state == UPGRADING && !memcmp(incoming, "HTTP/1.1 503", 12)) {
        refused(incoming, (size_t)size);
        close(link->fd);
        open_one(which);
        return;
    }
    if (size <= 0) fail("socket %u was cut off by the server: %s", which, size ? strerror(errno) : "end of stream");
    take(link, which, incoming, (size_t)size, stamp_of(&message));
}

/* Commands */

static void tell(const char *word) {
    printf("%s %lu %lu %lu %d %lu\n", word, frames, deliveries, dropped, joined, bytes);
}

static void end(const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(notes, sizeof *notes, noted, file) != noted || fclose(file)) fail("%s: %s", path, strerror(errno));
    tell("ended");
}

static void obey(char *line) {
    if (!strcmp(line, "begin")) {
        noted = dropped = frames = deliveries = bytes = awaited = 0;
        wall_ahead_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
        puts("begun");
    } else if (!strncmp(line, "until ", 6)) {
        awaited = strtoull(line + 6, NULL, 10);
    } else if (!strncmp(line, "end ", 4)) {
        end(line + 4);
    } else if (!strncmp(line, "more ", 5)) {
        wanted += atoi(line + 5);
        links = realloc(links, sizeof *links * (size_t)wanted);
    } else {
        fail("no such command: %s", line);
    }
}

static void read_commands(void) {
    static char line[4096];
    static size_t size;
    ssize_t more = read(0, line + size, sizeof line - size);
    if (more <= 0) exit(0);
    size += (size_t)more;
    for (char *end; (end = memchr(line, '\n', size));) {
        *end = 0;
        obey(line);
        size -= (size_t)(end + 1 - line);
        memmove(line, end + 1, size);
    }
    if (size == sizeof line) fail("a command line of more than %zu bytes", sizeof line);
}

static void run(void) {
    struct epoll_event events[EVENTS];
    int told = -1;
    int64_t since_ns = now_ns(CLOCK_MONOTONIC);
    for (;;) {
        for (; opening < wish.at_once && opened < wanted; opened++, opening++) open_one((uint32_t)opened);
        if (joined == wanted && told != joined) printf("joined %d %d\n", told = joined, refusals);
        if (joined == wanted) since_ns = now_ns(CLOCK_MONOTONIC);
        if (now_ns(CLOCK_MONOTONIC) - since_ns > OPEN_WITHIN_S * 1000000000LL)
            fail("%d of %d sockets were in after %d s; last refusal: %s", joined, wanted, OPEN_WITHIN_S, refusal);
        if (awaited && deliveries >= awaited) {
            tell("reached");
            awaited = 0;
        }
        int count = epoll_wait(poller, events, EVENTS, 1000);
        for (int i = 0; i < count; i++) {
            uint32_t which = events[i].data.u32;
            if (which == STDIN) {
                read_commands();
            } else if (links[which].state == CONNECTING) {
                connected(&links[which], which);
            } else {
                read_from(&links[which], which);
            }
        }
    }
}

/* Arguments */

static char *contents(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    char *text = malloc(65536);
    if (!file) fail("%s: %s", path, strerror(errno));
    *size = fread(text, 1, 65536, file);
    fclose(file);
    return text;
}

static void read_argument(const char *name, const char *value) {
    if (!strcmp(name, "--port")) wish.server.sin_port = htons((uint16_t)atoi(value));
    else if (!strcmp(name, "--sockets")) wish.sockets = atoi(value);
    else if (!strcmp(name, "--at-once")) wish.at_once = atoi(value);
    else if (!strcmp(name, "--from")) inet_pton(AF_INET, value, &wish.source.sin_addr);
    else if (!strcmp(name, "--request")) wish.request = contents(value, &wish.request_bytes);
    else if (!strcmp(name, "--say")) wish.say = value;
    else if (!strcmp(name, "--joined")) wish.joined = value;
    else if (!strcmp(name, "--ping")) wish.ping = value;
    else if (!strcmp(name, "--pong")) wish.pong = value;
    else fail("no such argument: %s", name);
}

int main(int count, char **arguments) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    wish.server.sin_family = wish.source.sin_family = AF_INET;
    wish.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 1; i + 1 < count; i += 2) read_argument(arguments[i], arguments[i + 1]);
    if (!wish.request) fail("--request is missing");
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    wanted = wish.sockets;
    links = calloc((size_t)wanted + 1, sizeof *links);
    notes = malloc(sizeof *notes * NOTES_MAX); /* untouched pages cost nothing */
    wall_ahead_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
    poller = epoll_create1(0);
    watch(0, EPOLLIN, STDIN, EPOLL_CTL_ADD);
    run();
}
