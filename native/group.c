/*
 * The control groups of the service, as far as they are a keeper's: children join them, the kernel tells what ran out of memory
 * there, and ends all of one at a stroke. The daemon makes them and sets their limits. We stay outside: inside, what our
 * children do would meet us too.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "keeper.h"

enum { PATH_BYTES = 4096, FREEZE_PASSES = 8 };

static int open_beside(const char *procs, const char *file, int mode);
static bool is_full(u64 more);
static u64 out_of_memory(void);
static bool write_freezer(const char *state);
static bool is_frozen(void);

/* Each is named by its `cgroup.procs`; what else lies beside that says of which version it is, and what for. */
void open_groups(char **paths, int count) {
  keeper.cgroup_paths = paths;
  keeper.cgroups = count;
  keeper.oom_fd = keeper.kill_fd = keeper.freezer_fd = keeper.tasks_fd = keeper.tasks_max_fd = -1;
  for (int at = 0; at < count; at++) {
    keeper.cgroup_fds[at] = open(paths[at], O_RDWR | O_CLOEXEC);
    if (keeper.cgroup_fds[at] < 0) die("the cgroup of the service cannot be opened");
    if (keeper.oom_fd < 0) keeper.oom_fd = open_beside(paths[at], "memory.events", O_RDONLY);
    if (keeper.oom_fd < 0) keeper.oom_fd = open_beside(paths[at], "memory.oom_control", O_RDONLY);
    if (keeper.kill_fd < 0) keeper.kill_fd = open_beside(paths[at], "cgroup.kill", O_WRONLY);
    if (keeper.tasks_fd < 0) keeper.tasks_fd = open_beside(paths[at], "pids.current", O_RDONLY);
    if (keeper.tasks_max_fd < 0) keeper.tasks_max_fd = open_beside(paths[at], "pids.max", O_RDONLY);
    if (keeper.freezer_fd >= 0) continue;
    keeper.freezer_fd = open_beside(paths[at], "freezer.state", O_RDWR);
    keeper.frozen_path = paths[at];
  }
  keeper.oom_seen = out_of_memory();
  /* A keeper before us may have been killed while it was at it. */
  write_freezer("THAWED");
}

static int open_beside(const char *procs, const char *file, int mode) {
  char path[PATH_BYTES];
  const char *slash = strrchr(procs, '/');
  int folder = slash == NULL ? 0 : (int)(slash - procs) + 1;
  int used = snprintf(path, sizeof path, "%.*s%s", folder, procs, file);
  return used < 0 || (size_t)used >= sizeof path ? -1 : open(path, mode | O_CLOEXEC);
}

/*
 * In the child, between clone and exec, so that not one fork of it is outside; 0 is whoever writes. The kernel lets anybody join
 * a group that is full, so that one who asks would get what a fork does not: we count ourselves, before and after.
 */
bool join_groups(void) {
  if (is_full(0)) return false;
  for (int at = 0; at < keeper.cgroups; at++)
    if (write(keeper.cgroup_fds[at], "0", 1) != 1) return false;
  return !is_full(1);
}

/* True, and EAGAIN as for a fork there, when a group holds its limit of tasks and this many more. */
static bool is_full(u64 more) {
  char current[24] = "", max[24] = "";
  if (keeper.tasks_fd < 0 || keeper.tasks_max_fd < 0) return false;
  if (pread(keeper.tasks_fd, current, sizeof current - 1, 0) <= 0) return false;
  if (pread(keeper.tasks_max_fd, max, sizeof max - 1, 0) <= 0) return false;
  if (max[0] < '0' || max[0] > '9' || strtoull(current, NULL, 10) < strtoull(max, NULL, 10) + more) return false;
  errno = EAGAIN;
  return true;
}

/* How often the kernel has ended one of them because it had no memory left for them, since the group was made. */
static u64 out_of_memory(void) {
  char text[512];
  ssize_t bytes = keeper.oom_fd < 0 ? 0 : pread(keeper.oom_fd, text, sizeof text - 1, 0);
  if (bytes <= 0) return 0;
  text[bytes] = '\0';
  for (char *line = text; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, "oom_kill ", 9) == 0) return strtoull(line + 9, NULL, 10);
  }
  return 0;
}

/* True once for each time that it was not asked about: which one it ended the kernel does not say. */
bool ran_out_of_memory(void) {
  u64 count = out_of_memory();
  if (count <= keeper.oom_seen) return false;
  keeper.oom_seen++;
  return true;
}

/*
 * Kills all that is in a group, those too that no look finds. Version 1 has no such order: there everybody is stopped, named and
 * killed, and none can fork meanwhile; who cannot be stopped soon is left to the looks. Called with each pass until all have ended.
 */
void kill_groups(void) {
  /* Refused where the group is gone; then nobody is in it. */
  if (keeper.kill_fd >= 0 && write(keeper.kill_fd, "1", 1) == 1) return;
  if (keeper.freezer_fd < 0 || keeper.freezes > FREEZE_PASSES) return;
  bool frozen = write_freezer("FROZEN") && is_frozen();
  keeper.grouped.count = 0;
  /* Who is frozen keeps its pid: none of these can be another by the time it is killed. */
  if (frozen) read_pids(keeper.frozen_path, &keeper.grouped);
  for (u32 at = 0; at < keeper.grouped.count; at++)
    if (keeper.grouped.list[at] > 1 && keeper.grouped.list[at] != keeper.pid) kill(keeper.grouped.list[at], SIGKILL);
  if (frozen || ++keeper.freezes > FREEZE_PASSES) write_freezer("THAWED");
}

static bool write_freezer(const char *state) {
  return keeper.freezer_fd >= 0 && pwrite(keeper.freezer_fd, state, strlen(state), 0) > 0;
}

static bool is_frozen(void) {
  char state[16] = "";
  return pread(keeper.freezer_fd, state, sizeof state - 1, 0) > 0 && strncmp(state, "FROZEN", 6) == 0;
}

/* Empty: nobody is left. One that cannot be removed is used again by the next keeper here. */
void leave_groups(void) {
  write_freezer("THAWED");
  for (int at = 0; at < keeper.cgroups; at++) {
    char *slash = strrchr(keeper.cgroup_paths[at], '/');
    if (slash == NULL) continue;
    *slash = '\0';
    rmdir(keeper.cgroup_paths[at]);
  }
}
