/* What /proc says: who lives below us, since when, and whose fork it is. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "keeper.h"

enum { YOUNG_MS = 200 };

static bool note(const struct seen *seen);
static void place(struct seen *seen);
static struct node *marked_owner(const struct seen *seen);

/* Reads /proc/PID/stat. The name stands in parentheses and may hold any byte, so fields count from the last `)`. */
bool read_stat(pid_t pid, struct seen *seen) {
  char path[32], text[1024];
  snprintf(path, sizeof path, "%d/stat", pid);
  ssize_t bytes = read_proc(path, text, sizeof text - 1);
  if (bytes <= 0) return false;
  text[bytes] = '\0';
  char *at = strrchr(text, ')');
  if (at == NULL || at[1] != ' ') return false;
  *seen = (struct seen){ .pid = pid, .letter = at[2] };
  long long fields[23] = { 0 };
  at += 3;
  for (int field = 4; field <= 22; field++) {
    char *end;
    fields[field] = strtoll(at, &end, 10);
    if (end == at) return false;
    at = end;
  }
  seen->parent = (pid_t)fields[4];
  seen->group = (pid_t)fields[5];
  seen->session = (pid_t)fields[6];
  seen->ticks = (u64)fields[22];
  return true;
}

/* Looks at every process once: `keeper.seen`, in order of pid, with what is below us, who owns it, and who else is ours. */
void look(void) {
  keeper.seen_count = keeper.unsure = 0;
  DIR *folder = opendir("/proc");
  if (folder == NULL) return;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    struct seen seen;
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    if (read_stat((pid_t)atol(entry->d_name), &seen) && !note(&seen)) break;
  }
  closedir(folder);
  qsort(keeper.seen, keeper.seen_count, sizeof *keeper.seen, by_pid);
  for (u32 at = 0; at < keeper.seen_count; at++) place(&keeper.seen[at]);
  place_kin();
}

/* Finds the child of ours that this one descends from; what it owns, its descendants belong to. */
static void place(struct seen *seen) {
  struct seen *top = seen;
  /* A look is no snapshot: reused pids could make a ring of it. */
  for (u32 steps = 0; top->parent != keeper.pid; steps++) {
    top = find_seen(top->parent);
    if (top == NULL || steps > keeper.seen_count) return;
    if (top->below) break;
  }
  if (!top->below) {
    top->below = true;
    struct node *node = find_node(BY_PID, (u64)top->pid);
    top->owner = node != NULL && node->state == RUNNING ? node : owner_of_stray(top);
  }
  seen->below = true;
  /* The one above may be a zombie already, of which nothing can be read any more. */
  seen->owner = top->owner != NULL || seen == top ? top->owner : owner_of_stray(seen);
}

/*
 * Its ancestors say nothing. While a process bears its number, a session or group keeps it from being given away again, so
 * a node of that pid has led it; one that left both may still carry the mark that its node got in the environment.
 */
struct node *owner_of_stray(const struct seen *seen) {
  struct node *node = find_node(BY_PID, (u64)seen->session);
  if (node == NULL) node = find_node(BY_PID, (u64)seen->group);
  return node != NULL ? node : marked_owner(seen);
}

static struct node *marked_owner(const struct seen *seen) {
  char path[32], mark[48];
  snprintf(path, sizeof path, "%d/environ", seen->pid);
  ssize_t bytes = read_proc(path, keeper.scratch, sizeof keeper.scratch - 1);
  if (bytes <= 0) {
    /* In the middle of exec there is none to be read. */
    if (seen->letter != 'Z' && wall_of_ticks(seen->ticks) + YOUNG_MS > wall_ms()) keeper.unsure++;
    return NULL;
  }
  keeper.scratch[bytes] = '\0';
  snprintf(mark, sizeof mark, "ESPALIER_NODE=%llu.", (unsigned long long)keeper.generation);
  for (char *at = keeper.scratch; at < keeper.scratch + bytes; at += strlen(at) + 1)
    if (strncmp(at, mark, strlen(mark)) == 0) return find_node(BY_ID, strtoul(at + strlen(mark), NULL, 10));
  return NULL;
}

/* Our own children alone: as quick as there are few of them, however many processes the host has. False: the kernel does not say. */
bool read_children(void) {
  keeper.children.count = 0;
  return read_pids("/proc/thread-self/children", &keeper.children);
}

/* True when somebody other than a node is our child, or the kernel does not say. */
bool have_orphans(void) {
  return !read_children() || keeper.children.count != keeper.live;
}

/*
 * Signals this very process, and nobody who got its pid since. A child of ours keeps its pid until we reap it, and nothing
 * is reaped between a look and its use; any other is held by a pidfd while its start ticks are compared.
 */
bool signal_seen(const struct seen *seen, int signal) {
  if (seen->parent == keeper.pid) return kill(seen->pid, signal) == 0;
  int fd = (int)syscall(SYS_pidfd_open, seen->pid, 0);
  if (fd < 0 && errno != ENOSYS) return false;
  struct seen now;
  bool same = read_stat(seen->pid, &now) && now.ticks == seen->ticks;
  bool sent = false;
  if (same && fd >= 0) sent = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0;
  else if (same) sent = kill(seen->pid, signal) == 0;
  if (fd >= 0) close(fd);
  return sent;
}

/* The wall clock at a start tick, in ms: ticks count from the boot. */
u64 wall_of_ticks(u64 ticks) {
  struct timespec up;
  if (clock_gettime(CLOCK_BOOTTIME, &up) < 0) return wall_ms();
  u64 up_ms = (u64)up.tv_sec * 1000 + (u64)up.tv_nsec / 1000000;
  u64 at_ms = ticks * 1000 / keeper.ticks_per_second;
  return at_ms >= up_ms ? wall_ms() : wall_ms() - (up_ms - at_ms);
}

ssize_t read_proc(const char *path, char *into, size_t size) {
  int fd = openat(keeper.proc_fd, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  ssize_t bytes = read(fd, into, size);
  close(fd);
  return bytes;
}

/* Adds the numbers that a file of the kernel lists; false when it cannot be read. Without memory for them the last are left out. */
bool read_pids(const char *path, struct pids *more) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  for (int pid; fscanf(file, "%d", &pid) == 1; more->list[more->count++] = pid) {
    if (more->count < more->size) continue;
    u32 size = more->size == 0 ? 64 : more->size * 2;
    pid_t *wider = realloc(more->list, size * sizeof *wider);
    if (wider == NULL) break;
    more->list = wider;
    more->size = size;
  }
  fclose(file);
  return true;
}

static bool note(const struct seen *seen) {
  if (keeper.seen_count == keeper.seen_size) {
    u32 size = keeper.seen_size == 0 ? 256 : keeper.seen_size * 2;
    struct seen *wider = realloc(keeper.seen, size * sizeof *wider);
    if (wider == NULL) return false;
    keeper.seen = wider;
    keeper.seen_size = size;
  }
  keeper.seen[keeper.seen_count++] = *seen;
  return true;
}

/* Of pids, and of structures that begin with theirs. */
int by_pid(const void *a, const void *b) {
  pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;
  return (left > right) - (left < right);
}

struct seen *find_seen(pid_t pid) {
  struct seen name = { .pid = pid };
  return bsearch(&name, keeper.seen, keeper.seen_count, sizeof name, by_pid);
}
