/* What the keeper holds: nodes by id, pid and key, and its ends of their output pipes. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "keeper.h"

static u64 name_of(const struct node *node, int by);
static u32 place_of(const struct index *index, u64 name);
static bool grow(int by);
static void watch_stream(int fd, bool draining);

/* The newest of that name: a pid comes back while an older node that had it is still kept. */
struct node *find_node(int by, u64 name) {
  struct index *index = &keeper.index[by];
  if (index->size == 0) return NULL;
  struct node *node = index->buckets[place_of(index, name)];
  while (node != NULL && name_of(node, by) != name) node = node->next[by];
  return node;
}

/* A copy of `from` in the table, or NULL when there is no memory for one. */
struct node *add_node(const struct node *from) {
  for (int by = 0; by < INDEXES; by++)
    if (keeper.index[by].count >= keeper.index[by].size && !grow(by)) return NULL;
  struct node *node = malloc(sizeof *node);
  if (node == NULL) return NULL;
  *node = *from;
  for (int by = 0; by < INDEXES; by++) {
    struct index *index = &keeper.index[by];
    struct node **bucket = &index->buckets[place_of(index, name_of(node, by))];
    node->next[by] = *bucket;
    *bucket = node;
    index->count++;
  }
  return node;
}

void drop_node(struct node *node) {
  for (int by = 0; by < INDEXES; by++) {
    struct index *index = &keeper.index[by];
    struct node **link = &index->buckets[place_of(index, name_of(node, by))];
    while (*link != node) link = &(*link)->next[by];
    *link = node->next[by];
    index->count--;
  }
  free(node->word);
  free(node);
}

/* A node as the daemon is told of it. */
struct msg_started describe_node(const struct node *node) {
  return (struct msg_started){
    .key = node->key, .parent_id = node->parent_id, .pid = (u32)node->pid, .start_ticks = node->ticks,
    .started_ms = node->started_ms, .stdin_fd = node->fd[0] < 0 ? 0 : (u32)node->fd[0],
    .stdout_fd = node->fd[1] < 0 ? 0 : (u32)node->fd[1], .stderr_fd = node->fd[2] < 0 ? 0 : (u32)node->fd[2],
    .exited = node->state,
  };
}

/* Walks all nodes, from NULL on. The one answered may be dropped only once its successor is known. */
struct node *next_node(struct node *after) {
  struct index *index = &keeper.index[BY_ID];
  if (after != NULL && after->next[BY_ID] != NULL) return after->next[BY_ID];
  u32 place = after == NULL ? 0 : place_of(index, after->id) + 1;
  for (; place < index->size; place++)
    if (index->buckets[place] != NULL) return index->buckets[place];
  return NULL;
}

/* From here on its reader meets the end when the daemon lets go too. */
void close_stdin(struct node *node) {
  if (node->fd[0] >= 0) close(node->fd[0]);
  node->fd[0] = -1;
}

static u64 name_of(const struct node *node, int by) {
  return by == BY_ID ? node->id : by == BY_PID ? (u64)node->pid : node->key;
}

static u32 place_of(const struct index *index, u64 name) {
  return (u32)((name * 0x9e3779b97f4a7c15ull) >> 32) & (index->size - 1);
}

static bool grow(int by) {
  struct index *index = &keeper.index[by];
  struct index wider = { .size = index->size == 0 ? 64 : index->size * 2, .count = index->count };
  wider.buckets = calloc(wider.size, sizeof(struct node *));
  if (wider.buckets == NULL) return false;
  for (u32 place = 0; place < index->size; place++) {
    /* A chain is newest first and stays so: it is turned round, and turned back as it is put in. */
    struct node *turned = NULL, *node = index->buckets[place];
    while (node != NULL) {
      struct node *next = node->next[by];
      node->next[by] = turned;
      turned = node;
      node = next;
    }
    while (turned != NULL) {
      struct node *next = turned->next[by];
      struct node **bucket = &wider.buckets[place_of(&wider, name_of(turned, by))];
      turned->next[by] = *bucket;
      *bucket = turned;
      turned = next;
    }
  }
  free(index->buckets);
  *index = wider;
  return true;
}

/*
 * Looks after our end of an output pipe: logs it, or drains it while nobody else will; closes it when nobody can write any more.
 * False: there is no memory for it.
 */
bool add_stream(int fd, struct source *source) {
  if ((u32)fd >= keeper.streams_size) {
    u32 size = (u32)fd * 2;
    struct stream *streams = realloc(keeper.streams, size * sizeof *streams);
    if (streams == NULL) {
      return false;
    }
    memset(streams + keeper.streams_size, 0, (size - keeper.streams_size) * sizeof *streams);
    keeper.streams = streams;
    keeper.streams_size = size;
  }
  /* The serial tells an event of this pipe from one of an earlier pipe with the same number. */
  if (++keeper.stream_serial == NODE_EVENT) keeper.stream_serial = 1;
  keeper.streams[fd] = (struct stream){ .open = true, .serial = keeper.stream_serial, .source = source };
  keeper.streams_open++;
  /* While the daemon reads, it is of no interest before it is released. */
  if (source != NULL || keeper.link.fd < 0) watch_stream(fd, true);
  return true;
}

/* The daemon has its own descriptor by now, or wants none. Ours goes when no writer is left. */
void release_stream(int fd) {
  if (fd < 0) return;
  keeper.streams[fd].released = true;
  if (keeper.streams[fd].hung_up) close_stream(fd);
  else if (!keeper.streams[fd].watched) watch_stream(fd, false);
}

/* It is empty, and nobody can write any more. */
void note_hang_up(int fd) {
  if (!keeper.streams[fd].watched) keeper.streams[fd].hung_up = true;
}

/* While no daemon is linked all that is written, and not logged, is read here and thrown away, so that no child ever waits for a reader. */
void drain_streams(bool draining) {
  for (u32 fd = 0; fd < keeper.streams_size; fd++) {
    struct stream *stream = &keeper.streams[fd];
    if (!stream->open || stream->source != NULL) continue;
    if (!stream->hung_up && (draining || stream->watched)) watch_stream((int)fd, draining);
    else if (draining && stream->released) close_stream((int)fd);
  }
}

void stream_event(int fd, u32 serial, u32 events) {
  if ((u32)fd >= keeper.streams_size) return;
  struct stream *stream = &keeper.streams[fd];
  if (!stream->open || stream->serial != serial || stream->hung_up) return;
  if (stream->source != NULL) {
    log_event(fd);
    return;
  }
  if (keeper.link.fd < 0 && (events & EPOLLIN)) {
    /* Once a turn: a child that never stops writing must not keep us from the others. */
    if (read(fd, keeper.scratch, sizeof keeper.scratch) > 0) return;
  }
  if (!(events & (EPOLLHUP | EPOLLERR))) return;
  /* What is still in the pipe waits for the daemon. */
  epoll_ctl(keeper.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  stream->hung_up = true;
  if (stream->released) close_stream(fd);
}

static void watch_stream(int fd, bool draining) {
  struct stream *stream = &keeper.streams[fd];
  struct epoll_event event = { .events = draining ? EPOLLIN : 0, .data.u64 = (u64)stream->serial << 32 | (u32)fd };
  /* Not watched, it is merely not drained and stays open until the end. */
  if (epoll_ctl(keeper.epoll_fd, stream->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) == 0) stream->watched = true;
}

/* The same out of the way of what a child keeps until exec; `fd` itself where that fails. */
int lift(int fd) {
  int above = fd < keeper.kept_below ? fcntl(fd, F_DUPFD_CLOEXEC, keeper.kept_below) : -1;
  if (above < 0) return fd;
  close(fd);
  return above;
}

void close_stream(int fd) {
  keeper.streams[fd].open = false;
  keeper.streams_open--;
  close(fd);
}
