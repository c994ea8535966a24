/*
 * The door of a daemon: `espalier-keeper --door RUNDIR`, a child of its own. It listens on the operator's socket, finds out in
 * which service whoever connects lives, if in any, and hands the connection itself to the daemon with that word, over the
 * channel that Node opens to a child (NODE_CHANNEL_FD). Node cannot ask the kernel who connected; docs/adr/0018 says more.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "keeper.h"

#define PROGRAM "espalier-keeper"
#define FOLDER "keeper-" /* src/keeper/directory.ts */

enum { NAME_MAX_BYTES = 64 };

static int listen_at(const char *directory);
static void wait_for(int fd, int channel);
static void hand_over(int channel, int fd);
static bool find_service(const struct seen *at, u32 hops, void *with);
static void await_receipt(int channel);

static struct stat runtime_directory;

_Noreturn void keep_door(const char *directory) {
  const char *named = getenv("NODE_CHANNEL_FD");
  int channel = named == NULL ? -1 : atoi(named);
  keeper.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  keeper.ready_fd = 1;
  if (channel < 3 || keeper.proc_fd < 0) die("a door needs a daemon and /proc");
  /* What a terminal sends is meant for the daemon, and its end is ours. */
  setsid();
  signal(SIGPIPE, SIG_IGN);
  int fd = listen_at(directory);
  dprintf(1, "ready\n");
  for (;;) {
    wait_for(fd, channel);
    /* Node takes it as it is: a visitor who does not read would hold up the daemon itself. */
    int met = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (met < 0) continue;
    hand_over(channel, met);
    close(met);
    await_receipt(channel);
  }
}

/* The name is relative, since a whole path may be too long. The daemon holds the lock, so what lies there is stale. */
static int listen_at(const char *directory) {
  struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "control.sock" };
  if (chdir(directory) < 0 || stat(".", &runtime_directory) < 0) die("cannot enter the runtime directory");
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) die("socket");
  unlink(name.sun_path);
  umask(0177);
  if (bind(fd, (struct sockaddr *)&name, sizeof name) < 0) die("cannot bind the operator's socket");
  if (listen(fd, 511) < 0) die("listen");
  return fd;
}

/* Until somebody knocks. The end of the channel is the end of the daemon, and nothing else is said on it meanwhile. */
static void wait_for(int fd, int channel) {
  struct pollfd either[2] = { { .fd = fd, .events = POLLIN }, { .fd = channel, .events = POLLIN } };
  if (poll(either, 2, -1) < 0 && errno != EINTR) die("poll");
  if (either[1].revents == 0) return;
  char said[256];
  ssize_t got = read(channel, said, sizeof said);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) exit(0);
}

/* A message as Node passes sockets on: a line of JSON, of which nothing is a stranger's, and the descriptor beside it. */
static void hand_over(int channel, int fd) {
  struct peer peer;
  char service[NAME_MAX_BYTES + 1] = "", line[256];
  enum acquaintance known = meet_peer(fd, &peer);
  enum way way = known == PEER_LIVES ? climb(&peer, find_service, service) : WAY_LOST;
  /* Who died on the way up may have lived anywhere. */
  if (way != WAY_FOUND && known == PEER_LIVES && has_died(&peer)) way = WAY_LOST;
  if (peer.pidfd >= 0) close(peer.pidfd);
  const char *where = way == WAY_FOUND ? "inside" : way == WAY_TOP ? "outside" : "unknown";
  int bytes = snprintf(line, sizeof line,
                       "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Socket\",\"msg\":{\"where\":\"%s\",\"service\":\"%s\",\"pid\":%d}}\n",
                       where, service, peer.pid);
  union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
  memset(&control, 0, sizeof control);
  struct iovec part = { .iov_base = line, .iov_len = (size_t)bytes };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  ssize_t sent;
  /* One at a time and each received before the next, so there is always room for a whole line. */
  while ((sent = sendmsg(channel, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) continue;
  if (sent != bytes) exit(0);
}

/* True at a keeper of this runtime directory: it is known by its program, and by where it works. */
static bool find_service(const struct seen *at, u32 hops, void *with) {
  char path[48], text[4096];
  struct stat above;
  (void)hops;
  snprintf(path, sizeof path, "%d/exe", at->pid);
  ssize_t bytes = readlinkat(keeper.proc_fd, path, text, sizeof text - 1);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  /* By name: the program of a keeper may have been replaced by a newer one since. */
  char *name = strrchr(text, '/');
  if (name == NULL || strncmp(name + 1, PROGRAM, strlen(PROGRAM)) != 0) return false;
  snprintf(path, sizeof path, "%d/cwd/..", at->pid);
  if (fstatat(keeper.proc_fd, path, &above, 0) < 0) return false;
  if (above.st_dev != runtime_directory.st_dev || above.st_ino != runtime_directory.st_ino) return false;
  snprintf(path, sizeof path, "%d/cwd", at->pid);
  bytes = readlinkat(keeper.proc_fd, path, text, sizeof text - 1);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  name = strrchr(text, '/');
  if (name == NULL || strncmp(name + 1, FOLDER, strlen(FOLDER)) != 0) return false;
  name += 1 + strlen(FOLDER);
  /* A name that no service can have is not said, and its bearer is inside all the same. */
  size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
  if (name[length] == '\0' && length <= NAME_MAX_BYTES) memcpy(with, name, length + 1);
  return true;
}

/* Node says a line for each socket that it has got. */
static void await_receipt(int channel) {
  struct pollfd readable = { .fd = channel, .events = POLLIN };
  for (;;) {
    char said[256];
    if (poll(&readable, 1, -1) < 0 && errno != EINTR) die("poll");
    ssize_t got = read(channel, said, sizeof said);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) exit(0);
    if (got > 0 && memchr(said, '\n', (size_t)got) != NULL) return;
  }
}
