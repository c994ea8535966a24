/*
 * The spawn socket of the service: whoever lives below us may ask there for a process. We say who asks, as the kernel knows
 * it, and hand on what was asked without a look into it; the daemon decides. docs/adr/0012 says why.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "keeper.h"

static bool read_ear(unsigned *owner);
static void take_in(int fd);
static struct ask *free_place(int from, int to);
static const char *identify(struct ask *ask);
static const char *attribute(const struct ask *ask, struct msg_ask *found);
static bool note_anchor(const struct seen *at, u32 hops, void *with);
static const char *hear_some(struct ask *ask);
static void hand_on(struct ask *ask);
static bool widen(struct ask *ask);
static bool say(int fd, const void *bytes, size_t count);
static void refuse(struct ask *ask, const char *code_and_why);
static void close_ask(struct ask *ask);

/* Refusals: the code, a NUL, the sentence. Constants, so that nothing of a child is ever put into JSON here. */
#define REFUSAL(code, why) code "\0" why
#define OUTSIDE REFUSAL("outside", "only processes of this service have a voice on its socket: ask from inside the service")
#define INHERITED REFUSAL("inherited", "this connection was opened by another process: open one of your own")
#define OWNER_DIED REFUSAL("owner_died", "whoever opened this connection has ended: open one of your own")
#define UNAVAILABLE REFUSAL("unavailable", "the daemon of this service did not answer in time: ask again later")
#define LOST REFUSAL("unavailable", "the daemon was lost while it answered: look whether the process runs before you ask again")
#define TOO_MANY REFUSAL("too_many_connections", "as many connections as this service may have are open: ask again later")
#define TOO_LATE REFUSAL("timeout", "no whole request within 5000 ms: send it in one go, with its newline")
#define TOO_LONG REFUSAL("bad_frame", "a request is longer than 262144 bytes: send less in one request")
#define HALF_SENT REFUSAL("bad_frame", "the stream ended inside a request, before its newline")
#define TWO REFUSAL("bad_request", "one request a connection: open another one for the next")
#define NO_ROOM REFUSAL("too_many_connections", "requests of this service hold as much memory as they may: ask again later")

/*
 * The file `ear` says whose socket it is to be and where, for processes of another user, who cannot enter our folder. Only we write
 * in the directory that it names (src/keeper/ear.ts), so nobody puts another file under the name that we give away.
 */
void open_ear(void) {
  unsigned owner = 0;
  int on = 1;
  bool ours = !read_ear(&owner);
  for (int at = 0; at < ASK_PLACES; at++) keeper.asks[at].fd = keeper.asks[at].peer.pidfd = -1;
  keeper.ear_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (keeper.ear_fd < 0) die("socket");
  /* On the listener: on an accepted socket it would come too late for what was sent before. */
  if (setsockopt(keeper.ear_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) die("SO_PASSCRED");
  unlink(keeper.ear.sun_path);
  if (bind(keeper.ear_fd, (struct sockaddr *)&keeper.ear, sizeof keeper.ear) < 0) die("cannot bind the spawn socket");
  if (!ours && lchown(keeper.ear.sun_path, owner, (gid_t)-1) < 0) die("cannot give the spawn socket to its user");
  if (listen(keeper.ear_fd, 128) < 0) die("listen");
}

/* False: there is none, and the socket lies in our folder. */
static bool read_ear(unsigned *owner) {
  char text[128] = "";
  keeper.ear = (struct sockaddr_un){ .sun_family = AF_UNIX, .sun_path = "spawn.sock" };
  int fd = open("ear", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  ssize_t bytes = read(fd, text, sizeof text - 1);
  close(fd);
  return bytes > 0 && sscanf(text, "%u %107s", owner, keeper.ear.sun_path) == 2;
}

/* The directory goes with the last socket in it. */
void drop_ear(void) {
  unlink(keeper.ear.sun_path);
  char *slash = strrchr(keeper.ear.sun_path, '/');
  if (slash == NULL) return;
  *slash = '\0';
  rmdir(keeper.ear.sun_path);
  unlink("ear");
}

/* A slice of whoever waits at the door: the rest comes in the next turn. */
void meet_askers(void) {
  for (int slice = 0; slice < FRAME_SLICE; slice++) {
    int fd = accept4(keeper.ear_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    take_in(fd);
  }
}

static void take_in(int fd) {
  struct ask known = { .fd = fd, .peer.pidfd = -1, .until_us = now_us() + ASK_MS * 1000ull };
  known.wrong = identify(&known);
  struct ask *ask = known.wrong == NULL ? free_place(0, ASKS_MAX) : NULL;
  if (ask == NULL) {
    /* It hears why when it has spoken: an answer that comes before the request is lost to the error of writing that. */
    ask = free_place(ASKS_MAX, ASK_PLACES);
    if (known.wrong == NULL) known.wrong = TOO_MANY;
    known.until_us = now_us() + REFUSED_MS * 1000ull;
  }
  if (ask == NULL) {
    close_ask(&known);
    return;
  }
  *ask = known;
  struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.u64 = (u64)fd };
  if (epoll_ctl(keeper.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) close_ask(ask);
}

static struct ask *free_place(int from, int to) {
  for (int at = from; at < to; at++)
    if (keeper.asks[at].fd < 0) return &keeper.asks[at];
  return NULL;
}

static const char *identify(struct ask *ask) {
  struct msg_ask found;
  enum acquaintance known = meet_peer(ask->fd, &ask->peer);
  if (known == PEER_LIVES) return attribute(ask, &found);
  return known == PEER_DIED ? OWNER_DIED : OUTSIDE;
}

/*
 * Up the parents to the nearest node. Who reaches us without meeting a node is adopted; who does not reach us is no process
 * of this service, unless it meets one of a keeper before us.
 */
static const char *attribute(const struct ask *ask, struct msg_ask *found) {
  const struct peer *peer = &ask->peer;
  *found = (struct msg_ask){ .pid = (u32)peer->pid, .start_ticks = peer->ticks, .uid = peer->uid, .how = FLAG_how_adopted };
  enum way way = climb(peer, note_anchor, found);
  if (way == WAY_FOUND) return NULL;
  return way == WAY_LOST && has_died(peer) ? OWNER_DIED : OUTSIDE;
}

static bool note_anchor(const struct seen *at, u32 hops, void *with) {
  struct msg_ask *found = with;
  struct node *node = find_node(BY_PID, (u64)at->pid);
  if (node != NULL && node->state == RUNNING && node->ticks == at->ticks && found->anchor_id == 0) {
    found->anchor_id = node->id;
    found->how = hops == 0 ? FLAG_how_itself : FLAG_how_below;
    found->hops = hops;
  }
  if (at->parent == keeper.pid) return true;
  if (!is_stray(at->pid, at->ticks)) return false;
  found->anchor_id = (u32)at->pid;
  found->how = FLAG_how_stray;
  found->hops = hops;
  return true;
}

/* True when this descriptor is an asker's. */
bool ask_event(int fd, u32 events) {
  struct ask *ask = NULL;
  for (int at = 0; at < ASK_PLACES && ask == NULL; at++)
    if (keeper.asks[at].fd == fd) ask = &keeper.asks[at];
  if (ask == NULL) return false;
  if (ask->state != HEARING) {
    u8 more;
    /* What comes after a request is not read; an asker that has hung up need not be answered. */
    bool spoke = (events & EPOLLIN) && recv(fd, &more, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
    if (events & (EPOLLHUP | EPOLLERR)) close_ask(ask);
    else if (spoke && ask->state == HELD) refuse(ask, TWO);
    else {
      struct epoll_event quiet = { .events = 0, .data.u64 = (u64)fd };
      epoll_ctl(keeper.epoll_fd, EPOLL_CTL_MOD, fd, &quiet);
    }
    return true;
  }
  const char *wrong = ask->wrong != NULL ? ask->wrong : hear_some(ask);
  if (wrong != NULL) refuse(ask, wrong);
  return true;
}

/* Some bytes, and who sent them: the kernel says it of each message, and it must be who connected. */
static const char *hear_some(struct ask *ask) {
  union { char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(16 * sizeof(int))]; struct cmsghdr align; } control;
  if (ask->held == ask->size && !widen(ask)) return ask->size >= ASK_BYTES_MAX ? TOO_LONG : NO_ROOM;
  struct iovec part = { .iov_base = ask->bytes + ask->held, .iov_len = ask->size - ask->held };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };
  ssize_t got = recvmsg(ask->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? NULL : HALF_SENT;
  pid_t sender = 0;
  for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET) continue;
    if (at->cmsg_type == SCM_CREDENTIALS) {
      struct ucred who;
      memcpy(&who, CMSG_DATA(at), sizeof who);
      sender = who.pid;
    } else if (at->cmsg_type == SCM_RIGHTS) {
      /* Nobody asked for descriptors; kept, they would use ours up. */
      for (size_t next = 0; next + sizeof(int) <= at->cmsg_len - CMSG_LEN(0); next += sizeof(int)) {
        int fd;
        memcpy(&fd, CMSG_DATA(at) + next, sizeof fd);
        close(fd);
      }
    }
  }
  if (got == 0) {
    if (ask->held == 0) close_ask(ask);
    return ask->fd < 0 ? NULL : HALF_SENT;
  }
  if (sender != ask->peer.pid) return INHERITED;
  u8 *newline = memchr(ask->bytes + ask->held, '\n', (size_t)got);
  ask->held += (u32)got;
  if (newline == NULL) return ask->held >= ASK_BYTES_MAX ? TOO_LONG : NULL;
  if (newline != ask->bytes + ask->held - 1) return TWO;
  if (has_died(&ask->peer)) return OWNER_DIED;
  if (++keeper.last_ask == 0) keeper.last_ask = 1;
  ask->id = keeper.last_ask;
  ask->state = HELD;
  ask->until_us = now_us() + HOLD_MS * 1000ull;
  return NULL;
}

/* Doubles up to `ASK_BYTES_MAX`; all askers together hold at most `ASKS_BYTES_MAX`. */
static bool widen(struct ask *ask) {
  u32 size = ask->size == 0 ? 1024 : ask->size * 2;
  if (size > ASK_BYTES_MAX || keeper.asks_bytes + size - ask->size > ASKS_BYTES_MAX) return false;
  u8 *wider = realloc(ask->bytes, size);
  if (wider == NULL) return false;
  keeper.asks_bytes += size - ask->size;
  ask->bytes = wider;
  ask->size = size;
  return true;
}

/* Once a turn: what is held goes to the daemon when there is one, and clocks are looked at. */
void tend_asks(void) {
  u64 now = now_us();
  for (int at = 0; at < ASK_PLACES; at++) {
    struct ask *ask = &keeper.asks[at];
    if (ask->fd < 0) continue;
    if (ask->state == HELD && has_died(&ask->peer)) close_ask(ask);
    else if (ask->state == WAITING) {
      bool other = keeper.link.fd >= 0 && keeper.daemon_pid != ask->daemon_pid;
      if (other || (keeper.link.fd < 0 && now >= keeper.alone_since_us + HOLD_MS * 1000ull)) refuse(ask, LOST);
    }
    else if (ask->state == HELD && link_has_room() && now < ask->until_us) hand_on(ask);
    else if (now >= ask->until_us) refuse(ask, ask->wrong != NULL ? ask->wrong : ask->state == HEARING ? TOO_LATE : UNAVAILABLE);
  }
}

/* The request as it came, in parts, and then who asks. Kept until it is answered: a daemon that comes back hears it again. */
static void hand_on(struct ask *ask) {
  struct msg_ask found;
  if (ask->link == keeper.link_serial) return;
  const char *wrong = attribute(ask, &found);
  if (wrong != NULL) {
    refuse(ask, wrong);
    return;
  }
  found.until_ms = wall_ms() + (ask->until_us - now_us()) / 1000;
  for (u32 at = 0; at < ask->held; at += ASK_PART_BYTES) {
    u32 part = ask->held - at < ASK_PART_BYTES ? ask->held - at : ASK_PART_BYTES;
    report(MSG_ask_part, ask->id, NULL, 0, ask->bytes + at, part);
  }
  report(MSG_ask, ask->id, &found, sizeof found, NULL, 0);
  ask->link = keeper.link_serial;
}

/*
 * The daemon's answer; an empty one says that the request has been heard. After one of `last` 0 the asker waits for another,
 * without a limit of ours as long as that daemon is there: a child may run long.
 */
void answer_ask(u32 id, const struct msg_answer *body, const u8 *tail, u32 bytes) {
  for (int at = 0; at < ASK_PLACES; at++) {
    struct ask *ask = &keeper.asks[at];
    if (ask->fd < 0 || ask->id != id || ask->state == HEARING) continue;
    ask->state = WAITING;
    ask->daemon_pid = keeper.daemon_pid;
    /* One that does not read what it asked for loses it. */
    if ((bytes > 0 && !say(ask->fd, tail, bytes)) || body->last) close_ask(ask);
    return;
  }
}

/* When the next of them has waited long enough, or 0. */
u64 asks_at_us(void) {
  u64 at_us = 0;
  for (int at = 0; at < ASK_PLACES; at++) {
    const struct ask *ask = &keeper.asks[at];
    if (ask->fd >= 0 && ask->state != WAITING) at_us = earliest(at_us, ask->until_us);
    else if (ask->fd >= 0 && keeper.link.fd < 0) at_us = earliest(at_us, keeper.alone_since_us + HOLD_MS * 1000ull);
  }
  return at_us;
}

static bool say(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)count;
}

static void refuse(struct ask *ask, const char *code_and_why) {
  char text[512];
  const char *why = code_and_why + strlen(code_and_why) + 1;
  int bytes = snprintf(text, sizeof text, "{\"v\":1,\"kind\":\"failed\",\"code\":\"%s\",\"message\":\"%s\"}\n", code_and_why, why);
  if (bytes > 0 && (size_t)bytes < sizeof text) say(ask->fd, text, (size_t)bytes);
  close_ask(ask);
}

static void close_ask(struct ask *ask) {
  char rest[4096];
  if (ask->fd < 0) return;
  epoll_ctl(keeper.epoll_fd, EPOLL_CTL_DEL, ask->fd, NULL);
  /* Closed over unread bytes the answer would be lost to a reset. A slice: whoever floods loses it. */
  shutdown(ask->fd, SHUT_WR);
  for (int slice = 0; slice < 64 && recv(ask->fd, rest, sizeof rest, MSG_DONTWAIT) > 0; slice++) continue;
  close(ask->fd);
  if (ask->peer.pidfd >= 0) close(ask->peer.pidfd);
  free(ask->bytes);
  keeper.asks_bytes -= ask->size;
  u32 id = ask->id;
  bool told = ask->link == keeper.link_serial && id != 0;
  *ask = (struct ask){ .fd = -1, .peer.pidfd = -1 };
  if (told) report(MSG_asker_gone, id, NULL, 0, NULL, 0);
}
