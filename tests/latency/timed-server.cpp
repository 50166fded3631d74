// An HTTP server whose service time is known: answers each request so many µs after its kernel received it, and logs when it did what.
// Usage: timed-server PORT:DELAY_US:TAIL_US...   SIGTERM: write the log to stdout and end.
// The log, a line for each request: port, then ns from the kernel's receipt of the request (SO_TIMESTAMPNS) to: its reading, the writing of
// the answer's first byte, and of its last; and ns from reading to the first byte by the monotonic clock.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <deque>
#include <vector>

typedef long long ns_t;
static ns_t now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

struct Service { int port, fd; ns_t delay, tail; };
struct Request { int fd; ns_t kernel, read, readMono, firstMono, due; ns_t first; Service *service; };
struct Line { int port; ns_t read, first, last, service; };

static volatile sig_atomic_t ended = 0;
static std::vector<Service> services;
static std::vector<Service *> serviceOf; // by descriptor
static std::vector<Line> lines;

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcd";
static const char rest[] = "efgh";

static void fail(const char *what) { perror(what); exit(1); }
static void say(int fd, const char *text, size_t length) { if (write(fd, text, length) < 0 && errno != EPIPE && errno != ECONNRESET && errno != EBADF) perror("write"); }

static void finish(Request &r) {
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
  for (int i = 1; i < count; i++) {
    int port; long delay, tail;
    if (sscanf(words[i], "%d:%ld:%ld", &port, &delay, &tail) != 3) return 2;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); // inherited by what it accepts
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in a = {};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    if (bind(fd, (sockaddr *)&a, sizeof a) || listen(fd, 8192)) fail("listen");
    services.push_back({port, fd, delay * 1000LL, tail * 1000LL});
    epoll_event e = {};
    e.events = EPOLLIN;
    e.data.fd = fd;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
  }
  // Each service has one delay, so what is due first was asked first.
  std::vector<std::deque<Request>> firsts(services.size()), lasts(services.size());
  fprintf(stderr, "listening\n");
  std::vector<epoll_event> events(1024);
  while (!ended) {
    ns_t mono = now(CLOCK_MONOTONIC), next = mono + 1000000000LL;
    for (size_t s = 0; s < services.size(); s++) {
      for (auto &q = firsts[s]; !q.empty() && q.front().due <= now(CLOCK_MONOTONIC); q.pop_front()) {
        Request r = q.front();
        r.first = now(CLOCK_REALTIME);
        r.firstMono = now(CLOCK_MONOTONIC);
        if (services[s].tail == 0) {
          char all[sizeof head + sizeof rest];
          memcpy(all, head, sizeof head - 1);
          memcpy(all + sizeof head - 1, rest, 4);
          say(r.fd, all, sizeof head + 3);
          lines.push_back({services[s].port, r.read - r.kernel, r.first - r.kernel, r.first - r.kernel, r.firstMono - r.readMono});
          continue;
        }
        say(r.fd, head, sizeof head - 1);
        r.due = r.firstMono + services[s].tail;
        lasts[s].push_back(r);
      }
      for (auto &q = lasts[s]; !q.empty() && q.front().due <= now(CLOCK_MONOTONIC); q.pop_front()) finish(q.front());
      if (!firsts[s].empty() && firsts[s].front().due < next) next = firsts[s].front().due;
      if (!lasts[s].empty() && lasts[s].front().due < next) next = lasts[s].front().due;
    }
    ns_t wait = next - now(CLOCK_MONOTONIC);
    if (wait < 0) wait = 0;
    timespec t = {wait / 1000000000LL, wait % 1000000000LL};
    int ready = epoll_pwait2(ep, events.data(), events.size(), &t, nullptr);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      bool isListener = false;
      for (auto &s : services) if (s.fd == fd) {
        isListener = true;
        for (int c; (c = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          serviceOf[c] = &s;
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
      r.due = r.readMono + r.service->delay;
      firsts[r.service - services.data()].push_back(r);
    }
  }
  for (auto &l : lines) printf("%d %lld %lld %lld %lld\n", l.port, l.read, l.first, l.last, l.service);
  return 0;
}
