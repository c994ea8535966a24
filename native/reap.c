/* Who has ended, and what is remembered of it. */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "keeper.h"

static void reap_node(struct node *node, int status, const struct rusage *usage);
static bool has_output(const struct node *node);
static bool may_journal(void);
static struct msg_exit describe(int status, const struct rusage *usage);
static u64 microseconds(struct timeval time);
static void journal_coalesced(void);
static void mark_ancestors(void);

/*
 * A child has ended; which one is known, and that others have ended too may be hidden behind it: signals of a kind are one until
 * read. Of nodes their pidfds tell, and orphans may wait a moment where the kernel would have to look through many children.
 */
void child_ended(pid_t pid) {
  struct node *node = find_node(BY_PID, (u64)pid);
  siginfo_t info = { 0 };
  bool is_orphan = node == NULL || node->state != RUNNING;
  if (is_orphan && waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid) reap_one(pid);
  if (keeper.scan_at_us) return;
  u64 wait = SCAN_US + (u64)keeper.live * SCAN_NODE_US;
  keeper.scan_at_us = now_us() + (keeper.live <= SCAN_LIVE_MAX ? 0 : wait < SCAN_US_MAX ? wait : SCAN_US_MAX);
}

/* Reaps a slice of all children. True when the kernel says that we have none: then nothing of the service lives. */
bool reap(void) {
  keeper.reap_more = false;
  keeper.scan_at_us = 0;
  for (int count = 0; count < REAP_SLICE; count++) {
    siginfo_t info = { 0 };
    /* Left as it is for now: while it is not reaped, /proc still says who it was. */
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) return errno == ECHILD;
    if (info.si_pid == 0) return false;
    reap_one(info.si_pid);
  }
  keeper.reap_more = true;
  return false;
}

void reap_one(pid_t pid) {
  struct rusage usage;
  struct seen was = { 0 };
  int status;
  struct node *node = find_node(BY_PID, (u64)pid);
  bool declared = node != NULL && node->state == RUNNING;
  bool singly = !declared && may_journal();
  if (singly) read_stat(pid, &was);
  if (wait4(pid, &status, WNOHANG, &usage) != pid) return;
  if (declared) reap_node(node, status, &usage);
  if (!singly) return;
  struct msg_exit record = describe(status, &usage);
  record.pid = (u32)pid;
  record.start_ticks = was.ticks;
  record.started_ms = wall_of_ticks(was.ticks);
  remember_exit(&record);
}

static void reap_node(struct node *node, int status, const struct rusage *usage) {
  struct msg_exit record = describe(status, usage);
  record.key = node->key;
  record.id = node->id;
  record.pid = (u32)node->pid;
  record.start_ticks = node->ticks;
  record.started_ms = node->started_ms;
  record.parent_id = node->parent_id;
  record.reason = node->reason;
  for (int which = 0; which < 2; which++) finish_log(&node->log[which]);
  /* A kill that nobody here ordered, and one by the kernel that nobody has been told of. */
  if (record.signal == SIGKILL && record.reason == 0 && ran_out_of_memory()) record.reason = FLAG_reason_oom;
  record.flags |= FLAG_exit_declared | (has_output(node) ? FLAG_exit_output : 0);
  if (node->pidfd >= 0) close(node->pidfd);
  node->pidfd = -1;
  node->state = EXITED;
  keeper.live--;
  /* Its pipes stay until the exit is acknowledged: the daemon may not have opened them yet. */
  remember_exit(&record);
}

/* True when its pipes hold something, or somebody may still write into them: else nobody needs to open them. */
static bool has_output(const struct node *node) {
  struct pollfd pipes[2] = { { .fd = node->fd[1], .events = POLLIN }, { .fd = node->fd[2], .events = POLLIN } };
  /* In doubt there is. */
  if (poll(pipes, 2, 0) < 0) return true;
  bool some = false;
  for (int at = 0; at < 2; at++) {
    if (pipes[at].fd < 0) continue;
    if (pipes[at].revents != POLLHUP) some = true;
    else note_hang_up(pipes[at].fd);
  }
  return some;
}

/*
 * Exits that nobody asked for: a service may fork thousands in a second. Past a rate, past a bound of what is unstored, and
 * while everything ends, they are only counted.
 */
static bool may_journal(void) {
  u64 now = now_us();
  if (keeper.state == ENDING || keeper.state == STUCK || keeper.unwritten != NULL) {
    keeper.dropped++;
    return false;
  }
  if (now - keeper.undeclared_from_us >= 1000000) {
    keeper.undeclared_from_us = now;
    keeper.undeclared = 0;
    journal_coalesced();
  }
  if (++keeper.undeclared <= UNDECLARED_PER_S && keeper.seq - keeper.acked < UNSTORED_MAX) return true;
  keeper.coalesced++;
  if (!keeper.sweep_at_us) keeper.sweep_at_us = now + 1000000;
  return false;
}

/* One record that says how many there were instead of who. */
static void journal_coalesced(void) {
  if (keeper.coalesced == 0) return;
  struct msg_exit record = { .flags = FLAG_exit_coalesced, .code = keeper.coalesced, .ended_ms = wall_ms() };
  keeper.dropped += keeper.coalesced;
  keeper.coalesced = 0;
  remember_exit(&record);
}

static struct msg_exit describe(int status, const struct rusage *usage) {
  return (struct msg_exit){
    .ended_ms = wall_ms(),
    .code = WIFEXITED(status) ? (u32)WEXITSTATUS(status) : 0,
    .signal = WIFSIGNALED(status) ? (u32)WTERMSIG(status) : 0,
    .flags = WIFSIGNALED(status) && WCOREDUMP(status) ? FLAG_exit_core : 0,
    .user_us = microseconds(usage->ru_utime),
    .system_us = microseconds(usage->ru_stime),
    .max_rss_bytes = (u64)usage->ru_maxrss * 1024,
    .minor_faults = (u64)usage->ru_minflt,
    .major_faults = (u64)usage->ru_majflt,
    .blocks_in = (u32)usage->ru_inblock,
    .blocks_out = (u32)usage->ru_oublock,
    .switches = (u32)usage->ru_nvcsw,
    .preemptions = (u32)usage->ru_nivcsw,
  };
}

static u64 microseconds(struct timeval time) {
  return (u64)time.tv_sec * 1000000u + (u64)time.tv_usec;
}

/* Ended ones below which nodes live are kept: a daemon that comes learns by them where those hang. */
static void mark_ancestors(void) {
  for (struct node *node = next_node(NULL); node != NULL; node = next_node(node)) {
    struct node *above = node->state == GONE || node->parent_id == 0 ? NULL : find_node(BY_ID, node->parent_id);
    for (int level = 0; above != NULL && level < LEVELS_MAX; level++) {
      above->marked = true;
      above = above->parent_id == 0 ? NULL : find_node(BY_ID, above->parent_id);
    }
  }
}

/* Forgets nodes that are stored and of which no fork is left. Until then an order to end one must still find its forks. */
void sweep(void) {
  keeper.sweep_at_us = 0;
  journal_coalesced();
  if (keeper.gone == 0) return;
  if (have_orphans()) {
    look();
    for (u32 at = 0; at < keeper.seen_count; at++)
      if (keeper.seen[at].owner != NULL) keeper.seen[at].owner->marked = true;
  }
  mark_ancestors();
  struct node *next;
  for (struct node *node = next_node(NULL); node != NULL; node = next) {
    next = next_node(node);
    if (node->state == GONE && !node->marked && node->ends == 0) {
      keeper.gone--;
      drop_node(node);
    } else node->marked = false;
  }
  if (keeper.gone > 0) keeper.sweep_at_us = now_us() + 1000000;
}
