// An HTTP server whose service time is known: answers each request so many µs after its kernel received it, and logs when it did what.
// Usage: timed-server PORT:DELAY_US:TAIL_US[:SPREAD]...   SIGTERM: write the log to stdout and end.
// SPREAD, in percent: the delay of each request is lognormal around DELAY_US, and follows from the client's port and from how many the connection
// asked before, so that two servers have the same work with the same request.
// The log, a line for each request: port, then ns from the kernel's receipt of the request (SO_TIMESTAMPNS) to: its reading, the writing of
// the answer's first byte, and of its last; and ns from reading to the first byte by the monotonic clock.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <map>
#include <vector>

typedef long long ns_t;
static ns_t now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

struct Service { int port, fd; ns_t delay, tail; double spread; };
struct Client { int port; unsigned asked; };
struct Request { int fd; ns_t kernel, read, readMono, firstMono, first; Service *service; };
struct Line { int port; ns_t read, first, last, service; };

static volatile sig_atomic_t ended = 0;
static std::vector<Service> services;
static std::vector<Service *> serviceOf; // by descriptor
static std::vector<Client> clientOf;     // by descriptor
static std::vector<Line> lines;

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcd";
static const char rest[] = "efgh";

static void fail(const char *what) { perror(what); exit(1); }
static void say(int fd, const char *text, size_t length) { if (write(fd, text, length) < 0 && errno != EPIPE && errno != ECONNRESET && errno != EBADF) perror("write"); }

/** Uniform in (0, 1), of two numbers. */
static double drawn(unsigned long long a, unsigned long long b) {
  unsigned long long z = (a << 32 | b) * 0x9E3779B97F4A7C15ULL; // splitmix64
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return (((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}
static ns_t work(const Service &s, Client &c) {
  if (s.spread == 0) return s.delay;
  const unsigned nth = c.asked++;
  const double normal = sqrt(-2 * log(drawn(c.port, 2 * nth))) * cos(2 * M_PI * drawn(c.port, 2 * nth + 1));
  return (ns_t)(s.delay * exp(s.spread * normal));
}

static void finish(const Request &r) {
  ns_t last = now(CLOCK_REALTIME);
  say(r.fd, rest, 4);
  lines.push_back({r.service->port, r.read - r.kernel, r.first - r.kernel, last - r.kernel, r.firstMono - r.readMono});
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, [](int) { ended = 1; });
  services.reserve(count);
  lines.reserve(1 << 20);
  int ep = epoll_create1(0), on = 1;
  serviceOf.resize(1 << 16);
  clientOf.resize(1 << 16);
  for (int i = 1; i < count; i++) {
    int port; long delay, tail, spread = 0;
    if (sscanf(words[i], "%d:%ld:%ld:%ld", &port, &delay, &tail, &spread) < 3) return 2;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); // inherited by what it accepts
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in a = {};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    if (bind(fd, (sockaddr *)&a, sizeof a) || listen(fd, 8192)) fail("listen");
    services.push_back({port, fd, delay * 1000LL, tail * 1000LL, spread / 100.0});
    epoll_event e = {};
    e.events = EPOLLIN;
    e.data.fd = fd;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  }
  std::multimap<ns_t, Request> firsts, lasts; // by when they are due
  fprintf(stderr, "listening\n");
  std::vector<epoll_event> events(1024);
  while (!ended) {
    ns_t mono = now(CLOCK_MONOTONIC), next = mono + 1000000000LL;
    while (!firsts.empty() && firsts.begin()->first <= now(CLOCK_MONOTONIC)) {
      Request r = firsts.begin()->second;
      firsts.erase(firsts.begin());
      r.first = now(CLOCK_REALTIME);
      r.firstMono = now(CLOCK_MONOTONIC);
      if (r.service->tail == 0) {
        char all[sizeof head + sizeof rest];
        memcpy(all, head, sizeof head - 1);
        memcpy(all + sizeof head - 1, rest, 4);
        say(r.fd, all, sizeof head + 3);
        lines.push_back({r.service->port, r.read - r.kernel, r.first - r.kernel, r.first - r.kernel, r.firstMono - r.readMono});
        continue;
      }
      say(r.fd, head, sizeof head - 1);
      lasts.insert({r.firstMono + r.service->tail, r});
    }
    for (; !lasts.empty() && lasts.begin()->first <= now(CLOCK_MONOTONIC); lasts.erase(lasts.begin())) finish(lasts.begin()->second);
    if (!firsts.empty() && firsts.begin()->first < next) next = firsts.begin()->first;
    if (!lasts.empty() && lasts.begin()->first < next) next = lasts.begin()->first;
    ns_t wait = next - now(CLOCK_MONOTONIC);
    if (wait < 0) wait = 0;
    timespec t = {wait / 1000000000LL, wait % 1000000000LL};
    int ready = epoll_pwait2(ep, events.data(), events.size(), &t, nullptr);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      bool isListener = false;
      for (auto &s : services) if (s.fd == fd) {
        isListener = true;
        sockaddr_in from;
        socklen_t length = sizeof from;
        for (int c; (c = accept4(fd, (sockaddr *)&from, &length, SOCK_NONBLOCK)) >= 0;) {
          serviceOf[c] = &s;
          clientOf[c] = {ntohs(from.sin_port), 0};
          epoll_event e = {};
          e.events = EPOLLIN;
          e.data.fd = c;
          epoll_ctl(ep, EPOLL_CTL_ADD, c, &e);
        }
      }
      if (isListener) continue;
      char bytes[4096], control[256];
      iovec v = {bytes, sizeof bytes};
      msghdr m = {};
      m.msg_iov = &v;
      m.msg_iovlen = 1;
      m.msg_control = control;
      m.msg_controllen = sizeof control;
      ssize_t length = recvmsg(fd, &m, 0);
      if (length <= 0) {
        if (length == 0 || errno != EAGAIN) close(fd);
        continue;
      }
      Request r = {};
      r.fd = fd;
      r.read = now(CLOCK_REALTIME);
      r.readMono = now(CLOCK_MONOTONIC);
      r.kernel = r.read;
      for (cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
          timespec t;
          memcpy(&t, CMSG_DATA(c), sizeof t);
          r.kernel = t.tv_sec * 1000000000LL + t.tv_nsec;
        }
      r.service = serviceOf[fd];
      firsts.insert({r.readMono + work(*r.service, clientOf[fd]), r});
    }
  }
  for (auto &l : lines) printf("%d %lld %lld %lld %lld\n", l.port, l.read, l.first, l.last, l.service);
  return 0;
}
