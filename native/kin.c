/*
 * Who is ours without being below us: the processes of keepers before us, which were killed, and their forks. Nobody gave them to
 * us, so wait4 says nothing of them, and each look finds them by what the kernel keeps: the cgroup of the service, parents,
 * sessions and groups, and the environment that a process was executed with; and the daemon tells of those that it knows. Who was found once stays known by its identity.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "keeper.h"

#define SOCKET "ESPALIER_SOCKET="

enum {
  CONTINUITY_US = 3000000,      /* the fastest pid space takes 10 s to come round: what was seen lately has not been given away */
  KIN_LOOK_US = 1000000,        /* between two looks that nothing else asks for */
  KIN_ENDING_LOOK_US = 50000,   /* the same while the service ends */
};

static void read_groups(void);
static bool is_kin(const struct seen *seen);
static bool is_grouped(pid_t pid);
static bool is_number_of_kin(pid_t number, const struct seen *member);
static bool is_marked(const struct seen *seen);
static bool is_our_socket(const char *path);
static void inherit(struct seen *seen);
static struct kin *remember(const struct seen *seen, u64 now);
static void sort(void);
static struct kin *find_kin(pid_t pid);

/* A keeper that left in peace has taken its word out of the lock: only where one was killed there is kin. */
bool may_have_kin(void) {
  return keeper.followed || keeper.kin_count > 0;
}

/*
 * The daemon's word: who they are, at most as many as a frame holds. They may ask on our socket, and while one of them lives the
 * journal stays, by whose generation they are found. Only one that is there with these ticks is believed: whatever bore the number
 * of another as that of its session or group would be taken for ours.
 */
void take(const u8 *told, u32 count) {
  u64 now = now_us();
  for (u32 at = 0; at < keeper.kin_count; at++) keeper.kin[at].told = false;
  sort();
  for (u32 at = 0; at < count; at++) {
    struct stray stray;
    struct seen seen;
    memcpy(&stray, told + at * sizeof stray, sizeof stray);
    if (stray.pid <= 1 || !read_stat((pid_t)stray.pid, &seen) || seen.ticks != stray.ticks) continue;
    struct kin *self = remember(&seen, now);
    if (self != NULL) self->told = true;
  }
  sort();
  keeper.kin_at_us = now;
}

bool is_stray(pid_t pid, u64 ticks) {
  struct kin *self = find_kin(pid);
  return self != NULL && self->told && self->ticks == ticks;
}

bool strays_live(void) {
  struct seen seen;
  for (u32 at = 0; at < keeper.kin_count; at++) {
    struct kin *self = &keeper.kin[at];
    if (self->told && read_stat(self->pid, &seen) && seen.ticks == self->ticks && seen.letter != 'Z') return true;
  }
  return false;
}

/* After a look: marks in `keeper.seen` who is kin, counts those that live, and remembers them. */
void place_kin(void) {
  u64 now = now_us();
  keeper.kin_live = 0;
  keeper.kin_at_us = 0;
  if (!may_have_kin()) return;
  sort();
  read_groups();
  for (u32 at = 0; at < keeper.seen_count; at++) {
    struct seen *seen = &keeper.seen[at];
    seen->kin = !seen->below && seen->pid != keeper.pid && seen->pid > 1 && is_kin(seen);
  }
  for (u32 at = 0; at < keeper.seen_count; at++) inherit(&keeper.seen[at]);
  for (u32 at = 0; at < keeper.seen_count; at++) {
    struct seen *seen = &keeper.seen[at];
    if (!seen->kin || seen->letter == 'Z' || seen->letter == 'X') continue;
    keeper.kin_live++;
    remember(seen, now);
    /* While it bears their number nobody else gets it. */
    if (is_number_of_kin(seen->session, seen)) find_kin(seen->session)->seen_us = now;
    if (is_number_of_kin(seen->group, seen)) find_kin(seen->group)->seen_us = now;
  }
  u32 kept = 0;
  for (u32 at = 0; at < keeper.kin_count; at++)
    if (now - keeper.kin[at].seen_us < CONTINUITY_US) keeper.kin[kept++] = keeper.kin[at];
  keeper.kin_count = kept;
  sort();
  if (kept > 0) keeper.kin_at_us = now + (keeper.state == ENDING ? KIN_ENDING_LOOK_US : KIN_LOOK_US);
}

static bool is_kin(const struct seen *seen) {
  struct kin *self = find_kin(seen->pid);
  if (self != NULL && self->ticks == seen->ticks) return true;
  return is_grouped(seen->pid) || is_number_of_kin(seen->session, seen) || is_number_of_kin(seen->group, seen) || is_marked(seen);
}

/* True for the number of a session or group that one of ours has led, and that has not been given away since. */
static bool is_number_of_kin(pid_t number, const struct seen *member) {
  struct kin *leader = find_kin(number);
  if (leader == NULL || member->ticks < leader->ticks || now_us() - leader->seen_us >= CONTINUITY_US) return false;
  struct seen *there = find_seen(number);
  return there == NULL || there->ticks == leader->ticks;
}

/* The mark of our generation, which a keeper before us gave it: a journal goes on with its generation. It may have taken it off. */
static bool is_marked(const struct seen *seen) {
  char path[32], mark[48];
  bool marked = false, elsewhere = false;
  snprintf(path, sizeof path, "%d/environ", seen->pid);
  ssize_t bytes = read_proc(path, keeper.scratch, sizeof keeper.scratch - 1);
  if (bytes <= 0) return false;
  keeper.scratch[bytes] = '\0';
  snprintf(mark, sizeof mark, "ESPALIER_NODE=%llu.", (unsigned long long)keeper.generation);
  for (char *at = keeper.scratch; at < keeper.scratch + bytes; at += strlen(at) + 1) {
    if (strncmp(at, mark, strlen(mark)) == 0) marked = true;
    /* Generations are clocks: that of another service may be the same, its socket is not. */
    if (strncmp(at, SOCKET, strlen(SOCKET)) == 0) elsewhere = !is_our_socket(at + strlen(SOCKET));
  }
  return marked && !elsewhere;
}

/* Only compared, as the daemon wrote it: the path that a process names is not followed. */
static bool is_our_socket(const char *path) {
  const char *folders[2] = { keeper.directory, keeper.real_directory };
  for (int at = 0; at < 2; at++) {
    size_t length = folders[at] == NULL ? 0 : strlen(folders[at]);
    if (length > 0 && strncmp(path, folders[at], length) == 0 && strcmp(path + length, "/spawn.sock") == 0) return true;
  }
  return strcmp(path, keeper.ear.sun_path) == 0;
}

/* What descends from kin is kin. A parent is older than its child, or the pid has been given away between two reads. */
static void inherit(struct seen *seen) {
  struct seen *top = seen;
  for (u32 steps = 0; !top->kin; steps++) {
    struct seen *above = find_seen(top->parent);
    if (top->below || top->pid == keeper.pid || above == NULL || above->ticks > top->ticks || steps > keeper.seen_count) return;
    top = above;
  }
  for (; seen != top; seen = find_seen(seen->parent)) seen->kin = true;
}

/* Nobody is in the groups of the service but who was started in it. */
static void read_groups(void) {
  keeper.grouped.count = 0;
  for (int at = 0; at < keeper.cgroups; at++) read_pids(keeper.cgroup_paths[at], &keeper.grouped);
  if (keeper.grouped.count > 0) qsort(keeper.grouped.list, keeper.grouped.count, sizeof(pid_t), by_pid);
}

static bool is_grouped(pid_t pid) {
  return keeper.grouped.count > 0 && bsearch(&pid, keeper.grouped.list, keeper.grouped.count, sizeof pid, by_pid) != NULL;
}

/* A new one at the end of the table, which is put in order when all have been found. */
static struct kin *remember(const struct seen *seen, u64 now) {
  struct kin *self = find_kin(seen->pid);
  bool told = self != NULL && self->told && self->ticks == seen->ticks;
  if (self == NULL && keeper.kin_count < KIN_MAX) self = &keeper.kin[keeper.kin_count++];
  if (self != NULL) *self = (struct kin){ .pid = seen->pid, .ticks = seen->ticks, .seen_us = now, .told = told };
  return self;
}

static void sort(void) {
  keeper.kin_sorted = keeper.kin_count;
  qsort(keeper.kin, keeper.kin_count, sizeof *keeper.kin, by_pid);
}

static struct kin *find_kin(pid_t pid) {
  struct kin name = { .pid = pid };
  return bsearch(&name, keeper.kin, keeper.kin_sorted, sizeof name, by_pid);
}
