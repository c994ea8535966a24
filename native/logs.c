/*
 * Output of children on its way into files: every line gets its time and whose it is. A child never waits for a disk: what the
 * disk does not take is held, and when no more can be held the oldest lines go, counted. docs/adr/0013 says what a file holds.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "keeper.h"

enum {
  READ_MAX = 1 << 18,      /* of one pipe in one turn: the others wait no longer than this takes */
  LAST_MAX = 1 << 20,      /* of a pipe whose process has ended: the most that a pipe holds, unless root said otherwise */
  WRITE_AT = 1 << 17,      /* lines are written in one go when they are so many bytes, and at the end of a turn */
  RETRY_US = 200000,       /* between two attempts at a disk that takes nothing */
  STAMP_BYTES = 24,        /* 2026-01-31T12:00:00.000Z */
};

static bool is_label(const char *label);
static bool read_source(int fd, struct source *source, bool is_last);
static void take_bytes(struct source *source, const char *bytes, size_t count);
static void put_line(const char *stamp, const struct source *source, const char *text, size_t count, bool goes_on);
static bool make_room(u32 count);
static void drop_oldest(void);
static void end_source(int fd);
static void say_time(char *stamp);
static bool write_mark(void);
static int open_output(pid_t pid, u64 ticks, int which);

/* Where the log lies and how large it may become; said again by each daemon. */
void set_logs(const struct msg_logs *body, const u8 *tail, u32 bytes) {
  if (bytes < 2 || bytes > LOG_PATH_MAX || tail[bytes - 1] != '\0') return;
  char *path = malloc(bytes);
  if (path == NULL) return;
  memcpy(path, tail, bytes);
  if (keeper.log.path == NULL || strcmp(keeper.log.path, path) != 0) {
    forget_file();
    keeper.log.least = 0;
  }
  free(keeper.log.path);
  keeper.log.path = path;
  keeper.log.bounds = *body;
}

/* From here on what comes out of `fd`, our end of a pipe, is logged as that process's. 0: it cannot be. The name has been looked at. */
u32 log_stream(int fd, pid_t pid, int which, const char *label) {
  struct stat is;
  struct source *source = calloc(1, sizeof *source);
  if (source != NULL && fstat(fd, &is) == 0 && add_stream(fd, source)) {
    source->inode = (u64)is.st_ino;
    int bytes = snprintf(source->head, sizeof source->head, " %s %d %s", label, pid, which == 1 ? "out" : "err");
    source->head_bytes = bytes < (int)sizeof source->head ? (u32)bytes : sizeof source->head - 1;
    return keeper.streams[fd].serial;
  }
  free(source);
  return 0;
}

bool may_log(const char *label) {
  return keeper.log.path != NULL && is_label(label);
}

/* It stands in a line between blanks, and in what a reader shows. */
static bool is_label(const char *label) {
  size_t length = strlen(label);
  return length > 0 && length <= LABEL_BYTES_MAX &&
    strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-") == length;
}

/* Something can be read, or nobody writes any more. */
void log_event(int fd) {
  if (read_source(fd, keeper.streams[fd].source, false)) end_source(fd);
}

/* The last words of a process, before its end is told. A fork of it may write on. */
void finish_log(const struct logged *logged) {
  if (logged->serial == 0 || (u32)logged->fd >= keeper.streams_size) return;
  struct stream *stream = &keeper.streams[logged->fd];
  if (!stream->open || stream->serial != logged->serial) return;
  if (read_source(logged->fd, stream->source, true)) end_source(logged->fd);
}

/* Everything that is left in any pipe, before we go. */
void finish_logs(void) {
  for (u32 fd = 0; fd < keeper.streams_size; fd++) {
    struct stream *stream = &keeper.streams[fd];
    if (stream->open && stream->source != NULL) read_source((int)fd, stream->source, true);
  }
  write_logs();
}

/* True at the end: every writer is gone and the pipe is empty. */
static bool read_source(int fd, struct source *source, bool is_last) {
  for (u32 taken = 0; taken < (is_last ? LAST_MAX : READ_MAX);) {
    ssize_t got = read(fd, keeper.scratch, sizeof keeper.scratch);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno != EAGAIN;
    if (got == 0) return true;
    take_bytes(source, keeper.scratch, (size_t)got);
    taken += (u32)got;
    /* Probably all; if not, we are woken again. */
    if (!is_last && (size_t)got < sizeof keeper.scratch) return false;
  }
  return false;
}

static void take_bytes(struct source *source, const char *bytes, size_t count) {
  char stamp[STAMP_BYTES + 1];
  say_time(stamp);
  while (count > 0) {
    const char *newline = memchr(bytes, '\n', count);
    size_t length = newline == NULL ? count : (size_t)(newline - bytes);
    put_line(stamp, source, bytes, length, newline == NULL);
    source->is_midline = newline == NULL;
    if (newline != NULL) length++;
    bytes += length;
    count -= length;
  }
}

/* A line that has no end yet goes out all the same, marked `+`: nothing is held for each of many pipes. */
static void put_line(const char *stamp, const struct source *source, const char *text, size_t count, bool goes_on) {
  u32 need = (u32)(STAMP_BYTES + source->head_bytes + 1 + goes_on + count + 1);
  if (!make_room(need)) return;
  char *at = keeper.log.lines + keeper.log.held;
  memcpy(at, stamp, STAMP_BYTES);
  at += STAMP_BYTES;
  memcpy(at, source->head, source->head_bytes);
  at += source->head_bytes;
  if (goes_on) *at++ = '+';
  *at++ = ' ';
  memcpy(at, text, count);
  at[count] = '\n';
  keeper.log.held += need;
}

/* One line is never longer than what can be held: a read is at most `FRAME_BYTES_MAX`. */
static bool make_room(u32 count) {
  struct log *log = &keeper.log;
  if (log->lines == NULL) log->lines = malloc(LOG_HELD_MAX);
  if (log->lines == NULL) {
    log->lost_lines++;
    log->lost_bytes += count;
    log->error = ENOMEM;
    return false;
  }
  if (log->held + count > WRITE_AT) write_logs();
  while (log->held + count > LOG_HELD_MAX) drop_oldest();
  return true;
}

/* An eighth at a time, in whole lines: what is left is moved, which must not happen for every line. */
static void drop_oldest(void) {
  struct log *log = &keeper.log;
  u32 at = 0;
  while (at < log->held && at < LOG_HELD_MAX / 8) {
    const char *newline = memchr(log->lines + at, '\n', log->held - at);
    at = newline == NULL ? log->held : (u32)(newline - log->lines) + 1;
    log->lost_lines++;
  }
  log->lost_bytes += at;
  log->held -= at;
  memmove(log->lines, log->lines + at, log->held);
}

static void end_source(int fd) {
  struct source *source = keeper.streams[fd].source;
  char stamp[STAMP_BYTES + 1];
  /* The last line had no end. It has one now, so that no other is taken for the rest of it. */
  if (source->is_midline) {
    say_time(stamp);
    put_line(stamp, source, "", 0, false);
  }
  free(source);
  keeper.streams[fd].source = NULL;
  /* A copy of the descriptor would keep an event alive. */
  epoll_ctl(keeper.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
  close_stream(fd);
}

static void say_time(char *stamp) {
  static u64 said; /* the second that `second` spells */
  static char second[STAMP_BYTES + 1];
  u64 ms = wall_ms();
  if (ms / 1000 != said || said == 0) {
    time_t at = (time_t)(ms / 1000);
    struct tm parts;
    if (gmtime_r(&at, &parts) == NULL || strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &parts) != 19)
      strcpy(second, "1970-01-01T00:00:00");
    said = ms / 1000;
  }
  snprintf(stamp, STAMP_BYTES + 1, "%.19s.%03uZ", second, (unsigned)(ms % 1000));
}

/* Called at the end of each turn, before anything is told: an exit is reported when the last line before it has been written. */
void write_logs(void) {
  struct log *log = &keeper.log;
  u32 done = 0;
  if (log->held == 0 && log->lost_lines == 0) return;
  if (log->retry_at_us && now_us() < log->retry_at_us) return;
  log->retry_at_us = 0;
  bool good = log->lost_lines == 0 || write_mark();
  while (good && done < log->held) {
    u32 taken = append_lines(log->lines + done, log->held - done);
    done += taken;
    good = taken > 0;
  }
  log->held -= done;
  if (done > 0 && log->held > 0) memmove(log->lines, log->lines + done, log->held);
  if (!good) log->retry_at_us = now_us() + RETRY_US;
}

/* How many lines are missing at this place, and what the disk said when they could not be written. */
static bool write_mark(void) {
  struct log *log = &keeper.log;
  char stamp[STAMP_BYTES + 1], mark[128];
  say_time(stamp);
  int bytes = snprintf(mark, sizeof mark, "%s - 0 lost %llu %llu %u\n", stamp, (unsigned long long)log->lost_lines,
    (unsigned long long)log->lost_bytes, log->error);
  if (append_lines(mark, (u32)bytes) == 0) return false;
  log->all_lost += log->lost_lines;
  log->lost_lines = log->lost_bytes = 0;
  return true;
}

/*
 * A process of a keeper before us: the pipes are opened out of the process itself. Ours are those that a child holds for
 * reading and writing; any other is one that it has made, and whoever reads there must not lose what is in it.
 */
void log_stray(const struct msg_log_stray *body, const u8 *tail, u32 bytes) {
  if (bytes < 2 || tail[bytes - 1] != '\0' || !may_log((const char *)tail)) return;
  for (int which = 1; which < 3; which++) {
    struct stat is;
    int fd = open_output((pid_t)body->pid, body->start_ticks, which);
    bool known = fd < 0 || fstat(fd, &is) < 0 || !S_ISFIFO(is.st_mode);
    for (u32 at = 0; !known && at < keeper.streams_size; at++) {
      const struct stream *stream = &keeper.streams[at];
      known = stream->open && stream->source != NULL && stream->source->inode == (u64)is.st_ino;
    }
    if (!known) known = log_stream(fd, (pid_t)body->pid, which, (const char *)tail) == 0;
    if (known && fd >= 0) close(fd);
  }
}

static int open_output(pid_t pid, u64 ticks, int which) {
  struct seen seen;
  char name[48], text[256];
  snprintf(name, sizeof name, "%d/fdinfo/%d", pid, which);
  int info = openat(keeper.proc_fd, name, O_RDONLY | O_CLOEXEC);
  ssize_t got = info < 0 ? -1 : read(info, text, sizeof text - 1);
  if (info >= 0) close(info);
  if (got <= 0) return -1;
  text[got] = '\0';
  const char *flags = strstr(text, "flags:\t");
  if (flags == NULL || (strtoul(flags + 7, NULL, 8) & O_ACCMODE) != O_RDWR) return -1;
  snprintf(name, sizeof name, "%d/fd/%d", pid, which);
  /* It may be something else by now, which must neither hold us up nor become our terminal. */
  int fd = openat(keeper.proc_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd >= 0 && read_stat(pid, &seen) && seen.ticks == ticks) return fd;
  if (fd >= 0) close(fd);
  return -1;
}
