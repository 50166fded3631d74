// GET requests at a fixed rate over kept connections in turn, whatever the answers; a connection is asked again only when it has answered.
// Usage: paced-client ADDRESS PORT RATE CONNECTIONS REQUESTS [random]   random: at that rate on the average, whatever was asked before (a Poisson
// process), so that clients side by side do not keep meeting at the same moments. SIGTERM: ask no more. Prints: sent, answered, turns whose connection
// was still busy, and how many seconds it took.
#include <arpa/inet.h>
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
#include <vector>

typedef long long ns_t;
static volatile sig_atomic_t ended = 0;
static ns_t mono() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int count, char **words) {
  const int port = atoi(words[2]), rate = atoi(words[3]), connections = atoi(words[4]);
  long total = atol(words[5]);
  signal(SIGTERM, [](int) { ended = 1; });
  const bool isRandom = count > 6;
  srand48(port);
  static const char request[] = "GET /timed HTTP/1.1\r\nHost: t\r\n\r\n";
  const int answerBytes = 38 + 8;
  sockaddr_in a = {};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  inet_pton(AF_INET, words[1], &a.sin_addr);
  int ep = epoll_create1(0), on = 1;
  std::vector<int> fds, got(1 << 16), busy(1 << 16);
  for (int i = 0; i < connections; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (sockaddr *)&a, sizeof a)) { perror("connect"); return 1; }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_event e = {};
    e.events = EPOLLIN;
    e.data.fd = fd;
    epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
    fds.push_back(fd);
    if (i % 20 == 19) usleep(2000); // a burst of SYNs is not what is measured
  }
  usleep(300000);
  long sent = 0, answered = 0, late = 0;
  ns_t began = mono(), idleSince = began, due = began;
  std::vector<epoll_event> events(1024);
  while (answered < total && mono() - idleSince < 3000000000LL) {
    if (ended) total = sent;
    while (sent < total && due <= mono()) {
      int fd = fds[sent % connections];
      if (busy[fd]) { late++; break; }
      if (write(fd, request, sizeof request - 1) < 0) { perror("write"); return 1; }
      busy[fd] = 1;
      sent++;
      due = isRandom ? due + (ns_t)(-log(1 - drand48()) * 1e9 / rate) : began + sent * 1000000000LL / rate;
    }
    ns_t wait = sent < total ? due - mono() : 100000000LL;
    if (wait < 0) wait = 50000;
    timespec t = {wait / 1000000000LL, wait % 1000000000LL};
    int ready = epoll_pwait2(ep, events.data(), events.size(), &t, nullptr);
    for (int i = 0; i < ready; i++) {
      char bytes[4096];
      int fd = events[i].data.fd;
      ssize_t length = read(fd, bytes, sizeof bytes);
      if (length <= 0) { epoll_ctl(ep, EPOLL_CTL_DEL, fd, nullptr); continue; }
      got[fd] += length;
      if (got[fd] < answerBytes) continue;
      got[fd] -= answerBytes;
      busy[fd] = 0;
      answered++;
      idleSince = mono();
    }
    if (sent < total) idleSince = mono();
  }
  double seconds = (mono() - began) / 1e9;
  sleep(1); // what copies are still asking is answered before the connections end
  printf("%ld %ld %ld %.3f\n", sent, answered, late, seconds);
  return answered == total ? 0 : 1;
}
