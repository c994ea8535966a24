/*
 * Exits, until somebody has stored them: two files of records of one size, `exits.0` and `exits.1`. One is appended to; when it
 * is full and the other holds nothing unacknowledged, they change places. Dropping only what is acknowledged throughout works
 * under load, when never everything is. Nothing is forced to the disk: a process record means nothing after a reboot.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "keeper.h"

#define MAGIC 0x314c415053450001ull /* "ESPAL1" and the version of the file */

/* The head of a file. A sequence goes on within one generation only. */
struct head { u64 magic, generation, first, reserved; };

enum { UNWRITTEN_RETRY_US = 1000000 };

static u64 recover(int which, u64 *generation);
static bool start_segment(int which, u64 first);
static bool append(const struct msg_exit *record);
static bool is_stored(int which);
static u32 sum_of(const struct msg_exit *record, u64 generation);

/* Takes up the journal that a keeper before us left, or begins a new generation. */
void open_journal(void) {
  u64 generations[2], ends[2];
  keeper.unwritten_tail = &keeper.unwritten;
  for (int which = 0; which < 2; which++) {
    int fd = open(which ? "exits.1" : "exits.0", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) die("cannot open the journal");
    keeper.segments[which].fd = fd;
    ends[which] = recover(which, &generations[which]);
  }
  if (ends[0] == 0 && ends[1] == 0) {
    keeper.generation = wall_ms() * 1000;
    if (!start_segment(0, 1)) die("cannot write the journal");
    return;
  }
  keeper.active = ends[1] > ends[0];
  keeper.generation = generations[keeper.active];
  keeper.seq = ends[keeper.active] - 1;
  int older = !keeper.active;
  bool joined = generations[0] == generations[1] && ends[older] == keeper.segments[keeper.active].first;
  if (!joined) keeper.segments[older].count = 0;
  u64 first = joined && keeper.segments[older].count > 0 ? keeper.segments[older].first : keeper.segments[keeper.active].first;
  keeper.acked = first - 1;
  struct msg_exit record;
  for (u64 seq = first; seq <= keeper.seq; seq++)
    if (read_exit(seq, &record) && record.id > keeper.last_id) keeper.last_id = record.id;
}

/* Counts the good records of a file and cuts off the rest; answers the sequence after the last one, 0 for no file of ours. */
static u64 recover(int which, u64 *generation) {
  struct segment *segment = &keeper.segments[which];
  struct head head;
  struct msg_exit record;
  *generation = 0;
  if (pread(segment->fd, &head, sizeof head, 0) != (ssize_t)sizeof head || head.magic != MAGIC || head.first == 0) return 0;
  *generation = head.generation;
  segment->first = head.first;
  segment->count = 0;
  for (;;) {
    off_t at = (off_t)(sizeof head + segment->count * RECORD_BYTES);
    if (pread(segment->fd, &record, sizeof record, at) != (ssize_t)sizeof record) break;
    if (record.seq != head.first + segment->count || record.check != sum_of(&record, head.generation)) break;
    segment->count++;
  }
  if (ftruncate(segment->fd, (off_t)(sizeof head + segment->count * RECORD_BYTES)) < 0) return 0;
  return head.first + segment->count;
}

/* Journals an exit; `tell` reports it from there. While it cannot be written it waits here, and is not reported either. */
void remember_exit(const struct msg_exit *record) {
  if (keeper.unwritten == NULL && append(record)) return;
  struct unwritten *waiting = malloc(sizeof *waiting);
  if (waiting == NULL) {
    keeper.dropped++;
    return;
  }
  /* There is one for each node at most: undeclared exits are only counted when the file cannot be written. */
  if (!(record->flags & FLAG_exit_declared)) {
    keeper.dropped++;
    free(waiting);
    return;
  }
  *waiting = (struct unwritten){ .record = *record };
  *keeper.unwritten_tail = waiting;
  keeper.unwritten_tail = &waiting->next;
  if (!keeper.unwritten_at_us) keeper.unwritten_at_us = now_us() + UNWRITTEN_RETRY_US;
}

void retry_unwritten(void) {
  keeper.unwritten_at_us = 0;
  while (keeper.unwritten != NULL) {
    struct unwritten *first = keeper.unwritten;
    if (!append(&first->record)) {
      keeper.unwritten_at_us = now_us() + UNWRITTEN_RETRY_US;
      return;
    }
    keeper.unwritten = first->next;
    if (keeper.unwritten == NULL) keeper.unwritten_tail = &keeper.unwritten;
    free(first);
  }
}

static bool append(const struct msg_exit *given) {
  struct msg_exit record = *given;
  if (keeper.segments[keeper.active].count >= SEGMENT_RECORDS && is_stored(!keeper.active)) {
    if (start_segment(!keeper.active, keeper.seq + 1)) keeper.active = !keeper.active;
  }
  struct segment *segment = &keeper.segments[keeper.active];
  off_t at = (off_t)(sizeof(struct head) + segment->count * RECORD_BYTES);
  record.seq = keeper.seq + 1;
  record.check = sum_of(&record, keeper.generation);
  if (pwrite(segment->fd, &record, sizeof record, at) != (ssize_t)sizeof record) return false;
  segment->count++;
  keeper.seq++;
  struct node *node = record.flags & FLAG_exit_declared ? find_node(BY_ID, record.id) : NULL;
  if (node != NULL) node->exit_seq = record.seq;
  return true;
}

bool read_exit(u64 seq, struct msg_exit *record) {
  for (int which = 0; which < 2; which++) {
    struct segment *segment = &keeper.segments[which];
    if (segment->count == 0 || seq < segment->first || seq >= segment->first + segment->count) continue;
    off_t at = (off_t)(sizeof(struct head) + (seq - segment->first) * RECORD_BYTES);
    return pread(segment->fd, record, sizeof *record, at) == (ssize_t)sizeof *record;
  }
  return false;
}

/* Everything up to `seq` is stored: those nodes are done, but for forks of theirs that may still live. */
void acknowledge(u64 seq) {
  if (seq > keeper.seq) seq = keeper.seq;
  struct msg_exit record;
  for (; keeper.acked < seq; keeper.acked++) {
    if (!read_exit(keeper.acked + 1, &record) || !(record.flags & FLAG_exit_declared)) continue;
    struct node *node = find_node(BY_ID, record.id);
    if (node == NULL || node->state != EXITED) continue;
    node->state = GONE;
    keeper.gone++;
    close_stdin(node);
    for (int which = 1; which < 3; which++) {
      release_stream(node->fd[which]);
      node->fd[which] = -1;
    }
    if (!keeper.sweep_at_us) keeper.sweep_at_us = now_us() + 1000000;
  }
}

u64 journal_bytes(void) {
  u64 bytes = 0;
  for (int which = 0; which < 2; which++) bytes += sizeof(struct head) + keeper.segments[which].count * RECORD_BYTES;
  return bytes;
}

static bool is_stored(int which) {
  struct segment *segment = &keeper.segments[which];
  return segment->count == 0 || segment->first + segment->count - 1 <= keeper.acked;
}

static bool start_segment(int which, u64 first) {
  struct segment *segment = &keeper.segments[which];
  struct head head = { .magic = MAGIC, .generation = keeper.generation, .first = first };
  if (ftruncate(segment->fd, 0) < 0) return false;
  if (pwrite(segment->fd, &head, sizeof head, 0) != (ssize_t)sizeof head) return false;
  segment->first = first;
  segment->count = 0;
  return true;
}

/* FNV-1a over all fields but itself, seeded with the generation: what a torn write or another journal left is no record. */
static u32 sum_of(const struct msg_exit *record, u64 generation) {
  const u8 *bytes = (const u8 *)record;
  u32 sum = 2166136261u ^ (u32)generation ^ (u32)(generation >> 32);
  for (size_t at = 0; at < offsetof(struct msg_exit, check); at++) sum = (sum ^ bytes[at]) * 16777619u;
  return sum;
}
