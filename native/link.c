/* The link to the daemon: a socket in the directory of the service, frames in, reports out, both bounded. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "keeper.h"

static bool carry_out(struct link *link);
static bool greet(u32 id, const u8 *body, u32 bytes, const u8 *rest, u32 rest_bytes);
static bool has_room(void);
static bool put(const void *bytes, size_t count);
static void tell_nodes(void);
static void flush(void);
static void ask_epoll(struct link *link, u32 interest);

void open_door(void) {
  struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "link.sock" };
  keeper.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (keeper.listen_fd < 0) die("socket");
  /* A stale one: we hold the lock, so nobody listens there. The name is relative, since a whole path may be too long. */
  unlink(name.sun_path);
  if (bind(keeper.listen_fd, (struct sockaddr *)&name, sizeof name) < 0) die("cannot bind the link");
  if (listen(keeper.listen_fd, 8) < 0) die("listen");
}

/* Somebody knocks. The kernel says who; the newest one at the door is heard, and has `HELLO_MS` to say hello. */
void meet(void) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  int fd = accept4(keeper.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  fd = lift(fd);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()) {
    close(fd);
    return;
  }
  close_link(&keeper.greeting);
  struct epoll_event event = { .events = EPOLLIN, .data.u64 = (u64)fd };
  if (epoll_ctl(keeper.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
    close(fd);
    return;
  }
  keeper.greeting.fd = fd;
  keeper.greeting.interest = EPOLLIN;
  keeper.greeting.hello_by_us = now_us() + HELLO_MS * 1000ull;
}

void link_event(struct link *link, u32 events) {
  bool ended = (events & (EPOLLHUP | EPOLLERR)) && !(events & EPOLLIN);
  if (!link->paused && (events & EPOLLIN)) {
    ssize_t got = recv(link->fd, link->in + link->held, sizeof link->in - link->held, MSG_DONTWAIT);
    if (got > 0) link->held += (u32)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR)) ended = true;
  }
  /* What was said before the end still counts; half a frame dies with its link. */
  int fd = link->fd;
  if (!carry_out(link) || ended)
    if (link->fd == fd) close_link(link);
}

/* Carries out whole frames while there is room for the answers, a slice at a time. False: what was said is no frame. */
static bool carry_out(struct link *link) {
  u32 at = 0;
  bool good = true;
  link->paused = false;
  for (int slice = 0; good && link->held - at >= FRAME_HEAD; slice++) {
    u32 length, id;
    u8 *frame = link->in + at;
    memcpy(&length, frame, 4);
    memcpy(&id, frame + 5, 4);
    if (length < FRAME_HEAD - 4 || length > FRAME_BYTES_MAX) return false;
    if (link->held - at < 4 + length) break;
    if (link == &keeper.greeting) {
      at += 4 + length;
      return frame[4] == MSG_hello && greet(id, frame + FRAME_HEAD, length - 5, link->in + at, link->held - at);
    }
    if (slice == FRAME_SLICE || !may_command()) {
      link->paused = true;
      break;
    }
    good = command(frame[4], id, frame + FRAME_HEAD, length - 5);
    /* A command may have cost the link. */
    if (link->fd < 0) return true;
    at += 4 + length;
  }
  if (at > 0) memmove(link->in, link->in + at, link->held - at);
  link->held -= at;
  return good;
}

/* The newest daemon that says hello is the one that is served. What it said after that comes along. */
static bool greet(u32 id, const u8 *body, u32 bytes, const u8 *rest, u32 rest_bytes) {
  struct msg_hello hello;
  if (bytes != sizeof hello) return false;
  memcpy(&hello, body, sizeof hello);
  if (hello.version != WIRE_VERSION) return false;
  int fd = keeper.greeting.fd;
  close_link(&keeper.link);
  keeper.link.fd = fd;
  keeper.link.interest = keeper.greeting.interest;
  keeper.link_serial++;
  keeper.daemon_pid = hello.daemon_pid;
  keeper.link.telling = true;
  keeper.link.bucket = 0;
  keeper.link.paused = true;
  memcpy(keeper.link.in, rest, rest_bytes);
  keeper.link.held = rest_bytes;
  keeper.greeting.fd = -1;
  keeper.greeting.held = 0;
  bool knows_us = hello.generation == keeper.generation;
  if (knows_us) acknowledge(hello.last_seq);
  keeper.link.sent_seq = keeper.acked;
  u64 now = now_us();
  struct msg_welcome welcome = {
    .version = WIRE_VERSION, .pid = (u32)keeper.pid, .start_ticks = keeper.ticks, .generation = keeper.generation,
    .seq = keeper.seq, .acked = keeper.acked, .last_id = keeper.last_id,
    .abandoned_ms = keeper.alone_since_us ? (now - keeper.alone_since_us) / 1000 : 0,
  };
  keeper.alone_since_us = keeper.ttl_at_us = 0;
  keeper.linked = true;
  drain_streams(false);
  report(MSG_welcome, id, &welcome, sizeof welcome, keeper.boot_id, strlen(keeper.boot_id) + 1);
  return true;
}

/* True when the next command may be carried out: its answer has room, and so has an order to end. */
bool may_command(void) {
  return has_room() && !keeper.link.telling && !ends_are_full();
}

/* True when a request may be handed on: it is at most half of what has room after this. */
bool link_has_room(void) {
  return keeper.link.fd >= 0 && !keeper.link.telling && has_room();
}

static bool has_room(void) {
  return keeper.link.out_end - keeper.link.out_start < QUEUE_BYTES_MAX / 2;
}

/* Puts a report into the queue. Without a link it is lost: exits are in the journal, all else was asked by one who is gone. */
void report(u8 type, u32 id, const void *fields, size_t size, const void *tail, size_t tail_size) {
  u8 head[FRAME_HEAD];
  u32 length = (u32)(FRAME_HEAD - 4 + size + tail_size);
  if (keeper.link.fd < 0) return;
  memcpy(head, &length, 4);
  head[4] = type;
  memcpy(head + 5, &id, 4);
  if (!put(head, sizeof head) || !put(fields, size) || !put(tail, tail_size)) close_link(&keeper.link);
}

static bool put(const void *bytes, size_t count) {
  struct link *link = &keeper.link;
  if (count == 0) return true;
  if (link->out_end + count > link->out_size) {
    u32 waiting = link->out_end - link->out_start;
    if (waiting > 0) memmove(link->out, link->out + link->out_start, waiting);
    link->out_start = 0;
    link->out_end = waiting;
  }
  if (link->out_end + count > link->out_size) {
    u32 size = link->out_size == 0 ? 8192 : link->out_size * 2;
    if (size > QUEUE_BYTES_MAX) return false;
    u8 *wider = realloc(link->out, size);
    if (wider == NULL) return false;
    link->out = wider;
    link->out_size = size;
    return put(bytes, count);
  }
  memcpy(link->out + link->out_end, bytes, count);
  link->out_end += (u32)count;
  return true;
}

/* Once a turn: all that is to be told goes out together. */
void tell(void) {
  write_logs();
  if (keeper.greeting.fd >= 0) ask_epoll(&keeper.greeting, EPOLLIN);
  if (keeper.link.fd < 0) return;
  tell_nodes();
  tell_exits();
  flush();
  if (keeper.link.fd < 0) return;
  bool waiting = keeper.link.out_end > keeper.link.out_start;
  ask_epoll(&keeper.link, (may_command() ? EPOLLIN : 0u) | (waiting ? EPOLLOUT : 0u));
}

/* All nodes, those too whose exit is stored and below which others may live. Commands wait until the list is told, so it does not change under it. */
static void tell_nodes(void) {
  struct index *index = &keeper.index[BY_ID];
  for (; keeper.link.telling && has_room(); keeper.link.bucket++) {
    if (keeper.link.bucket >= index->size) {
      keeper.link.telling = false;
      report(MSG_live_end, 0, NULL, 0, NULL, 0);
      return;
    }
    for (struct node *node = index->buckets[keeper.link.bucket]; node != NULL; node = node->next[BY_ID]) {
      struct msg_started live = describe_node(node);
      report(MSG_live, node->id, &live, sizeof live, node->word, node->word_bytes);
    }
  }
}

/* Exits are told from the journal, so a daemon that reads slowly costs no memory. */
void tell_exits(void) {
  struct msg_exit record;
  while (keeper.link.fd >= 0 && !keeper.link.telling && has_room() && keeper.link.sent_seq < keeper.seq) {
    if (read_exit(++keeper.link.sent_seq, &record)) report(MSG_exit, record.id, &record, sizeof record, NULL, 0);
  }
}

static void flush(void) {
  struct link *link = &keeper.link;
  while (link->fd >= 0 && link->out_start < link->out_end) {
    ssize_t sent = send(link->fd, link->out + link->out_start, link->out_end - link->out_start, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) close_link(link);
    else link->out_start += (u32)sent;
  }
  link->out_start = link->out_end = 0;
}

static void ask_epoll(struct link *link, u32 interest) {
  struct epoll_event event = { .events = interest, .data.u64 = (u64)link->fd };
  if (link->interest == interest) return;
  if (epoll_ctl(keeper.epoll_fd, EPOLL_CTL_MOD, link->fd, &event) == 0) link->interest = interest;
}

/* From here on the keeper is alone: it reads the pipes itself, and what it was being told is forgotten. */
void close_link(struct link *link) {
  if (link->fd < 0) return;
  epoll_ctl(keeper.epoll_fd, EPOLL_CTL_DEL, link->fd, NULL);
  close(link->fd);
  link->fd = -1;
  link->held = 0;
  link->paused = false;
  if (link != &keeper.link) return;
  free(link->out);
  link->out = NULL;
  link->out_start = link->out_end = link->out_size = 0;
  link->telling = false;
  keeper.alone_since_us = now_us();
  watch_lives();
  drop_text();
  drain_streams(true);
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node)) close_stdin(node);
}
