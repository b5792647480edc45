/* The floor of fan-out: for each message one send() to each socket, and nothing else.
 *
 *   send_loop --port 4390 --frame-bytes 400
 *
 * Whoever connects is answered the upgrade that it asks for, without a look at what it says, and gets every message. A
 * message is one WebSocket frame of that many bytes of text with "bench:" and its number in it, made once. No server
 * that speaks to one socket after the other by plain system calls can do less.
 *
 * It says "listening" when it does. A line "send COUNT PER_S FIRST" on its standard input has it send so many messages
 * at that pace, numbered from FIRST; it answers "sent SENDS DROPPED" afterwards: a socket that takes nothing more is
 * passed over. The end of the input ends it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS_MAX 65536
#define FRAME_BYTES_MAX 65535
#define HEAD 4

static const char UPGRADED[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
static int sockets[SOCKETS_MAX], count;
static char frame[HEAD + FRAME_BYTES_MAX];
static size_t text_bytes = 400;

static _Noreturn void fail(const char *why) {
    printf("failed %s: %s\n", why, strerror(errno));
    exit(1);
}

static int listening_on(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 4096)) fail("listen");
    return server;
}

static void let_in(int server) {
    char request[8192];
    int client = accept(server, NULL, NULL), one = 1;
    if (client < 0) return;
    if (count == SOCKETS_MAX) { /* one more is refused */
        close(client);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (recv(client, request, sizeof request, 0) <= 0) { /* the request comes in one piece, over loopback */
        close(client);
        return;
    }
    send(client, UPGRADED, sizeof UPGRADED - 1, MSG_NOSIGNAL);
    sockets[count++] = client;
}

static void number_frame(unsigned number) {
    char digits[32];
    int size = snprintf(digits, sizeof digits, "bench:%08u", number);
    frame[0] = (char)0x81, frame[1] = 126, frame[2] = (char)(text_bytes >> 8), frame[3] = (char)text_bytes;
    memset(frame + HEAD, 'x', text_bytes);
    memcpy(frame + HEAD, digits, (size_t)size);
}

static void send_messages(unsigned messages, double per_s, unsigned first) {
    struct timespec due;
    unsigned long sent = 0, dropped = 0;
    clock_gettime(CLOCK_MONOTONIC, &due);
    int64_t began_ns = due.tv_sec * 1000000000LL + due.tv_nsec;
    for (unsigned number = 0; number < messages; number++) {
        int64_t due_ns = began_ns + (int64_t)(number * 1e9 / per_s);
        due.tv_sec = due_ns / 1000000000LL, due.tv_nsec = due_ns % 1000000000LL;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        number_frame(first + number);
        for (int i = 0; i < count; i++) {
            if (send(sockets[i], frame, HEAD + text_bytes, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)(HEAD + text_bytes))
                dropped++;
            else
                sent++;
        }
    }
    printf("sent %lu %lu\n", sent, dropped);
}

int main(int arguments, char **argument) {
    uint16_t port = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i + 1 < arguments; i += 2) {
        if (!strcmp(argument[i], "--port")) port = (uint16_t)atoi(argument[i + 1]);
        if (!strcmp(argument[i], "--frame-bytes")) text_bytes = (size_t)atoi(argument[i + 1]);
    }
    if (text_bytes < 126 || text_bytes > FRAME_BYTES_MAX) {
        puts("failed --frame-bytes must be 126 to 65535");
        return 1;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int server = listening_on(port);
    puts("listening");
    for (;;) {
        struct pollfd ready[] = {{.fd = 0, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        poll(ready, 2, -1);
        if (ready[1].revents) let_in(server);
        if (!ready[0].revents) continue;
        char line[256];
        unsigned messages, first;
        double per_s;
        if (!fgets(line, sizeof line, stdin)) return 0;
        if (sscanf(line, "send %u %lf %u", &messages, &per_s, &first) != 3 || per_s <= 0) fail("no such command");
        send_messages(messages, per_s, first);
    }
}
